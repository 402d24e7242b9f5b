/// Clover's XML, as PHPUnit and Istanbul write it, too.
final class CloverReading: XMLReading {
    private let take: Take
    private var path: String?
    private var lines = LineTable()
    private var metrics: (lines: Coverage, branches: Coverage)?
    private var depthInFile = 0

    init(take: @escaping Take) { self.take = take }

    func start(_ element: XMLName, _ attributes: XMLAttributes) throws {
        guard path != nil else {
            if element == "file" {
                path = attributes["path"] ?? attributes.text("name")
                lines = LineTable()
                metrics = nil
                depthInFile = 0
            }
            return
        }
        depthInFile += 1
        switch element {
        case "line":
            guard let number = Int(count: attributes["num"]) else { return }
            var isCovered = (Int(count: attributes["count"]) ?? 0) > 0
            var branches = Coverage()
            if attributes["type"] == "cond", attributes.has("truecount") || attributes.has("falsecount") {
                for way in [attributes["truecount"], attributes["falsecount"]] {
                    branches.count((Int(count: way) ?? 0) > 0)
                }
                isCovered = isCovered || branches.covered > 0
            }
            try lines.add(number, isCovered: isCovered, branches: branches)
        case "metrics" where depthInFile == 1: metrics = Self.metrics(attributes)
        default: break
        }
    }

    /// The sums of a file, for tools that list no lines.
    private static func metrics(_ attributes: XMLAttributes) -> (Coverage, Coverage) {
        func coverage(_ all: String?, _ covered: String?) -> Coverage {
            let covered = Int(count: covered) ?? 0
            return Coverage(covered: covered, missed: max(0, (Int(count: all) ?? 0) - covered))
        }
        return (
            coverage(attributes["statements"], attributes["coveredstatements"]),
            coverage(attributes["conditionals"], attributes["coveredconditionals"])
        )
    }

    var wantsText: Bool { false }

    func text(_ piece: UnsafeRawBufferPointer) {}

    func end(_ element: XMLName) throws {
        guard let path else { return }
        if element == "file", depthInFile == 0 {
            self.path = nil
            let (covered, branches) = lines.isEmpty ? metrics ?? (Coverage(), Coverage()) : lines.coverage
            try take(.coverage(CoverageFile(path: path, lines: covered, branches: branches)))
        } else {
            depthInFile -= 1
        }
    }
}
