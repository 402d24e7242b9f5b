internal import BuildPlanning
internal import Engines

/// The kept containers of earlier builds of a project, of which a new build needs none.
struct EarlierContainers {
    let machine: Machine
    let engine: any Engine
    /// The UUID of the new build.
    let build: String
    /// The source of the project's builds.
    let source: String

    /// Removes those that nobody has a shell in; those of a batch's builds stay beside one another.
    ///
    /// - Parameters:
    ///   - name: the one container that is meant; all when absent.
    ///   - reason: why, for the user: "this build's container takes its place".
    /// - Returns: whether any was removed.
    @discardableResult
    func drop(only name: String? = nil, because reason: String) async throws -> Bool {
        var isAny = false
        for earlier in BuildRecords(machine.places).kept() where earlier.uuid != build && !earlier.isRunning {
            guard name == nil || name == earlier.containerName else { continue }
            do { isAny = try await drop(earlier, reason) || isAny } catch {
                try Task.checkCancellation()
                // What is wrong with an earlier build is no fault of this one.
                machine.say("warning: the kept container of build \(earlier.uuid.prefix(8)) stays: \(error)\n")
            }
        }
        return isAny
    }

    private func drop(_ earlier: RecordedBuild, _ reason: String) async throws -> Bool {
        guard try earlier.start()?.source == source, let kept = try KeptBuild.read(from: earlier),
            kept.asked.batchIdentifier == nil, try await !engine.hasShells(kept.container)
        else { return false }
        try await engine.remove(kept.container)
        KeptBuild.forget(earlier, machine.places)
        machine.say("dropped the kept container of build \(earlier.uuid.prefix(8)): \(reason)\n")
        return true
    }
}
