internal import AWSCalls
internal import BuildPlanning
internal import Files
internal import SourceSnapshots
internal import SpecParsing

/// The build of the service that is to be run again here: `--from-build` (Documentation/decisions/from-build.md).
struct RepeatedBuild: Sendable {
    let build: CloudBuild
    /// The settings that the build had, with their places in the file.
    let settings: ProjectSettings
    /// The digest of an image of CodeBuild's own, which no registry has under that name; left out of the image's name.
    let digest: Located<String>?
    /// Its task in its batch; `nil` for a build of no batch, and where nobody has given the batch.
    let task: CloudBatch.Group?
    /// The file as people call it.
    let shown: String
    /// What was read, to be read again when the build goes on.
    private let bytes: [UInt8]
    private let batchBytes: [UInt8]?

    /// Reads the build that the user names.
    ///
    /// - Returns: `nil` when none is named.
    /// - Throws: ``Failure`` for a file that is not there or has no such build, and for flags that contradict it.
    static func find(_ asked: Asked, on machine: Machine) async throws -> RepeatedBuild? {
        let places = machine.places
        guard let named = asked.fromBuild ?? places.variable("from-build") else {
            for (flag, isGiven) in [("from-batch", asked.fromBatch != nil), ("log", asked.cloudLog != nil)]
            where isGiven {
                throw Failure(
                    .usage, "`--\(flag)` is for a build of CodeBuild that is run again",
                    help: "name the build with --from-build FILE")
            }
            return nil
        }
        try refuseOthers(asked, places)
        guard named != "-" || asked.cloudLog != "-" else {
            throw Failure(
                .usage, "`--from-build -` and `--log -` both read standard input", help: "give one of them as a file")
        }
        let text = try await BuildText(named, asked, on: machine)
        let build = try text.choose()
        let reading = readBuildSettings(text.bytes, file: text.shown, id: build.id)
        machine.say(reading.diagnostics, source: text.bytes)
        guard reading.isValid else {
            throw Failure(
                .invalidSettings, "cannot use the build in `\(text.shown)`", help: "correct the errors shown above")
        }
        var batchBytes = try asked.fromBatch.map { try Files.read(places.absolute($0)) }
        if batchBytes == nil, !text.hasBatches, let batch = build.buildBatchArn, batch.hasPrefix("arn:"),
            let aws = try AskedAWS(asked, in: places, region: reading.settings.arnPart(3)?.value)
        {
            batchBytes = try await aws.batch(batch)
        }
        let task = try task(
            of: build, in: batchBytes ?? (text.hasBatches ? text.bytes : nil),
            named: asked.fromBatch ?? build.buildBatchArn ?? text.shown, isFound: asked.fromBatch == nil)
        var settings = reading.settings
        let digest = settings.takeDigestOfOwnImage()
        return RepeatedBuild(
            build: build, settings: settings, digest: digest, task: task, shown: text.shown, bytes: text.bytes,
            batchBytes: batchBytes)
    }

    /// - Throws: ``Failure`` for flags that say what the build says.
    private static func refuseOthers(_ asked: Asked, _ places: Places) throws {
        let others = [
            ("project", asked.project != nil), ("parameter", asked.parameter != nil),
            ("pipeline", asked.pipeline != nil), ("input", asked.inputs != nil), ("output", asked.outputs != nil),
        ]
        for (flag, isGiven) in others where isGiven {
            throw Failure(
                .usage, "`--from-build` and `--\(flag)` contradict one another",
                help: "leave one out: the build says what its project and its sources were")
        }
    }

    /// - Parameter isFound: whether nobody has named the batch.
    private static func task(
        of build: CloudBuild, in bytes: [UInt8]?, named name: String, isFound: Bool
    ) throws -> CloudBatch.Group? {
        guard let bytes else { return nil }
        let batches: [CloudBatch]
        do { batches = try CloudBatch.read(bytes) } catch {
            throw Failure(
                .invalidSettings,
                "cannot read `\(name)` as what `aws codebuild batch-get-build-batches` prints")
        }
        if let task = batches.lazy.compactMap({ $0.group(of: build) }).first { return task }
        // Batches that stand beside the builds may be those of others.
        if isFound, build.buildBatchArn == nil { return nil }
        throw Failure(
            .noSuchFile, "`\(name)` has no batch with the build `\(build.id)`",
            help: build.buildBatchArn.map { "its batch is `\($0)`" } ?? "the build belongs to no batch: leave it out")
    }

    // MARK: What is known of it

    /// Whether the build itself decides what a key under `x-buildspec` of the source's settings would.
    static func decides(_ key: String) -> Bool {
        ["account", "compute", "cpus", "memory", "platform", "privileged", "region", "timeout"].contains(key)
    }

    /// The name of its project, which a build here has, too.
    var projectName: String { build.projectName ?? build.id.split(separator: ":").first.map(String.init) ?? "build" }

    /// How it went, to compare with.
    var original: OriginalBuild {
        let phases = (build.phases ?? []).filter { $0.phaseType != BuildPhase.completed.rawValue }.map { phase in
            // Of several contexts the first with a code is the reason.
            let context =
                phase.contexts?.first { !($0.statusCode ?? "").isEmpty } ?? phase.contexts?.first
            return OriginalBuild.Phase(
                name: phase.phaseType, status: phase.phaseStatus,
                context: PhaseContext(
                    statusCode: context?.statusCode ?? "", message: context?.message ?? ""))
        }
        return OriginalBuild(id: build.id, status: build.buildStatus ?? "IN_PROGRESS", phases: phases)
    }

    /// Whether it has ended, so that there is something to compare with.
    var hasEnded: Bool { original.status != "IN_PROGRESS" }

    /// The commit that was built, by its full id; `nil` where the service has not come so far, or the source has none.
    var commit: String? {
        [build.resolvedSourceVersion, settings.source.version?.value, build.sourceVersion].lazy
            .compactMap { $0.flatMap(VersionName.commit(in:)) }.first
    }

    /// The folder that a source is cloned into in the service; `nil` for one that is no clone.
    static func clone(_ source: ProjectSettings.Source?) -> String? {
        guard let source, source.isClone else { return nil }
        return source.location.flatMap { CloneFolder.of($0.value) }
    }

    /// The region that it ran in.
    var region: String? { settings.arnPart(3)?.value }

    // MARK: Keeping

    /// Keeps the build beside a record, for it to be read again when the build goes on.
    ///
    /// - Returns: what the user would have to name then.
    func keep(in folder: String) throws -> (build: String, batch: String?) {
        let path = "\(folder)/from-build.json"
        try Folder.replace(path, with: bytes, mode: 0o600)
        guard let batchBytes else { return ("\(path)#\(build.id)", nil) }
        let batch = "\(folder)/from-batch.json"
        try Folder.replace(batch, with: batchBytes, mode: 0o600)
        return ("\(path)#\(build.id)", batch)
    }
}

extension ProjectSettings {
    /// Takes the digest off the name of an image of CodeBuild's own: `aws/codebuild/standard:7.0@sha256:…`.
    fileprivate mutating func takeDigestOfOwnImage() -> Located<String>? {
        guard let named = image, let sign = named.value.lastIndex(of: "@"),
            CuratedImage(named: String(named.value[..<sign])) != nil
        else { return nil }
        image = Located(String(named.value[..<sign]), at: named.location)
        return Located(String(named.value[named.value.index(after: sign)...]), at: named.location)
    }
}

extension ProjectSettings.Source {
    /// Whether the service clones it with git.
    var isClone: Bool {
        switch type {
        case .codeCommit, .gitHub, .gitHubEnterprise, .gitLab, .gitLabSelfManaged, .bitbucket: true
        case .pipeline, .s3, .some(.none), nil: false
        }
    }
}

/// What `--from-build` names, as it was read.
private struct BuildText {
    let bytes: [UInt8]
    let shown: String
    /// The build that is meant among several.
    private let id: String?
    private let builds: [CloudBuild]
    private let missing: [String]
    /// Whether batches stand beside the builds.
    let hasBatches: Bool

    init(_ named: String, _ asked: Asked, on machine: Machine) async throws {
        let places = machine.places
        if named == "-" {
            bytes = try Files.readAll(STDIN_FILENO, named: "standard input")
            (shown, id) = ("<stdin>", nil)
        } else if Files.kind(of: places.absolute(named)) == .file {
            bytes = try Files.read(places.absolute(named))
            (shown, id) = (places.shown(places.absolute(named)), nil)
        } else if let sign = named.utf8.lastIndex(of: UInt8(ascii: "#")),
            Files.kind(of: places.absolute(String(named[..<sign]))) == .file
        {
            let path = places.absolute(String(named[..<sign]))
            bytes = try Files.read(path)
            (shown, id) = (places.shown(path), String(named[named.index(after: sign)...]))
        } else {
            let region = named.hasPrefix("arn:") ? named.split(separator: ":").dropFirst(3).first.map(String.init) : nil
            guard Self.isID(named), let aws = try AskedAWS(asked, in: places, region: region) else {
                throw Self.notThere(named)
            }
            machine.say("asking AWS for the build `\(named)`\n")
            bytes = try await aws.build(named)
            (shown, id) = ("aws:\(named)", nil)
        }
        do { (builds, missing) = try CloudBuild.read(bytes) } catch {
            let reading = readBuildSettings(bytes, file: shown, id: "")
            machine.say(reading.isValid ? [] : reading.diagnostics, source: bytes)
            let keys = ["projects", "ids"].filter { [bytes] in bytes.firstRange(of: Array("\"\($0)\"".utf8)) != nil }
            let way = "`aws codebuild batch-get-builds --ids PROJECT:UUID >build.json` writes such a file"
            throw Failure(
                .invalidSettings, "cannot read `\(shown)` as what `aws codebuild batch-get-builds` prints",
                help: keys.first == "projects"
                    ? "the file has projects, which `--project` takes; for a build, \(way)"
                    : keys.first == "ids" ? "the file has only the ids of builds: \(way)" : way)
        }
        hasBatches = bytes.firstRange(of: Array("\"buildBatches\"".utf8)) != nil
    }

    private static func notThere(_ named: String) -> Failure {
        guard isID(named) else {
            return Failure(
                .noSuchFile, "cannot find `\(named)`, which `--from-build` names",
                help: "give what `aws codebuild batch-get-builds` prints: a file, FILE#ID, or `-`")
        }
        return Failure(
            .noSuchFile, "the build `\(named)` is not here",
            help:
                "`aws codebuild batch-get-builds --ids \(named) >build.json`, then `--from-build build.json`; --aws does "
                + "that by your AWS CLI")
    }

    /// Whether a text is `project:uuid`, or an ARN.
    private static func isID(_ text: String) -> Bool {
        text.contains(":") && (!text.contains("/") || text.hasPrefix("arn:"))
    }

    /// The most builds that a message lists.
    private static let listed = 12

    func choose() throws -> CloudBuild {
        let meant = id.map { id in builds.filter { $0.isNamed(id) } } ?? builds
        if meant.count == 1 { return meant[0] }
        guard !builds.isEmpty else {
            let names = missing.map { "`\($0)`" }.joined(separator: ", ")
            throw Failure(
                .noSuchFile,
                "`\(shown)` has no build\(names.isEmpty ? "" : ": CodeBuild does not know \(names)")",
                help: "builds are kept for a year; `aws codebuild list-builds-for-project` names them")
        }
        let list = builds.prefix(Self.listed).map { "`\($0.id)` \($0.buildStatus ?? "")" }.joined(separator: ", ")
        let more = builds.count > Self.listed ? " and \(builds.count - Self.listed) more" : ""
        guard let id, meant.isEmpty else {
            throw Failure(
                .usage, "`\(shown)` has \(meant.count) builds: \(list)\(more)",
                help: "say which one: `--from-build \(shown == "<stdin>" ? "FILE" : shown)#ID`")
        }
        throw Failure(.noSuchFile, "`\(shown)` has no build `\(id)`, but \(list)\(more)")
    }
}

extension CloudBuild {
    /// Whether a user means this build: by its id, its ARN, its UUID or the beginning of that.
    fileprivate func isNamed(_ name: String) -> Bool {
        id == name || arn == name || name.utf8.count >= 4 && uuid.hasPrefix(name)
    }
}
