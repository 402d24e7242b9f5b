internal import BuildPlanning
internal import Rendering
internal import SourceSnapshots
internal import SpecParsing

/// A project on this machine, before any build of it: its source, its settings file and what the two come to.
///
/// Every command that means a project begins with ``find(_:on:heldBy:)``.
struct Project: Sendable {
    let machine: Machine
    let asked: Asked
    private(set) var location: ProjectLocation
    /// The settings file as it was read; empty where there is none.
    let file: ProjectSettings
    let settings: Settings
    /// The checkout of its source, where git has it; held until ``release()``.
    private(set) var staged: StagedSource?

    var identity: ProjectIdentity { location.identity }
    private var places: Places { machine.places }

    /// Finds the project that is asked for, and reads its settings.
    ///
    /// A source that is read from git (`--source git:index`, `git:REV`) is checked out first, since its settings are those
    /// of the index or the commit.
    ///
    /// - Parameter holder: the container that gets the checkout; `nil` when only this process reads it.
    /// - Throws: ``Failure`` when the source, a file of the settings or a setting is missing or wrong.
    static func find(_ asked: Asked, on machine: Machine, heldBy holder: String? = nil) async throws -> Project {
        try await find(asked, in: try ProjectLocation(asked, machine.places), on: machine, heldBy: holder)
    }

    /// Finds the project of a location that is known already.
    static func find(
        _ asked: Asked, in location: ProjectLocation, on machine: Machine, heldBy holder: String? = nil
    ) async throws -> Project {
        var location = location, staged: StagedSource?, known: WrittenSettings?
        if location.isVersionOfProject {
            let written = try await WrittenSettings.find(location, asked, on: machine)
            try location.mean(written.settings.source)
            known = written
        }
        if location.isReadFromGit {
            // Before there are settings only a flag or the environment can have named the secrets file.
            let secrets = (asked.secrets ?? machine.places.variable("secrets")).map(machine.places.absolute)
            staged = try await SourceCheckout(location, machine).stage(for: holder, without: location.excluded(secrets))
            location.contents = staged?.files ?? location.source
        }
        do {
            let written: WrittenSettings
            if let known {
                written = known
            } else {
                written = try await WrittenSettings.find(location, asked, on: machine)
            }
            var project = try Project(machine: machine, asked: asked, location: location, written, staged: staged)
            // The settings that have just been read may want another clone than the one they were read from.
            if staged != nil, project.clone != CloneForm() {
                let other = try await project.checkout.stage(for: holder, without: project.excluded)
                project.release()
                project.staged = other
                project.location.contents = other?.files ?? location.source
            }
            return project
        } catch {
            staged?.release()
            throw error
        }
    }

    private init(
        machine: Machine, asked: Asked, location: ProjectLocation, _ written: WrittenSettings, staged: StagedSource?
    ) throws {
        self.machine = machine
        self.asked = asked
        self.location = location
        self.staged = staged
        file = written.settings
        var settings = try Settings(
            from: SettingsLayers(
                asked: asked, file: file, places: machine.places, bounds: SourceBounds(root: location.source)))
        settings.network.hasRecordings =
            Files.kind(of: machine.places.recordings(of: location.identity.key)) == .folder
        if settings.network.policy == .replaying, !settings.network.hasRecordings { settings.network.policy = .closed }
        self.settings = settings
        explainSettings(written.shown)
    }

    /// Says on standard error what is done and why, for a user who asked for it (`--verbose`).
    func explain(_ text: @autoclosure () -> String) {
        if asked.verbose { machine.say("buildspec: \(text())\n") }
    }

    private func explainSettings(_ file: String?) {
        explain("source: \(location.source)\(location.kind.map { " as \($0)" } ?? "")")
        explain("settings file: \(file ?? "none")")
        for decision in settings.decisions {
            explain("\(decision.name): \(decision.value) (\(decision.place ?? "default"))")
        }
    }

    // MARK: The source

    private var checkout: SourceCheckout {
        var checkout = SourceCheckout(location, machine)
        checkout.clone = clone
        return checkout
    }

    /// How the project's clones differ from full ones.
    private var clone: CloneForm {
        CloneForm(
            depth: file.source.cloneDepth?.value, hasSubmodules: file.source.fetchesSubmodules?.value ?? true)
    }

    /// The folder whose files are those of the build.
    var files: String { staged?.files ?? location.contents }

    /// The paths of the source that are not part of a build: the secrets file, if it lies there.
    var excluded: [[UInt8]] { location.excluded(settings.values.secretsFile) }

    /// Checks the source out for a container, unless that has been done or the folder is not git's.
    mutating func stage(for container: String) async throws {
        guard staged == nil else { return }
        staged = try await checkout.stage(for: container, without: excluded)
    }

    /// The snapshot that a build of now would get; none for a folder without git.
    func snapshot() async throws -> SourceSnapshot? {
        if let staged { return staged.snapshot }
        return try await checkout.snapshot(without: excluded)
    }

    /// Gives the checkout back.
    mutating func release() {
        staged?.release()
        staged = nil
    }

    /// Leaves the checkout to the container that stays.
    mutating func leaveToContainer() {
        staged?.release(isKept: true)
        staged = nil
    }

    /// What a build is told of its source.
    func facts(_ snapshot: SourceSnapshot?) -> SourceFacts {
        guard let snapshot else {
            return SourceFacts(repositoryURL: file.source.address, path: location.source)
        }
        let head = snapshot.head
        return SourceFacts(
            version: head.shortName ?? head.commit, resolvedVersion: head.commit,
            repositoryURL: head.origin ?? file.source.address,
            path: location.source, reference: head.reference,
            snapshot: SnapshotFacts(kind: "\(snapshot.kind)", tree: snapshot.tree, identity: snapshot.identity))
    }

    var git: Git { checkout.git }

    /// The folder's files as they are now, without what git ignores and without the secrets file.
    func sourceTree() async throws -> SourceTree {
        let ignored = location.asksGit ? try await git.ignoredPaths() : nil
        return try SourceTree(root: location.source, excluding: (ignored ?? []) + excluded)
    }

    /// Their names; none where the source is not what lies in the folder.
    func sourceFiles() async throws -> [[UInt8]] {
        guard !location.isReadFromGit else { return [] }
        return try SourceChanges(of: try await sourceTree(), since: .max, before: []).all
    }

    // MARK: The buildspec

    func buildspec() throws -> BuildspecPlace { try location.buildspec(file) }

    /// The folder that artifacts are stored in.
    var artifactsFolder: String { settings.artifacts.folder ?? SourceFolder(of: location.source).artifacts }

    /// Makes sure, before a build runs, that its artifacts will find their places.
    func requireArtifactPlaces(_ plan: BuildPlan) throws {
        guard let artifacts = plan.artifacts else { return }
        let made = MadeArtifacts(in: artifactsFolder, places)
        if settings.artifacts.folder == nil { try SourceFolder(of: location.source).make() }
        try made.requireFree(artifacts.names(settings.artifacts), in: artifactsFolder)
    }
}

extension ProjectSettings.Source {
    /// The location as CODEBUILD_SOURCE_REPO_URL has it (CODEBUILD-2026 F.1).
    fileprivate var address: String? {
        guard let location = location?.value, !location.isEmpty else { return nil }
        return type == .s3 ? "s3://\(location)" : location
    }
}

extension ProjectLocation {
    /// A secrets file as a path of the source that is not part of a build: an artifact of `**/*` must not hold it.
    ///
    /// - Parameter secrets: an absolute path.
    fileprivate func excluded(_ secrets: String?) -> [[UInt8]] {
        secrets.flatMap(relative).map { [Array($0.utf8)] } ?? []
    }
}

extension Machine {
    /// Says findings with the lines they are about.
    func say(_ diagnostics: [Diagnostic], source: [UInt8]) {
        say(DiagnosticRenderer(color: terminal.errorUsesColor).text(diagnostics, source: source))
    }
}
