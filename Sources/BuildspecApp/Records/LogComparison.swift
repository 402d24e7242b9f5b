internal import BuildPlanning
internal import Files
internal import LogComparing

/// Compares a recorded build with a log from the cloud.
struct LogComparison {
    let build: RecordedBuild
    /// A file, or `-` for standard input.
    let cloudLog: String
    let format: PlanFormat

    /// - Returns: `buildFailed` (1) when the two differ, as diff(1) does.
    func run(_ places: Places, on terminal: Terminal) throws -> ExitStatus {
        let bytes =
            cloudLog == "-"
            ? try Files.readAll(STDIN_FILENO, named: "standard input") : try Files.read(places.absolute(cloudLog))
        let local = BuildLog(events: try build.events())
        let cloud: BuildLog
        do {
            cloud = try CloudLog.read(bytes, knownCommands: local.commandTexts)
        } catch {
            throw Failure(
                .invalidBuildspec, "cannot read `\(cloudLog)` as a log of CodeBuild: \(error.reason)", help: error.help)
        }
        let diff = LogDiff(local: local, cloud: cloud)
        switch format {
        case .text: try terminal.write(Array(diff.text(usesColor: terminal.outputUsesColor).utf8))
        case .json: try terminal.write(diff.json.bytes + [0x0a])
        }
        return diff.differences.isEmpty ? .succeeded : .buildFailed
    }
}

/// The service's log of a build that is run again: it is read before the build, and compared after it.
struct CloudLogFile {
    private let bytes: [UInt8]
    private let name: String

    /// - Parameter path: a file, or `-` for standard input.
    init(_ path: String, _ places: Places) throws {
        name = path
        bytes =
            path == "-"
            ? try Files.readAll(STDIN_FILENO, named: "standard input") : try Files.read(places.absolute(path))
    }

    /// Says where the two logs part.
    func compare(with record: BuildRecord, on machine: Machine) {
        do {
            let local = BuildLog(events: try RecordedBuild(folder: record.folder).events())
            let diff = LogDiff(local: local, cloud: try CloudLog.read(bytes, knownCommands: local.commandTexts))
            machine.say(diff.text(usesColor: machine.terminal.errorUsesColor))
        } catch {
            machine.say("warning: cannot compare with `\(name)`: \(error)\n")
        }
    }
}
