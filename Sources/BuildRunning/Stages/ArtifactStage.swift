internal import Artifacts
internal import Files
internal import BuildPlanning
internal import Engines
internal import SpecParsing

/// UPLOAD_ARTIFACTS: collects the artifacts, and then reads the reports (CODEBUILD.md 4.3, 6).
struct ArtifactStage: Sendable {
    let context: StageContext
    /// Whether what is missing is explained: after a command that failed it is no wonder.
    private let explainsMissing: Bool

    init(_ context: StageContext, explainsMissing: Bool = true) {
        self.context = context
        self.explainsMissing = explainsMissing
    }

    var session: DriverSession { context.session }
    var sink: EventSink { context.sink }
    var forms: ArtifactsPlan { context.job.recipe.artifacts }
    private var plan: BuildPlan { context.plan }
    var files: ContainerFiles { ContainerFiles(context: context) }
    private var reports: ReportStage { ReportStage(context: context) }

    /// - Returns: whether the phase succeeded.
    func run() async throws -> Bool {
        try await sink.begin(.uploadArtifacts)
        var failure: PhaseContext?
        do {
            let variables = try await context.values(of: variableNames)
            failure = try await collectAll(variables)
            let problem = try await reports.run(variables)
            failure = failure ?? problem
        } catch let error as UnreadableState {
            failure = .clientError("Error in UPLOAD_ARTIFACTS phase: \(error)")
        }
        try await sink.end(failure == nil ? .succeeded : .failed, failure ?? .none)
        return failure == nil
    }

    private var deliveries: [(name: String, rules: BuildSpec.ArtifactRules)] {
        plan.artifacts.map(context.job.recipe.artifacts.deliveries) ?? []
    }

    /// The variables whose values after the last command this phase needs.
    private var variableNames: [String] {
        let paths = deliveries.map(\.rules).flatMap {
            [$0.baseDirectory].compactMap(\.self) + $0.files + $0.excludePaths
        }
        return paths.flatMap { BuildRunning.variableNames(in: $0.value) } + reports.variableNames
    }

    private func collectAll(_ variables: [String: String]) async throws -> PhaseContext? {
        for (name, rules) in deliveries {
            if rules.identifier != nil { try await sink.log("Preparing to copy secondary artifacts \(name)") }
            if let failure = try await collect(rules, as: name, variables) { return failure }
        }
        return nil
    }

    private func collect(
        _ rules: BuildSpec.ArtifactRules, as identifier: String, _ variables: [String: String]
    ) async throws -> PhaseContext? {
        for (name, paths) in [
            ("base-directory", [rules.baseDirectory].compactMap(\.self)), ("files", rules.files),
            ("exclude-paths", rules.excludePaths),
        ] {
            for path in paths {
                try await context.noteEmptyVariables(in: path.value, of: "artifacts: \(name)", variables)
            }
        }
        let written = rules.baseDirectory.map { expandVariables(in: $0.value, variables) } ?? "."
        try await sink.log("Expanding base directory path: \(written)")
        try await sink.log("Assembling file list")
        try await sink.log("Expanding \(written)")
        let folders = try await files.baseDirectories(written)
        guard !folders.isEmpty else {
            return PhaseContext(
                statusCode: "CLIENT_ERROR", message: "no matching base directory path found for \(written)")
        }
        try await sink.log("Expanding file paths for base directory \(written)")
        try await sink.log("Assembling file list")
        let patterns = ArtifactPatterns(
            files: rules.files.map { expandVariables(in: $0.value, variables) },
            excludePaths: rules.excludePaths.map { expandVariables(in: $0.value, variables) },
            discardPaths: rules.discardPaths,
            keepsLinks: rules.enableSymlinks && forms.isZip(identifier))
        let parts = try await files.parts(below: folders, patterns)
        let all = ArtifactSelection.merging(parts.map { (base: $0.folder, selection: $0.selection) })
        for pattern in patterns.files {
            try await sink.log("Expanding \(pattern)")
            if all.invalidPatterns.contains(pattern) { try await sink.log("Skipping invalid file path \(pattern)") }
        }
        for pattern in all.directoryPatterns {
            try await sink.send(
                .notice(text: "artifacts: `\(pattern)` is a folder; `\(pattern)/**/*` means all that is in it"))
        }
        guard !all.isEmpty else {
            // `files` that is null or an empty list collects nothing (DESIGN 8.4).
            guard !patterns.files.isEmpty else { return nil }
            if explainsMissing { try await sink.send(.notice(text: Self.missing(patterns.files, in: parts))) }
            return PhaseContext(statusCode: "CLIENT_ERROR", message: "no matching artifact paths found")
        }
        try await sink.log("Found \(all.foundCount) file(s)")
        do {
            try await store(parts, as: identifier, named: try await evaluatedName(of: rules))
        } catch let error as FileError where !Task.isCancelled {
            return PhaseContext(
                statusCode: "CLIENT_ERROR", message: "Error in UPLOAD_ARTIFACTS phase: \(error)")
        } catch let error as EngineError where !Task.isCancelled {
            return PhaseContext(
                statusCode: "CLIENT_ERROR", message: "Error in UPLOAD_ARTIFACTS phase: \(error)")
        }
        return nil
    }

    /// Evaluates `name` with the environment after the last command (CODEBUILD.md 6.3).
    private func evaluatedName(of rules: BuildSpec.ArtifactRules) async throws -> String? {
        guard let written = rules.name?.value else { return nil }
        let (status, name) = try await context.evaluated(written)
        guard status == 0, !name.isEmpty else {
            try await sink.send(.notice(text: "artifacts: `name` is `\(written)`, which evaluates to nothing"))
            return nil
        }
        return name
    }
}
