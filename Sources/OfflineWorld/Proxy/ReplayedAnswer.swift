internal import Files
internal import NIOCore
internal import NIOHTTP1
internal import Recordings

/// A recorded response, adapted to the request that it answers, as HTTP demands.
struct ReplayedAnswer {
    private let head: HTTPResponseHead
    private let response: RecordedResponse
    private let trailers: HTTPHeaders?
    /// The part of the body that is sent; `nil` for none.
    private let part: Range<Int>?

    /// - Returns: `nil` when nothing was recorded.
    /// - Throws: `DamagedRecording`, `RecordingError`
    init?(to request: HTTPRequestHead, as recorded: RecordedRequest, from store: RecordingStore) throws {
        var range: Range<Int>?
        var found = try store.response(to: recorded)
        if found == nil, let asked = request.headers.first(name: "range") {
            // The whole has all parts in it (RFC 9110, 14.2).
            var whole = recorded
            whole.headers.removeAll { $0.name.lowercased() == "range" }
            found = try store.response(to: whole)
            guard let whole = found, whole.head.status == 200 else { return nil }
            if Self.isOfSameVersion(request, whole.head) { range = Self.range(asked, of: whole.bodyLength) }
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
        if head.isUnchanged(for: request) {
            self.head = head.notModified
            part = nil
            trailers = nil
            return
        }
        if let range, range.isEmpty {
            head.status = .rangeNotSatisfiable
            head.headers.add(name: "Content-Range", value: "bytes */\(length)")
        } else if let range {
            head.status = .partialContent
            head.headers.add(
                name: "Content-Range", value: "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(length)")
        }
        let isBodiless = head.status == .noContent || head.status == .notModified
        trailers =
            found.head.trailers.isEmpty || range != nil || isBodiless || request.method == .HEAD
                || request.version == .http1_0
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

    /// - Parameter client: what `outbound` leads to.
    /// - Returns: whether the connection can be used for another request.
    /// - Throws: `RecordingError` before anything was sent, other errors later.
    func write(
        to outbound: NIOAsyncChannelOutboundWriter<HTTPServerResponsePart>, of client: any Channel,
        for request: HTTPRequestHead
    ) async throws -> Bool {
        var head = head
        let keepsOpen = head.frame(for: request)
        guard let part, !part.isEmpty else {
            try await outbound.write(contentsOf: [.head(head), .end(trailers)])
            return keepsOpen
        }
        if let content = response.content {
            let bytes = ByteBuffer(bytes: content[part])
            try await outbound.write(contentsOf: [.head(head), .body(.byteBuffer(bytes)), .end(trailers)])
            return keepsOpen
        }
        let file = try Self.open(response)
        try await outbound.write(.head(head))
        var writer = PieceWriter(to: client)
        // Two, in turns: one is read into while the other one leaves.
        var spare = ByteBuffer(), leaving = ByteBuffer()
        var place = part.lowerBound
        while place < part.upperBound {
            let wanted = min(Self.pieceLength, part.upperBound - place)
            spare.clear(minimumCapacity: Self.pieceLength)
            let count = try spare.writeWithUnsafeMutableBytes(minimumWritableBytes: wanted) {
                try file.read(at: Int64(place), into: UnsafeMutableRawBufferPointer(rebasing: $0[..<wanted]))
            }
            guard count > 0 else { throw ConnectionEnded() }
            try await writer.write(spare)
            swap(&spare, &leaving)
            place += count
        }
        try await writer.finish()
        try await outbound.write(.end(trailers))
        return keepsOpen
    }

    private static let pieceLength = 256 << 10

    private static func open(_ response: RecordedResponse) throws -> OwnedDescriptor {
        let path = response.body ?? "", doing = "read the recording `\(path)`"
        do {
            guard let file = try Folder.open(path) else { throw RecordingError(doing: doing, reason: "it is missing") }
            return file
        } catch let error as FileError {
            throw RecordingError(doing: doing, reason: error.reason)
        }
    }

    /// Whether the part that a client has belongs to the recorded version (RFC 9110, 13.1.5).
    private static func isOfSameVersion(_ request: HTTPRequestHead, _ recorded: RecordedHead) -> Bool {
        guard let condition = request.headers.first(name: "if-range") else { return true }
        return recorded.headers.contains {
            ["etag", "last-modified"].contains($0.name.lowercased()) && $0.value == condition
        }
    }

    /// Parses one range of bytes. Several ranges are answered with the whole, as HTTP allows.
    ///
    /// - Returns: an empty one where there is nothing, `nil` for what is no range.
    private static func range(_ text: String, of length: Int) -> Range<Int>? {
        guard text.hasPrefix("bytes=") else { return nil }
        let ends = text.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2 else { return nil }
        if ends[0].isEmpty {
            guard let count = Int(ends[1]), count >= 0 else { return nil }
            return max(0, length - count)..<length
        }
        guard let first = Int(ends[0]), first >= 0 else { return nil }
        guard first < length else { return length..<length }
        guard !ends[1].isEmpty else { return first..<length }
        guard let last = Int(ends[1]), last >= first else { return nil }
        return first..<min(last + 1, length)
    }
}

extension HTTPResponseHead {
    /// Whether the client says that it has this response already (RFC 9110, 13.1).
    func isUnchanged(for request: HTTPRequestHead) -> Bool {
        guard status == .ok, request.method == .GET || request.method == .HEAD else { return false }
        func weak(_ tag: Substring) -> Substring { tag.hasPrefix("W/") ? tag.dropFirst(2) : tag }
        let asked = request.headers[canonicalForm: "if-none-match"]
        if !asked.isEmpty {
            guard let tag = headers.first(name: "etag") else { return false }
            return asked.contains { $0 == "*" || weak($0) == weak(tag[...]) }
        }
        guard let since = request.headers.first(name: "if-modified-since") else { return false }
        return headers.first(name: "last-modified") == since
    }

    /// The head of a response without its body.
    var notModified: HTTPResponseHead {
        var head = self
        head.status = .notModified
        for name in ["content-type", "content-length", "content-encoding", "content-range", "content-language"] {
            head.headers.remove(name: name)
        }
        return head
    }
}
