/// What somebody who knows the token asks for.
public struct PageRequest: Sendable {
    /// The parts of the path behind the token, as they stand in the address: `/TOKEN/builds/1/` has `builds`, `1` and an empty one.
    public let path: [String]
}

/// What a page server gives.
public struct PageAnswer: Sendable {
    public enum Body: Sendable {
        case whole([UInt8])
        /// Pieces that are sent as they come. The writing ends when this returns, and is cancelled when the reader has gone.
        case pieces(@Sendable (_ write: Write) async throws -> Void)
    }

    /// Sends a piece, and waits until the reader has room for more.
    public typealias Write = @Sendable ([UInt8]) async throws -> Void

    let status: Int
    let type: String
    let policy: String
    let body: Body

    /// An HTML page.
    ///
    /// - Parameter policy: its Content-Security-Policy.
    public static func page(_ html: [UInt8], policy: String) -> PageAnswer {
        PageAnswer(status: 200, type: "text/html; charset=utf-8", policy: policy, body: .whole(html))
    }

    /// Text, which a browser shows as such.
    public static func text(_ pieces: @escaping @Sendable (_ write: Write) async throws -> Void) -> PageAnswer {
        PageAnswer(status: 200, type: "text/plain; charset=utf-8", policy: nothing, body: .pieces(pieces))
    }

    /// Events as a browser's EventSource reads them.
    public static func events(_ pieces: @escaping @Sendable (_ write: Write) async throws -> Void) -> PageAnswer {
        PageAnswer(status: 200, type: "text/event-stream", policy: nothing, body: .pieces(pieces))
    }

    public static let notFound = words("there is no such page\n", status: 404)

    static func words(_ text: String, status: Int) -> PageAnswer {
        PageAnswer(
            status: status, type: "text/plain; charset=utf-8", policy: nothing, body: .whole(Array(text.utf8)))
    }

    private static let nothing = "default-src 'none'"
}
