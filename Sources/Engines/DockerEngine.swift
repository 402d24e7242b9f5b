public import ChildProcesses
#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// The `docker` command line, and so whatever engine its context, `DOCKER_HOST` or credential helpers lead to; or podman's, which
/// understands the same words but for those of ``EngineClient``.
public struct DockerEngine: Engine {
    let client: EngineClient
    let program: String
    private let context: String?
    /// How long the engine may take for an answer, where none takes work.
    let limit: Duration
    let onWait: (@Sendable (String) -> Void)?
    let health = EngineHealth()

    /// After this time of silence the user is told what is waited for.
    static let notice = Duration.seconds(3)

    /// - Parameters:
    ///   - client: whose command line it is.
    ///   - program: its name or path, when it is not the client's own.
    ///   - context: the name of a docker context, or of a podman connection; the current one when absent.
    ///   - limit: how long the engine may take to answer a question.
    ///   - onWait: receives a line that says what is waited for, when that takes longer than three seconds.
    public init(
        client: EngineClient = .docker, program: String? = nil, context: String? = nil, limit: Duration = .seconds(60),
        onWait: (@Sendable (String) -> Void)? = nil
    ) {
        self.client = client
        self.program = program ?? client.rawValue
        self.context = context
        self.limit = limit
        self.onWait = onWait
    }

    public func command(_ arguments: [String]) -> Command {
        var command = Command(program, (context.map { [client.contextOption, $0] } ?? []) + arguments)
        var patience = Command.Patience(notice: Self.notice, limit: Self.isQuestion(arguments) ? limit : nil)
        if let onWait {
            let words = Self.shown(arguments)
            patience.onSilence = { onWait("waiting for the engine: `\(client) \(words)`") }
        }
        command.patience = patience
        return command
    }

    /// Runs a command of the client to its end. An engine that has not answered one question is asked no second one.
    ///
    /// - Parameter time: how long it may take at most, where that is less than the engine's own limit; such a question is asked in
    ///   any case.
    /// - Throws: ``EngineError`` with code `unreachable` when it has taken too long.
    func ask(_ arguments: [String], within time: Duration? = nil) async throws -> CommandOutput {
        if time == nil, let failure = health.failure { throw failure }
        var command = command(arguments)
        if let time { command.patience?.limit = min(time, limit) }
        do { return try await command.collect() } catch let error as ChildProcessError where error.code == .timedOut {
            let failure = unreachable(
                doing: "ask the engine (`\(client) \(Self.shown(arguments))`)", "it \(Self.silent(limit))")
            if time == nil { health.note(failure) }
            throw failure
        }
    }

    /// Whether a command is answered without work for the engine.
    private static func isQuestion(_ arguments: [String]) -> Bool {
        guard let first = arguments.first else { return false }
        return ["version", "info", "ps", "rm", "volume", "network", "port"].contains(first)
            || ["image", "container"].contains(first) && ["inspect", "ls"].contains(arguments.dropFirst().first)
    }

    /// The words of a command that say what it is about.
    private static func shown(_ arguments: [String]) -> String {
        let words = arguments.filter { !$0.hasPrefix("-") && !$0.contains("{{") && !$0.contains("\n") }
        let text = words.prefix(4).joined(separator: " ")
        return text.count > 100 ? "\(text.prefix(99))…" : text
    }

    public func withContainer<Result: Sendable>(
        _ spec: ContainerSpec, _ body: @Sendable (ChildStreams) async throws -> Result
    ) async throws -> (result: Result, status: ChildStatus) {
        try Task.checkCancellation()
        if let failure = health.failure { throw failure }
        if let standby = spec.standby { return try await use(standby, as: spec, body) }
        let watch = StartWatch()
        try await makeVolumes(of: spec)
        spec.trace?.noteStart()
        do {
            let outcome = try await run(command(arguments(for: spec))) { streams in
                try await watching(watch, start: spec, by: streams, body)
            }
            // The client was killed because we are to stop, whatever the body made of it.
            if case .signalled = outcome.status { try Task.checkCancellation() }
            await clear(spec, isUp: watch.isUp, after: outcome.status)
            return outcome
        } catch let error as EngineError where error.code == .unreachable && !watch.isUp {
            // There is no client, and so nothing was asked for.
            spec.trace?.noteGone()
            throw error
        } catch {
            // The name was chosen by us, so a reply that got lost leaks nothing.
            await clear(spec, isUp: watch.isUp, isStopped: Task.isCancelled)
            throw error
        }
    }

    public func starting(_ spec: ContainerSpec) -> Command? { command(arguments(for: spec)) }

    /// Runs `body` beside a container that runs already.
    private func use<Result: Sendable>(
        _ standby: ChildStreams, as spec: ContainerSpec, _ body: @Sendable (ChildStreams) async throws -> Result
    ) async throws -> (result: Result, status: ChildStatus) {
        spec.trace?.noteStart()
        do {
            let result = try await body(standby)
            spec.trace?.noteGone()
            return (result, .exited(0))
        } catch {
            await clear(spec, isUp: true, isStopped: Task.isCancelled)
            throw error
        }
    }

    private func run<Result: Sendable>(
        _ command: Command, _ body: @Sendable (ChildStreams) async throws -> Result
    ) async throws -> (result: Result, status: ChildStatus) {
        do {
            return try await command.stream(body)
        } catch let error as ChildProcessError where error.code == .notFound {
            throw EngineError(
                .unreachable, doing: "start a container", reason: error.description,
                help: client.helpToInstall)
        }
    }

    public func withShell<Result: Sendable>(
        in container: String, _ arguments: [String], _ body: @Sendable (ChildStreams) async throws -> Result
    ) async throws -> Result {
        let words = ["exec", "--interactive", "--user", "0:0", "--workdir", "/", container, "sh", "-c"]
        return try await run(command(words + arguments), body).result
    }

    public func isRunning(_ container: String) async throws -> Bool {
        let outcome = try await ask(["container", "inspect", "--format", "{{.State.Running}}", container])
        if outcome.status.isSuccess { return outcome.text == "true" }
        let version = try await ask(["version", "--format", "{{.Server.Version}}"])
        guard version.status.isSuccess else {
            throw EngineError(
                .unreachable, doing: "look for container `\(container)`",
                reason: version.errorText.split(separator: "\n").last.map(String.init) ?? "no engine answers",
                help: Self.helpToReach(version.errorText))
        }
        return false
    }

    /// A shell of a container for a person at the terminal, or a command in it.
    ///
    /// - Parameters:
    ///   - user: as the image knows it; root when absent.
    ///   - isInteractive: whether the container's side gets a terminal, too.
    /// - Returns: how it ended.
    public func attach(
        to container: String, user: String?, isInteractive: Bool, _ arguments: [String]
    ) async throws -> ChildStatus {
        let words = ["exec", "--interactive"] + (isInteractive ? ["--tty"] : []) + ["--user", user ?? "0:0"]
        return try await command(words + [container, "sh", "-c"] + arguments).runOnTerminal()
    }

    private func arguments(for spec: ContainerSpec) -> [String] {
        var arguments = [
            "run", "--rm", "--interactive", "--name", spec.name, "--log-driver", "none", "--entrypoint", "sh",
            "--user", "0:0", "--workdir", "/", "--pull", spec.pull.rawValue,
        ]
        for (name, value) in spec.labels.sorted(by: { $0.key < $1.key }) {
            arguments += ["--label", "\(name)=\(value)"]
        }
        for mount in spec.readOnlyMounts {
            arguments += [
                "--mount",
                ContainerSpec.mountValue(["type=bind", "src=\(mount.host)", "dst=\(mount.container)", "readonly"]),
            ]
        }
        for socket in spec.sockets {
            let fields = ["type=bind", "src=\(socket.host)", "dst=\(socket.container)"]
            // Where SELinux labels containers, one with a label could not use the socket.
            arguments += ["--mount", ContainerSpec.mountValue(fields), "--security-opt", "label=disable"]
        }
        for mount in spec.writableMounts {
            arguments += [
                "--mount", ContainerSpec.mountValue(["type=bind", "src=\(mount.host)", "dst=\(mount.container)"]),
            ]
        }
        if let mount = spec.layeredMount { arguments += Self.layers(mount, of: spec) }
        for volume in spec.volumes { arguments += client.mounting(volume) }
        arguments += spec.privilege.map(Self.options) ?? []
        for folder in spec.memoryMounts { arguments += ["--tmpfs", "\(folder):exec,mode=1777"] }
        for variable in spec.environment { arguments += ["--env", "\(variable.name)=\(variable.value)"] }
        if spec.isOffline { arguments += ["--network", "none"] }
        if let platform = spec.platform { arguments += ["--platform", platform] }
        if let cpus = spec.cpus { arguments += ["--cpus", cpus] }
        if let memory = spec.memory { arguments += ["--memory", memory] }
        return arguments + [spec.image, "-c"] + spec.arguments
    }

    /// An overlay volume without a name, which goes with the container, over two with names: the engine makes their folders
    /// before it mounts anything. That these are mounted too, read-only, is the price of making all in one call.
    private static func layers(_ mount: LayeredMount, of spec: ContainerSpec) -> [String] {
        let labels = spec.labels.sorted { $0.key < $1.key }.map { "volume-label=\($0.key)=\($0.value)" }
        let volumes = layerNames(of: spec.name)
        let plain = volumes.map { volume in
            [
                "type=volume", "src=\(volume)",
                "dst=\(mount.layersFolder)/\(volume.split(separator: "-").last ?? "")",
                "readonly", "volume-nocopy",
            ] + labels
        }
        let folders = volumes.map { "\(mount.volumeRoot)/\($0)/_data" }
        // With `metacopy` a changed owner or mode does not copy the content.
        let options =
            "lowerdir=\(mount.lower.joined(separator: ":")),upperdir=\(folders[0]),workdir=\(folders[1]),metacopy=on"
        let overlay = [
            "type=volume", "dst=\(mount.target)", "volume-nocopy", "volume-driver=local", "volume-opt=type=overlay",
            "volume-opt=device=overlay", "volume-opt=o=\(options)",
        ]
        return (plain + [overlay]).flatMap { ["--mount", ContainerSpec.mountValue($0)] }
    }

    /// The volumes a container's changes to a layered mount lie in.
    static func layerNames(of container: String) -> [String] { ["\(container)-upper", "\(container)-work"] }

    /// Where the engine keeps its volumes, or `nil` when it does not say.
    public func volumeRoot() async throws -> String? {
        let outcome = try await ask(["info", "--format", "{{.DockerRootDir}}"])
        return outcome.status.isSuccess && outcome.text.hasPrefix("/") ? "\(outcome.text)/volumes" : nil
    }

    public func copyOut(_ path: String, of container: String, to descriptor: Int32) async throws {
        let outcome = try await command(["cp", "\(container):\(path)", "-"]).run(outputTo: descriptor)
        guard outcome.status.isSuccess else {
            let reason = outcome.errorText
            // Both texts are the engine's ("Could not find the file", "no such file or directory"); a status it has not.
            let isAbsent = reason.lowercased().contains("could not find") || reason.lowercased().contains("no such")
            throw EngineError(
                isAbsent ? .absent : .refused, doing: "copy `\(path)` out of the container", reason: reason)
        }
    }

    /// Copies a file or a folder of a container into a folder of this machine, owned by this user.
    public func copyOut(_ path: String, of container: String, toFolder folder: String) async throws {
        let outcome = try await ask(["cp", "\(container):\(path)", "\(folder)/"])
        guard outcome.status.isSuccess else {
            throw EngineError(.absent, doing: "copy `\(path)` out of the container", reason: outcome.errorText)
        }
    }

    public func copyIn(from descriptor: Int32, to folder: String, of container: String) async throws {
        let outcome = try await command(["cp", "-", "\(container):\(folder)"]).run(inputFrom: descriptor)
        guard outcome.status.isSuccess else {
            throw EngineError(.refused, doing: "copy into `\(folder)` of the container", reason: outcome.errorText)
        }
    }

    public func commit(_ container: String, as image: String, labels: [String: String]) async throws {
        let changes = labels.sorted { $0.key < $1.key }.flatMap { ["--change", "LABEL \($0.key)=\($0.value)"] }
        let outcome = try await ask(["commit"] + changes + [container, image])
        guard outcome.status.isSuccess else {
            throw EngineError(.refused, doing: "keep the state of container `\(container)`", reason: outcome.errorText)
        }
    }

    public func imageSize(_ image: String) async throws -> Int? {
        let outcome = try await ask(["image", "inspect", "--format", "{{.Size}}", image])
        return outcome.status.isSuccess ? Int(outcome.text) : nil
    }

    /// Removes an image's name, and the image when that was its last.
    public func removeImage(_ image: String) async throws {
        let outcome = try await ask(["image", "rm", "--force", image])
        guard outcome.status.isSuccess || outcome.errorText.lowercased().contains("no such image") else {
            throw EngineError(.refused, doing: "remove image `\(image)`", reason: outcome.errorText)
        }
    }

    /// Runs a shell with a text in a new container on the terminal; the container is gone afterwards.
    ///
    /// - Parameter arguments: after `sh -c`.
    public func runOnTerminal(
        _ image: String, memoryMounts: [String], isInteractive: Bool, _ arguments: [String]
    ) async throws -> ChildStatus {
        var words = ["run", "--rm", "--interactive"] + (isInteractive ? ["--tty"] : [])
        words += ["--log-driver", "none", "--entrypoint", "sh", "--user", "0:0", "--workdir", "/"]
        for folder in memoryMounts { words += ["--tmpfs", "\(folder):exec,mode=1777"] }
        return try await command(words + [image, "-c"] + arguments).runOnTerminal()
    }

    /// Whether there is an engine at the other end.
    public func answers() async throws -> Bool {
        try await ask(["version", "--format", "{{.Server.Version}}"]).status.isSuccess
    }

    public func imageID(_ image: String) async throws -> String? {
        let outcome = try await ask(["image", "inspect", "--format", "{{.Id}}", image])
        return outcome.status.isSuccess ? outcome.text : nil
    }

    public func imageConfiguration(_ image: String) async throws -> ImageConfiguration? {
        // A JSON text a line: a value may hold line breaks.
        let format = "{{.Id}}\n{{.Architecture}}\n{{json .RepoDigests}}{{range .Config.Env}}\n{{json .}}{{end}}"
        let outcome = try await ask(["image", "inspect", "--format", format, image])
        guard outcome.status.isSuccess else { return nil }
        let lines = outcome.lines
        guard lines.count >= 3 else {
            throw EngineError(.refused, doing: "look at image `\(image)`", reason: "its answer is `\(outcome.text)`")
        }
        let decoder = JSONDecoder()
        let variables = try lines.dropFirst(3).map { try decoder.decode(String.self, from: Data($0.utf8)) }
        return ImageConfiguration(
            id: lines[0],
            digests: (try decoder.decode([String]?.self, from: Data(lines[2].utf8)) ?? []).filter {
                !$0.hasPrefix(EngineClient.local)
            },
            architecture: lines[1],
            variables: variables.compactMap { entry in
                // By bytes: a character may consist of `=` and a mark on it.
                guard let equals = entry.utf8.firstIndex(of: UInt8(ascii: "=")) else { return nil }
                return (name: String(entry[..<equals]), value: String(entry[entry.utf8.index(after: equals)...]))
            }
        )
    }

    public func imageNames() async throws -> [String] {
        let lines = try await list("images", ["image", "ls", "--format", "{{.Repository}}:{{.Tag}}"])
        return lines.filter { !$0.contains("<none>") }.map {
            $0.hasPrefix(EngineClient.local) ? String($0.dropFirst(EngineClient.local.count)) : $0
        }
    }

    public func architecture() async throws -> String? {
        let outcome = try await ask(client.askingForArchitecture)
        return outcome.status.isSuccess && !outcome.text.isEmpty ? outcome.text : nil
    }

    /// The names of all containers with a label, running or not.
    public func containers(withLabel label: String) async throws -> [String] {
        try await list(
            "containers", ["ps", "--all", "--no-trunc", "--filter", "label=\(label)", "--format", "{{.Names}}"])
    }

    /// The lines of a list that the engine keeps.
    ///
    /// podman reads the things of a list one after another, and fails when one of them is removed meanwhile; so it is asked again.
    func list(_ things: String, _ arguments: [String]) async throws -> [String] {
        var outcome = try await ask(arguments)
        for _ in 1..<5 where client == .podman && !outcome.status.isSuccess {
            try await Task.sleep(for: .milliseconds(200))
            outcome = try await ask(arguments)
        }
        guard outcome.status.isSuccess else {
            throw EngineError(
                .unreachable, doing: "list \(things)", reason: outcome.errorText,
                help: Self.helpToReach(outcome.errorText))
        }
        return outcome.lines
    }
}

extension CommandOutput {
    /// The lines of standard output that are not empty, told apart by bytes: a line end that follows a carriage return is no
    /// character of its own.
    var lines: [String] {
        output.split(separator: 0x0a).map { String(decoding: $0, as: UTF8.self) }
    }
}
