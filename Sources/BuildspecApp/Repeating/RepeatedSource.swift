internal import AWSCalls
internal import ChildProcesses
internal import BuildPlanning
internal import Files
internal import SourceSnapshots
internal import SpecParsing

/// Finds the source that a build of the service had: in the user's repository, in its remote, or where the user says.
///
/// Nothing of the user's changes: a commit that the repository lacks is fetched into a repository of our own.
struct RepeatedSource {
    let repeated: RepeatedBuild
    let asked: Asked
    let machine: Machine

    private var places: Places { machine.places }
    private var source: ProjectSettings.Source { repeated.settings.source }
    private var fetched: FetchedSources { FetchedSources(places) }

    /// Finds the project's folder and its primary source.
    ///
    /// - Throws: ``Failure`` (66) with the flag to give, when the source cannot be had.
    func find() async throws -> (base: String, place: SourcePlace) {
        let path = places.absolute(asked.path ?? ".")
        guard Files.kind(of: path) == .folder else {
            throw Failure(
                Files.kind(of: path) == nil ? .noSuchFile : .usage,
                "`--from-build` needs the project's folder, but PATH is `\(path)`",
                help: "leave it out, or name a folder")
        }
        let base = try await top(of: path)
        if let named = asked.source ?? places.variable("source"), named != "git:sourceVersion" {
            let place = try SourcePlace(named, of: base, places)
            let commit = repeated.commit.map { ", in place of commit \($0.prefix(12))" } ?? ""
            machine.say("the source is \(place.words)\(commit)\n")
            return (base, source.type == .pipeline ? place.handedOver : place)
        }
        switch source.type {
        case .some(.none): return (base, try empty())
        case .s3:
            let location = source.location?.value ?? ""
            let version = repeated.build.sourceVersion.flatMap { $0.isEmpty ? nil : $0 }
            if let zip = try await object(location, version: version) { return (base, SourcePlace(archive: zip)) }
            throw missingObject(location, version: version)
        case .pipeline:
            // What a pipeline hands over is the files of a commit, where its source is a repository.
            guard let commit = repeated.commit, try await has(commit, in: base) else {
                if let location = pipelineObject, let zip = try await object(location, version: nil) {
                    return (base, SourcePlace(archive: zip))
                }
                throw Failure(
                    .noSuchFile, "CodePipeline gave the build a zip, but no flag says where it is on this machine",
                    help: pipelineHelp)
            }
            machine.say("the source is commit \(commit.prefix(12)) without its .git, as CodePipeline hands it over\n")
            return (base, SourcePlace(folder: base, kind: .revision(commit)).handedOver)
        default: return (base, try await clone(base))
        }
    }

    /// The `BUCKET/KEY` of what a pipeline has handed over: its version is an ARN.
    private var pipelineObject: String? {
        guard let version = repeated.build.sourceVersion, version.hasPrefix("arn:aws"),
            let start = version.firstRange(of: ":s3:::")?.upperBound
        else { return nil }
        return String(version[start...])
    }

    private var pipelineHelp: String {
        let fetch = pipelineObject.map { "`aws s3 cp s3://\($0) source.zip`, then " } ?? ""
        return "\(fetch)--source source.zip; or --source FOLDER, --source git:REV; --aws fetches it by your AWS CLI"
    }

    /// The top of the repository that a folder lies in; the folder itself where it lies in none.
    private func top(of folder: String) async throws -> String {
        guard SourcePlace(folder: folder).asksGit else { return folder }
        // What git cannot read is taken as a folder; why it cannot is said when the commit is looked for.
        do { return try await git(folder).topFolder() } catch is SourceError { return folder }
    }

    private func git(_ folder: String) -> Git { Git(folder: folder, inherited: machine.environment.keys) }

    private func has(_ commit: String, in folder: String) async throws -> Bool {
        guard SourcePlace(folder: folder).asksGit else { return false }
        return try await git(folder).tree(of: commit) != nil
    }

    private func empty() throws -> SourcePlace {
        let folder = "\(places.cache)/empty"
        try Folder.make(folder)
        return SourcePlace(folder: folder, kind: .folder)
    }

    // MARK: Clones

    private func clone(_ base: String) async throws -> SourcePlace {
        if let commit = repeated.commit, try await has(commit, in: base) {
            machine.say("the source is commit \(commit.prefix(12)) of \(base)\n")
            return SourcePlace(folder: base, kind: .revision(commit))
        }
        return try await fetch(
            source, repeated.commit, version: repeated.build.sourceVersion,
            help: "`--source git:REV` of a commit that your repository has, `--source git:worktree` of what lies here, "
                + "`--source FOLDER#git:REV` of another folder, or --source ZIP")
    }

    /// The secondary source of an identifier, where it can be had without the user.
    func other(_ source: ProjectSettings.Source) async throws -> SourcePlace? {
        guard let identifier = source.identifier?.value, source.isClone else { return nil }
        let version = source.version.flatMap { $0.value.isEmpty ? nil : $0.value }
        return try await fetch(
            source, version.flatMap(VersionName.commit(in:)), version: version,
            help: "--source \(identifier)=FOLDER brings it in, --source \(identifier)= builds without it")
    }

    private func fetch(
        _ source: ProjectSettings.Source, _ commit: String?, version: String?, help: String
    ) async throws -> SourcePlace {
        let what = commit.map { "commit \($0.prefix(12))" } ?? version.map { "`\($0)`" } ?? "the default branch"
        guard let address = source.location?.value, !address.isEmpty else {
            throw Failure(.noSuchFile, "cannot find \(what), and the build names no repository", help: help)
        }
        let depth = source.cloneDepth?.value, folder = fetched.repository(of: address, depth: depth)
        guard var remote = RemoteRepository(address, in: folder, inherited: machine.environment.keys) else {
            throw Failure(
                .noSuchFile, "cannot find \(what): buildspec fetches nothing from `\(address)`", help: help)
        }
        fetched.use(folder)
        if let commit, try await remote.has(commit) { return SourcePlace(folder: folder, kind: .revision(commit)) }
        let isOffline = try isOffline()
        guard !isOffline else {
            throw Failure(
                .offlineMissing, "`--offline`, and \(what) of `\(remote.url)` is not here", help: help)
        }
        remote.asksOnTerminal = places.isInteractive
        machine.say("fetching \(what) from \(remote.url)\n")
        do {
            let found = try await remote.fetch(commit, version: version, depth: depth)
            if commit == nil { machine.say("the source is commit \(found.prefix(12)), which \(what) is now\n") }
            return SourcePlace(folder: folder, kind: .revision(found))
        } catch let error as SourceError {
            throw Failure(.noSuchFile, error.description, help: help)
        }
    }

    private func isOffline() throws -> Bool {
        var lookup = SettingsLayers(
            asked: asked, file: ProjectSettings(), places: places, bounds: SourceBounds(root: places.cache))
        return try lookup.isOn(asked.offline, "offline")
    }

    // MARK: S3

    /// Fetches an object of S3 by the user's own AWS CLI, where the user has asked for it (`--aws`).
    ///
    /// - Parameters:
    ///   - location: `BUCKET/KEY`; of a folder (`KEY/`) nothing is fetched.
    ///   - version: of the object; the newest when absent.
    /// - Returns: the path of the file; `nil` where nobody asks AWS.
    private func object(_ location: String, version: String?) async throws -> String? {
        let parts = location.split(separator: "/", maxSplits: 1).map(String.init)
        guard parts.count == 2, !location.hasSuffix("/"),
            let aws = try AskedAWS(asked, in: places, region: repeated.region)
        else {
            return nil
        }
        guard parts.allSatisfy(AWSCommandLine.takesLiterally), version.map(AWSCommandLine.takesLiterally) ?? true else {
            throw Failure(
                .invalidSettings, "cannot fetch `s3://\(location)`: the AWS CLI would not take its name as it is",
                help: "--source ZIP gives the source from elsewhere")
        }
        let file = try fetched.object(location, version: version ?? "")
        // A version of an object never changes.
        if version != nil, Files.kind(of: file) == .file {
            fetched.use(file)
            return file
        }
        machine.say("fetching s3://\(location)\n")
        let part = "\(file).\(machine.uuid()).tmp"
        defer { unlink(part) }
        do {
            _ = try await aws.commandLine.call(
                ["s3api", "get-object", "--bucket=\(parts[0])", "--key=\(parts[1])"]
                    + (version.map { ["--version-id=\($0)"] } ?? []) + [part])
        } catch let error as any CustomStringConvertible & Error where error is AWSError || error is ChildProcessError {
            throw Failure(
                .noSuchFile, "cannot fetch `s3://\(location)`: \(error)",
                help: "--source ZIP gives the source from elsewhere")
        }
        try Folder.move(part, to: file)
        return file
    }

    private func missingObject(_ location: String, version: String?) -> Failure {
        let parts = location.split(separator: "/", maxSplits: 1)
        let fetch: String
        if location.hasSuffix("/") || parts.count < 2 {
            fetch = "`aws s3 cp --recursive s3://\(location) source`, then --source source"
        } else {
            let versionWords = version.map { " --version-id \($0)" } ?? ""
            fetch =
                "`aws s3api get-object --bucket \(parts[0]) --key \(parts[1])\(versionWords) source.zip`, then --source source.zip; "
                + "--aws does that by your AWS CLI"
        }
        return Failure(
            .noSuchFile, "the source is `s3://\(location)`, but no flag says where it is on this machine", help: fetch)
    }
}
