/// The answer of a server that gives out tokens: a flat JSON object with nothing but what RFC 6749 (5.1), OpenID Connect and
/// registries' token services put into one.
///
/// Such a body is stored with stars in place of its secrets, as many as there were bytes. In a replay a token need only be there.
enum TokenAnswer {
    /// The members that are secret.
    private static let secrets: Set<String> = ["access_token", "accesstoken", "token", "id_token", "refresh_token"]
    /// The members that may stand beside them. A body with any other member is another document, which nobody may change.
    private static let others: Set<String> = [
        "token_type", "expires_in", "expires_on", "expires_at", "expires", "issued_at", "not_before", "scope",
        "refresh_expires_in",
        "ext_expires_in", "not-before-policy", "session_state", "resource",
    ]

    /// - Returns: the body without its secrets, or `nil` when it has none, or is no such answer.
    static func withoutSecrets(_ bytes: [UInt8]) -> [UInt8]? {
        var scanner = Scanner(bytes: bytes), result = bytes, hasSecret = false
        guard scanner.take("{") else { return nil }
        while true {
            guard let range = scanner.takeString(), scanner.take(":") else { return nil }
            let name = String(decoding: bytes[range], as: UTF8.self).lowercased()
            if secrets.contains(name), let value = scanner.takeString() {
                for index in value { result[index] = UInt8(ascii: "*") }
                hasSecret = hasSecret || !value.isEmpty
            } else if !(secrets.contains(name) || others.contains(name)) || !scanner.takeScalar() {
                return nil
            }
            if scanner.take("}") { return scanner.isAtEnd && hasSecret ? result : nil }
            guard scanner.take(",") else { return nil }
        }
    }

    /// Reads the JSON of a flat object.
    private struct Scanner {
        let bytes: [UInt8]
        private var index = 0

        init(bytes: [UInt8]) { self.bytes = bytes }

        var isAtEnd: Bool {
            mutating get {
                skipBlanks()
                return index == bytes.count
            }
        }

        mutating func take(_ mark: Unicode.Scalar) -> Bool {
            skipBlanks()
            guard index < bytes.count, bytes[index] == UInt8(ascii: mark) else { return false }
            index += 1
            return true
        }

        /// - Returns: where the bytes between the quotes are.
        mutating func takeString() -> Range<Int>? {
            guard take("\"") else { return nil }
            let start = index
            while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
                index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
            }
            guard index < bytes.count else { return nil }
            index += 1
            return start..<index - 1
        }

        /// Reads a string, a number, `true`, `false` or `null`.
        mutating func takeScalar() -> Bool {
            skipBlanks()
            if index < bytes.count, bytes[index] == UInt8(ascii: "\"") { return takeString() != nil }
            let start = index
            while index < bytes.count, Self.isWord(bytes[index]) { index += 1 }
            return index > start
        }

        private mutating func skipBlanks() {
            while index < bytes.count, [0x20, 0x09, 0x0a, 0x0d].contains(bytes[index]) { index += 1 }
        }

        private static func isWord(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."):
                true
            default: false
            }
        }
    }
}
