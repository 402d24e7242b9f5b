internal import Files
internal import AWSCalls
internal import BuildPlanning
internal import Rendering
internal import SourceSnapshots
internal import SpecParsing

/// A project on this machine, before any build of it: its source, its settings file and what the two come to.
///
/// Every command that means a project begins with ``find(_:on:heldBy:)``.
struct Project: Sendable {
    private(set) var machine: Machine
    private(set) var asked: Asked
    private(set) var location: ProjectLocation
    /// The settings file as it was read; empty where there is none.
    let file: ProjectSettings
    private(set) var settings: Settings
    /// Its primary source.
    private(set) var primary: ProjectSource
    /// Its secondary sources, in the order they are numbered.
    private(set) var others: [OtherSource]
    /// Whether the build runs among others of its batch, which tells of all of them together.
    private(set) var isAmongOthers = false
    /// The swarm that builds of a batch run on; `nil` for containers of the engine.
    var swarm: BatchSwarm?
    /// How long tests took in earlier builds, as `codebuild-tests-run` reads it; `nil` where it divides as the service's.
    private(set) var shardTimes: String?
    /// How long such a build usually takes, in milliseconds.
    private(set) var expectedTime: Int?

    /// The checkout of its primary source, where git has it; held until ``release()``.
    var staged: StagedSource? { primary.staged }
    var identity: ProjectIdentity { location.identity }
    /// The build of the service that is run again, if one is.
    var repeated: RepeatedBuild? { location.repeated }
    private var places: Places { machine.places }

    /// Finds the project that is asked for, and reads its settings.
    ///
    /// A source that is read from git (`--source git:index`, `git:REV`) is checked out first, since its settings are those
    /// of the index or the commit.
    ///
    /// - Parameter holder: the container that gets the checkout; `nil` when only this process reads it.
    /// - Throws: ``Failure`` when the source, a file of the settings or a setting is missing or wrong.
    static func find(_ asked: Asked, on machine: Machine, heldBy holder: String? = nil) async throws -> Project {
        try await find(asked, in: try await ProjectLocation.find(asked, on: machine), on: machine, heldBy: holder)
    }

    /// Finds the project of a location that is known already.
    static func find(
        _ asked: Asked, in location: ProjectLocation, on machine: Machine, heldBy holder: String? = nil
    ) async throws -> Project {
        var location = location, known: WrittenSettings?
        if location.isVersionOfProject {
            let written = try await WrittenSettings.find(location, asked, on: machine)
            try location.mean(written.settings.source)
            known = written
        }
        var primary = ProjectSource(
            SourceCheckout(
                of: location.place, storedAs: ProjectLocation.key(of: location.place.path),
                objects: ContainerLayout.gitObjects, machine))
        do {
            // Before there are settings only a flag or the environment can have named the secrets file.
            let secrets = (asked.secrets ?? machine.places.variable("secrets")).map(machine.places.absolute)
            func hold() async throws {
                guard location.isHeldToBeRead else { return }
                try await primary.hold(for: holder, without: primary.excluded(secrets))
                location.enter(primary.files)
            }
            try await hold()
            let written: WrittenSettings
            if let known {
                written = known
            } else {
                written = try await WrittenSettings.find(location, asked, on: machine)
            }
            // The settings that have just been read may want another clone than the one they were read from.
            if primary.use(written.settings.source.clone) { try await hold() }
            var project = try Project(machine: machine, asked: asked, location: location, written, primary: primary)
            try await project.fetchOthers()
            return project
        } catch {
            primary.release()
            throw error
        }
    }

    private init(
        machine: Machine, asked: Asked, location: ProjectLocation, _ written: WrittenSettings, primary: ProjectSource
    ) throws {
        self.machine = machine
        self.asked = asked
        self.location = location
        self.primary = primary
        file = written.settings
        settings = try Self.settings(asked, file, of: location, on: machine)
        for note in settings.values.notes { machine.say("\(note)\n") }
        others = try OtherSource.all(of: location, asked, file, on: machine)
        explainSettings(written.shown)
    }

    private static func settings(
        _ asked: Asked, _ file: ProjectSettings, of location: ProjectLocation, on machine: Machine
    ) throws -> Settings {
        var settings = try Settings(
            from: SettingsLayers(
                asked: asked, file: file, places: machine.places,
                bounds: SourceBounds(root: location.source, isFleeting: location.place.isArchive)))
        settings.network.hasRecordings =
            Files.kind(of: machine.places.recordings(of: location.identity.key)) == .folder
        if settings.network.policy == .replaying, !settings.network.hasRecordings { settings.network.policy = .closed }
        if let pipeline = location.pipeline { try settings.follow(pipeline, asked) }
        return settings
    }

    /// Returns the project as one build of its batch sees it.
    ///
    /// - Parameters:
    ///   - build: what is asked of the build, and of which the batch's own words are a part.
    ///   - snapshots: what its sources are, whatever has changed since.
    func build(_ build: BatchBuild, of snapshots: TakenSnapshots, on machine: Machine) throws -> Project {
        var project = self
        project.machine = machine
        project.asked = build.asked
        project.isAmongOthers = true
        project.expectedTime = build.expected
        project.shardTimes = build.shardTimes
        if let buildspec = build.asked.buildspec { project.location.mean(buildspec: buildspec) }
        project.settings = try Self.settings(build.asked, file, of: project.location, on: machine)
        project.settings.decisions = build.placed(project.settings.decisions)
        project.settings.container.handedOver = build.handedOver.isEmpty ? nil : build.handedOver
        project.primary = primary.shared(snapshots.primary)
        for index in project.others.indices {
            project.others[index].source = others[index].source?.shared(snapshots.others[others[index].identifier])
        }
        return project
    }

    /// The name of the build in its batch, where it is one of a batch.
    var batchIdentifier: String? { asked.batchIdentifier }

    /// Says on standard error what is done and why, for a user who asked for it (`--verbose`).
    func explain(_ text: @autoclosure () -> String) {
        if asked.verbose { machine.say("buildspec: \(text())\n") }
    }

    private func explainSettings(_ file: String?) {
        explain("source: \(location.place.path)\(location.place.kind.map { " as \($0)" } ?? "")")
        for other in others {
            explain("source \(other.identifier): \(other.source?.place.words ?? "not here")")
        }
        explain("settings file: \(file ?? "none")")
        for decision in settings.decisions {
            explain("\(decision.name): \(decision.value) (\(decision.place ?? "default"))")
        }
    }

    // MARK: The source

    /// The folder whose files are those of the build.
    var files: String { primary.staged?.files ?? location.contents }

    /// The paths of the source that are not part of a build: the secrets file, if it lies there.
    var excluded: [[UInt8]] { primary.excluded(settings.values.secretsFile) }

    /// Brings in the secondary sources of a build of the service that nobody has brought in, as far as their remotes have them.
    private mutating func fetchOthers() async throws {
        guard let repeated else { return }
        let finder = RepeatedSource(repeated: repeated, asked: asked, machine: machine)
        for (index, other) in others.enumerated() where other.source == nil {
            guard let setting = other.setting else { continue }
            do {
                guard let place = try await finder.other(setting) else { continue }
                others[index].bringIn(place, number: OtherSource.limit + index + 1, on: machine)
            } catch let failure as Failure {
                // Whether the build needs it is found out later.
                machine.say("warning: \(failure.message)\n")
            }
        }
    }

    /// Checks the sources out for a container, or unpacks them, as far as that has not been done.
    mutating func stage(for container: String) async throws {
        try await primary.hold(for: container, without: excluded)
        for index in others.indices {
            guard let excluded = others[index].source?.excluded(settings.values.secretsFile) else { continue }
            try await others[index].source?.hold(for: container, without: excluded)
        }
    }

    /// The snapshots that a build of now would get of its sources.
    func snapshots() async throws -> TakenSnapshots {
        var snapshots = TakenSnapshots(primary: try await primary.snapshot(without: excluded))
        for other in others {
            guard let source = other.source else { continue }
            snapshots.others[other.identifier] = try await source.snapshot(
                without: source.excluded(settings.values.secretsFile))
        }
        return snapshots
    }

    /// Gives the checkouts back.
    mutating func release() { release(isKept: false) }

    /// Leaves the checkouts to the container that stays.
    mutating func leaveToContainer() { release(isKept: true) }

    private mutating func release(isKept: Bool) {
        primary.release(isKept: isKept)
        for index in others.indices { others[index].source?.release(isKept: isKept) }
    }

    /// What a build is told of its primary source.
    func facts(_ snapshots: TakenSnapshots) -> SourceFacts {
        var facts = primary.facts(snapshots.primary)
        facts.path = location.folder
        facts.repositoryURL = facts.repositoryURL ?? file.source.address
        if let repeated { facts.become(file.source, of: repeated) }
        return location.pipeline.map { $0.facts(facts, of: $0.primaryName, settings.network) } ?? facts
    }

    /// The secondary sources that a build gets, with what it is told of them.
    func otherFacts(_ snapshots: TakenSnapshots) -> [(identifier: String, facts: SourceFacts)] {
        others.compactMap { other in
            guard var facts = other.facts(snapshots) else { return nil }
            if repeated != nil, let setting = other.setting {
                facts.clone = RepeatedBuild.clone(setting)
                facts.version = setting.version?.value
                facts.repositoryURL = setting.address
            }
            let name = location.pipeline?.inputs.first { PipelineAction.identifier(of: $0.name) == other.identifier }?
                .name
            let handed = name.flatMap { location.pipeline?.facts(facts, of: $0, settings.network) }
            return (other.identifier, handed ?? facts)
        }
    }

    /// The folders that the service clones the build's sources into, the primary one first; `nil` for what is no clone.
    var clones: [String?] {
        let isRepeated = repeated != nil
        return [isRepeated ? RepeatedBuild.clone(file.source) : nil]
            + others.filter { $0.source != nil }.map { isRepeated ? RepeatedBuild.clone($0.setting) : nil }
    }

    var git: Git { primary.checkout.git }

    /// The names of the sources' files by the sources' identifiers, that of the primary one being empty; of sources that are not
    /// what lies in a folder there are none.
    func sourceFiles() async throws -> [String: [[UInt8]]] {
        try await changes(since: .max) { _ in [] }.mapValues(\.all)
    }

    /// The changes of the sources that are what lies in a folder, by the sources' identifiers.
    ///
    /// - Parameters:
    ///   - nanoseconds: since 1970.
    ///   - before: the files that a source had, by its identifier.
    func changes(
        since nanoseconds: Int64, before: (_ identifier: String) throws -> [[UInt8]]
    ) async throws -> [String: SourceChanges] {
        var changes: [String: SourceChanges] = [:]
        let others = others.compactMap { other in other.source.map { (identifier: other.identifier, source: $0) } }
        for (identifier, source) in [(identifier: "", source: primary)] + others where source.place.isLive {
            changes[identifier] = try SourceChanges(
                of: try await source.tree(without: source.excluded(settings.values.secretsFile)), since: nanoseconds,
                before: try before(identifier))
        }
        return changes
    }

    // MARK: The buildspec

    func buildspec() throws -> BuildspecPlace { try location.buildspec(file) }

    /// The folder that artifacts are stored in.
    var artifactsFolder: String { settings.artifacts.folder ?? SourceFolder(of: location.folder).artifacts }

    /// Makes sure, before a build runs, that its artifacts will find their places.
    func requireArtifactPlaces(_ plan: BuildPlan) throws {
        guard let artifacts = plan.artifacts else { return }
        let made = MadeArtifacts(in: artifactsFolder, places)
        let own = SourceFolder(of: location.folder)
        if settings.artifacts.folder == nil || batchIdentifier != nil && artifactsFolder.hasPrefix(own.artifacts + "/")
        {
            try own.make(for: batchIdentifier)
        }
        // The folder of a batch's build was named by no user: it may be a link that a repository has laid.
        if batchIdentifier != nil, let there = FileStatus.at(artifactsFolder, followsLinks: false),
            there.kind != .directory
        {
            throw Failure(
                .cannotWriteOutput,
                "cannot store artifacts in `\(artifactsFolder)`: it is \(there.kind == .symbolicLink ? "a link" : "no folder")",
                help: "remove it, or name another folder with --artifacts")
        }
        try made.requireFree(settings.artifacts.names(of: artifacts), in: artifactsFolder)
    }
}

extension SourceFacts {
    /// Takes the words that the service has for the source of a build that is run again.
    fileprivate mutating func become(_ source: ProjectSettings.Source, of repeated: RepeatedBuild) {
        func text(_ text: String?) -> String? { text.flatMap { $0.isEmpty ? nil : $0 } }
        version = text(repeated.build.sourceVersion)
        resolvedVersion = text(repeated.build.resolvedSourceVersion)
        repositoryURL = source.address
        // Nobody knows what has triggered it.
        reference = nil
        clone = RepeatedBuild.clone(source)
    }
}

extension ProjectSettings.Source {
    /// The location as CODEBUILD_SOURCE_REPO_URL has it (CODEBUILD-2026 F.1).
    var address: String? {
        guard let location = location?.value, !location.isEmpty else { return nil }
        return type == .s3 ? "s3://\(location)" : location
    }

    /// How clones of it differ from full ones.
    var clone: CloneForm { CloneForm(depth: cloneDepth?.value, hasSubmodules: fetchesSubmodules?.value ?? true) }
}

/// The snapshots of a project's sources; of folders without git there are none.
struct TakenSnapshots {
    var primary: SourceSnapshot?
    /// By their identifiers.
    var others: [String: SourceSnapshot] = [:]
}

extension Machine {
    /// Says findings with the lines they are about.
    func say(_ diagnostics: [Diagnostic], source: [UInt8]) {
        say(DiagnosticRenderer(color: terminal.errorUsesColor).text(diagnostics, source: source))
    }
}
