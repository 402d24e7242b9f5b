internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import Synchronization

/// An HTTP/1.1 forward proxy that looks into TLS, records what hosts answer, and gives those answers again.
///
/// It serves sockets that listen already, wherever they are, until ``stop()``.
public final class ForwardProxy: Sendable {
    private let group: MultiThreadedEventLoopGroup
    private let exchange: ProxyExchange
    private let listeners = Mutex<[any Channel]>([])
    private let connections = Mutex<Connections>(Connections())

    private struct Connections {
        var isStopped = false
        var number = 0
        var tasks: [Int: Task<Void, Never>] = [:]
    }

    /// - Throws: ``ProxyError`` when the certificates named in the settings cannot be read.
    public init(_ settings: ProxySettings) throws {
        group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        do {
            exchange = try ProxyExchange(settings, group: group)
        } catch {
            group.shutdownGracefully { _ in }
            throw error
        }
    }

    /// Serves a socket.
    ///
    /// - Parameter descriptor: of a listening TCP socket, which belongs to the proxy from now on.
    public func serve(socket descriptor: Int32) async throws {
        try await keep(bootstrap.withBoundSocket(descriptor).get())
    }

    /// Listens on this machine.
    ///
    /// - Parameter port: 0 for any.
    /// - Returns: the port.
    public func listen(host: String, port: Int) async throws -> Int {
        do {
            let channel = try await bootstrap.bind(host: host, port: port).get()
            try await keep(channel)
            return channel.localAddress?.port ?? port
        } catch {
            throw ProxyError(doing: "listen on \(host):\(port)", reason: "\(error)")
        }
    }

    /// Ends all connections; what is being recorded is dropped.
    public func stop() async {
        let open = listeners.withLock { open in
            defer { open = [] }
            return open
        }
        for listener in open { try? await listener.close() }
        let tasks = connections.withLock { connections in
            connections.isStopped = true
            return Array(connections.tasks.values)
        }
        for task in tasks { task.cancel() }
        for task in tasks { await task.value }
        try? await group.shutdownGracefully()
    }

    private func keep(_ listener: any Channel) async throws {
        listeners.withLock { $0.append(listener) }
    }

    private var bootstrap: ServerBootstrap {
        ServerBootstrap(group: group).serverChannelOption(.backlog, value: 512)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { [self] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        TunnelOpener(authority: exchange.settings.authority) { self.start($0, $1) })
                }
            }
    }

    private func start(_ client: ClientChannel, _ tunnel: OriginURL?) {
        connections.withLock { connections in
            connections.number += 1
            let number = connections.number
            // A task of its own for each connection: it lasts as long as the client wants, and ``stop()`` waits for it. Its end
            // takes the same lock, and so comes after it was noted.
            let task = Task {
                await exchange.serve(client, in: tunnel)
                self.connections.withLock { $0.tasks[number] = nil }
            }
            connections.tasks[number] = task
            // What a client that has gone asked for is of no use to anybody: a host that is silent is not waited for.
            client.channel.closeFuture.whenComplete { _ in task.cancel() }
            if connections.isStopped { task.cancel() }
        }
    }
}

typealias ClientChannel = NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>
