internal import Crypto
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import Recordings

/// Answers the requests of clients, one connection at a time, by what the settings say.
struct ProxyExchange: Sendable {
    let settings: ProxySettings
    private let upstream: Upstream

    init(_ settings: ProxySettings, group: MultiThreadedEventLoopGroup) throws {
        self.settings = settings
        upstream = try Upstream(settings, group: group)
    }

    /// Serves a client until it goes away.
    ///
    /// - Parameter tunnel: where a CONNECT led; requests then name paths alone.
    func serve(_ client: ClientChannel, in tunnel: OriginURL?) async {
        do {
            try await client.executeThenClose { inbound, outbound in
                let reader = RequestReader(inbound)
                let connection = ProxyConnection(
                    settings: settings, upstream: upstream, tunnel: tunnel, reader: reader, outbound: outbound)
                defer { connection.close() }
                while let head = try await reader.nextHead() {
                    guard try await connection.answer(head) else { break }
                }
                outbound.finish()
            }
        } catch {
            // The client is gone, or what it said is no HTTP: it has been told, and nobody else needs to be.
        }
    }
}

/// The requests of one client, part by part.
final class RequestReader {
    private var parts: NIOAsyncChannelInboundStream<HTTPServerRequestPart>.AsyncIterator
    private var isInBody = false

    init(_ parts: NIOAsyncChannelInboundStream<HTTPServerRequestPart>) { self.parts = parts.makeAsyncIterator() }

    func nextHead() async throws -> HTTPRequestHead? {
        while let part = try await parts.next() {
            if case .head(let head) = part {
                isInBody = true
                return head
            }
        }
        return nil
    }

    /// - Returns: `nil` at the end of the body.
    func nextBody() async throws -> ByteBuffer? {
        guard isInBody else { return nil }
        guard let part = try await parts.next() else { throw ConnectionEnded() }
        if case .body(let bytes) = part { return bytes }
        isInBody = false
        return nil
    }
}
