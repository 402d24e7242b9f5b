internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import Synchronization

/// A small HTTP server that shows pages to those who know its token. It listens on this machine's own address alone, where other
/// users of the machine reach it, too: who does not begin an address with the token, or calls the server by another name than
/// its own, as a foreign page in the user's browser may, learns nothing.
public struct PageServer: Sendable {
    /// The one address that it listens on.
    public static let host = "127.0.0.1"

    private let token: String
    private let answer: @Sendable (PageRequest) async throws -> PageAnswer
    private let clients = ClientCount()

    /// - Parameters:
    ///   - token: letters and digits that nobody can guess.
    ///   - answer: finds what is asked for.
    public init(token: String, answer: @escaping @Sendable (PageRequest) async throws -> PageAnswer) {
        self.token = token
        self.answer = answer
    }

    /// Serves until the task is cancelled.
    ///
    /// - Parameters:
    ///   - port: 0 for any that is free.
    ///   - listening: is called once, with the port, when clients can connect.
    /// - Throws: ``PageServerError`` when the port cannot be had; what `listening` throws.
    public func run(port: Int, listening: @Sendable (_ port: Int) async throws -> Void) async throws {
        let server: NIOAsyncChannel<Client, Never>
        do {
            server = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .bind(host: Self.host, port: port) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                        return try Client(wrappingChannelSynchronously: channel)
                    }
                }
        } catch { throw PageServerError(port: port, reason: "\(error)") }
        let chosen = server.channel.localAddress?.port ?? port
        try await server.executeThenClose { arriving in
            try await listening(chosen)
            try await withThrowingDiscardingTaskGroup { group in
                for try await client in arriving { group.addTask { await serve(client, port: chosen) } }
                // Those who follow something are not waited for.
                group.cancelAll()
            }
        }
    }

    typealias Client = NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>

    /// How many clients are served at a time; others are sent away, lest they take all that the program may open.
    private static let clientLimit = 64
    /// How long a client may take to say what it wants.
    private static let patience = TimeAmount.seconds(10)

    /// Answers one request. What fails with a client is the client's affair alone.
    private func serve(_ client: Client, port: Int) async {
        guard clients.begin(limit: Self.clientLimit) else {
            _ = try? await client.executeThenClose { _, _ in }
            return
        }
        defer { clients.end() }
        let channel = client.channel
        let deadline = channel.eventLoop.scheduleTask(in: Self.patience) { channel.close(promise: nil) }
        defer { deadline.cancel() }
        try? await client.executeThenClose { incoming, outgoing in
            var parts = incoming.makeAsyncIterator()
            guard case .head(let head)? = try await parts.next() else { return }
            deadline.cancel()
            let answer = await find(head, port: port)
            // A task of its own: whoever goes away ends what is being sent to him.
            let sending = Task { try await send(answer, to: outgoing, isHead: head.method == .HEAD) }
            channel.closeFuture.whenComplete { _ in sending.cancel() }
            try await withTaskCancellationHandler {
                try await sending.value
            } onCancel: {
                sending.cancel()
            }
            // The channel is closed when nobody can read from it any more.
            withExtendedLifetime(parts) {}
        }
    }

    private func find(_ head: HTTPRequestHead, port: Int) async -> PageAnswer {
        let hosts = head.headers["host"]
        guard hosts.count == 1, ["\(Self.host):\(port)", "localhost:\(port)"].contains(hosts[0].lowercased()) else {
            return .words("this server is called \(Self.host):\(port)\n", status: 403)
        }
        let path = head.uri.prefix { $0 != "?" }.split(separator: "/", omittingEmptySubsequences: false).map(
            String.init)
        guard path.count >= 2, path[0].isEmpty, isToken(path[1]) else {
            return .words("the address lacks the token that `buildspec view` printed\n", status: 403)
        }
        guard head.method == .GET || head.method == .HEAD else {
            return .words("pages are only read\n", status: 405)
        }
        do { return try await answer(PageRequest(path: Array(path.dropFirst(2)))) } catch {
            return .words("the page cannot be made: \(error)\n", status: 500)
        }
    }

    /// Compares in a time that does not depend on where the texts differ.
    private func isToken(_ text: String) -> Bool {
        let own = Array(token.utf8), given = Array(text.utf8)
        guard own.count == given.count else { return false }
        return zip(own, given).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private func send(
        _ answer: PageAnswer, to client: NIOAsyncChannelOutboundWriter<HTTPServerResponsePart>, isHead: Bool
    ) async throws {
        var head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: answer.status))
        for (name, value) in [
            ("Content-Type", answer.type), ("Content-Security-Policy", answer.policy + "; frame-ancestors 'none'"),
            ("Referrer-Policy", "no-referrer"), ("X-Content-Type-Options", "nosniff"), ("Cache-Control", "no-store"),
            ("Cross-Origin-Resource-Policy", "same-origin"), ("Cross-Origin-Opener-Policy", "same-origin"),
            ("Connection", "close"),
        ] { head.headers.add(name: name, value: value) }
        switch answer.body {
        case .whole(let bytes):
            head.headers.add(name: "Content-Length", value: "\(bytes.count)")
            try await client.write(.head(head))
            if !isHead { try await client.write(.body(.byteBuffer(ByteBuffer(bytes: bytes)))) }
        case .pieces(let write):
            try await client.write(.head(head))
            if !isHead {
                try await write { bytes in
                    try await client.write(.body(.byteBuffer(ByteBuffer(bytes: bytes))))
                }
            }
        }
        try await client.write(.end(nil))
    }
}

/// A port that cannot be listened on.
public struct PageServerError: Error, CustomStringConvertible {
    let port: Int
    let reason: String

    public var description: String { "cannot listen on \(PageServer.host):\(port): \(reason)" }
}

/// Counts the clients that are being served.
private final class ClientCount: Sendable {
    private let count = Atomic(0)

    /// - Returns: `false` when there are as many as may be.
    func begin(limit: Int) -> Bool {
        guard count.wrappingAdd(1, ordering: .relaxed).newValue > limit else { return true }
        end()
        return false
    }

    func end() { count.wrappingSubtract(1, ordering: .relaxed) }
}
