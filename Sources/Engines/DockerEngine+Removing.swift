internal import ChildProcesses

/// Removes containers for certain: the engine may be removing one by itself, or may still be about to make it.
extension DockerEngine {
    /// How long the engine is asked again where nobody is in haste; one removal may take longer.
    static let persistence = Duration.seconds(10)
    /// How long a container is removed that a stopped build leaves: the whole program has two seconds.
    static let haste = Duration.milliseconds(1100)
    /// How long a container is looked for that the engine may be about to make, since its client died between asking and starting.
    static let expectation = Duration.milliseconds(900)

    @discardableResult
    public func remove(_ container: String) async throws -> Bool {
        try await remove(container, within: min(limit, Self.persistence), eachWithin: limit)
    }

    /// Removes a container and its layers, and looks again until the engine has neither.
    ///
    /// - Parameters:
    ///   - time: how long the engine is asked again.
    ///   - callTime: how long it may take for one removal; what is left of `time` where nothing is said.
    ///   - isComing: whether the engine may still be about to make it; then it is looked for until it was there, or the
    ///     time has passed.
    /// - Returns: whether there was a container.
    /// - Throws: ``EngineError`` when the engine still has something of it after that time; `CancellationError`.
    func remove(
        _ container: String, within time: Duration, eachWithin callTime: Duration? = nil, isComing: Bool = false
    ) async throws -> Bool {
        let end = ContinuousClock.now + time
        var wasThere = false, pause = Duration.milliseconds(20)
        while true {
            let left = callTime ?? max(end - .now, .milliseconds(100))
            let removal = try await ask(
                ["rm", "--force", "--volumes"] + client.killingAtOnce + [container], within: left)
            // Clients of some versions succeed with one that is not there; its name is printed only when it was.
            if removal.status.isSuccess, removal.text.contains(container) { wasThere = true }
            let isGone = removal.status.isSuccess || removal.errorText.contains("No such container")
            let isLast = ContinuousClock.now + pause >= end
            var reason = removal.errorText
            if isGone, wasThere || !isComing || isLast {
                let layers = try await ask(["volume", "rm", "--force"] + Self.layerNames(of: container), within: left)
                if layers.status.isSuccess { return wasThere }
                reason = layers.errorText
            }
            if isLast { throw EngineError(.refused, doing: "remove container `\(container)`", reason: reason) }
            try await Task.sleep(for: pause)
            pause = min(pause * 2, .milliseconds(200))
        }
    }

    /// Removes what a container has left that ended by an error of ours, or because we were stopped.
    func clear(_ spec: ContainerSpec, isUp: Bool, isStopped: Bool) async {
        let time = !isUp ? Self.expectation : isStopped ? Self.haste : min(limit, Self.persistence)
        let callTime = isUp && !isStopped ? limit : nil
        // A new task is not cancelled with this one. What is left then is told by the trace, which is all that can be done here.
        let removal = await Task { try await remove(spec.name, within: time, eachWithin: callTime, isComing: !isUp) }
            .result
        // One that never came may come yet.
        if case .success(let wasThere) = removal, wasThere || isUp { spec.trace?.noteGone() }
    }

    /// Removes what a container may have left whose client has ended by itself.
    func clear(_ spec: ContainerSpec, isUp: Bool, after status: ChildStatus) async {
        // A client that was killed says nothing of its container: it stays, or whoever killed the client removes it.
        guard case .exited(let code) = status else { return }
        var isGone = true
        if spec.layeredMount != nil {
            let words = ["volume", "rm", "--force"] + Self.layerNames(of: spec.name)
            let removal = await Task { try await ask(words) }.result
            isGone = (try? removal.get().status.isSuccess) == true
        } else if isUp, code == Self.ownFailure {
            isGone = false
        }
        if !isGone, !isUp, code == Self.ownFailure {
            // Where no engine is there is nothing of its either.
            isGone = (try? await answers()) == false
        }
        if isGone { spec.trace?.noteGone() }
    }

    /// The exit status of a client that failed itself: no engine was there, refused, or went away.
    private static let ownFailure: Int32 = 125
}
