internal import ChildProcesses
internal import Synchronization

/// Knows whether a container that is being started has come up, and when its client was heard of last.
final class StartWatch: Sendable {
    private struct State {
        var isUp = false
        var lastSign = ContinuousClock.now
    }

    private let state = Mutex(State())

    /// Whether the container has said something.
    var isUp: Bool { state.withLock { $0.isUp } }
    var silence: Duration { state.withLock { .now - $0.lastSign } }

    func noteOutput() { state.withLock { $0.isUp = true } }
    /// Notes a sign of the client, such as the progress of a pull.
    func noteSign() { state.withLock { $0.lastSign = .now } }
}

/// Knows that an engine has not answered for too long, so that it is not asked once more.
final class EngineHealth: Sendable {
    private let error = Mutex<EngineError?>(nil)

    var failure: EngineError? { error.withLock { $0 } }

    func note(_ failure: EngineError) { error.withLock { $0 = failure } }
}

extension DockerEngine {
    /// Runs `body` beside a starting container, and looks after the engine until the container has come up: an engine that says nothing
    /// is asked whether it is there at all, and when it does not answer its client is ended.
    func watching<Result>(
        _ watch: StartWatch, start spec: ContainerSpec, by streams: ChildStreams,
        _ body: (ChildStreams) async throws -> Result
    ) async throws -> Result {
        // It is cancelled and waited for when the body has ended.
        async let _ = observe(watch, start: spec, terminate: streams.terminate)
        return try await body(
            streams.telling(ofOutput: { watch.noteOutput() }, ofErrorOutput: { watch.noteSign() }))
    }

    private func observe(_ watch: StartWatch, start spec: ContainerSpec, terminate: @Sendable () -> Void) async {
        var hasTold = false
        while !watch.isUp, !Task.isCancelled {
            let silence = watch.silence
            if silence >= Self.notice, !hasTold {
                hasTold = true
                onWait?("waiting for the engine to start a container of `\(spec.image)`")
            }
            if silence >= limit {
                // Asked by a command of its own: one client that hangs says nothing of the engine.
                guard await isThere(for: spec) else { return Task.isCancelled || watch.isUp ? () : terminate() }
                watch.noteSign()
            }
            let next = hasTold ? limit - watch.silence : Self.notice - watch.silence
            // Cancelled when the body has ended; the loop looks.
            try? await Task.sleep(for: max(min(next, limit), .milliseconds(50)))
        }
    }

    private func isThere(for spec: ContainerSpec) async -> Bool {
        do {
            if try await answers() { return true }
            health.note(unreachable(doing: "start a container of `\(spec.image)`", "no engine answers"))
        } catch {
            health.note(unreachable(doing: "start a container of `\(spec.image)`", "the engine \(Self.silent(limit))"))
        }
        return false
    }

    static func silent(_ limit: Duration) -> String { "has not answered for \(limit.components.seconds) s" }

    func unreachable(doing: String, _ reason: String) -> EngineError {
        EngineError(
            .unreachable, doing: doing, reason: reason,
            help: "see what `\(client) version` says; --engine-timeout gives a slow engine more time")
    }
}
