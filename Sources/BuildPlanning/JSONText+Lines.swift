extension JSONText {
    /// The text over several lines, for files that people read: members on lines of their own, indented by two blanks;
    /// arrays and objects that are short and hold nothing deep on one line.
    public var lines: [UInt8] {
        var bytes: [UInt8] = []
        write(to: &bytes, indent: 0)
        return bytes + [0x0a]
    }

    private func write(to bytes: inout [UInt8], indent: Int) {
        let oneLine = spaced
        guard !isDeep || indent + oneLine.count <= 40 else {
            let isObject = if case .object = self { true } else { false }
            let parts = parts
            bytes.append(UInt8(ascii: isObject ? "{" : "["))
            for (index, part) in parts.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                bytes += [0x0a] + [UInt8](repeating: 0x20, count: indent + 2)
                if let name = part.name { bytes += JSONText.string(name).bytes + Array(": ".utf8) }
                part.value.write(to: &bytes, indent: indent + 2)
            }
            bytes += [0x0a] + [UInt8](repeating: 0x20, count: indent)
            bytes.append(UInt8(ascii: isObject ? "}" : "]"))
            return
        }
        bytes += oneLine
    }

    private var parts: [(name: String?, value: JSONText)] {
        switch self {
        case .object(let members): members.compactMap { name, value in value.map { (name, $0) } }
        case .array(let items): items.map { (nil, $0) }
        case .string, .number, .decimal, .bool: []
        }
    }

    /// Whether it is an object, or holds one.
    private var isDeep: Bool {
        switch self {
        case .object: !parts.isEmpty
        case .array(let items): items.contains(where: \.isDeep)
        case .string, .number, .decimal, .bool: false
        }
    }

    /// The text on one line, with a blank behind each comma and colon.
    private var spaced: [UInt8] {
        let isObject = if case .object = self { true } else { false }
        let isArray = if case .array = self { true } else { false }
        guard isObject || isArray else { return bytes }
        let inner = parts.map { part in
            (part.name.map { JSONText.string($0).bytes + Array(": ".utf8) } ?? []) + part.value.spaced
        }.joined(separator: ", ".utf8)
        return [UInt8(ascii: isObject ? "{" : "[")] + inner + [UInt8(ascii: isObject ? "}" : "]")]
    }
}
