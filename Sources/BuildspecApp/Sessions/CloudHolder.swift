internal import OfflineWorld
internal import Engines

/// Starts the local AWS when it is asked for first, and holds it until the build has ended.
actor CloudHolder {
    private let cloud: LocalCloud
    private let onNotes: @Sendable ([String]) -> Void
    private let releases: AsyncStream<Void>
    private let release: AsyncStream<Void>.Continuation
    private var holding: Task<Void, Never>?
    private var running: Task<LocalCloud.Running, any Error>?

    /// - Parameter onNotes: told what the cloud has to say as it comes up.
    init(_ cloud: LocalCloud, onNotes: @escaping @Sendable ([String]) -> Void) {
        self.cloud = cloud
        self.onNotes = onNotes
        (releases, release) = AsyncStream.makeStream()
    }

    /// The address of the running cloud; several who ask at once wait for the same start.
    func address() async throws -> LocalCloud.Running {
        if let running { return try await running.value }
        let (starts, started) = AsyncThrowingStream.makeStream(of: LocalCloud.Running.self)
        holding = Task { [cloud, releases, onNotes] in
            do {
                try await cloud.whileRunning { running in
                    onNotes(running.notes)
                    started.yield(running)
                    for await _ in releases {}
                }
                started.finish()
            } catch { started.finish(throwing: error) }
        }
        let running = Task<LocalCloud.Running, any Error> {
            for try await running in starts { return running }
            throw CancellationError()
        }
        self.running = running
        return try await running.value
    }

    /// Lets it go; it runs on for a while, for the next build.
    func letGo() async {
        release.finish()
        await holding?.value
    }
}
