internal import Crypto
internal import NIOCore
internal import NIOHTTP1
internal import Recordings

/// One client's connection: its requests in turn, and the connection to a host that serves them.
final class ProxyConnection {
    private let settings: ProxySettings
    private let upstream: Upstream
    private let tunnel: OriginURL?
    private let reader: RequestReader
    let outbound: NIOAsyncChannelOutboundWriter<HTTPServerResponsePart>
    private var host: UpstreamChannel?

    init(
        settings: ProxySettings, upstream: Upstream, tunnel: OriginURL?, reader: RequestReader,
        outbound: NIOAsyncChannelOutboundWriter<HTTPServerResponsePart>
    ) {
        self.settings = settings
        self.upstream = upstream
        self.tunnel = tunnel
        self.reader = reader
        self.outbound = outbound
    }

    func close() { host?.close() }

    /// Answers one request.
    ///
    /// - Returns: whether the connection can be used for another.
    func answer(_ head: HTTPRequestHead) async throws -> Bool {
        guard let url = url(of: head) else {
            return try await refuse(
                head, .badRequest, "this is a proxy: a request to it names a whole URL, http://HOST/PATH\n")
        }
        guard !head.headers.contains(name: "upgrade") || !head.headers[canonicalForm: "connection"].contains("upgrade")
        else {
            return try await refuse(head, .notImplemented, "buildspec's proxy passes no upgraded connections on\n")
        }
        if head.headers[canonicalForm: "expect"].contains(where: { $0.lowercased() == "100-continue" }) {
            try await outbound.write(.head(HTTPResponseHead(version: .http1_1, status: .continue)))
        }
        let request = RecordedRequest(
            method: head.method.rawValue, url: url.text, headers: head.headers.map { (name: $0.name, value: $0.value) })
        for route in settings.routes where url.isMatched(by: route.pattern) {
            guard !route.needsSignature || Self.isSigned(head, url) else { continue }
            return try await pass(head, url, to: route)
        }
        guard settings.mode != .replay else { return try await replay(head, request) }
        let place = mirrored(url) ?? url
        return try await pass(head, to: place, request, isHostKept: false, records: settings.mode == .record)
    }

    // MARK: Where requests go

    private func url(of head: HTTPRequestHead) -> OriginURL? {
        if let tunnel, head.uri.hasPrefix("/") {
            return OriginURL(isSecure: tunnel.isSecure, host: tunnel.host, port: tunnel.port, target: head.uri)
        }
        return OriginURL(head.uri)
    }

    private func mirrored(_ url: OriginURL) -> OriginURL? {
        let text = url.text
        for mirror in settings.mirrors where text.hasPrefix(mirror.prefix) {
            return OriginURL(mirror.base + text.dropFirst(mirror.prefix.count))
        }
        return nil
    }

    /// As AWS's Signature Version 4 has it, in headers or in the query; its registries let in by a user and a password.
    private static func isSigned(_ head: HTTPRequestHead, _ url: OriginURL) -> Bool {
        if head.headers["authorization"].contains(where: { $0.hasPrefix("AWS4-") || $0.hasPrefix("AWS ") }) {
            return true
        }
        let query = url.target.drop { $0 != "?" }.lowercased()
        return query.contains("x-amz-signature=") || query.contains("x-amz-credential=")
    }

    private func pass(_ head: HTTPRequestHead, _ url: OriginURL, to route: ProxyRoute) async throws -> Bool {
        let place: (host: String, port: Int)
        do { place = try await route.resolve() } catch {
            settings.onEvent(.failed(url: url.text, reason: "\(error)"))
            return try await refuse(head, .badGateway, "buildspec cannot answer for \(url.host): \(error)\n")
        }
        let target = OriginURL(isSecure: false, host: place.host, port: place.port, target: url.target)
        var head = head
        head.headers.replaceOrAdd(name: "Host", value: url.hostAndPort)
        head.headers.replaceOrAdd(name: "X-Forwarded-Proto", value: url.isSecure ? "https" : "http")
        head.headers.replaceOrAdd(name: "X-Forwarded-Port", value: "\(url.port)")
        let request = RecordedRequest(method: head.method.rawValue, url: url.text)
        return try await pass(head, to: target, request, isHostKept: true, records: false)
    }

    // MARK: By the host

    private func pass(
        _ head: HTTPRequestHead, to url: OriginURL, _ request: RecordedRequest, isHostKept: Bool, records: Bool
    ) async throws -> Bool {
        var request = request, hash = SHA256(), hasBody = false
        let response: HTTPResponseHead
        do {
            let host = try await connection(to: url)
            try await host.send(.head(forwarded(head, to: url, isHostKept: isHostKept)))
            while let bytes = try await reader.nextBody() {
                hasBody = true
                if records { bytes.withUnsafeReadableBytes { hash.update(bufferPointer: $0) } }
                try await host.send(.body(.byteBuffer(bytes)))
            }
            try await host.send(.end(nil))
            guard case .head(let first) = try await host.next() else { throw ConnectionEnded() }
            response = first
        } catch {
            dropHost()
            try Task.checkCancellation()
            let reason = Self.reason(error)
            settings.onEvent(.failed(url: request.url, reason: reason))
            // The rest of the request is of no use to anybody, and the client may not be done with it.
            return try await refuse(
                head, .badGateway, "buildspec's proxy got no answer of \(url.hostAndPort): \(reason)\n", isLast: true)
        }
        if hasBody { request.bodyHash = hexadecimal(hash.finalize()) }
        let recorder = records ? Recorder(settings, request, response) : nil
        do {
            return try await copy(response, to: head, from: url, recorder)
        } catch {
            // What has been sent cannot be taken back: that it is not whole shows by the connection's end.
            dropHost()
            recorder?.abandon()
            if !(error is ChannelError) { settings.onEvent(.failed(url: request.url, reason: Self.reason(error))) }
            throw error
        }
    }

    private func copy(
        _ response: HTTPResponseHead, to request: HTTPRequestHead, from url: OriginURL, _ recorder: Recorder?
    ) async throws -> Bool {
        guard let host else { throw ConnectionEnded() }
        var head = HTTPResponseHead(version: .http1_1, status: response.status, headers: response.headers)
        Self.removeHopByHop(&head.headers)
        let hasLength = head.headers.contains(name: "content-length")
        let keepsOpen = request.isKeepAlive && (hasLength || request.version != .http1_0)
        if !keepsOpen { head.headers.replaceOrAdd(name: "Connection", value: "close") }
        try await outbound.write(.head(head))
        while true {
            switch try await host.next() {
            case .head: throw ConnectionEnded()
            case .body(let bytes):
                recorder?.add(bytes)
                try await outbound.write(.body(.byteBuffer(bytes)))
            case .end(let trailers):
                // Recorded before the client can know: what it saw whole is there the next time.
                recorder?.finish(trailers)
                try await outbound.write(.end(trailers))
                if !response.isKeepAlive { dropHost() }
                return keepsOpen
            }
        }
    }

    private func connection(to url: OriginURL) async throws -> UpstreamChannel {
        let place = UpstreamChannel.Place(isSecure: url.isSecure, host: url.host, port: url.port)
        if let host, host.place == place, host.isOpen { return host }
        dropHost()
        let host = try await upstream.connect(to: url)
        self.host = host
        return host
    }

    private func dropHost() {
        host?.close()
        host = nil
    }

    private func forwarded(_ head: HTTPRequestHead, to url: OriginURL, isHostKept: Bool) -> HTTPRequestHead {
        var head = head
        let isChunked = head.headers.contains(name: "transfer-encoding")
        Self.removeHopByHop(&head.headers)
        head.headers.remove(name: "expect")
        if isChunked { head.headers.replaceOrAdd(name: "Transfer-Encoding", value: "chunked") }
        if !isHostKept { head.headers.replaceOrAdd(name: "Host", value: url.hostAndPort) }
        let line = upstream.firstLine(for: url)
        head.uri = line.target
        head.version = .http1_1
        if let credentials = line.proxyCredentials {
            head.headers.replaceOrAdd(name: "Proxy-Authorization", value: credentials)
        }
        return head
    }

    /// What is between two hops (RFC 9110, 7.6.1).
    private static func removeHopByHop(_ headers: inout HTTPHeaders) {
        for name in headers[canonicalForm: "connection"] { headers.remove(name: String(name)) }
        for name in [
            "connection", "keep-alive", "proxy-connection", "proxy-authorization", "proxy-authenticate", "te",
            "transfer-encoding", "upgrade",
        ] { headers.remove(name: name) }
    }

    private static func reason(_ error: any Error) -> String {
        let text = "\(error)"
        return text.contains("CERTIFICATE_VERIFY_FAILED") || text.contains("unableToValidateCertificate")
            ? "its certificate is not to be believed (\(text))" : text
    }

    // MARK: Words of our own

    /// Answers with a text, once the request has been read to its end.
    ///
    /// - Parameter isLast: closes the connection instead.
    func refuse(
        _ request: HTTPRequestHead, _ status: HTTPResponseStatus, _ text: String, isLast: Bool = false
    ) async throws -> Bool {
        let keepsOpen = !isLast && request.isKeepAlive
        if keepsOpen { while try await reader.nextBody() != nil {} }
        let bytes = ByteBuffer(string: text)
        var head = HTTPResponseHead(version: .http1_1, status: status)
        head.headers.add(name: "Content-Type", value: "text/plain; charset=utf-8")
        head.headers.add(name: "Content-Length", value: "\(bytes.readableBytes)")
        if !keepsOpen { head.headers.add(name: "Connection", value: "close") }
        var parts: [HTTPServerResponsePart] = [.head(head)]
        if request.method != .HEAD { parts.append(.body(.byteBuffer(bytes))) }
        try await outbound.write(contentsOf: parts + [.end(nil)])
        return keepsOpen
    }

    // MARK: From the store

    private func replay(_ head: HTTPRequestHead, _ request: RecordedRequest) async throws -> Bool {
        var request = request, hash = SHA256(), hasBody = false
        while let bytes = try await reader.nextBody() {
            hasBody = true
            bytes.withUnsafeReadableBytes { hash.update(bufferPointer: $0) }
        }
        if hasBody { request.bodyHash = hexadecimal(hash.finalize()) }
        do {
            if let answer = try ReplayedAnswer(head, request, settings.store) {
                try await answer.write(to: outbound, isKeepAlive: head.isKeepAlive)
                return head.isKeepAlive
            }
        } catch let damage as DamagedRecording {
            settings.onEvent(.damaged(url: request.url, reason: "\(damage)"))
            return try await refuse(head, .gatewayTimeout, "\(damage)\nhelp: \(damage.help)\n")
        } catch let error as RecordingError {
            settings.onEvent(.damaged(url: request.url, reason: "\(error)"))
            return try await refuse(head, .gatewayTimeout, "\(error)\n")
        }
        settings.onEvent(.missing(method: request.method, url: request.url))
        return try await refuse(
            head, .gatewayTimeout,
            "\(request.method) \(request.url) was not recorded, and this build is offline.\n"
                + "help: `buildspec run --record` while there is a network\n")
    }
}

func hexadecimal(_ digest: SHA256.Digest) -> String {
    digest.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
}
