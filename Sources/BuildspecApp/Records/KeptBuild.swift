internal import BuildPlanning
internal import Files
internal import SourceSnapshots
internal import SpecParsing
#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// What `shell` and `resume` must know of a build whose container stays, or whose checkpoints do: a file of its record,
/// readable by its user alone.
struct KeptBuild: Codable {
    /// The format's version; a file of another one is refused.
    static let version = 3

    let version: Int
    /// The build as it was decided.
    let recipe: BuildRecipe
    /// What was asked for, by whichever command.
    let asked: Asked
    let currentDirectory: String
    /// The variables that stood for flags (`BUILDSPEC_…`).
    let environment: [String: String]
    /// The time at which the source was taken, since 1970.
    let startNanoseconds: Int64

    /// - Parameter start: when the source was taken last.
    init(_ build: PlannedBuild, asked: Asked, start: Timestamp) {
        version = Self.version
        recipe = build.recipe
        self.asked = asked
        currentDirectory = build.machine.places.currentDirectory
        environment = build.machine.environment.filter { $0.key.hasPrefix("BUILDSPEC_") }
        startNanoseconds = start.microseconds * 1000
    }

    var container: String { recipe.plan.id.containerName }

    /// The phase of a name, as the build had it.
    func phase(_ name: PhaseName) -> BuildPlan.Phase? { recipe.plan.phases.first { $0.name == name } }

    /// The machine as it was when the build was begun: its folder, and the variables that stood for flags.
    func machine(now machine: Machine) -> Machine {
        machine.with(folder: currentDirectory, flags: environment)
    }

    /// The profile of the AWS CLI that the build had credentials of, or none of its own where it took the CLI's choice; `nil` for a
    /// build without credentials. Only flags and variables can ask for them.
    func credentialsProfile(now machine: Machine) -> String?? {
        let places = self.machine(now: machine).places
        guard let wanted = asked.awsCredentials ?? places.variable("aws-credentials"), !wanted.isEmpty,
            !SettingsLayers.isOff(wanted)
        else { return nil }
        return .some(SettingsLayers.isOn(wanted) ? asked.profile ?? places.variable("profile") : wanted)
    }

    private static let name = "kept.json"

    /// The name of the list of a source's files.
    ///
    /// - Parameter identifier: empty for the primary source.
    private static func listName(of identifier: String) -> String {
        identifier.isEmpty ? "source.list" : "source.\(identifier).list"
    }

    /// Writes the file into a record, with the names of the sources' files beside it.
    ///
    /// - Parameters:
    ///   - sourceFiles: by the identifiers of the sources; of one that is not among them, the list stays as it was.
    ///   - isKept: whether the container stays.
    func write(to folder: String, sourceFiles: [String: [[UInt8]]], isKept: Bool = true) throws {
        if isKept {
            let mark = RecordedBuild(folder: folder).keptMark
            try Folder.make(String(mark[..<(mark.lastIndex(of: "/") ?? mark.startIndex)]))
            try Folder.replace(mark, with: [])
        }
        try Folder.replace("\(folder)/\(Self.name)", with: Array(try JSONEncoder().encode(self)), mode: 0o600)
        for (identifier, files) in sourceFiles {
            try Folder.replace(
                "\(folder)/\(Self.listName(of: identifier))", with: Array(files.joined(separator: [0])), mode: 0o600)
        }
    }

    /// - Returns: `nil` when neither the build's container nor a checkpoint of it stayed.
    /// - Throws: ``Failure`` for a file that cannot be read, or was written by a `buildspec` of another version.
    static func read(from build: RecordedBuild) throws -> KeptBuild? {
        let path = "\(build.folder)/\(name)"
        guard Files.kind(of: path) == .file else { return nil }
        return try VersionedFile.decode(KeptBuild.self, version: version, in: path)
    }

    /// - Parameter identifier: of the source; empty for the primary one.
    static func sourceFiles(of build: RecordedBuild, in identifier: String) throws -> [[UInt8]] {
        let path = "\(build.folder)/\(listName(of: identifier))"
        guard Files.kind(of: path) == .file else { return [] }
        return try Files.read(path).split(separator: 0).map { Array($0) }
    }

    /// Forgets a container that is gone, or about to go.
    static func forget(_ build: RecordedBuild, _ places: Places) {
        // What its source lay on is free for the next build.
        SnapshotStore.forget("buildspec-\(build.uuid)", root: places.snapshots)
        unlink(build.keptMark)
        guard !build.hasCheckpoints else { return }
        for file in Files.names(in: build.folder)
        where file == name || file.hasPrefix("source.") && file.hasSuffix("list") {
            unlink("\(build.folder)/\(file)")
        }
    }
}

/// JSON files of ours that say which version of their format they have.
enum VersionedFile {
    private struct Head: Decodable { let version: Int? }

    /// Compares the version before anything else is read.
    static func decode<Value: Decodable>(_ type: Value.Type, version: Int, in path: String) throws -> Value {
        let data = Data(try Files.read(path))
        do {
            let found = try JSONDecoder().decode(Head.self, from: data).version
            guard found == version else {
                throw Failure(
                    .inputOutput,
                    "cannot read `\(path)`: it has format \(found.map(String.init) ?? "1"), and this buildspec reads \(version)",
                    help: "use the buildspec that wrote it, or run the build anew")
            }
            return try JSONDecoder().decode(type, from: data)
        } catch let error as DecodingError {
            throw Failure(.inputOutput, "cannot read `\(path)`: \(error)", help: "run the build anew")
        }
    }
}
