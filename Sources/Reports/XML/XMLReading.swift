/// What one format makes of the elements of a file.
protocol XMLReading: AnyObject {
    func start(_ element: XMLName, _ attributes: XMLAttributes) throws
    func end(_ element: XMLName) throws
    /// Whether it takes the text that follows. It is asked behind each beginning and each end of an element.
    var wantsText: Bool { get }
    /// A piece of text; one text may come in many.
    func text(_ piece: UnsafeRawBufferPointer)
}

/// The name of an element without the prefix of its namespace, as long as it is told of.
struct XMLName: Equatable, ExpressibleByStringLiteral {
    private let start: UnsafePointer<UInt8>
    private let count: Int

    /// - Parameter name: ends with a zero.
    init(_ name: UnsafePointer<CChar>) {
        let bytes = UnsafeRawPointer(name).assumingMemoryBound(to: UInt8.self)
        var begin = 0, end = 0
        while bytes[end] != 0 {
            if bytes[end] == UInt8(ascii: ":") { begin = end + 1 }
            end += 1
        }
        start = bytes + begin
        count = end - begin
    }

    init(stringLiteral name: StaticString) {
        start = name.utf8Start
        count = name.utf8CodeUnitCount
    }

    var text: String { String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self) }

    static func == (one: XMLName, other: XMLName) -> Bool {
        guard one.count == other.count else { return false }
        for index in 0..<one.count where one.start[index] != other.start[index] { return false }
        return true
    }
}

/// The attributes of an element, as long as it is told of.
struct XMLAttributes {
    private let pairs: UnsafeMutablePointer<UnsafePointer<CChar>?>?

    init(_ pairs: UnsafeMutablePointer<UnsafePointer<CChar>?>?) { self.pairs = pairs }

    subscript(_ name: StaticString) -> String? { pointer(name).map { String(cString: $0) } }

    func has(_ name: StaticString) -> Bool { pointer(name) != nil }

    /// The value of a name that may be absent, or be empty.
    func text(_ name: StaticString) -> String { self[name] ?? "" }

    /// The value of a name; `known` itself where it is that.
    func text(_ name: StaticString, orSame known: String?) -> String? {
        guard let value = pointer(name) else { return nil }
        if var known, known.withUTF8({ Self.isEqual(value, $0) }) { return known }
        return String(cString: value)
    }

    private func pointer(_ name: StaticString) -> UnsafePointer<CChar>? {
        guard var pair = pairs else { return nil }
        while let key = pair[0] {
            if Self.isEqual(key, name) { return pair[1] }
            pair += 2
        }
        return nil
    }

    private static func isEqual(_ key: UnsafePointer<CChar>, _ name: StaticString) -> Bool {
        isEqual(key, UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    }

    private static func isEqual(_ text: UnsafePointer<CChar>, _ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        // Where the text ends before, its zero differs.
        for index in 0..<bytes.count where UInt8(bitPattern: text[index]) != bytes[index] { return false }
        return text[bytes.count] == 0
    }
}
