internal import NIOCore
internal import NIOHTTP1
internal import Recordings

/// A recorded response on its way to a client, as HTTP wants it for the request at hand.
struct ReplayedAnswer {
    private let head: HTTPResponseHead
    private let response: RecordedResponse
    private let trailers: HTTPHeaders?
    /// What of the body is sent; `nil` when none of it is.
    private let part: Range<Int>?

    /// - Returns: `nil` when nothing was recorded.
    /// - Throws: `DamagedRecording`, `RecordingError`
    init?(_ request: HTTPRequestHead, _ recorded: RecordedRequest, _ store: RecordingStore) throws {
        var range: Range<Int>?
        var found = try store.response(to: recorded)
        if found == nil, let asked = request.headers.first(name: "range") {
            // The whole has all parts in it (RFC 9110, 14.2).
            var whole = recorded
            whole.headers.removeAll { $0.name.lowercased() == "range" }
            found = try store.response(to: whole)
            guard let whole = found, whole.head.status == 200 else { return nil }
            range = Self.range(asked, of: whole.bodyLength)
            if range == nil { found = whole }
        }
        guard let found else { return nil }
        // The body is checked before its first byte is sent: what is damaged is not half believed.
        try store.check(found)
        response = found
        var head = HTTPResponseHead(
            version: .http1_1,
            status: HTTPResponseStatus(statusCode: found.head.status, reasonPhrase: found.head.reason))
        for field in found.head.headers where field.name.lowercased() != "content-length" {
            head.headers.add(name: field.name, value: field.value)
        }
        let length = found.bodyLength
        if Self.isUnchanged(request, head.headers), head.status == .ok {
            self.head = Self.notModified(head)
            part = nil
            trailers = nil
            return
        }
        if let range {
            head.status = .partialContent
            head.headers.add(
                name: "Content-Range", value: "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(length)")
        }
        let isBodiless = head.status == .noContent || head.status == .notModified
        trailers =
            found.head.trailers.isEmpty || range != nil || isBodiless || request.method == .HEAD
            ? nil : HTTPHeaders(found.head.trailers.map { ($0.name, $0.value) })
        if request.method == .HEAD {
            // As the host said it, which knew the length of what it did not send.
            let said = found.head.headers.first { $0.name.lowercased() == "content-length" }?.value
            if let said { head.headers.add(name: "Content-Length", value: said) }
            part = nil
        } else if isBodiless {
            part = nil
        } else {
            let part = range ?? 0..<length
            if trailers == nil { head.headers.add(name: "Content-Length", value: "\(part.count)") }
            self.part = part
        }
        self.head = head
    }

    func write(to outbound: NIOAsyncChannelOutboundWriter<HTTPServerResponsePart>, isKeepAlive: Bool) async throws {
        var head = head
        if !isKeepAlive { head.headers.add(name: "Connection", value: "close") }
        guard let part, !part.isEmpty else {
            return try await outbound.write(contentsOf: [.head(head), .end(trailers)])
        }
        if let content = response.content {
            return try await outbound.write(
                contentsOf: [.head(head), .body(.byteBuffer(ByteBuffer(bytes: content[part]))), .end(trailers)])
        }
        let reader = try BodyReader(response)
        try await outbound.write(.head(head))
        var place = 0
        while place < part.upperBound {
            var bytes = ByteBuffer()
            let count = try bytes.writeWithUnsafeMutableBytes(minimumWritableBytes: 256 << 10) {
                try reader.read(into: $0)
            }
            guard count > 0 else { break }
            let wanted = (place..<place + count).clamped(to: part)
            bytes.moveReaderIndex(forwardBy: min(count, max(0, wanted.lowerBound - place)))
            if let piece = bytes.readSlice(length: wanted.count), !wanted.isEmpty {
                try await outbound.write(.body(.byteBuffer(piece)))
            }
            place += count
        }
        try await outbound.write(.end(trailers))
    }

    /// Whether a client has what was recorded, and says so (RFC 9110, 13.1).
    private static func isUnchanged(_ request: HTTPRequestHead, _ recorded: HTTPHeaders) -> Bool {
        guard request.method == .GET || request.method == .HEAD else { return false }
        func weak(_ tag: Substring) -> Substring { tag.hasPrefix("W/") ? tag.dropFirst(2) : tag }
        let asked = request.headers[canonicalForm: "if-none-match"]
        if !asked.isEmpty {
            guard let tag = recorded.first(name: "etag") else { return false }
            return asked.contains { $0 == "*" || weak($0) == weak(tag[...]) }
        }
        guard let since = request.headers.first(name: "if-modified-since") else { return false }
        return recorded.first(name: "last-modified") == since
    }

    private static func notModified(_ head: HTTPResponseHead) -> HTTPResponseHead {
        var head = head
        head.status = .notModified
        for name in ["content-type", "content-encoding", "content-range", "content-language"] {
            head.headers.remove(name: name)
        }
        return head
    }

    /// One range of bytes; several at once are answered with the whole, as is allowed.
    private static func range(_ text: String, of length: Int) -> Range<Int>? {
        guard text.hasPrefix("bytes=") else { return nil }
        let ends = text.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2 else { return nil }
        if ends[0].isEmpty {
            guard let count = Int(ends[1]), count > 0, length > 0 else { return nil }
            return max(0, length - count)..<length
        }
        guard let first = Int(ends[0]), first >= 0, first < length else { return nil }
        guard !ends[1].isEmpty else { return first..<length }
        guard let last = Int(ends[1]), last >= first else { return nil }
        return first..<min(last + 1, length)
    }
}
