/// An object of JSON on a line of its own, written member by member: for lines of which there are hundreds of thousands.
public struct JSONLine {
    /// The text so far; ``end()`` ends it.
    public private(set) var bytes: [UInt8] = []
    private var isFirst = true

    public init() {}

    /// Writes a member whose value is text; none where there is no value.
    ///
    /// - Parameter name: has nothing that is escaped.
    public mutating func add(_ name: StaticString, _ text: String?) {
        guard let text else { return }
        begin(name)
        JSONText.write(text, to: &bytes)
    }

    /// Writes a member whose value is a number; none where there is no value.
    public mutating func add(_ name: StaticString, _ number: Int?) {
        guard let number else { return }
        begin(name)
        JSONText.write(number, to: &bytes)
    }

    /// Writes a member whose value is a number with a fraction; none where there is no value.
    public mutating func add(_ name: StaticString, _ number: Double?) {
        guard let number else { return }
        begin(name)
        bytes += String(number).utf8
    }

    /// Writes a member whose value is true or false.
    public mutating func add(_ name: StaticString, _ flag: Bool) {
        begin(name)
        bytes += (flag ? "true" : "false").utf8
    }

    /// Ends the object and its line, so that the next one begins.
    public mutating func end() {
        bytes += isFirst ? "{}\n".utf8 : "}\n".utf8
        isFirst = true
    }

    /// Forgets the lines so far, and keeps their room.
    public mutating func clear() { bytes.removeAll(keepingCapacity: true) }

    private mutating func begin(_ name: StaticString) {
        let count = name.utf8CodeUnitCount
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: count + 4) { room in
            room[0] = UInt8(ascii: isFirst ? "{" : ",")
            room[1] = UInt8(ascii: "\"")
            for index in 0..<count { room[index + 2] = name.utf8Start[index] }
            room[count + 2] = UInt8(ascii: "\"")
            room[count + 3] = UInt8(ascii: ":")
            bytes.append(contentsOf: UnsafeBufferPointer(room))
        }
        isFirst = false
    }
}
