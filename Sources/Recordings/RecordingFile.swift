internal import Files
internal import Crypto

/// The file of an entry: lines of text, the last of which is a checksum of those before.
struct RecordingFile {
    let key: RecordingKey
    let head: RecordedHead
    /// `nil` when the response has no body, or an empty one.
    let body: Body?

    struct Body: Equatable {
        let hash: String
        let length: Int
    }

    /// The first line of the format that this program writes, and the only one it reads.
    private static let firstLine = "buildspec-recording 1"

    /// What is said of a file that this version cannot read and another one can.
    static let otherVersion = "it is of another version of buildspec"

    /// The reason why a file cannot be used.
    struct Flaw: Error {
        let reason: String
        /// The URL of the recording, if it could be read.
        let url: String?
    }

    func encoded() -> [UInt8] {
        var lines = [
            Self.firstLine, "method \(key.method)", "url \(key.url)", "request-body \(key.bodyHash)",
            "accept \(key.accept)", "accept-encoding \(key.acceptEncoding)", "range \(key.range)",
            "status \(head.status) \(head.reason)",
        ].map(Self.escaped)
        lines += head.headers.map { Self.escaped("header \($0.name):\($0.value)") }
        lines += head.trailers.map { Self.escaped("trailer \($0.name):\($0.value)") }
        if let body { lines.append("body \(body.hash) \(body.length)") }
        let text = Array((lines.joined(separator: "\n") + "\n").utf8)
        return text + Array("check \(hexadecimal(SHA256.hash(data: text)))\n".utf8)
    }

    /// - Throws: ``Flaw``.
    init(_ bytes: [UInt8]) throws {
        let lines = bytes.split(separator: 0x0a, omittingEmptySubsequences: false)
        guard lines.first.map({ $0.elementsEqual(Self.firstLine.utf8) }) == true else {
            let isOther = bytes.starts(with: Self.firstLine.dropLast().utf8)
            throw Flaw(reason: isOther ? Self.otherVersion : "it is not readable", url: nil)
        }
        var fields = Fields()
        for line in lines.dropFirst().dropLast(2) { fields.take(line) }
        // Two lines are left: the checksum, and nothing behind its line end.
        guard lines.count > 2, lines[lines.count - 1].isEmpty, case let check = lines[lines.count - 2],
            check.elementsEqual("check \(hexadecimal(SHA256.hash(data: bytes[..<check.startIndex])))".utf8),
            let status = fields.status, let url = fields.texts["url"]
        else { throw Flaw(reason: "it is cut short or was changed", url: fields.texts["url"]) }
        key = RecordingKey(
            method: fields.texts["method"] ?? "", url: url, bodyHash: fields.texts["request-body"] ?? "",
            accept: fields.texts["accept"] ?? "", acceptEncoding: fields.texts["accept-encoding"] ?? "",
            range: fields.texts["range"] ?? "")
        head = RecordedHead(
            status: status.code, reason: status.reason, headers: fields.headers, trailers: fields.trailers)
        body = fields.body
    }

    init(key: RecordingKey, head: RecordedHead, body: Body?) {
        self.key = key
        self.head = head
        self.body = body
    }

    /// The fields in the lines of a file.
    private struct Fields {
        var texts: [String: String] = [:]
        var status: (code: Int, reason: String)?
        var headers: [(name: String, value: String)] = []
        var trailers: [(name: String, value: String)] = []
        var body: Body?

        mutating func take(_ line: ArraySlice<UInt8>) {
            let word = line.prefix { $0 != UInt8(ascii: " ") }
            let rest = RecordingFile.unescaped(line.dropFirst(word.count + 1))
            switch String(decoding: word, as: UTF8.self) {
            case "header": if let field = Self.field(rest) { headers.append(field) }
            case "trailer": if let field = Self.field(rest) { trailers.append(field) }
            case "status":
                let parts = rest.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
                guard let code = parts.first.flatMap({ Int($0) }) else { return }
                status = (code, parts.count > 1 ? String(parts[1]) : "")
            case "body":
                let parts = rest.split(separator: " ")
                guard parts.count == 2, parts[0].utf8.count == 64, let length = Int(parts[1]) else { return }
                body = Body(hash: String(parts[0]), length: length)
            case let name: texts[name] = rest
            }
        }

        private static func field(_ text: String) -> (name: String, value: String)? {
            guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else { return nil }
            return (String(text[..<colon]), String(text[text.index(after: colon)...]))
        }
    }

    private static func escaped(_ line: String) -> String {
        guard line.utf8.contains(where: { $0 == 0x0a || $0 == UInt8(ascii: "\\") }) else { return line }
        return String(
            decoding: line.utf8.flatMap { byte -> [UInt8] in
                switch byte {
                case 0x0a: Array("\\n".utf8)
                case UInt8(ascii: "\\"): Array("\\\\".utf8)
                default: [byte]
                }
            }, as: UTF8.self)
    }

    private static func unescaped(_ line: ArraySlice<UInt8>) -> String {
        guard line.contains(UInt8(ascii: "\\")) else { return String(decoding: line, as: UTF8.self) }
        var bytes: [UInt8] = [], isEscape = false
        for byte in line {
            if isEscape {
                bytes.append(byte == UInt8(ascii: "n") ? 0x0a : byte)
                isEscape = false
            } else if byte == UInt8(ascii: "\\") {
                isEscape = true
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
