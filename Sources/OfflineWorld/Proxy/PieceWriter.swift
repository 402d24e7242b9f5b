internal import NIOCore
internal import NIOHTTP1

/// Writes a body to a client piece by piece, as fast as the client takes it: while one piece leaves, the next one is fetched.
///
/// The writer of a `NIOAsyncChannel` takes pieces before the connection has a chance to say that it is full, and large bodies
/// then wait in memory.
struct PieceWriter {
    private let client: any Channel
    private var sending: EventLoopFuture<Void>?

    /// - Parameter client: to which the head of the response was handed already.
    init(to client: any Channel) { self.client = client }

    /// Sends a piece, and waits until the piece before it has left.
    ///
    /// - Throws: when the connection has ended; when the task is cancelled, which ends it.
    mutating func write(_ bytes: ByteBuffer) async throws {
        let sent = client.eventLoop.makePromise(of: Void.self)
        client.writeAndFlush(HTTPServerResponsePart.body(.byteBuffer(bytes)), promise: sent)
        try await finish()
        sending = sent.futureResult
    }

    /// Waits until the last piece has left.
    mutating func finish() async throws {
        guard let sending else { return }
        let client = client
        try await withTaskCancellationHandler {
            try await sending.get()
        } onCancel: {
            client.close(promise: nil)
        }
        self.sending = nil
    }
}
