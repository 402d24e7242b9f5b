internal import Caches
internal import SourceSnapshots
internal import BuildPlanning
internal import SpecParsing
internal import Files

/// The place of a source, and what names the buildspec in it.
struct ProjectLocation: Sendable {
    /// The place of the primary source.
    private(set) var place: SourcePlace
    /// The action of a pipeline that the build is, if it is one.
    let pipeline: PipelineAction?
    /// The project's own folder, by which its caches and builds are known: the source, or where the user stands who builds an
    /// archive.
    let folder: String
    /// The source's root, an absolute path; of an archive the folder that it was unpacked into.
    private(set) var source: String
    /// The folder its files are read from: the source itself, or what git checked out of it.
    private(set) var contents: String
    /// What PATH, the flag or the environment names as the buildspec.
    private var named: String?
    /// What `--project` or the environment names, as it was written.
    private let project: String?
    private let parameters: [String]
    private let places: Places
    /// The build of the service that is run again, if one is.
    let repeated: RepeatedBuild?

    /// Finds the place that is asked for, or that the build of the service has which is to be run again.
    ///
    /// - Throws: ``Failure`` when there is no such folder, file or source.
    static func find(_ asked: Asked, on machine: Machine) async throws -> ProjectLocation {
        guard let repeated = try await RepeatedBuild.find(asked, on: machine) else {
            return try ProjectLocation(asked, machine.places)
        }
        let (base, place) = try await RepeatedSource(repeated: repeated, asked: asked, machine: machine).find()
        return try ProjectLocation(of: repeated, at: place, in: base, asked, machine.places)
    }

    private init(
        of repeated: RepeatedBuild, at place: SourcePlace, in base: String, _ asked: Asked, _ places: Places
    ) throws {
        guard place.isArchive || Files.kind(of: place.path) == .folder else {
            throw Failure(.noSuchFile, "cannot find the source folder `\(place.path)`")
        }
        self.place = place
        self.repeated = repeated
        self.places = places
        pipeline = nil
        folder = base
        // What is fetched is shown as if it lay in the project's folder.
        source = FetchedSources(places).hasRepository(place.path) ? base : place.path
        contents = place.path
        named = asked.buildspec ?? places.variable("buildspec")
        project = nil
        parameters = []
        isOfProject = true
    }

    /// - Throws: ``Failure`` when there is no such folder or file.
    init(_ asked: Asked, _ places: Places) throws {
        let path = places.absolute(asked.path ?? ".")
        guard let found = Files.kind(of: path) else {
            // What this is read from are bytes: those that are no text have become this character.
            guard !path.unicodeScalars.contains("\u{FFFD}") else {
                throw Failure(
                    .noSuchFile, "cannot use `\(path)`: its path is not UTF-8",
                    help: "rename the folder, or give it another name: `mv`, or a link to it in another folder")
            }
            throw Failure(
                .noSuchFile, "cannot find `\(asked.path ?? ".")`",
                help: "give a folder with a buildspec.yml, or a buildspec file"
                    + (Self.isLikeImage(asked.path) ? "; `--image \(asked.path ?? "")` names an image" : ""))
        }
        let base: String
        if found == .file {
            guard asked.buildspec == nil else {
                throw Failure(.usage, "PATH and `--buildspec` both name a buildspec file", help: "leave one out")
            }
            named = path
            // A file of this folder belongs to this folder's source, as `source.buildspec: ci/buildspec.yml` does.
            let here = places.absolute(".")
            base = path.hasPrefix(here + "/") ? here : Self.folder(of: path)
        } else {
            named = asked.buildspec ?? places.variable("buildspec")
            base = path
        }
        pipeline = try PipelineAction(asked, of: base, places)
        if let input = pipeline?.inputs.first {
            place = input.place
        } else {
            let named = try (asked.source ?? places.variable("source")).map { try SourcePlace($0, of: base, places) }
            place =
                pipeline == nil ? named ?? SourcePlace(folder: base) : (named ?? SourcePlace(folder: base)).handedOver
        }
        guard place.isArchive || Files.kind(of: place.path) == .folder else {
            throw Failure(.noSuchFile, "cannot find the source folder `\(place.path)`")
        }
        folder = place.isArchive || pipeline?.inputs.isEmpty == false ? base : place.path
        source = place.path
        contents = place.path
        project = asked.project ?? places.variable("project")
        parameters = asked.parameter ?? []
        self.places = places
        repeated = nil
    }

    /// Whether a path that is not there may be meant as the name of an image: `maven:3`, `acme/ci`.
    private static func isLikeImage(_ path: String?) -> Bool {
        guard let path, !path.hasPrefix("/"), !path.hasPrefix("."), !path.hasSuffix("/") else { return false }
        let name = path.split(separator: "/").last ?? ""
        return path.contains(":") || path.contains("/") && !name.contains(".")
    }

    /// Whether the source has to be checked out or unpacked before its settings can be read.
    var isHeldToBeRead: Bool { !place.isLive }

    /// Whether the version that the project's settings name is meant: `--source git:sourceVersion`.
    var isVersionOfProject: Bool { repeated == nil && place.kind == .revision("sourceVersion") }

    /// Whether the settings of the project have decided the version.
    private(set) var isOfProject = false

    /// The name of the project that a build here has.
    var buildName: String { repeated?.projectName ?? identity.name }

    /// Means the version that the project's settings name.
    ///
    /// - Throws: ``Failure`` when they name none, or one that git does not have.
    mutating func mean(_ source: ProjectSettings.Source) throws {
        guard let version = source.version, !version.value.isEmpty else {
            throw Failure(
                .usage,
                "`--source git:sourceVersion` needs a `sourceVersion` in the project's settings, which have none",
                help: "name a version: `--source git:REV`")
        }
        guard source.type != .s3 else {
            throw Failure(
                .usage, "`\(version.location)`: `\(version.value)` is the version of an object in S3, not of a commit",
                help: "fetch the object, and build it as a folder")
        }
        place = SourcePlace(folder: place.path, kind: .revision(version.value), isHandedOver: place.isHandedOver)
        isOfProject = true
    }

    /// Means another buildspec of the source, by its path from the source's root, or its text.
    mutating func mean(buildspec: String) { named = buildspec }

    /// Reads on from the folder that the source was checked out or unpacked into.
    mutating func enter(_ files: String) {
        contents = files
        if place.isArchive { source = files }
    }

    /// The names of the project whose source lies here.
    var identity: ProjectIdentity {
        let last = folder.split(separator: "/").last.map(String.init) ?? "root"
        return ProjectIdentity(
            name: String(last.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") ? $0 : "-" }),
            key: Self.key(of: folder), folder: folder)
    }

    /// A name for what is kept of a folder.
    static func key(of folder: String) -> String { CacheKey(project: folder, paths: []).name }

    /// The path of a file within the source; `nil` for one that lies outside.
    func relative(_ path: String) -> String? {
        path.hasPrefix(source + "/") ? String(path.dropFirst(source.count + 1)) : nil
    }

    /// The settings file that the user names, and the name of the project in it.
    private var chosen: (path: String, name: String?)? {
        project.map { written in
            let whole = places.absolute(written)
            guard Files.kind(of: whole) == nil, let sign = written.utf8.lastIndex(of: UInt8(ascii: "#")) else {
                return (whole, nil)
            }
            return (places.absolute(String(written[..<sign])), String(written[written.index(after: sign)...]))
        }
    }

    /// What `--project` names where it is no file: perhaps a project of an AWS account.
    var projectName: String? {
        guard let project, let chosen, !isWithoutProject, Files.kind(of: chosen.path) == nil else { return nil }
        return project
    }

    /// Whether the source's own templates are looked through for a project, where it has no settings file.
    var isSearched: Bool { project == nil }

    /// Whether no settings are wanted at all: `--project none`.
    var isWithoutProject: Bool { project == "none" && Files.kind(of: places.absolute("none")) == nil }

    /// Which project of the settings file is meant, and with which parameters.
    ///
    /// - Throws: ``Failure`` for a parameter that is no `NAME=VALUE`.
    func projectChoice(region: String, account: String) throws -> ProjectChoice {
        var choice = ProjectChoice(
            name: chosen?.name,
            parameters: [
                "AWS::Region": region, "AWS::AccountId": account, "AWS::Partition": "aws",
                "AWS::URLSuffix": "amazonaws.com", "AWS::StackName": identity.name,
            ])
        for text in parameters {
            guard let sign = text.utf8.firstIndex(of: UInt8(ascii: "=")), sign > text.startIndex else {
                throw Failure(
                    .usage, "`--parameter` is `\(text)`, expected NAME=VALUE",
                    help: "write for example `--parameter Stage=test`")
            }
            choice.parameters[String(text[..<sign])] = String(text[text.index(after: sign)...])
        }
        return choice
    }

    /// The settings file, if there is one: the one that `--project` names, that of the source, or else the one beside the
    /// buildspec that was named.
    ///
    /// Every command that means a project finds its settings by this rule alone.
    ///
    /// - Throws: ``Failure`` (66) when the file named is not there, (78) when the one found is a link that leads outside of the
    ///   source.
    func settingsFile() throws -> String? {
        guard !isWithoutProject else { return nil }
        if let chosen {
            guard Files.kind(of: chosen.path) == .file else {
                guard Files.kind(of: chosen.path) == nil else {
                    throw Failure(
                        .noSuchFile, "`\(chosen.path)`, which `--project` names, is a folder",
                        help: "name a file in it: settings, or a template")
                }
                throw Failure(
                    .noSuchFile, "cannot find `\(chosen.path)`, which `--project` names",
                    help: "give a file of a project, or `--project NAME --aws` for one of your AWS account")
            }
            return chosen.path
        }
        var folders = [contents]
        if let named, named != "-", case .path(let path) = BuildspecReference(named) {
            folders.append(Self.folder(of: read(file(named: path))))
        }
        let files = folders.flatMap { ["\($0)/codebuild.yml", "\($0)/codebuild.json"] }
        guard let found = files.first(where: { Files.kind(of: $0) == .file }) else { return nil }
        guard leadsOut(found) else { return found }
        throw Failure(
            .invalidSettings, "the settings file `\(places.shown(found))` is a link that leads outside of the source",
            help: "put the file itself into the source")
    }

    /// Whether a file of the source is, or lies behind, a link that leads outside of it.
    private func leadsOut(_ path: String) -> Bool {
        path.hasPrefix(contents + "/") && SourceBounds(root: contents).resolve(path) == nil
    }

    /// The path at which a file of the user's is read: a file of the source is read from ``contents``.
    private func read(_ path: String) -> String { relative(path).map { "\(contents)/\($0)" } ?? path }

    /// The place of the buildspec: as named, else as the settings say, else `buildspec.yml` of the source.
    ///
    /// - Throws: ``Failure`` when it is one that cannot be read from here.
    func buildspec(_ project: ProjectSettings) throws -> BuildspecPlace {
        if named == "-" {
            return BuildspecPlace(text: try Files.readAll(STDIN_FILENO, named: "standard input"), shownPath: "<stdin>")
        }
        let fromSettings = project.buildspec.flatMap { $0.value.isEmpty ? nil : $0 }
        switch BuildspecReference(named ?? fromSettings?.value ?? "buildspec.yml") {
        case .text(let text):
            return BuildspecPlace(
                text: Array(text.utf8), shownPath: named == nil ? "<source.buildspec>" : "<--buildspec>")
        case .object(let arn):
            throw Failure(
                .usage, "cannot read the buildspec `\(arn)`: objects in S3 are not fetched",
                help: "`aws s3 cp` it to a file, and give that with --buildspec FILE")
        case .path(let path):
            // The settings speak of the source, as the service does; a shell user also of the current folder.
            let file = named == nil ? places.absolute("\(source)/\(path)") : file(named: path)
            // Only a user may name a file elsewhere.
            if named == nil, relative(file) == nil || leadsOut(read(file)) {
                throw Failure(
                    .invalidSettings, "the buildspec `\(path)` lies outside of the source, by its name or as a link",
                    help: "if you want it, name it yourself with --buildspec FILE")
            }
            return BuildspecPlace(file: read(file), shownPath: places.shown(file), relativePath: relative(file))
        }
    }

    private static func folder(of path: String) -> String {
        String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    }

    /// Below the source first, as the service reads it; then below the current folder, as a shell user types it.
    private func file(named name: String) -> String {
        guard !name.hasPrefix("/") else { return places.absolute(name) }
        let inSource = places.absolute("\(source)/\(name)"), here = places.absolute(name)
        return Files.kind(of: read(inSource)) == nil && Files.kind(of: here) != nil ? here : inSource
    }
}
