internal import Files
internal import Crypto
internal import Files
internal import NIOCore
internal import NIOHTTP1
internal import Recordings

/// Answers the requests of one client in turn, with one connection to a host at a time.
final class ProxyConnection {
    private let settings: ProxySettings
    private let upstream: Upstream
    private let tunnel: OriginURL?
    private let reader: RequestReader
    private let client: any Channel
    private let outbound: NIOAsyncChannelOutboundWriter<HTTPServerResponsePart>
    private var host: UpstreamChannel?

    init(
        settings: ProxySettings, upstream: Upstream, tunnel: OriginURL?, client: any Channel,
        reader: RequestReader, outbound: NIOAsyncChannelOutboundWriter<HTTPServerResponsePart>
    ) {
        self.settings = settings
        self.upstream = upstream
        self.tunnel = tunnel
        self.client = client
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
                head, with: .badRequest, "this is a proxy: a request to it names a whole URL, http://HOST/PATH\n")
        }
        if let name = head.wantedProtocol {
            return try await refuse(
                head, with: .notImplemented, "buildspec's proxy does not go on with \(name)\n", isLast: true)
        }
        let asksFirst = head.headers[canonicalForm: "expect"].contains { $0.lowercased() == "100-continue" }
        if asksFirst, head.version != .http1_0 {
            try await outbound.write(.head(HTTPResponseHead(version: .http1_1, status: .continue)))
        }
        var request = RecordedRequest(
            method: head.method.rawValue, url: url.text, headers: head.headers.map { (name: $0.name, value: $0.value) })
        request.hidden = settings.hidden
        for route in settings.allRoutes where url.isMatched(by: route.pattern) {
            guard !route.needsSignature || Self.isSigned(head, url) else { continue }
            return try await pass(head, request, of: url, to: route)
        }
        guard settings.mode != .replay else { return try await replay(head, request) }
        let destination =
            mirrored(url).map { Destination(url: $0) }
            ?? Destination(url: url, keepsHost: tunnel != nil && head.headers.contains(name: "host"))
        return try await pass(head, to: destination, request, records: settings.mode == .record)
    }

    /// Answers a client whose request is no HTTP.
    func complain(_ failure: ClientFailure) async throws {
        guard let error = failure.cause as? HTTPParserError else { throw failure }
        let isTooLong = error == .headerOverflow
        var head = HTTPResponseHead(
            version: .http1_1, status: isTooLong ? .requestHeaderFieldsTooLarge : .badRequest)
        head.headers = ["Content-Length": "0", "Connection": "close"]
        try await outbound.write(contentsOf: [.head(head), .end(nil)])
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

    /// Whether a request is signed as AWS wants it, in headers or in the query. Its registries use a user and a password instead.
    private static func isSigned(_ head: HTTPRequestHead, _ url: OriginURL) -> Bool {
        if head.headers["authorization"].contains(where: { $0.hasPrefix("AWS4-") || $0.hasPrefix("AWS ") }) {
            return true
        }
        let query = url.target.drop { $0 != "?" }.lowercased()
        return ["x-amz-signature=", "x-amz-credential=", "awsaccesskeyid="].contains(where: query.contains)
    }

    private func pass(
        _ head: HTTPRequestHead, _ request: RecordedRequest, of url: OriginURL, to route: ProxyRoute
    ) async throws -> Bool {
        let place: (host: String, port: Int)
        do { place = try await route.resolve() } catch {
            try Task.checkCancellation()
            settings.onEvent(.failed(url: request.storedURL, reason: "\(error)"))
            return try await refuse(head, with: .badGateway, "buildspec cannot answer for \(url.host): \(error)\n")
        }
        let target = OriginURL(isSecure: false, host: place.host, port: place.port, target: url.target)
        var head = head
        head.headers.replaceOrAdd(name: "Host", value: url.hostAndPort)
        head.headers.replaceOrAdd(name: "X-Forwarded-Proto", value: url.isSecure ? "https" : "http")
        head.headers.replaceOrAdd(name: "X-Forwarded-Port", value: "\(url.port)")
        return try await pass(
            head, to: Destination(url: target, keepsHost: true, isOurs: true), request, records: false)
    }

    // MARK: By the host

    private func pass(
        _ head: HTTPRequestHead, to destination: Destination, _ request: RecordedRequest, records: Bool
    ) async throws -> Bool {
        if records { try await settings.store.hold() }
        var request = request
        let response: HTTPResponseHead, isWhole: Bool
        do {
            (response, request.bodyHash, isWhole) = try await ask(head, destination, hashes: records)
        } catch let failure as ClientFailure {
            dropHost()
            throw failure
        } catch {
            dropHost()
            try Task.checkCancellation()
            var reason = FailureReason.words(for: error)
            if FailureReason.isAboutCertificate(error),
                let flaw = await upstream.certificateFlaw(of: destination.url)
            {
                reason = flaw
            }
            settings.onEvent(.failed(url: request.storedURL, reason: reason))
            // The rest of the request is of no use to anybody, and the client may not be done with it.
            return try await refuse(
                head, with: .badGateway,
                "buildspec's proxy got no answer from \(destination.url.hostAndPort): \(reason)\n",
                isLast: true)
        }
        let recorder = records && isWhole ? Recorder(of: response, to: request, by: settings) : nil
        do {
            return try await copy(response, to: head, recorder) && isWhole
        } catch {
            // What has been sent cannot be taken back: that it is not whole shows by the connection's end.
            dropHost()
            recorder?.abandon()
            if client.isActive, !Task.isCancelled {
                settings.onEvent(.failed(url: request.storedURL, reason: FailureReason.words(for: error)))
            }
            throw error
        }
    }

    /// Sends a request and waits for the head of the response.
    ///
    /// - Returns: also the hash of the request's body, and whether the host took all of it: one that refuses a request early gets
    ///   no more.
    private func ask(
        _ head: HTTPRequestHead, _ destination: Destination, hashes: Bool
    ) async throws -> (response: HTTPResponseHead, bodyHash: String?, isWhole: Bool) {
        let isRepeatable =
            [.GET, .HEAD, .OPTIONS].contains(head.method) && !head.headers.contains(name: "content-length")
            && !head.headers.contains(name: "transfer-encoding")
        if isRepeatable { while try await reader.nextBody() != nil {} }
        while true {
            let (host, isUsed) = try await connection(to: destination, mayBeUsed: isRepeatable)
            do {
                let first = forwarded(head, to: destination)
                var isWhole = true, hash: SHA256?
                if isRepeatable {
                    try await host.send(whole: first)
                } else {
                    var wantsMore = try await host.send(.head(first))
                    while let bytes = try await reader.nextBody() {
                        isWhole = wantsMore
                        guard wantsMore else { break }
                        if hashes {
                            var known = hash ?? SHA256()
                            bytes.withUnsafeReadableBytes { known.update(bufferPointer: $0) }
                            hash = known
                        }
                        wantsMore = try await host.send(.body(.byteBuffer(bytes)))
                    }
                    if isWhole { _ = try await host.send(.end(nil)) }
                }
                guard case .head(let response) = try await host.next() else { throw ConnectionEnded() }
                if response.status == .switchingProtocols { throw ProtocolChanged() }
                return (response, hash.map { hexadecimal($0.finalize()) }, isWhole)
            } catch {
                // A host may close a connection while it is not used, and we have just missed it (RFC 9110, 9.2.2).
                guard isUsed, isRepeatable, !(error is ClientFailure), !(error is HostIsSilent) else { throw error }
                dropHost()
            }
        }
    }

    private func copy(
        _ response: HTTPResponseHead, to request: HTTPRequestHead, _ recorder: Recorder?
    ) async throws -> Bool {
        guard let host else { throw ConnectionEnded() }
        var head = HTTPResponseHead(version: .http1_1, status: response.status, headers: response.headers)
        // Where it comes in chunks, a length is not to be believed (RFC 9112, 6.3).
        if head.headers.contains(name: "transfer-encoding") { head.headers.remove(name: "content-length") }
        head.headers.removeHopByHop()
        // Asked for the whole (see `forwarded`), so that there is one to record; the client gets what it asked for.
        let isUnchanged = recorder != nil && head.isUnchanged(for: request)
        if isUnchanged { head = head.notModified }
        let keepsOpen = head.frame(for: request)
        // With that it would go away, before there is anything to record.
        if !isUnchanged { try await outbound.write(.head(head)) }
        var writer = PieceWriter(to: client)
        while true {
            switch try await host.next() {
            case .head: throw ConnectionEnded()
            case .body(let bytes):
                recorder?.add(bytes)
                if !isUnchanged { try await writer.write(bytes) }
            case .end(let trailers):
                // Recorded before the client can know: what it saw whole is there the next time.
                recorder?.finish(trailers)
                if isUnchanged { try await outbound.write(.head(head)) }
                try await outbound.write(.end(isUnchanged ? nil : trailers))
                if !response.isKeepAlive { dropHost() }
                return keepsOpen
            }
        }
    }

    /// - Parameter mayBeUsed: whether one will do that the host may be closing just now.
    /// - Returns: also whether it has served another request before.
    private func connection(
        to destination: Destination, mayBeUsed: Bool
    ) async throws -> (host: UpstreamChannel, isUsed: Bool) {
        let url = destination.url
        let place = UpstreamChannel.Place(isSecure: url.isSecure, host: url.host, port: url.port)
        if mayBeUsed, let host, host.place == place, host.isOpen { return (host, true) }
        dropHost()
        let host = try await upstream.connect(to: destination)
        self.host = host
        return (host, false)
    }

    private func dropHost() {
        host?.close()
        host = nil
    }

    private func forwarded(_ head: HTTPRequestHead, to destination: Destination) -> HTTPRequestHead {
        var head = head
        let isChunked = head.headers.contains(name: "transfer-encoding")
        head.headers.removeHopByHop()
        head.headers.remove(name: "expect")
        if isChunked {
            head.headers.replaceOrAdd(name: "Transfer-Encoding", value: "chunked")
        } else if [.POST, .PUT, .PATCH].contains(head.method), !head.headers.contains(name: "content-length") {
            head.headers.add(name: "Content-Length", value: "0")
        }
        if settings.mode == .record, !destination.isOurs {
            // The answer to these may be that nothing has changed, which is of no use without what has not.
            for name in ["if-none-match", "if-modified-since"] { head.headers.remove(name: name) }
        }
        if !destination.keepsHost { head.headers.replaceOrAdd(name: "Host", value: destination.url.hostAndPort) }
        let line = upstream.firstLine(for: destination)
        head.uri = line.target
        head.version = .http1_1
        if let credentials = line.proxyCredentials {
            head.headers.replaceOrAdd(name: "Proxy-Authorization", value: credentials)
        }
        return head
    }

    // MARK: Words of our own

    /// Answers with a text, once the request has been read to its end.
    ///
    /// - Parameter isLast: closes the connection instead.
    func refuse(
        _ request: HTTPRequestHead, with status: HTTPResponseStatus, _ text: String, isLast: Bool = false
    ) async throws -> Bool {
        let keepsOpen = !isLast && request.allowsAnother
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
        try await settings.store.hold()
        do {
            if let answer = try ReplayedAnswer(to: head, as: request, from: settings.store) {
                settings.onEvent(.replayed(url: request.storedURL))
                return try await answer.write(to: outbound, of: client, for: head)
            }
        } catch let damage as DamagedRecording {
            settings.onEvent(.damaged(url: request.storedURL, reason: "\(damage)"))
            return try await refuse(head, with: .gatewayTimeout, "\(damage)\nhelp: \(damage.help)\n")
        } catch let error as RecordingError {
            settings.onEvent(.damaged(url: request.storedURL, reason: "\(error)"))
            return try await refuse(head, with: .gatewayTimeout, "\(error)\n")
        }
        settings.onEvent(.missing(method: request.method, url: request.storedURL))
        return try await refuse(
            head, with: .gatewayTimeout,
            "\(request.method) \(request.storedURL) was not recorded, and this build is offline.\n"
                + "help: `buildspec run --record` while there is a network\n")
    }
}
