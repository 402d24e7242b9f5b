/// A request as a client made it. Responses are recorded and looked up by it.
public struct RecordedRequest: Sendable {
    public var method: String
    /// The absolute URL, which the store normalises and frees of secrets.
    public var url: String
    /// All headers. The store matches by a few of them and records no others.
    public var headers: [(name: String, value: String)]
    /// SHA-256 of the request's body in hexadecimal digits; `nil` without a body.
    public var bodyHash: String?
    /// What is stored of neither the request nor the response's headers.
    public var hidden = HiddenTexts()

    public init(method: String, url: String, headers: [(name: String, value: String)] = [], bodyHash: String? = nil) {
        self.method = method
        self.url = url
        self.headers = headers
        self.bodyHash = bodyHash
    }

    /// The URL as it is stored, normalised and without secrets. It may be shown.
    public var storedURL: String { hidden.hidden(in: RecordedURL.normalised(url)) }
}

/// Status, headers and trailers of a response.
public struct RecordedHead: Sendable {
    public var status: Int
    public var reason: String
    public var headers: [(name: String, value: String)]
    /// The fields after a chunked body.
    public var trailers: [(name: String, value: String)]

    public init(
        status: Int, reason: String = "", headers: [(name: String, value: String)] = [],
        trailers: [(name: String, value: String)] = []
    ) {
        self.status = status
        self.reason = reason
        self.headers = headers
        self.trailers = trailers
    }

    /// All values of a header in their order.
    func values(of name: String) -> [String] { Self.values(of: name, in: headers) }

    static func values(of name: String, in headers: [(name: String, value: String)]) -> [String] {
        headers.filter { $0.name.count == name.count && $0.name.lowercased() == name }.map(\.value)
    }
}

/// A response that was found in the store.
public struct RecordedResponse: Sendable {
    public var head: RecordedHead
    /// The path of the file with the body; `nil` when it is empty, or the request was a HEAD.
    public var body: String?
    /// The length of the body in bytes; 0 for a HEAD, whatever its headers say.
    public var bodyLength: Int
    /// SHA-256 of the body in hexadecimal digits; `nil` when there is none.
    public var bodyHash: String?
    /// The body itself when it is small (``RecordingStore/smallBody``), read and checked already. A larger one is checked by
    /// ``BodyReader`` as it is read, or by ``RecordingStore/check(_:)`` before.
    public var content: [UInt8]?
    /// Since 1970.
    public var recordedAt: Duration
    /// As it was recorded, without secrets.
    public var url: String
}

/// One recorded response in a list.
public struct RecordingEntry: Sendable, Equatable {
    public let method: String
    /// Without secrets.
    public let url: String
    public let status: Int
    public let byteCount: Int
    /// Since 1970.
    public let recordedAt: Duration
    /// SHA-256 of the response's body; `nil` when it is empty.
    public let bodyHash: String?
    /// The paths of its files, relative to the store's folder: the entry, and its body if it has one.
    public let files: [String]
}
