internal import Files
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import Synchronization

/// An HTTP/1.1 forward proxy that decrypts TLS, records the answers of hosts, and replays them.
///
/// It serves sockets that listen already, wherever they are, until ``stop()``. It has threads from its beginning on:
/// whoever makes one stops it, or uses ``whileServing(_:_:)``.
public final class ForwardProxy: Sendable {
    private let group: MultiThreadedEventLoopGroup
    private let exchange: ProxyExchange
    private let state = Mutex(State())

    private struct State {
        var stopping: Task<Void, Never>?
        var listeners: [any Channel] = []
        var clients: [ObjectIdentifier: any Channel] = [:]
        var number = 0
        /// A task for each client that speaks HTTP.
        var tasks: [Int: Task<Void, Never>] = [:]
    }

    /// - Throws: ``ProxyError`` when the certificates named in the settings cannot be read; nothing is then left to stop.
    public init(_ settings: ProxySettings) throws {
        group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        do {
            exchange = try ProxyExchange(settings, group: group)
        } catch {
            group.shutdownGracefully { _ in }
            throw error
        }
    }

    // Nobody who holds it has anything open then; only the threads are left.
    deinit { group.shutdownGracefully { _ in } }

    /// Runs `body` with a proxy, and stops the proxy however `body` ends.
    ///
    /// - Throws: as ``init(_:)``, and whatever `body` throws.
    public static func whileServing<Result>(
        _ settings: ProxySettings, _ body: (ForwardProxy) async throws -> Result
    ) async throws -> Result {
        let proxy = try ForwardProxy(settings)
        let result: Swift.Result<Result, any Error>
        do { result = .success(try await body(proxy)) } catch { result = .failure(error) }
        await proxy.stop()
        return try result.get()
    }

    /// Serves listening sockets.
    ///
    /// - Parameter descriptors: of listening TCP sockets, which belong to the proxy from now on: all are closed when one of
    ///   them cannot be served.
    /// - Throws: ``ProxyError`` when the proxy was stopped; what the system says of a socket.
    public func serve(sockets descriptors: [Int32]) async throws {
        var rest = descriptors[...]
        defer { for descriptor in rest { SystemCall.close(descriptor) } }
        while let descriptor = rest.first {
            try checkServing()
            rest = rest.dropFirst()
            try await keep(bootstrap.withBoundSocket(descriptor).get())
        }
    }

    /// As ``serve(sockets:)``, with one socket.
    public func serve(socket descriptor: Int32) async throws { try await serve(sockets: [descriptor]) }

    /// Listens on this machine.
    ///
    /// - Parameter port: 0 for any.
    /// - Returns: the port.
    /// - Throws: ``ProxyError``
    public func listen(host: String, port: Int) async throws -> Int {
        try checkServing()
        let channel: any Channel
        do { channel = try await bootstrap.bind(host: host, port: port).get() } catch {
            throw ProxyError(doing: "listen on \(host):\(port)", reason: "\(error)")
        }
        try await keep(channel)
        return channel.localAddress?.port ?? port
    }

    private static let stopped = ProxyError(doing: "serve clients", reason: "the proxy was stopped")

    /// Ends all connections, the threads, and the local AWS's holder; what is being recorded is dropped.
    ///
    /// May be called at any time, also before anything was served, and more than once; cancelling does not hasten it. When
    /// it returns, every event has been handed to ``ProxySettings/onEvent``, and none will come.
    public func stop() async {
        let stopping = state.withLock { state in
            let task = state.stopping ?? Task { await end() }
            state.stopping = task
            return task
        }
        await stopping.value
    }

    private func end() async {
        // Beside the rest: a request may be waiting for the cloud to come up.
        async let release: Void? = exchange.settings.cloud?.release()
        let (listeners, clients) = state.withLock { state in
            for task in state.tasks.values { task.cancel() }
            return (state.listeners, Array(state.clients.values))
        }
        // What is closed already need not be closed again.
        for listener in listeners { try? await listener.close() }
        // Clients that were accepted just before have been refused once their loop has come to here.
        for loop in group.makeIterator() { try? await loop.submit {}.get() }
        for client in clients { try? await client.close() }
        // From here on no task begins: they begin with bytes of a client.
        while case let tasks = state.withLock({ Array($0.tasks.values) }), !tasks.isEmpty {
            for task in tasks {
                task.cancel()
                await task.value
            }
        }
        try? await group.shutdownGracefully()
        await release
    }

    private func checkServing() throws {
        guard state.withLock({ $0.stopping == nil }) else { throw Self.stopped }
    }

    private func keep(_ listener: any Channel) async throws {
        let isKept = state.withLock { state in
            if state.stopping == nil { state.listeners.append(listener) }
            return state.stopping == nil
        }
        guard !isKept else { return }
        // Stopped meanwhile, which may have closed it.
        try? await listener.close()
        throw Self.stopped
    }

    private var bootstrap: ServerBootstrap {
        ServerBootstrap(group: group).serverChannelOption(.backlog, value: 512)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { [self] channel in
                channel.eventLoop.makeCompletedFuture {
                    guard admit(channel) else {
                        // Here and now: the loop may end before whoever is told of the error would do it.
                        channel.close(promise: nil)
                        throw Self.stopped
                    }
                    try channel.pipeline.syncOperations.addHandler(
                        TunnelOpener(authority: exchange.settings.authority) { self.start($0, $1) })
                }
            }
    }

    /// Notes a client, to close it when the proxy is stopped.
    ///
    /// - Returns: `false` when it is stopped already.
    private func admit(_ client: any Channel) -> Bool {
        let id = ObjectIdentifier(client)
        let isAdmitted = state.withLock { state in
            if state.stopping == nil { state.clients[id] = client }
            return state.stopping == nil
        }
        if isAdmitted { client.closeFuture.whenComplete { [self] _ in state.withLock { $0.clients[id] = nil } } }
        return isAdmitted
    }

    private func start(_ client: ClientChannel, _ tunnel: OriginURL?) {
        state.withLock { state in
            state.number += 1
            let number = state.number
            // A task of its own for each connection: it lasts as long as the client wants, and ``stop()`` waits for it. Its end
            // takes the same lock, and so comes after it was noted.
            let task = Task {
                await exchange.serve(client, in: tunnel)
                self.state.withLock { $0.tasks[number] = nil }
            }
            state.tasks[number] = task
            // What a client that has gone asked for is of no use to anybody: a host that is silent is not waited for.
            client.channel.closeFuture.whenComplete { _ in task.cancel() }
            if state.stopping != nil { task.cancel() }
        }
    }
}

typealias ClientChannel = NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>
