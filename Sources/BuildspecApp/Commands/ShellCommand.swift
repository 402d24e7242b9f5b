internal import ArgumentParser
internal import BuildRunning
internal import BuildPlanning
internal import ChildProcesses
internal import Engines
internal import SpecParsing
internal import Files

struct ShellCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shell",
        abstract: "Open a shell where a build failed, or where it stands.",
        discussion: """
            The same container, folder, variables and user as the command that failed; of a running build, those its next \
            command would find. The failed command is the first in the shell's history. Leaving the shell leaves the \
            build as it was.

              buildspec shell                           the newest build that was kept, or runs
              buildspec shell 0b5c --command 'ls -l'    one command; its exit status is ours
              buildspec shell --copy-out target/x.log   brings a file or a folder here
              buildspec shell 0b5c --at BUILD           as it was before BUILD, of a build with --checkpoint
            """)

    @Argument(help: "The build: its id or the beginning of it (default: the newest whose container is there).")
    var build: String?

    @Option(help: "A shell in a new container of the build's checkpoint before this phase; it is gone afterwards.")
    var at: String?

    @Option(help: "Run this instead of an interactive shell.")
    var command: String?

    @Option(help: "Copy a file or folder of the container to this folder instead; relative to the source.")
    var copyOut: String?

    func run() async throws {
        await FrontDoor.enter { [build, at, command, copyOut] places, terminal in
            let engine = DockerEngine(context: places.variable("context"))
            if let at {
                guard copyOut == nil else { throw Failure(.usage, "`--at` and `--copy-out` do not go together") }
                let build = try BuildHistory(places).find(build)
                return try await openCheckpoint(build, before: at, command: command, engine)
            }
            let history = BuildHistory(places)
            for candidate in try build.map({ [try history.find($0)] }) ?? history.newest() {
                guard let target = try ShellTarget(candidate) else { continue }
                if let copyOut {
                    guard try await engine.isRunning(target.container) else { continue }
                    try await engine.copyOut(
                        target.absolute(copyOut), of: target.container, toFolder: places.currentDirectory)
                    return .succeeded
                }
                let proxy = try await proxy(of: target, places, terminal, engine)
                let status: ChildStatus?
                do { status = try await target.enter(command: command, engine) } catch {
                    await proxy?.stop()
                    throw error
                }
                await proxy?.stop()
                if let status {
                    return command == nil ? .succeeded : .command(status.exitStatus)
                }
            }
            throw Failure(
                .noSuchFile,
                build.map { "build `\($0)` has no container any more" } ?? "no build runs, and none was kept",
                help: "run it with --keep failure, or --keep always")
        }
    }
}

extension ShellCommand {
    /// What stood between the build and every network, again for this shell; a build that runs has its own.
    private func proxy(
        of target: ShellTarget, _ places: Places, _ terminal: Terminal, _ engine: DockerEngine
    ) async throws -> BuildProxy? {
        guard let kept = target.kept, !target.isRunning else { return nil }
        let session = BuildSession(
            options: try RunOptions.parse(kept.arguments), places: kept.places(now: places), terminal: terminal)
        guard let proxy = try await session.proxy(of: kept, engine) else { return nil }
        do { try await proxy.listen(target.container) } catch let error as EngineError where error.code != .absent {
            terminal.say("warning: this shell is without the build's proxy: \(error)\n")
        } catch is EngineError {
            // That the container is gone shows when it is entered.
        }
        return proxy
    }

    private func openCheckpoint(
        _ build: RecordedBuild, before phase: String, command: String?, _ engine: DockerEngine
    ) async throws -> ExitStatus {
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
        let status = try await engine.runOnTerminal(
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
        let failed = result.failure.flatMap { kept?.phases[$0.phase.rawValue.lowercased()]?.runAs }
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
    func enter(command: String?, _ engine: DockerEngine) async throws -> ChildStatus? {
        let isInteractive = command == nil && isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1
        let status = try await engine.attach(
            to: container, user: user, isInteractive: isInteractive,
            arguments(command: command, isInteractive: isInteractive))
        guard status.exitStatus == 1, try await !engine.isRunning(container) else { return status }
        return nil
    }

    var isRunning: Bool { build.isRunning }

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

    /// After `sh -c`: a text that takes over the build's state and becomes the shell.
    func arguments(command: String?, isInteractive: Bool) -> [String] {
        let state = result.failure == nil ? ContainerLayout.state : ContainerLayout.rememberedState
        let prompt = "[\(build.uuid.prefix(8)) \(phase)]"
        return [
            shellText, "buildspec-shell", state, command ?? "", prompt, result.failure?.command ?? "",
            isInteractive ? "yes" : "", command == nil ? greeting : "",
        ]
    }
}
