internal import Crypto
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import Recordings

/// Serves the connections of clients according to the settings.
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
        let channel = client.channel
        do {
            try await client.executeThenClose { inbound, outbound in
                let reader = RequestReader(inbound)
                let connection = ProxyConnection(
                    settings: settings, upstream: upstream, tunnel: tunnel, client: channel, reader: reader,
                    outbound: outbound)
                defer { connection.close() }
                do {
                    while let head = try await reader.nextHead() {
                        guard try await connection.answer(head) else { break }
                    }
                } catch let failure as ClientFailure {
                    try await connection.complain(failure)
                }
                // Closing throws away what has not left yet: an empty piece leaves after all others.
                try await channel.writeAndFlush(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer())))
                if reader.isInBody { try await Self.linger(channel, reader) }
                outbound.finish()
            }
        } catch {
            // The client is gone, or what it said is no HTTP: it has been told, and nobody else needs to be.
        }
    }

    /// Reads for another moment, because closing a connection while bytes arrive may lose its last answer (RFC 9112, 9.6).
    private static func linger(_ channel: any Channel, _ reader: RequestReader) async throws {
        channel.close(mode: .output, promise: nil)
        let end = channel.eventLoop.scheduleTask(in: .seconds(2)) { channel.close(promise: nil) }
        defer { end.cancel() }
        while try await reader.nextBody() != nil {}
    }
}

/// Reads the requests of one client part by part.
final class RequestReader {
    private var parts: NIOAsyncChannelInboundStream<HTTPServerRequestPart>.AsyncIterator
    /// Whether the body of the request has not been read to its end.
    private(set) var isInBody = false

    init(_ parts: NIOAsyncChannelInboundStream<HTTPServerRequestPart>) { self.parts = parts.makeAsyncIterator() }

    /// - Throws: ``ClientFailure``
    func nextHead() async throws -> HTTPRequestHead? {
        while let part = try await next() {
            if case .head(let head) = part {
                isInBody = true
                return head
            }
        }
        return nil
    }

    /// - Returns: `nil` at the end of the body.
    /// - Throws: ``ClientFailure``
    func nextBody() async throws -> ByteBuffer? {
        guard isInBody else { return nil }
        guard let part = try await next() else { throw ClientFailure(cause: ConnectionEnded()) }
        if case .body(let bytes) = part { return bytes }
        isInBody = false
        return nil
    }

    private func next() async throws -> HTTPServerRequestPart? {
        do { return try await parts.next() } catch is CancellationError { throw CancellationError() } catch {
            throw ClientFailure(cause: error)
        }
    }
}

/// A failure of the client, not of a host.
struct ClientFailure: Error {
    let cause: any Error
}
