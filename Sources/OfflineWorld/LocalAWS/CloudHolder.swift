internal import Engines

/// Starts the local AWS when it is needed first, and keeps it running for one build until it is released.
public actor CloudHolder {
    private let cloud: LocalCloud
    private let onNotes: @Sendable ([String]) -> Void
    private let releases: AsyncStream<Void>
    private let release: AsyncStream<Void>.Continuation
    private var holding: Task<Void, Never>?
    private var running: Task<LocalCloud.Running, any Error>?
    private var isRunning = false
    private var isReleased = false

    /// - Parameter onNotes: told what the cloud has to say as it comes up.
    public init(_ cloud: LocalCloud, onNotes: @escaping @Sendable ([String]) -> Void) {
        self.cloud = cloud
        self.onNotes = onNotes
        (releases, release) = AsyncStream.makeStream()
    }

    /// The address of the cloud, which is started when it does not run. Several callers at once wait for the same start.
    ///
    /// - Throws: ``EngineError`` when it cannot be started, or was released.
    public func address() async throws -> LocalCloud.Running {
        if let running { return try await running.value }
        guard !isReleased else { throw Self.released }
        let (starts, started) = AsyncThrowingStream.makeStream(of: LocalCloud.Running.self)
        holding = Task { [cloud, releases, onNotes] in
            do {
                try await cloud.whileRunning { running in
                    await self.noteRunning()
                    onNotes(running.notes)
                    started.yield(running)
                    for await _ in releases {}
                }
                started.finish()
            } catch { started.finish(throwing: error is CancellationError ? Self.released : error) }
        }
        let running = Task<LocalCloud.Running, any Error> {
            for try await running in starts { return running }
            throw Self.released
        }
        self.running = running
        return try await running.value
    }

    /// Releases the cloud, or cancels its start. The cloud continues for a while, for the next build.
    ///
    /// May be called at any time, also before the cloud was needed, and more than once. It returns when nothing is held any
    /// more.
    public func release() async {
        isReleased = true
        release.finish()
        // One that runs ends in order, so that its last user is known to be gone.
        if !isRunning { holding?.cancel() }
        await holding?.value
    }

    private func noteRunning() { isRunning = true }

    private static let released = EngineError(
        .refused, doing: "use the local AWS", reason: "the build that it was for has ended")
}

extension CloudHolder {
    /// The routes that lead the names of AWS to the cloud, which the first request starts.
    nonisolated var routes: [ProxyRoute] {
        LocalCloud.routes.map { route in
            ProxyRoute(pattern: route.pattern, needsSignature: route.needsSignature) {
                (try await self.address().address, route.destination == .registry ? 5001 : 5000)
            }
        }
    }
}
