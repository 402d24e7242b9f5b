internal import Files
internal import Crypto

/// The key by which a recording is found (Documentation/decisions/recordings.md).
struct RecordingKey: Equatable {
    var method: String
    /// The normalised URL.
    let url: String
    /// SHA-256 of the request's body; empty without one.
    let bodyHash: String
    let accept: String
    let acceptEncoding: String
    let range: String

    init(_ request: RecordedRequest) {
        method = request.method.uppercased()
        url = request.storedURL
        bodyHash = request.bodyHash?.lowercased() ?? ""
        accept = Self.list("accept", of: request)
        acceptEncoding = Self.list("accept-encoding", of: request)
        range = RecordedHead.values(of: "range", in: request.headers).joined(separator: ",").filter { $0 != " " }
    }

    init(
        method: String, url: String, bodyHash: String, accept: String, acceptEncoding: String, range: String
    ) {
        self.method = method
        self.url = url
        self.bodyHash = bodyHash
        self.accept = accept
        self.acceptEncoding = acceptEncoding
        self.range = range
    }

    /// The members of a header, each once, in order of the alphabet: their order means nothing (what is preferred is said by
    /// `q`), and Docker's engine sends them in a new one each time.
    private static func list(_ name: String, of request: RecordedRequest) -> String {
        let members = RecordedHead.values(of: name, in: request.headers).flatMap { value in
            value.split(separator: ",").map { member in member.filter { $0 != " " && $0 != "\t" } }
        }.filter { !$0.isEmpty }
        return Set(members).sorted().joined(separator: ",")
    }

    /// The folder of all recordings of one method, URL and body, whatever was accepted.
    var group: String {
        let name = Self.digest([method, url, bodyHash])
        return "\(name.prefix(2))/\(name)"
    }

    /// The name of the file in its ``group``.
    var variant: String { String(Self.digest([accept, acceptEncoding, range]).prefix(32)) }

    private static func digest(_ texts: [String]) -> String {
        var hash = SHA256()
        for text in texts {
            let bytes = Array(text.utf8)
            withUnsafeBytes(of: UInt64(bytes.count).littleEndian) { hash.update(bufferPointer: $0) }
            bytes.withUnsafeBytes { hash.update(bufferPointer: $0) }
        }
        return hexadecimal(hash.finalize())
    }
}
