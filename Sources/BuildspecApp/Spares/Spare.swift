internal import BuildPlanning
internal import BuildRunning
internal import ChildProcesses
internal import Engines
internal import Files
internal import Synchronization

/// The container that an earlier build has left for this one, and the one that this build leaves for the next.
///
/// Only the driver waits in it: it has no source, no secret and no state of any build.
final class Spare: Sendable {
    static let command = "keep-spare"

    private let build: PlannedBuild
    private let engine: any Engine
    /// How long one waits, in seconds.
    private let time: Int
    private let wish = Mutex<Wish?>(nil)

    /// What a spare for the next build is.
    private struct Wish {
        let container: ContainerSpec
        let programs: String
        let fingerprint: String
    }

    private var machine: Machine { build.machine }
    private var shelf: SpareShelf { SpareShelf(machine.places) }

    /// - Returns: `nil` where nobody has asked for one.
    init?(of build: PlannedBuild, on engine: any Engine) {
        guard let time = build.project.settings.spare else { return nil }
        self.build = build
        self.engine = engine
        self.time = time
    }

    /// A spare that a build runs in.
    struct Taken {
        let pipes: String
        private let lock: FileLock

        fileprivate init(pipes: String, lock: FileLock) {
            self.pipes = pipes
            self.lock = lock
        }

        /// Its keeper removes what is left of the container.
        func release() { lock.release() }
    }

    /// Puts a spare in the place of the container that would be started, where one fits.
    ///
    /// - Parameter laidCache: whether the container's image is one of a cache.
    func take(_ container: inout ContainerSpec, laidCache: Bool) async throws -> Taken? {
        if let refusal = laidCache ? "the cache is laid under the container" : SpareRules(build).refusal() {
            build.project.explain("spare: none: \(refusal)")
            return nil
        }
        guard let programs = ProgramFolder.make(machine.places),
            let fingerprint = fingerprint(container, programs)
        else { return nil }
        wish.withLock { $0 = Wish(container: container, programs: programs, fingerprint: fingerprint) }
        for place in shelf.waiting() where place.fingerprint == fingerprint {
            guard let taken = try await take(place, &container) else { continue }
            build.project.explain("spare: \(place.name)")
            return taken
        }
        build.project.explain("spare: none waits")
        return nil
    }

    private func take(_ place: SparePlace, _ container: inout ContainerSpec) async throws -> Taken? {
        // One that is just ending has no folder any more, or is locked.
        guard let lock = try? place.lock() else { return nil }
        guard let running = place.running(), let streams = place.openStreams() else {
            // Its keeper was killed, and the container has ended with it: a spare that is found hides that none waits.
            place.remove()
            lock.release()
            return nil
        }
        place.hide()
        async let image = engine.imageID(container.image)
        async let renaming = engine.command(["rename", running.container, container.name]).collect()
        do {
            let (id, renamed) = (try await image, try await renaming)
            guard id == running.image, renamed.status.isSuccess else {
                build.project.explain("spare: `\(container.image)` is another image now, or the container is gone")
                // It has the name of the one that is started now.
                try await engine.remove(running.container)
                lock.release()
                return nil
            }
        } catch {
            place.tell(.end)
            throw error
        }
        place.tell(.take)
        container.standby = streams
        return Taken(pipes: place.pipes, lock: lock)
    }

    /// Names everything that a spare was started with, but for its own name.
    private func fingerprint(_ container: ContainerSpec, _ programs: String) -> String? {
        let words = waiting(container, programs, named: "", pipes: "pipes")
        let variables = machine.environment.filter { $0.key.hasPrefix("DOCKER_") }.map { "\($0.key)=\($0.value)" }
        return engine.starting(words).map { nameHash([$0.executable] + $0.arguments + variables.sorted()) }
    }

    /// A container that waits for a build.
    private func waiting(
        _ container: ContainerSpec, _ programs: String, named name: String, pipes: String
    ) -> ContainerSpec {
        var waiting = container.running(programs, pipes: pipes)
        waiting.name = name
        waiting.labels = [ContainerLabels.state: machine.places.state]
        waiting.standby = nil
        return waiting
    }

    /// Has a spare started by a process of its own, which outlives this one.
    ///
    /// Nothing that goes wrong here concerns the build: its next one starts a container.
    func order() {
        guard let wish = wish.withLock({ $0 }) else { return }
        // What waits takes streams through folders of this machine.
        guard let way = EngineMemory(machine.places, build.project.settings).way, way != .stream else {
            return build.project.explain("spare: none: the engine does not see this machine's files")
        }
        guard !shelf.waiting().contains(where: { $0.fingerprint == wish.fingerprint }) else { return }
        shelf.endOldest(leaving: SpareShelf.limit - 1)
        do {
            let place = try shelf.add(
                wish.fingerprint,
                madeWith: { pipes in
                    let name = "buildspec-spare-\(UniqueName.make())"
                    let waiting = waiting(wish.container, wish.programs, named: name, pipes: pipes)
                    guard let start = engine.starting(waiting) else {
                        throw Failure(.cannotWriteOutput, "the engine starts no spares")
                    }
                    return SpareRecord(
                        container: name, program: start.executable, arguments: start.arguments,
                        context: build.recipe.container.context, engineTimeout: build.project.settings.engineTimeout,
                        time: time)
                })
            try Command(ThisProgram.path, [Self.command, place.name]).startDetached()
        } catch {
            build.project.explain("spare: none is left: \(error)")
        }
    }
}
