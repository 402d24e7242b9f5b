public import ChildProcesses
public import Engines
internal import Files
internal import Synchronization

/// Runs containers as jobs of a Docker Swarm, services of one task: Docker places them, and each calls this machine back.
///
/// To a build a job is what any container is: streams of a program, and tar streams in and out. What the program is told first
/// reaches it in a Docker secret, but for its first line; the rest comes by TCP (Documentation/decisions/swarm.md).
public struct SwarmEngine: BuildEngine {
    let manager: any Engine
    let port: SwarmPort
    let notes: JobNotes
    let images: PinnedImages
    /// Receives a line that says what is waited for.
    public var say: @Sendable (String) -> Void

    /// - Parameters:
    ///   - manager: the engine of a manager of the swarm.
    ///   - notes: the folder of this machine that remembers jobs.
    public init(
        by manager: any Engine, at port: SwarmPort, notes: JobNotes, say: @escaping @Sendable (String) -> Void
    ) {
        self.manager = manager
        self.port = port
        self.notes = notes
        self.say = say
        images = PinnedImages(manager)
    }

    /// The node of a job has disappeared while the job ran.
    public struct NodeLost: Error, CustomStringConvertible {
        public let node: String
        public var description: String { "node `\(node)` of the swarm has disappeared, and the build with it" }
    }

    public func withContainer<Result: Sendable>(
        _ spec: ContainerSpec, _ body: @Sendable (ChildStreams) async throws -> Result
    ) async throws -> (result: Result, status: ChildStatus) {
        try Task.checkCancellation()
        let link = JobLink(spec.name)
        port.admit(link)
        try notes.add(spec.name)
        spec.trace?.noteStart()
        let outcome: Swift.Result<Result, any Error>
        do {
            // It is cancelled and waited for when the body has ended.
            async let _ = watch(link)
            outcome = .success(try await body(streams(of: link, spec)))
        } catch { outcome = .failure(error) }
        let end = link.end
        await clear(link, spec)
        if case .lost(let node) = end, !Task.isCancelled { throw NodeLost(node: node) }
        if case .failed(let reason) = end { images.note(failure: reason, of: spec.name) }
        let status: ChildStatus = if case .left(let code) = end { .exited(code) } else { .exited(1) }
        return (try outcome.get(), status)
    }

    /// The streams of a job's program. The job is begun by the first bytes that are written.
    private func streams(of link: JobLink, _ spec: ContainerSpec) -> ChildStreams {
        let input = ChildInput { bytes in
            guard link.isAsked.exchange(true, ordering: .acquiringAndReleasing) else {
                return try await begin(link, spec, with: bytes)
            }
            guard let socket = await link.input.value() else { return false }
            return try await socket.write(bytes)
        } finish: {
            // Before a program is there it finds the end of its input by its connection's.
            if link.input.isSettled { await link.input.value()?.finishWriting() }
        }
        return ChildStreams(
            input: input, output: Self.output(link.output), errorOutput: Self.output(link.answers),
            terminate: { link.finish(.unwanted) })
    }

    private static func output(_ expected: Expected<JobSocket>) -> ChildOutput {
        ChildOutput { consume in
            guard let socket = await expected.value() else { return }
            while let chunk = try await socket.chunk() { try await consume(chunk) }
        }
    }

    /// The size of a secret that Docker takes.
    private static let secretLimit = 500 * 1024

    /// Makes the secret and the service of a job, and waits until it has called.
    ///
    /// - Parameter bytes: for the program: a first line, and what nobody else is to read.
    /// - Returns: whether the program reads.
    private func begin(_ link: JobLink, _ spec: ContainerSpec, with bytes: [UInt8]) async throws -> Bool {
        let cut = (bytes.firstIndex(of: 0x0a) ?? bytes.count - 1) + 1
        let secret = Array("\(link.token.text)\n".utf8) + bytes[cut...]
        guard secret.count <= Self.secretLimit else {
            link.finish(.failed("the build's variables take \(secret.count >> 10) KB, and a Docker secret holds 500"))
            return false
        }
        let service = JobService(spec: spec, host: port.host, port: port.port)
        let made = try await manager.command(service.secretArguments).collect(input: secret)
        guard made.status.isSuccess else {
            link.isAnswered.store(true, ordering: .releasing)
            link.finish(.failed(made.errorText))
            return false
        }
        let begun = try await manager.command(service.arguments).collect()
        link.isAnswered.store(true, ordering: .releasing)
        guard begun.status.isSuccess else {
            link.finish(.failed(begun.errorText))
            return false
        }
        guard let socket = await link.input.value() else { return false }
        return try await socket.write(Array(bytes[..<cut]))
    }

    // MARK: The end

    /// How long a service is looked for that the manager may be about to make.
    private static let expectation = Duration.milliseconds(900)

    private func clear(_ link: JobLink, _ spec: ContainerSpec) async {
        port.withdraw(link.name)
        link.finish(.unwanted)
        // A new task is not cancelled with this one.
        let removal = await Task {
            guard link.isAsked.load(ordering: .acquiring) else { return true }
            let isAnswered = link.isAnswered.load(ordering: .acquiring), end = ContinuousClock.now + Self.expectation
            while true {
                if try await Self.remove(link.name, by: manager) || isAnswered { return true }
                guard ContinuousClock.now < end else { return false }
                try await Task.sleep(for: .milliseconds(200))
            }
        }.result
        guard case .success(true) = removal else { return }
        notes.remove(link.name)
        spec.trace?.noteGone()
    }

    /// Ends a job: its service, and with it its task and container, and its secret.
    ///
    /// - Returns: whether there was a service.
    /// - Throws: ``EngineError`` when anything of it is still there.
    public static func remove(_ job: String, by manager: some EngineCommanding) async throws -> Bool {
        let removal = try await manager.command(["service", "rm", job]).collect()
        let isAbsent = removal.errorText.contains("No such service") || removal.errorText.contains("not found")
        guard removal.status.isSuccess || isAbsent else {
            throw EngineError(.refused, doing: "remove service `\(job)`", reason: removal.errorText)
        }
        var secret = try await manager.command(["secret", "rm", job]).collect()
        for _ in 0..<20 where !secret.status.isSuccess && secret.errorText.contains("in use") {
            try await Task.sleep(for: .milliseconds(50))
            secret = try await manager.command(["secret", "rm", job]).collect()
        }
        let isGone = secret.errorText.contains("No such secret") || secret.errorText.contains("not found")
        guard secret.status.isSuccess || isGone else {
            throw EngineError(.refused, doing: "remove secret `\(job)`", reason: secret.errorText)
        }
        return removal.status.isSuccess
    }

    /// The names of all jobs with a label.
    public static func jobs(withLabel label: String, by manager: some EngineCommanding) async throws -> [String] {
        let outcome = try await manager.command([
            "service", "ls", "--filter", "label=\(label)", "--format", "{{.Name}}",
        ]).collect()
        guard outcome.status.isSuccess else {
            throw EngineError(.refused, doing: "list the jobs of the swarm", reason: outcome.errorText)
        }
        return outcome.text.split(separator: "\n").map(String.init)
    }

    @discardableResult
    public func remove(_ container: String) async throws -> Bool {
        let link = port.link(of: container)
        port.withdraw(container)
        link?.finish(.unwanted)
        return try await Self.remove(container, by: manager)
    }

    public func isRunning(_ container: String) async throws -> Bool { port.link(of: container)?.end == nil }

    public func diagnose(_ spec: ContainerSpec, status: ChildStatus, said: String) async -> EngineError {
        let reason = images.failure(of: spec.name) ?? (said.isEmpty ? "it ended before it had called" : said)
        return EngineError(.refused, doing: "start a job of `\(spec.image)` on the swarm", reason: reason)
    }

    public func withShell<Result: Sendable>(
        in container: String, _ arguments: [String], _ body: @Sendable (ChildStreams) async throws -> Result
    ) async throws -> Result {
        throw EngineError(
            .refused, doing: "open a shell in `\(container)`", reason: "it is a job of a swarm",
            help: "run the build on this machine, without --on swarm")
    }
}
