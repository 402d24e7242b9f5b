internal import Archives
internal import BuildRunning
internal import BuildPlanning
internal import ChildProcesses
internal import Engines
internal import SpecParsing
internal import Files

extension Debugging {
    /// The places where a build stops, with the questions of `--step`.
    init(_ stops: Settings.Stops, in container: String, of build: PlannedBuild, _ engine: any Engine) {
        self.init(points: stops.points, pausesAfterFailure: stops.pausesAfterFailure, isOn: stops.isDebugSession)
        guard stops.asksBeforeCommands else { return }
        let stepping = Stepping(build, in: container, engine)
        step = { point, command in try await stepping.ask(point, command) }
    }
}

/// The questions of `--step`: asked on standard error, answered on standard input.
private actor Stepping {
    private let terminal: Terminal
    private let environment: [String: String]
    private let container: String
    private let engine: any Engine
    /// The folder of the build's record, which nothing sweeps while the build runs.
    private let folder: String
    private var goesOn = false

    init(_ build: PlannedBuild, in container: String, _ engine: any Engine) {
        terminal = build.machine.terminal
        environment = build.machine.environment
        folder = BuildRecords(build.machine.places).build(build.plan.id.uuid).folder
        self.container = container
        self.engine = engine
    }

    func ask(_ point: ResumePoint, _ command: BuildSpec.Command) async throws -> Debugging.Step {
        guard !goesOn else { return .run(command.text) }
        var text = command.text
        while true {
            let shown = text.split(separator: "\n").joined(separator: "\n    ")
            terminal.say("\(point) (\(command.location))\n    \(shown)\nrun, skip, edit, shell, continue, quit [r]? ")
            // Without anybody to answer there is nobody to go on for.
            guard let answer = try await Self.line() else { return .quit }
            switch answer.first {
            case nil, "r": return .run(text)
            case "s" where answer.hasPrefix("sh"), "h": try await openShell()
            case "s": return .skip
            case "e": text = try await edited(text)
            case "c":
                goesOn = true
                return .run(text)
            case "q": return .quit
            case "?": terminal.say(Self.explanation)
            default: terminal.say("`\(answer)` is not one of these answers; `?` explains them\n")
            }
        }
    }

    private static let explanation = """
        r  run the command (also Enter)     e   edit the command, and ask again
        s  skip it                          sh  open a shell in the container, and ask again
        c  run it and all that follow       q   end the build

        """

    /// A line of standard input, or `nil` at its end. What follows it is left to the shells that are opened.
    private static func line() async throws -> String? {
        try await BlockingThread.run { stop in
            var line: [UInt8] = []
            while true {
                var input = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
                let ready = poll(&input, 1, 100)
                if stop.isRaised { throw CancellationError() }
                guard ready > 0 else { continue }
                var byte: UInt8 = 0
                guard read(STDIN_FILENO, &byte, 1) == 1 else { return nil }
                if byte == 0x0a { return String(decoding: line, as: UTF8.self) }
                line.append(byte)
            }
        }
    }

    private func openShell() async throws {
        let state = ContainerLayout.state
        _ = try await engine.attach(
            to: container, user: nil, isInteractive: isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1,
            [shellText, "buildspec-shell", state, "", "[step]", "", "yes"])
    }

    /// The text as the user's editor leaves it.
    private func edited(_ text: String) async throws -> String {
        // An empty variable is one that is not set, as for POSIX's own programs.
        let editor =
            ["VISUAL", "EDITOR"].lazy.compactMap { [environment] in environment[$0] }.first { !$0.isEmpty } ?? "vi"
        let path = "\(folder)/edit.sh"
        try Folder.replace(path, with: Array((text.hasSuffix("\n") ? text : text + "\n").utf8), mode: 0o600)
        defer { unlink(path) }
        // The editor may be several words, as everywhere in POSIX.
        let status = try await Command("sh", ["-c", "\(editor) \"$1\"", "sh", path]).runOnTerminal()
        guard status.isSuccess else {
            terminal.say("`\(editor)` ended with status \(status.exitStatus); nothing changed\n")
            return text
        }
        let new = String(decoding: try Files.read(path), as: UTF8.self)
        return text.hasSuffix("\n") || !new.hasSuffix("\n") ? new : String(new.dropLast())
    }
}
