internal import Artifacts
internal import Files
internal import BuildPlanning
internal import Engines
internal import SpecParsing

/// UPLOAD_ARTIFACTS: collects the artifacts, and looks for reports (CODEBUILD.md 4.3, 6).
struct ArtifactStage: Sendable {
    let context: StageContext

    init(_ context: StageContext) { self.context = context }

    var session: DriverSession { context.session }
    var sink: EventSink { context.sink }
    var forms: ArtifactsPlan { context.job.recipe.artifacts }
    private var plan: BuildPlan { context.plan }

    /// - Returns: whether the phase succeeded.
    func run() async throws -> Bool {
        try await sink.begin(.uploadArtifacts)
        var failure: PhaseContext?
        do {
            let variables = try await context.values(of: variableNames)
            failure = try await collectAll(variables)
            try await discoverReports(variables)
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
        return paths.flatMap { BuildRunning.variableNames(in: $0.value) } + [
            Self.discoverySwitch, Self.discoveryPattern,
        ]
    }

    private static let discoverySwitch = "CODEBUILD_CONFIG_AUTO_DISCOVER"
    private static let discoveryPattern = "CODEBUILD_CONFIG_AUTO_DISCOVER_DIR"

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
        let folders = try await baseDirectories(written)
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
        let (inside, outside) = patterns.separated(bases: folders)
        var parts: [ArtifactPart] = []
        for folder in folders {
            let listing = try await listing(of: folder, keepingLinks: patterns.keepsLinks)
            parts.append(
                ArtifactPart(
                    folder: folder, listing: listing, selection: .select(listing.files, inside, base: folder)))
        }
        if let outside { parts.append(try await part(outside: outside)) }
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
            return patterns.files.isEmpty
                ? nil : PhaseContext(statusCode: "CLIENT_ERROR", message: "no matching artifact paths found")
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

    /// Finds the folders that a `base-directory` names: one, or those at the top of the source that match its glob.
    private func baseDirectories(_ written: String) async throws -> [String] {
        guard Glob(written).hasWildcard else {
            let path = absolute(written)
            return try await session.perform("[ -d \"$root\"\(path.shellQuoted) ]") == 0 ? [path] : []
        }
        let folders = try await listing(of: plan.sourceDirectory, keepingLinks: true).files.filter {
            $0.kind == .directory
        }
        return ArtifactSelection.matchingBaseDirectories(pattern: written, directories: folders.map(\.path)).map {
            "\(plan.sourceDirectory)/\(String(decoding: $0, as: UTF8.self))"
        }
    }

    private func absolute(_ path: String) -> String {
        normalizedPath(path.hasPrefix("/") ? path : "\(plan.sourceDirectory)/\(path)")
    }

    /// Lists a folder of the container, following links unless they are kept.
    private func listing(of folder: String, keepingLinks: Bool) async throws -> Listing {
        let plain = Listing(try await session.ask("list \(folder.shellQuoted) '' 'f d l'").bytes)
        guard plain.hasLinks, !keepingLinks else { return plain }
        let followed = Listing(try await session.ask("list \(folder.shellQuoted) -L 'f d l'").bytes, followsLinks: true)
        return Listing(files: followed.files, hasLinks: true)
    }

    /// Finds the files that absolute patterns outside of the base directories match.
    private func part(outside patterns: ArtifactPatterns) async throws -> ArtifactPart {
        var files: [ListedFile] = [], hasLinks = false
        for place in patterns.places {
            switch place {
            case .path(let path):
                let place = "\"$root\"\(path.shellQuoted)", relative = Array(path.utf8.dropFirst())
                let isLink = try await session.perform("[ -L \(place) ]") == 0
                hasLinks = hasLinks || isLink
                if isLink, patterns.keepsLinks {
                    files.append(ListedFile(path: relative, kind: .link))
                } else if try await session.perform("[ -f \(place) ]") == 0 {
                    files.append(ListedFile(path: relative, kind: .file))
                } else if try await session.perform("[ -d \(place) ]") == 0 {
                    files.append(ListedFile(path: relative, kind: .directory))
                }
            case .folder(let folder):
                guard try await session.perform("[ -d \"$root\"\(folder.shellQuoted) ]") == 0 else { continue }
                let listing = try await listing(of: folder, keepingLinks: patterns.keepsLinks)
                hasLinks = hasLinks || listing.hasLinks
                files += listing.files.map {
                    ListedFile(path: Array("\(folder.dropFirst())/".utf8) + $0.path, kind: $0.kind)
                }
            }
        }
        return ArtifactPart(
            folder: "/", listing: Listing(files: files, hasLinks: hasLinks),
            selection: .select(files, patterns, base: "/"))
    }

    /// Looks for reports, as every build does at its end (CODEBUILD.md 4.1, 8).
    private func discoverReports(_ variables: [String: String]) async throws {
        guard variables[Self.discoverySwitch] != "false" else { return }
        let pattern = variables[Self.discoveryPattern] ?? "**/*"
        try await sink.log("Set report auto-discover timeout to 5 seconds")
        try await sink.log("Expanding base directory path:  .")
        try await sink.log("Assembling file list")
        try await sink.log("Expanding .")
        try await sink.log("Expanding file paths for base directory .")
        try await sink.log("Assembling file list")
        try await sink.log("Expanding \(pattern)")
        let start = context.now()
        let glob = Glob(pattern)
        let files = Listing(try await session.ask("list \(plan.sourceDirectory.shellQuoted) '' f").bytes).files
        let count = files.filter { looksLikeReport($0.path) && glob.matches($0.path) }.count
        try await sink.log(count == 0 ? "No matching auto-discover report paths found" : "Found \(count) file(s)")
        let microseconds = context.now().microseconds - start.microseconds
        let fraction = String(microseconds % 1_000_000)
        let seconds = "\(microseconds / 1_000_000).\(String(repeating: "0", count: 6 - fraction.count))\(fraction)"
        try await sink.log("Report auto-discover file discovery took \(seconds) seconds")
    }
}

/// Whether a file's name is one that files of a known report format usually have. [unknown, CODEBUILD.md 8]
func looksLikeReport(_ path: [UInt8]) -> Bool {
    let name = String(decoding: path.split(separator: 0x2f).last ?? [], as: UTF8.self).lowercased()
    let names = ["clover.xml", "cobertura.xml", "jacoco.xml", ".resultset.json", "testng-results.xml", "junit.xml"]
    return names.contains(name) || name.hasSuffix(".trx") || (name.hasPrefix("test-") && name.hasSuffix(".xml"))
        || name.hasSuffix("cucumber.json")
}
