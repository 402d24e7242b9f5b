internal import NIOCore
internal import NIOHTTP1
internal import NIOSSL

/// A connection to a host, for one request after the other. It reads little more than somebody waits for.
final class UpstreamChannel: Sendable {
    private let channel: any Channel
    private let reader: NIOLoopBound<ResponseReader>
    let place: Place

    /// The other end of a connection. Connections are used again for the same end.
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

    /// Sends a part of a request, as fast as the host reads.
    ///
    /// - Returns: whether the host wants more of it: not when it has refused the request already, and perhaps reads no further.
    func send(_ part: HTTPClientRequestPart) async throws -> Bool {
        let reader = reader
        return try await untilCancelled { channel in
            channel.eventLoop.flatSubmit { reader.value.refusal(or: channel.writeAndFlush(part)) }
        }
    }

    /// Sends a request without a body.
    func send(whole head: HTTPRequestHead) async throws {
        let reader = reader
        _ = try await untilCancelled { channel in
            channel.eventLoop.flatSubmit {
                channel.write(HTTPClientRequestPart.head(head), promise: nil)
                return reader.value.refusal(or: channel.writeAndFlush(HTTPClientRequestPart.end(nil)))
            }
        }
    }

    /// Waits for the next part of the response.
    ///
    /// - Throws: when the connection ends, or what comes is no HTTP.
    func next() async throws -> HTTPClientResponsePart {
        let reader = reader
        return try await untilCancelled { channel in
            channel.eventLoop.flatSubmit { reader.value.next(on: channel.eventLoop) }
        }
    }

    func close() { channel.close(promise: nil) }

    private func untilCancelled<Result: Sendable>(
        _ body: (any Channel) -> EventLoopFuture<Result>
    ) async throws -> Result {
        let future = body(channel)
        return try await withTaskCancellationHandler {
            try await future.get()
        } onCancel: {
            close()
        }
    }
}

/// A connection ended before the response did.
struct ConnectionEnded: Error {}

/// A host was silent for too long.
struct HostIsSilent: Error {}

/// A host changed to another protocol, which nobody asked it for.
struct ProtocolChanged: Error {}

/// Ends a connection on which many bytes arrive without a part of a response: an endless head, frame or series of
/// provisional answers.
///
/// The decoder's own limits are for the fields of a head. Those are smaller.
final class FrameLimit: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private static let limit = 8 << 20

    private var count = 0

    /// Counts anew, because a part of a response arrived.
    func reset() { count = 0 }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        count += unwrapInboundIn(data).readableBytes
        guard count > Self.limit else { return context.fireChannelRead(data) }
        context.fireErrorCaught(HTTPParserError.headerOverflow)
    }
}

/// Passes on the parts of responses one by one, and reads more bytes only when they are used up.
final class ResponseReader: ChannelDuplexHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundIn = HTTPClientRequestPart
    typealias OutboundOut = HTTPClientRequestPart

    private var parts = CircularBuffer<HTTPClientResponsePart>()
    private var waiting: EventLoopPromise<HTTPClientResponsePart>?
    private var failure: (any Error)?
    private var context: ChannelHandlerContext?
    private let frame: FrameLimit

    /// Whether the whole request has been sent.
    private var isAsked = false
    private var unsent = 0
    /// The promise of a pending write, which ends when the host refuses the request meanwhile.
    private var sending: EventLoopPromise<Bool>?
    private var isRefused = false

    init(_ frame: FrameLimit) { self.frame = frame }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        fail(ConnectionEnded())
    }

    func next(on eventLoop: any EventLoop) -> EventLoopFuture<HTTPClientResponsePart> {
        if let part = parts.popFirst() {
            if parts.isEmpty { context?.read() }
            return eventLoop.makeSucceededFuture(part)
        }
        guard let context, failure == nil else { return eventLoop.makeFailedFuture(failure ?? ConnectionEnded()) }
        let promise = eventLoop.makePromise(of: HTTPClientResponsePart.self)
        waiting = promise
        context.read()
        return promise.futureResult
    }

    /// - Returns: `true` when the bytes have left, `false` when the host refuses the request they belong to.
    func refusal(or written: EventLoopFuture<Void>) -> EventLoopFuture<Bool> {
        guard !isRefused else { return written.eventLoop.makeSucceededFuture(false) }
        let promise = written.eventLoop.makePromise(of: Bool.self)
        sending = promise
        let loop = NIOLoopBound(self, eventLoop: written.eventLoop)
        written.whenComplete { outcome in
            // A host that closes after its answer: the answer counts.
            guard let promise = loop.value.sending else { return }
            loop.value.sending = nil
            if case .failure(let error) = outcome, loop.value.parts.isEmpty {
                // What ended the connection before says more than that it is closed.
                return promise.fail(loop.value.failure ?? error)
            }
            promise.succeed(true)
        }
        return promise.futureResult
    }

    // MARK: What is sent

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head: (isAsked, isRefused) = (false, false)
        case .body: break
        case .end: isAsked = true
        }
        let promise = promise ?? context.eventLoop.makePromise()
        unsent += 1
        let loop = NIOLoopBound(self, eventLoop: context.eventLoop)
        promise.futureResult.whenComplete { _ in loop.value.unsent -= 1 }
        context.write(data, promise: promise)
    }

    // MARK: What comes

    func channelActive(context: ChannelHandlerContext) {
        context.fireChannelActive()
        context.read()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // Behind a failure comes an end that is none: of a body without a length, on a connection that broke.
        guard failure == nil else { return }
        let part = unwrapInboundIn(data)
        frame.reset()
        if case .head(let head) = part, !isAsked, head.status.code >= 300 {
            isRefused = true
            sending?.succeed(false)
            sending = nil
        }
        guard let promise = waiting else { return parts.append(part) }
        waiting = nil
        promise.succeed(part)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        // Between two requests as well: that is how the end of a connection is noticed.
        if parts.isEmpty { context.read() }
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
        // Only when it is the host's turn, and not the client's.
        if event is IdleStateHandler.IdleStateEvent, unsent > 0 || isAsked && waiting != nil {
            fail(HostIsSilent())
            context.close(promise: nil)
        }
        context.fireUserInboundEventTriggered(event)
    }

    private func fail(_ error: any Error) {
        if failure == nil { failure = error }
        waiting?.fail(failure ?? error)
        waiting = nil
        guard let promise = sending else { return }
        sending = nil
        promise.fail(failure ?? error)
    }
}
