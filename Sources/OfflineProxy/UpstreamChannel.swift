internal import NIOCore
internal import NIOHTTP1
internal import NIOSSL

/// A connection to a host, for one request after the other. Nothing is read from it that nobody waits for.
final class UpstreamChannel: Sendable {
    private let channel: any Channel
    private let reader: NIOLoopBound<ResponseReader>
    let place: Place

    /// Who is at the other end: connections are used again for the same.
    struct Place: Hashable, Sendable {
        let isSecure: Bool
        let host: String
        let port: Int
    }

    init(_ channel: any Channel, _ reader: NIOLoopBound<ResponseReader>, place: Place) {
        self.channel = channel
        self.reader = reader
        self.place = place
    }

    var isOpen: Bool { channel.isActive }

    func send(_ part: HTTPClientRequestPart) async throws { try await channel.writeAndFlush(part) }

    /// The next part of the response.
    ///
    /// - Throws: when the connection ends, or what comes is no HTTP.
    func next() async throws -> HTTPClientResponsePart {
        let reader = reader
        return try await channel.eventLoop.flatSubmit { [channel] in reader.value.next(on: channel.eventLoop) }.get()
    }

    func close() { channel.close(promise: nil) }
}

/// The end of a connection before the end of a response.
struct ConnectionEnded: Error, CustomStringConvertible {
    var description: String { "the connection ended early" }
}

/// Hands out the parts of responses one by one, and asks for more bytes only when somebody waits.
final class ResponseReader: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    private var parts = CircularBuffer<HTTPClientResponsePart>()
    private var waiting: EventLoopPromise<HTTPClientResponsePart>?
    private var failure: (any Error)?
    private var context: ChannelHandlerContext?

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        fail(ConnectionEnded())
    }

    func next(on eventLoop: any EventLoop) -> EventLoopFuture<HTTPClientResponsePart> {
        if let part = parts.popFirst() { return eventLoop.makeSucceededFuture(part) }
        guard let context, failure == nil else { return eventLoop.makeFailedFuture(failure ?? ConnectionEnded()) }
        let promise = eventLoop.makePromise(of: HTTPClientResponsePart.self)
        waiting = promise
        context.read()
        return promise.futureResult
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        // 100, 102 and 103 are between the host and us.
        if case .head(let head) = part, (100..<200).contains(head.status.code), head.status.code != 101 { return }
        guard let promise = waiting else { return parts.append(part) }
        waiting = nil
        promise.succeed(part)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        // What came was not yet a whole part.
        if waiting != nil { context.read() }
        context.fireChannelReadComplete()
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(ConnectionEnded())
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(error)
        context.close(promise: nil)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent, waiting != nil {
            fail(Idle())
            context.close(promise: nil)
        }
        context.fireUserInboundEventTriggered(event)
    }

    private struct Idle: Error, CustomStringConvertible {
        var description: String { "it says nothing any more" }
    }

    private func fail(_ error: any Error) {
        if failure == nil { failure = error }
        waiting?.fail(failure ?? error)
        waiting = nil
    }
}
