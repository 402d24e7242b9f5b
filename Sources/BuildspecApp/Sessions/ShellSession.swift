internal import AWSCalls
internal import BuildPlanning
internal import BuildRunning
internal import ChildProcesses
internal import Engines
internal import Files
internal import SpecParsing

/// One `buildspec shell`: a way into the container of a build.
struct ShellSession {
    let machine: Machine
    /// The command to run instead of an interactive shell.
    let command: String?

    /// Opens a shell in the container of the newest build of this folder's project, or of the build named, or copies a path out of it.
    ///
    /// - Parameter path: a file or folder of the container; relative to the source.
    func open(_ build: String?, copyingOut path: String?) async throws -> ExitStatus {
        let records = BuildRecords(machine.places), engine = try machine.engine()
        for candidate in try build.map({ [try records.find($0)] }) ?? records.newest() {
            if build == nil, try !candidate.isOfProject(in: machine.places) { continue }
            guard let target = try ShellTarget(candidate) else { continue }
            if let path {
                guard try await engine.isRunning(target.container) else { continue }
                try await engine.copyOut(
                    target.absolute(path), of: target.container, toFolder: machine.places.currentDirectory)
                sayCopied(path, of: target)
                return .succeeded
            }
            let status = try await besideProxy(of: target, engine) {
                try await besideCredentials(of: target, engine) { try await target.enter(command: command, engine) }
            }
            if let status { return command == nil ? .succeeded : .command(status.exitStatus) }
        }
        throw Failure(
            .noSuchFile,
            build.map { "the container of build `\($0)` is gone" }
                ?? "no build of `\(machine.places.absolute("."))` is running or was kept",
            help: "run it with --keep failure, or --keep always; `buildspec builds --all` lists the builds of all "
                + "projects")
    }

    /// Says what was copied and where it is now, and that a copy in the source is part of the next build.
    private func sayCopied(_ path: String, of target: ShellTarget) {
        let here = machine.places.currentDirectory, name = path.split(separator: "/").last ?? "."
        let copy = name == "." || name == ".." ? here : "\(here)/\(name)"
        machine.say("copied `\(target.absolute(path))` of build \(target.shortID) to `\(copy)`\n")
        if let source = target.source, "\(here)/".hasPrefix("\(source)/") {
            machine.say(
                "note: that is in the source, where the next build finds it: move it away unless git ignores it\n")
        }
    }

    /// Runs `body` beside what stood between the build and every network; a build that runs has its own.
    private func besideProxy<Result>(
        of target: ShellTarget, _ engine: any Engine, _ body: () async throws -> Result
    ) async throws -> Result {
        guard let kept = target.kept, !target.isRunning else { return try await body() }
        let tell: BuildProxy.Tell = { [machine] event in
            if let words = event.words { machine.say("\(words)\n") }
        }
        let subject = BuildProxy.Subject(recipe: kept.recipe, secrets: try await target.secrets(of: kept, engine))
        return try await BuildProxy.with(subject, on: machine, with: engine, tell: tell) { proxy in
            do { try await proxy?.listen(target.container) } catch let error as EngineError where error.code != .absent
            {
                machine.say("warning: this shell is without the build's proxy: \(error)\n")
            } catch is EngineError {
                // That the container is gone shows when it is entered.
            }
            return try await body()
        }
    }

    /// Runs `body` beside what gives the build's commands AWS credentials, asked for anew; a build that runs has its own.
    private func besideCredentials<Result>(
        of target: ShellTarget, _ engine: any Engine, _ body: () async throws -> Result
    ) async throws -> Result {
        guard let kept = target.kept, !target.isRunning, let profile = kept.credentialsProfile(now: machine),
            // A container that is gone has none; that shows when it is entered.
            let token = try await target.values(of: [BuildCredentials.tokenVariable], in: kept, engine).first?.value,
            !token.isEmpty
        else { return try await body() }
        let aws = AWSCommandLine(profile: profile, region: kept.recipe.network.region)
        return try await CredentialService.again(
            in: target.container, token: token, by: aws, on: machine, body)
    }

    /// Opens a shell in a new container of the checkpoint before a phase.
    func openCheckpoint(_ build: RecordedBuild, before phase: String) async throws -> ExitStatus {
        guard let name = PhaseName(rawValue: phase.lowercased()) else {
            throw Failure(
                .usage, "`--at` is `\(phase)`, expected \(PhaseName.allCases.map(\.apiName).joined(separator: ", "))")
        }
        let checkpoint = try Checkpoints(build).checkpoint(before: name)
        let isInteractive = command == nil && isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1
        let tmp = ContainerLayout.state
        let text = """
            printf %s "$1" >\(tmp)/env.sh && printf '%s\\n' "$2" >\(tmp)/dir.txt || exit
            shift 2
            exec sh -c "$@"
            """
        let status = try await machine.engine().runOnTerminal(
            checkpoint.image, memoryMounts: [tmp], isInteractive: isInteractive,
            [
                text, "buildspec-checkpoint", checkpoint.environmentFile, checkpoint.directory, shellText,
                "buildspec-shell", tmp, command ?? "", "[\(build.uuid.prefix(8)) before \(name.apiName)]", "",
                isInteractive ? "yes" : "",
            ])
        return command == nil ? .succeeded : .command(status.exitStatus)
    }
}

/// A build whose container is there, and what a shell in it begins with.
struct ShellTarget {
    let container: String
    let user: String?
    /// `nil` while the build runs for the first time.
    let kept: KeptBuild?
    private let build: RecordedBuild
    private let result: BuildResult

    /// - Returns: `nil` when the build surely has no container; whether one is there shows when it is entered.
    init?(_ build: RecordedBuild) throws {
        let kept = try KeptBuild.read(from: build)
        guard kept != nil || build.isRunning else { return nil }
        let result = try build.result()
        guard let container = kept?.container ?? result.start?.id.containerName else { return nil }
        let failed = result.failure.flatMap { PhaseName(rawValue: $0.phase.rawValue.lowercased()) }
            .flatMap { kept?.phase($0)?.runAs }
        self.container = container
        self.kept = kept
        user = failed == "root" ? nil : failed
        self.build = build
        self.result = result
    }

    /// Opens the shell, or runs the command in it.
    ///
    /// The engine is asked whether the container is there only when entering it failed: asking takes as long as entering.
    /// - Returns: `nil` when the container is gone.
    func enter(command: String?, _ engine: any Engine) async throws -> ChildStatus? {
        let isInteractive = command == nil && isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1
        let status = try await engine.attach(
            to: container, user: user, isInteractive: isInteractive,
            arguments(command: command, isInteractive: isInteractive))
        guard status.exitStatus == 1, try await !engine.isRunning(container) else { return status }
        return nil
    }

    /// The secrets of the build as its container has them, by which the proxy finds recordings again whose addresses held one.
    ///
    /// Nobody is asked for them anew, and whoever enters the container has them, too.
    /// - Returns: none where the container is gone, or the build recorded nothing.
    fileprivate func secrets(of kept: KeptBuild, _ engine: any Engine) async throws -> BuildSecrets {
        let names = kept.recipe.plan.references.map(\.name)
        guard kept.recipe.network.policy != .open, !names.isEmpty else { return BuildSecrets() }
        var secrets = BuildSecrets()
        for (name, value) in try await values(of: names, in: kept, engine) { secrets.values[name] = SecretText(value) }
        return secrets
    }

    /// The values that variables of a kept container have; none where the container is gone.
    fileprivate func values(
        of names: [String], in kept: KeptBuild, _ engine: any Engine
    ) async throws -> [(name: String, value: String)] {
        let text = """
            exec "$1" -c '. "$0"; for name; do eval "printf \\"%s=%s\\\\0\\" \\"\\$name\\" \\"\\${$name-}\\""; done' "$2" $3
            """
        let words = [text, "buildspec-values", kept.recipe.plan.shell.program, ContainerLayout.environmentFile]
        let bytes = try await engine.withShell(in: container, words + [names.joined(separator: " ")]) { streams in
            try await streams.input.finish()
            async let said: Void = streams.errorOutput.forEachChunk { _ in }
            var bytes: [UInt8] = []
            try await streams.output.forEachChunk { bytes += $0 }
            try await said
            return bytes
        }
        return bytes.split(separator: 0).compactMap { entry in
            guard let equals = entry.firstIndex(of: UInt8(ascii: "=")) else { return nil }
            return (
                String(decoding: entry[..<equals], as: UTF8.self),
                String(decoding: entry[(equals + 1)...], as: UTF8.self)
            )
        }
    }

    var isRunning: Bool { build.isRunning }

    /// The beginning of the build's id.
    fileprivate var shortID: Substring { build.uuid.prefix(8) }

    /// The folder of this machine that the build's source came from.
    fileprivate var source: String? { result.start?.source }

    /// A path of the container; relative ones mean the source.
    func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : "\(result.start?.sourceDirectory ?? "")/\(path)"
    }

    /// Which phase the build stands in.
    private var phase: String { (result.failure?.phase ?? result.phases.last?.phase)?.rawValue ?? "" }

    /// What is printed on entering: the failed command and the end of its output.
    var greeting: String {
        guard let failure = result.failure else { return "build \(build.uuid), \(phase)\n" }
        let place = failure.location.map { " (\($0))" } ?? ""
        var text = "build \(build.uuid), \(phase): this command failed with exit status \(failure.exitStatus)\(place)\n"
        text += failure.command.split(separator: "\n").map { "    \($0)\n" }.joined()
        let tail = String(decoding: result.failureOutput, as: UTF8.self).split(separator: "\n").suffix(10)
        if !tail.isEmpty { text += "its last lines:\n" + tail.map { "    \($0)\n" }.joined() }
        return text
    }

    /// The words after `sh -c`: a text that reads the build's state and becomes the shell.
    func arguments(command: String?, isInteractive: Bool) -> [String] {
        let state = result.failure == nil ? ContainerLayout.state : ContainerLayout.rememberedState
        let prompt = "[\(build.uuid.prefix(8)) \(phase)]"
        return [
            shellText, "buildspec-shell", state, command ?? "", prompt, result.failure?.command ?? "",
            isInteractive ? "yes" : "", command == nil ? greeting : "",
        ]
    }
}
