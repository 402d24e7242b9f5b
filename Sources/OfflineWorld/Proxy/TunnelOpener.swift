internal import NIOCore
internal import NIOHTTP1
internal import NIOSSL

/// Reads the first bytes of a client: accepts a CONNECT, finds out whether TLS follows, and installs the handlers of HTTP.
final class TunnelOpener: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum State {
        case request
        /// The handler waits for the first byte in the tunnel.
        case tunnel(host: String, port: Int)
        case done
    }

    private static let limit = 64 << 10

    private let authority: CertificateAuthority
    private let onReady: @Sendable (ClientChannel, OriginURL?) -> Void
    private var state = State.request
    private var bytes = ByteBuffer()

    /// - Parameter onReady: gets the client and where its tunnel leads, if it asked for one.
    init(authority: CertificateAuthority, onReady: @escaping @Sendable (ClientChannel, OriginURL?) -> Void) {
        self.authority = authority
        self.onReady = onReady
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .done = state { return context.fireChannelRead(data) }
        var new = unwrapInboundIn(data)
        bytes.writeBuffer(&new)
        advance(context)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func advance(_ context: ChannelHandlerContext) {
        switch state {
        case .done: return
        case .request:
            let start = bytes.readableBytesView.prefix(8)
            guard start.elementsEqual("CONNECT ".utf8.prefix(start.count)) else { return speak(context, tunnel: nil) }
            guard let end = endOfHead else {
                if bytes.readableBytes > Self.limit { refuse(context, "431 Request Header Fields Too Large") }
                return
            }
            let head = bytes.readString(length: end) ?? ""
            let words = head.prefix { $0 != "\r\n" && $0 != "\n" }.split(separator: " ")
            guard words.count == 3, let (host, port) = OriginURL.split(words[1], default: 443) else {
                return refuse(context, "400 Bad Request")
            }
            state = .tunnel(host: host, port: port)
            context.writeAndFlush(
                wrapOutboundOut(ByteBuffer(string: "HTTP/1.1 200 Connection established\r\n\r\n")), promise: nil)
            if bytes.readableBytes > 0 { advance(context) }
        case .tunnel(let host, let port):
            guard let first = bytes.getInteger(at: bytes.readerIndex, as: UInt8.self) else { return }
            // 22: a TLS record with a handshake (RFC 8446, 5.1).
            speak(context, tunnel: OriginURL(isSecure: first == 22, host: host, port: port, target: "/"))
        }
    }

    /// The length of the head of the request in bytes; `nil` when it is incomplete.
    private var endOfHead: Int? {
        let view = bytes.readableBytesView
        var place = view.startIndex
        while let line = view[place...].firstIndex(of: 0x0a) {
            let next = view.index(after: line)
            let rest = view[next...].prefix(2)
            if rest.first == 0x0a { return next + 1 - view.startIndex }
            if rest.elementsEqual([0x0d, 0x0a]) { return next + 2 - view.startIndex }
            place = next
        }
        return nil
    }

    private func refuse(_ context: ChannelHandlerContext, _ status: String) {
        state = .done
        let text = "HTTP/1.1 \(status)\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
        context.close(promise: nil)
    }

    private func speak(_ context: ChannelHandlerContext, tunnel: OriginURL?) {
        state = .done
        do {
            let pipeline = context.pipeline.syncOperations
            if let tunnel, tunnel.isSecure {
                try pipeline.addHandler(NIOSSLServerHandler(context: authority.serverContext(for: tunnel.host)))
            }
            // What is wrong in a request is told after the answers to those before it, and how long an answer is by who gives it.
            var encoder = HTTPResponseEncoder.Configuration()
            encoder.automaticallySetFramingHeaders = false
            try pipeline.configureHTTPServerPipeline(
                withPipeliningAssistance: false, withErrorHandling: false, withOutboundHeaderValidation: false,
                withEncoderConfiguration: encoder)
            let client = try ClientChannel(wrappingChannelSynchronously: context.channel)
            onReady(client, tunnel)
            context.fireChannelRead(wrapInboundOut(bytes))
            context.fireChannelReadComplete()
            pipeline.removeHandler(self, promise: nil)
        } catch {
            context.close(promise: nil)
        }
    }
}
