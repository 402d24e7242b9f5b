/// Many scripts joined into one, each in braces, so that a shell stops in the first one it cannot read.
struct JoinedScripts {
    private(set) var text: [UInt8] = []
    /// The 1-based line after each script.
    private var ends: [Int] = []

    init(_ scripts: some Sequence<String>) {
        var line = 1
        for script in scripts {
            // The colon is needed because braces around comments alone are a syntax error.
            text.append(contentsOf: "{ :\n".utf8)
            text.append(contentsOf: script.utf8)
            text.append(contentsOf: "\n}\n".utf8)
            line += script.utf8.count { $0 == 0x0a } + 3
            ends.append(line)
        }
    }

    /// The index of the script that contains a line; `nil` for a line after all of them.
    func scriptIndex(ofLine line: Int) -> Int? {
        guard let last = ends.last, line < last else { return nil }
        var low = 0, high = ends.count - 1
        while low < high {
            let middle = (low + high) / 2
            if line < ends[middle] { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
