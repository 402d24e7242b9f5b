/// The parts of an absolute HTTP URL.
struct OriginURL: Sendable, Equatable {
    let isSecure: Bool
    /// The host in lower case, without brackets.
    let host: String
    let port: Int
    /// The path and query as they were written; they begin with a slash.
    var target: String

    init(isSecure: Bool, host: String, port: Int, target: String) {
        self.isSecure = isSecure
        self.host = host
        self.port = port
        self.target = target
    }

    init?(_ text: String) {
        let rest: Substring
        if text.lowercased().hasPrefix("https://") {
            isSecure = true
            rest = text.dropFirst(8)
        } else if text.lowercased().hasPrefix("http://") {
            isSecure = false
            rest = text.dropFirst(7)
        } else {
            return nil
        }
        let end = rest.firstIndex { $0 == "/" || $0 == "?" || $0 == "#" } ?? rest.endIndex
        var authority = rest[..<end]
        if let at = authority.lastIndex(of: "@") { authority = authority[authority.index(after: at)...] }
        guard let (host, port) = Self.split(authority, default: isSecure ? 443 : 80) else { return nil }
        self.host = host
        self.port = port
        let path = rest[end...].prefix { $0 != "#" }
        target = path.hasPrefix("/") ? String(path) : "/" + path
    }

    /// Splits `HOST`, `HOST:PORT` or `[ADDRESS]:PORT`.
    static func split(_ authority: Substring, default standard: Int) -> (host: String, port: Int)? {
        var host = authority, port = standard
        if let colon = authority.lastIndex(of: ":"), !authority[colon...].contains("]") {
            guard let number = Int(authority[authority.index(after: colon)...]), (1...65535).contains(number) else {
                return nil
            }
            host = authority[..<colon]
            port = number
        }
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard !host.isEmpty, !host.contains(where: { $0.isWhitespace || $0 == "/" }) else { return nil }
        return (host.lowercased(), port)
    }

    var text: String { "\(isSecure ? "https" : "http")://\(hostAndPort)\(target)" }

    /// The value of `Host`: without the port that the scheme implies.
    var hostAndPort: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
    }

    /// Whether a pattern with `*` matches the name of the host.
    func isMatched(by pattern: String) -> Bool { Self.matches(Array(host.utf8)[...], Array(pattern.utf8)[...]) }

    private static func matches(_ text: ArraySlice<UInt8>, _ pattern: ArraySlice<UInt8>) -> Bool {
        guard let first = pattern.first else { return text.isEmpty }
        guard first == UInt8(ascii: "*") else {
            return text.first == first && matches(text.dropFirst(), pattern.dropFirst())
        }
        let rest = pattern.dropFirst()
        return (text.startIndex...text.endIndex).contains { matches(text[$0...], rest) }
    }
}
