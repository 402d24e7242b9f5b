internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL
internal import NIOTLS
internal import Synchronization
#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Connects to hosts directly or through the user's own proxy, and checks their certificates.
struct Upstream: Sendable {
    private let group: MultiThreadedEventLoopGroup
    private let tls: NIOSSLContext
    private let idle: TimeAmount
    private let proxy: OriginURL?
    /// The value of `Proxy-Authorization`.
    private let proxyCredentials: String?
    private let exceptions: [String]

    init(_ settings: ProxySettings, group: MultiThreadedEventLoopGroup) throws {
        self.group = group
        idle = .seconds(settings.idleSeconds)
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.applicationProtocols = ["http/1.1"]
        if let file = settings.trustedRootsFile { configuration.additionalTrustRoots = [.file(file)] }
        if settings.allowsWrongCertificates { configuration.certificateVerification = .none }
        do { tls = try NIOSSLContext(configuration: configuration) } catch {
            throw ProxyError(
                doing: "read the certificates to trust", reason: "\(error)",
                help: settings.trustedRootsFile.map { "look at `\($0)`: it must be PEM" }, isAboutSettings: true)
        }
        let text = settings.upstreamProxy.map { $0.contains("://") ? $0 : "http://\($0)" }
        proxy = text.flatMap { OriginURL($0) }
        if let text, proxy == nil, settings.mode != .replay {
            throw ProxyError(
                doing: "go by your own proxy `\(Self.withoutCredentials(text))`", reason: "that is no proxy for HTTP",
                help:
                    "`HTTPS_PROXY` and `HTTP_PROXY` take http://HOST:PORT and https://HOST:PORT; unset them to go directly",
                isAboutSettings: true
            )
        }
        proxyCredentials = text.flatMap(Self.credentials).map { "Basic \(Data($0.utf8).base64EncodedString())" }
        exceptions = settings.upstreamExceptions.map { $0.hasPrefix(".") ? String($0.dropFirst()) : $0 }
    }

    private static func withoutCredentials(_ url: String) -> String {
        guard let at = url.lastIndex(of: "@"), let start = url.firstRange(of: "://")?.upperBound, start < at else {
            return url
        }
        return String(url[..<start] + url[url.index(after: at)...])
    }

    private static func credentials(in url: String) -> String? {
        guard let parts = URLComponents(string: url), let user = parts.user else { return nil }
        return "\(user):\(parts.password ?? "")"
    }

    /// Whether requests for a host go through the user's proxy.
    private func isProxied(_ host: String) -> Bool {
        proxy != nil && host != "localhost" && host != "::1" && !host.hasPrefix("127.")
            && !exceptions.contains { $0 == "*" || host == $0 || host.hasSuffix("." + $0) }
    }

    /// The target in the first line of a request, and the header of the user's proxy.
    func firstLine(for destination: Destination) -> (target: String, proxyCredentials: String?) {
        let url = destination.url
        guard !destination.isOurs, !url.isSecure, isProxied(url.host) else { return (url.target, nil) }
        return (url.text, proxyCredentials)
    }

    /// - Throws: whatever ``FailureReason`` has words for.
    func connect(to destination: Destination) async throws -> UpstreamChannel {
        try await open(to: destination.url, isDirect: destination.isOurs, tls) { channel, place in
            let pipeline = channel.pipeline.syncOperations
            let frame = FrameLimit(), reader = ResponseReader(frame)
            try pipeline.addHandler(IdleStateHandler(allTimeout: idle))
            try pipeline.addHandler(frame)
            try pipeline.addHTTPClientHandlers(leftOverBytesStrategy: .dropBytes)
            try pipeline.addHandler(reader)
            return UpstreamChannel(channel, NIOLoopBound(reader, eventLoop: channel.eventLoop), place: place)
        }
    }

    /// Says what is wrong with a host's certificate, after asking for it again: the handshake does not say it.
    func certificateFlaw(of url: OriginURL) async -> String? {
        // Best effort: that the certificate is not believed is known already.
        guard let shown = try? await certificate(of: url) else { return nil }
        return try? FailureReason.flaw(of: shown, for: url.host, at: Date())
    }

    /// Reads the certificate of a host without checking it.
    private func certificate(of url: OriginURL) async throws -> NIOSSLCertificate? {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateVerification = .none
        let shown = try await open(to: url, isDirect: false, NIOSSLContext(configuration: configuration)) {
            channel, _ in
            let shown = channel.eventLoop.makePromise(of: NIOSSLCertificate?.self)
            try channel.pipeline.syncOperations.addHandler(CertificateReader(shown))
            channel.eventLoop.scheduleTask(in: .seconds(5)) { channel.close(promise: nil) }
            return shown.futureResult
        }
        return try await shown.get()
    }

    private func open<Result: Sendable>(
        to url: OriginURL, isDirect: Bool, _ tls: NIOSSLContext,
        _ build: @escaping @Sendable (any Channel, UpstreamChannel.Place) throws -> Result
    ) async throws -> Result {
        let place = UpstreamChannel.Place(isSecure: url.isSecure, host: url.host, port: url.port)
        let proxy = isDirect || !isProxied(url.host) ? nil : proxy, credentials = proxyCredentials
        let attempts = Mutex<[any Channel]?>([])
        let bootstrap = ClientBootstrap(group: group).connectTimeout(.seconds(20))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1).channelOption(.autoRead, value: false)
        return try await withTaskCancellationHandler {
            try await bootstrap.connect(host: proxy?.host ?? url.host, port: proxy?.port ?? url.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard attempts.withLock({ $0?.append(channel) }) != nil else { throw CancellationError() }
                    let pipeline = channel.pipeline.syncOperations
                    if let proxy, proxy.isSecure {
                        try pipeline.addHandler(
                            NIOSSLClientHandler(context: tls, serverHostname: Self.nameInHandshake(proxy.host)))
                        try pipeline.addHandler(ProxyHandshake())
                    }
                    if proxy != nil, place.isSecure {
                        try pipeline.addHandler(ConnectRequest(to: place, credentials: credentials, idle: idle))
                    }
                    if place.isSecure {
                        try pipeline.addHandler(
                            NIOSSLClientHandler(context: tls, serverHostname: Self.nameInHandshake(place.host)),
                            name: CertificateReader.handshake)
                    }
                    return try build(channel, place)
                }
            }
        } onCancel: {
            for channel in attempts.withLock({ attempts in
                defer { attempts = nil }
                return attempts ?? []
            }) { channel.close(promise: nil) }
        }
    }

    /// The name of a host in the handshake. Addresses are not named there (RFC 6066, 3), but checked all the same.
    private static func nameInHandshake(_ host: String) -> String? {
        !host.contains(":") && host.contains { $0.isLetter } ? host : nil
    }
}

/// Waits for the end of the handshake with a host and takes the certificate that was shown in it.
private final class CertificateReader: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    /// The name of that handshake's handler.
    static let handshake = "handshake with the host"

    private let shown: EventLoopPromise<NIOSSLCertificate?>

    init(_ shown: EventLoopPromise<NIOSSLCertificate?>) { self.shown = shown }

    func channelActive(context: ChannelHandlerContext) { context.read() }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case .handshakeCompleted = event as? TLSUserEvent else { return }
        shown.completeWith(
            Swift.Result {
                let handler = try context.pipeline.syncOperations.context(name: Self.handshake).handler
                return (handler as? NIOSSLHandler)?.peerCertificate
            })
        context.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func handlerRemoved(context: ChannelHandlerContext) { shown.succeed(nil) }
}

/// Marks failures of the handshake with a user's proxy that speaks TLS, so that they are not taken for the host's.
private final class ProxyHandshake: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case .handshakeCompleted = event as? TLSUserEvent else {
            return context.fireUserInboundEventTriggered(event)
        }
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.fireErrorCaught(UsersProxyFailure(cause: error))
    }
}

/// A failure of the user's proxy.
struct UsersProxyFailure: Error {
    let cause: any Error
}

/// Asks the user's proxy for a tunnel before anything else is sent.
private final class ConnectRequest: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let place: UpstreamChannel.Place
    private let credentials: String?
    private let idle: TimeAmount
    private var answer = ByteBuffer()
    private var silence: Scheduled<Void>?

    init(to place: UpstreamChannel.Place, credentials: String?, idle: TimeAmount) {
        self.place = place
        self.credentials = credentials
        self.idle = idle
    }

    func channelActive(context: ChannelHandlerContext) {
        let name = "\(place.host.contains(":") ? "[\(place.host)]" : place.host):\(place.port)"
        var text = "CONNECT \(name) HTTP/1.1\r\nHost: \(name)\r\n"
        if let credentials { text += "Proxy-Authorization: \(credentials)\r\n" }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text + "\r\n")), promise: nil)
        context.read()
        // Those behind count from the tunnel's beginning on.
        silence = context.eventLoop.assumeIsolated().scheduleTask(in: idle) { context.fireErrorCaught(HostIsSilent()) }
    }

    func handlerRemoved(context: ChannelHandlerContext) { silence?.cancel() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var new = unwrapInboundIn(data)
        answer.writeBuffer(&new)
        let text = String(buffer: answer)
        guard text.contains("\r\n\r\n") else {
            if answer.readableBytes > 64 << 10 {
                context.fireErrorCaught(Refusal(line: "it answers with more than a head"))
            } else {
                context.read()
            }
            return
        }
        let line = text.prefix { !$0.isNewline }
        guard line.split(separator: " ").dropFirst().first == "200" else {
            return context.fireErrorCaught(Refusal(line: "your proxy says: \(line)"))
        }
        let pipeline = context.pipeline.syncOperations
        context.fireChannelActive()
        pipeline.removeHandler(self, promise: nil)
    }

    private struct Refusal: Error, CustomStringConvertible {
        let line: String
        var description: String { line }
    }
}
