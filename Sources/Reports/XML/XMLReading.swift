/// What one format makes of the elements of a file.
protocol XMLReading: AnyObject {
    func start(_ element: String, _ attributes: XMLAttributes) throws
    func end(_ element: String) throws
    /// A piece of text; one text may come in many.
    func text(_ piece: UnsafeRawBufferPointer)
}

/// The attributes of an element, as long as it is told of.
struct XMLAttributes {
    private let pairs: UnsafeMutablePointer<UnsafePointer<CChar>?>?

    init(_ pairs: UnsafeMutablePointer<UnsafePointer<CChar>?>?) { self.pairs = pairs }

    subscript(_ name: StaticString) -> String? { pointer(name).map { String(cString: $0) } }

    func has(_ name: StaticString) -> Bool { pointer(name) != nil }

    /// The value of a name that may be absent, or be empty.
    func text(_ name: StaticString) -> String { self[name] ?? "" }

    private func pointer(_ name: StaticString) -> UnsafePointer<CChar>? {
        guard var pair = pairs else { return nil }
        while let key = pair[0] {
            if Self.isEqual(key, name) { return pair[1] }
            pair += 2
        }
        return nil
    }

    private static func isEqual(_ key: UnsafePointer<CChar>, _ name: StaticString) -> Bool {
        let count = name.utf8CodeUnitCount
        for index in 0..<count where UInt8(bitPattern: key[index]) != name.utf8Start[index] { return false }
        return key[count] == 0
    }
}
