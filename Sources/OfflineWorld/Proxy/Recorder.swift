internal import NIOCore
internal import NIOHTTP1
internal import Recordings

/// Records one response while it is copied to the client. A failure to record is an event and does not stop the copying.
final class Recorder {
    private let settings: ProxySettings
    private let request: RecordedRequest
    private let response: HTTPResponseHead
    private var body: BodyWriter?
    private var isSpoilt = false

    /// Of answers below 500: those that mean something to those alone who have the rest (304, 412), or are for the moment (408,
    /// 425, 429).
    private static let passing: Set<UInt> = [304, 408, 412, 425, 429]

    /// - Returns: `nil` for what is not to be kept: failures of hosts, and answers for one client, or for the moment.
    init?(of response: HTTPResponseHead, to request: RecordedRequest, by settings: ProxySettings) {
        guard (200..<500).contains(response.status.code), !Self.passing.contains(response.status.code) else {
            return nil
        }
        self.settings = settings
        self.request = request
        self.response = response
    }

    func add(_ bytes: ByteBuffer) {
        attempt {
            if body == nil { body = try settings.store.startBody() }
            try bytes.withUnsafeReadableBytes { try body?.write($0) }
        }
    }

    func finish(_ trailers: HTTPHeaders?) {
        attempt {
            try settings.store.record(
                request,
                RecordedHead(
                    status: Int(response.status.code), reason: response.status.reasonPhrase,
                    headers: response.headers.map { (name: $0.name, value: $0.value) },
                    trailers: trailers?.map { (name: $0.name, value: $0.value) } ?? []), body: body)
            settings.onEvent(.recorded(url: request.storedURL, bytes: body?.length ?? 0))
        }
    }

    func abandon() { body?.abandon() }

    private func attempt(_ work: () throws -> Void) {
        guard !isSpoilt else { return }
        do { try work() } catch {
            isSpoilt = true
            abandon()
            settings.onEvent(.failed(url: request.storedURL, reason: "it is not recorded: \(error)"))
        }
    }
}
