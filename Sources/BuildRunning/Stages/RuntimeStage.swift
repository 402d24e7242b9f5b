internal import BuildPlanning
internal import SpecParsing

/// Selects the runtime versions that the buildspec asks for, inside DOWNLOAD_SOURCE (CODEBUILD.md 10.3, CODEBUILD-2026 A).
struct RuntimeStage: Sendable {
    private let context: StageContext

    init(_ context: StageContext) { self.context = context }

    private var plan: BuildPlan { context.plan }
    private var session: DriverSession { context.session }
    private var sink: EventSink { context.sink }

    /// Reads the image's list of runtimes, and runs the commands that select the versions.
    ///
    /// - Returns: why they cannot be selected, or `nil`.
    func run() async throws -> PhaseContext? {
        // An image may be a stranger's. What is longer than a document may be is refused as one that cannot be read.
        let file = try await session.ask("show \(ContainerLayout.runtimes) \(DocumentLimits.bytes / 65_536 + 1)")
        guard file.status != Self.absent else {
            if !plan.runtimeVersions.isEmpty {
                try await sink.log(
                    "Skipping install of runtimes. Runtime version selection is not supported by this build image")
            }
            return nil
        }
        let catalog: RuntimeCatalog
        do { catalog = try RuntimeCatalog(file.bytes) } catch let error as RuntimeCatalog.Unreadable {
            let words = "\(ContainerLayout.runtimes) of the image cannot be read: \(error)"
            guard !plan.runtimeVersions.isEmpty else {
                try await sink.send(.notice(text: words))
                return nil
            }
            // [unknown: what the service says of an image like that]
            return .clientError(words)
        }
        let values = try await context.values(of: plan.runtimeVersions.flatMap { variableNames(in: $0.version) })
        let selection = RuntimeSelection(
            plan.runtimeVersions.map { ($0.name, expandVariables(in: $0.version, values)) }, from: catalog)
        for line in selection.lines { try await sink.log(line) }
        if let problem = selection.problem { return problem }
        guard !selection.choices.isEmpty else { return nil }
        try await sink.send(
            .runtimesSelected(
                selection.choices.map { .init(name: $0.name, asked: $0.asked, version: $0.version, key: $0.key) }))
        return try await install(selection.choices)
    }

    /// The driver's status for a file that is not there.
    private static let absent = 66

    /// Whether the image has a list of runtimes, so that `runtime-versions` have an effect.
    static func hasCatalog(_ session: DriverSession) async throws -> Bool {
        try await session.ask("show \(ContainerLayout.runtimes) 1").status != absent
    }

    private func install(_ choices: [RuntimeSelection.Choice]) async throws -> PhaseContext? {
        // Their folder is not the source. [inferred, CODEBUILD-2026 A.2]
        try await enter(ContainerLayout.readOnly)
        let version = try await context.values(of: ["VERSION"])["VERSION"]
        for choice in choices {
            if let variable = choice.variable { try await append("export VERSION=\(variable.shellQuoted)") }
            for text in choice.commands {
                if let failure = try await run(text, for: choice.name) { return failure }
            }
        }
        // [unknown: whether the build sees the `VERSION` of these commands]
        if choices.contains(where: { $0.variable != nil }) {
            try await append(version.map { "export VERSION=\($0.shellQuoted)" } ?? "unset VERSION")
        }
        try await enter(plan.sourceDirectory)
        // The commands have left the name of their own folder.
        let root = context.job.surroundings.root
        try await append(
            "export OLDPWD=\((root + ContainerLayout.readOnly).shellQuoted) PWD=\((root + plan.sourceDirectory).shellQuoted)"
        )
        return nil
    }

    private func run(_ text: String, for runtime: String) async throws -> PhaseContext? {
        let location =
            (plan.runtimeVersions.first { $0.name == runtime } ?? plan.runtimeVersions[0]).location
        let command = BuildSpec.Command(text: text, location: location)
        try await sink.commandStarted(command)
        // The image's `sh` runs them, whatever `env.shell` says. [unknown, CODEBUILD-2026 A.2]
        let words = ["", "sh", plan.script(for: text, root: context.job.surroundings.root)]
        let status = try await session.perform("run " + words.map(\.shellQuoted).joined(separator: " "))
        try await sink.commandFinished(command, exitStatus: status)
        return status == 0 ? nil : .commandFailed(text, exitStatus: status)
    }

    private func enter(_ folder: String) async throws {
        _ = try await session.perform(
            "put \(ContainerLayout.directoryFile) \"$root\"\((folder + "\n").shellQuoted)")
    }

    private func append(_ line: String) async throws {
        _ = try await session.perform("append \(ContainerLayout.environmentFile) \((line + "\n").shellQuoted)")
    }
}
