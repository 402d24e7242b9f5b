internal import ChildProcesses
internal import SourceSnapshots
internal import ArgumentParser
internal import BuildPlanning
internal import SpecParsing
#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif
internal import Files

/// What `shell` and `resume` must know of a build whose container stays, or whose checkpoints do: a file of its record,
/// readable by its user alone.
struct KeptBuild: Codable {
    /// The format's version.
    var version = 1
    let container: String
    /// `CODEBUILD_BUILD_NUMBER`.
    let number: Int
    /// How `run` was called: the words of the command line, the folder, and the variables that stand for flags.
    let arguments: [String]
    let currentDirectory: String
    let environment: [String: String]
    /// The texts that were run, by phase.
    let phases: [String: Commands]
    /// The variables of the buildspec, the settings and the flags, as the build began with them.
    let variables: [String: String]
    /// When the source was taken, since 1970.
    let startNanoseconds: Int64
    /// Whether the AWS of this machine answered it; `nil` for one without a proxy.
    let usesCloud: Bool?

    /// What a phase had to run.
    struct Commands: Codable {
        let commands: [Command]
        let finally: [Command]
        let runAs: String?
    }

    /// One command, with its place in the buildspec as it was.
    struct Command: Codable {
        let text: String
        let place: String

        init(_ command: BuildSpec.Command) {
            text = command.text
            place = "\(command.location)"
        }
    }

    /// - Parameter arguments: the words behind `run`, said or meant; of a build that goes on, as it was begun.
    init(
        container: String, plan: BuildPlan, arguments: [String] = Self.runArguments, places: Places,
        startNanoseconds: Int64, usesCloud: Bool?
    ) {
        self.usesCloud = usesCloud
        self.container = container
        number = plan.number
        self.arguments = arguments
        currentDirectory = places.currentDirectory
        environment = places.environment.filter { $0.key.hasPrefix("BUILDSPEC_") }
        var phases: [String: Commands] = [:]
        for phase in plan.phases {
            phases[phase.name.rawValue] = Commands(
                commands: phase.commands.map(Command.init), finally: phase.finally.map(Command.init), runAs: phase.runAs
            )
        }
        self.phases = phases
        var variables: [String: String] = [:]
        for variable in plan.variables where variable.origin >= .buildspec { variables[variable.name] = variable.value }
        self.variables = variables
        self.startNanoseconds = startNanoseconds
    }

    /// The places it was called in, with the variables that stood for flags then.
    func places(now places: Places) -> Places {
        Places(
            environment: places.environment.merging(environment) { $1 }, currentDirectory: currentDirectory,
            isInteractive: places.isInteractive)
    }

    private static var runArguments: [String] {
        let words = Array(CommandLine.arguments.dropFirst())
        return words.first == RunCommand.configuration.commandName ? Array(words.dropFirst()) : words
    }

    private static let name = "kept.json", listName = "source.list"

    /// Writes the file into a record, with the names of the source's files beside it.
    ///
    /// - Parameter isKept: whether the container stays.
    func write(to folder: String, sourceFiles: [[UInt8]], isKept: Bool = true) throws {
        if isKept {
            let mark = RecordedBuild(folder: folder).keptMark
            try Files.makeFolder(String(mark[..<(mark.lastIndex(of: "/") ?? mark.startIndex)]))
            try Files.replace(mark, with: [])
        }
        try Files.replace("\(folder)/\(Self.name)", with: Array(try JSONEncoder().encode(self)), mode: 0o600)
        try Files.replace("\(folder)/\(Self.listName)", with: Array(sourceFiles.joined(separator: [0])), mode: 0o600)
    }

    /// - Returns: `nil` when neither the build's container nor a checkpoint of it stayed.
    static func read(from build: RecordedBuild) throws -> KeptBuild? {
        let path = "\(build.folder)/\(name)"
        guard Files.kind(of: path) == .file else { return nil }
        do { return try JSONDecoder().decode(KeptBuild.self, from: Data(try Files.read(path))) } catch let error
            as DecodingError
        {
            throw Failure(.inputOutput, "cannot read `\(path)`: \(error)", help: "run the build anew")
        }
    }

    static func sourceFiles(of build: RecordedBuild) throws -> [[UInt8]] {
        let path = "\(build.folder)/\(listName)"
        guard Files.kind(of: path) == .file else { return [] }
        return try Files.read(path).split(separator: 0).map { Array($0) }
    }

    /// The container is gone, or about to go.
    static func forget(_ build: RecordedBuild, _ places: Places) {
        // What its source lay on is free for the next build.
        if let kept = try? read(from: build) { SnapshotStore.forget(kept.container, root: places.snapshots) }
        unlink(build.keptMark)
        guard !build.hasCheckpoints else { return }
        for file in [name, listName] { unlink("\(build.folder)/\(file)") }
    }
}
