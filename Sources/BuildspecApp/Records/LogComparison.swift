internal import BuildPlanning
internal import Files
internal import LogComparing

/// Compares two builds by their logs: recorded ones and logs from the cloud, in any pair.
struct LogComparison {
    /// One of the two builds.
    enum Subject {
        case build(RecordedBuild)
        /// A log from the cloud: the name as the user gave it, and the absolute path. `-` is standard input.
        case file(name: String, path: String)

        var origin: ComparedSides.Origin {
            switch self {
            case .build(let build): .build(build.uuid)
            case .file(let name, _): .file(name)
            }
        }
    }

    let one: Subject
    let other: Subject
    let format: PlanFormat
    /// Whether what differs between builds that succeeded is left out.
    let learns: Bool
    private let records: BuildRecords

    /// - Parameters:
    ///   - name: a file, or how ``BuildRecords/find(_:)`` knows a build; `nil` for the newest build.
    ///   - otherName: the same for the other build.
    /// - Throws: ``Failure`` when there is no such build or file, or both are the same.
    init(_ name: String?, with otherName: String, format: PlanFormat, learns: Bool, on machine: Machine) throws {
        one = try Self.subject(name, on: machine)
        other = try Self.subject(otherName, on: machine)
        self.format = format
        self.learns = learns
        records = BuildRecords(machine.places)
        if one.origin == other.origin {
            throw Failure(
                .usage, "`logs --diff` has the same log on both sides",
                help: name == nil ? "name the build that is compared: `buildspec logs BUILD --diff OTHER`" : nil)
        }
    }

    private static func subject(_ name: String?, on machine: Machine) throws -> Subject {
        let records = BuildRecords(machine.places)
        guard let name else { return .build(try records.find(nil)) }
        let path = name == "-" ? name : machine.places.absolute(name)
        if name == "-" || Files.kind(of: path) == .file { return .file(name: name, path: path) }
        do { return .build(try records.find(name)) } catch let failure as Failure {
            // The beginning of several builds is told as such.
            guard failure.message.hasPrefix("there is no build") else { throw failure }
            throw Failure(
                .noSuchFile, "there is neither a file nor a build `\(name)`",
                help: "`buildspec builds` lists the builds; a log from the cloud is downloaded with "
                    + "`aws logs get-log-events --start-from-head`")
        }
    }

    var sides: ComparedSides { ComparedSides(one: one.origin, other: other.origin) }

    /// Compares the two, without what was learned.
    func diff() throws -> LogDiff {
        let logs = try logs()
        let facts = (one: try Self.facts(of: one), other: try Self.facts(of: other))
        let diff = LogDiff(logs.one, logs.other, facts: facts)
        guard learns, diff.hasOtherOutput, let learned = try learnedNoise() else { return diff }
        return LogDiff(logs.one, logs.other, facts: facts, learned: learned)
    }

    /// - Returns: `buildFailed` (1) when the two differ, as diff(1) does.
    func run(on terminal: Terminal) throws -> ExitStatus {
        let diff = try diff()
        switch format {
        case .text: try terminal.write(Array(diff.text(sides, usesColor: terminal.outputUsesColor).utf8))
        case .json: try terminal.write(diff.json(sides).bytes + [0x0a])
        }
        return diff.differences.isEmpty ? .succeeded : .buildFailed
    }

    /// What two builds that succeeded teach about the project of the compared builds; `nil` where there are no such two.
    private func learnedNoise() throws -> LearnedNoise? {
        let compared = [one, other].compactMap { if case .build(let build) = $0 { build } else { nil } }
        guard let first = compared.first, let pair = try GreenBuilds(records).pair(like: first, without: compared)
        else {
            return nil
        }
        return LearnedNoise(
            BuildLog(events: try pair.one.events()), BuildLog(events: try pair.other.events()),
            builds: [pair.one.uuid, pair.other.uuid], haveSameInputs: pair.haveSameInputs)
    }

    /// What is known of a build beside its log; of a log from the cloud, nothing.
    private static func facts(of subject: Subject) throws -> BuildFacts {
        guard case .build(let build) = subject else { return BuildFacts() }
        return try build.facts()
    }

    /// Reads both logs. The commands of each help to read the other.
    private func logs() throws -> (one: BuildLog, other: BuildLog) {
        switch (one, other) {
        case (.build(let one), .build(let other)):
            return (BuildLog(events: try one.events()), BuildLog(events: try other.events()))
        case (.build(let build), .file(let name, let path)):
            let log = BuildLog(events: try build.events())
            return (log, try Self.read(try Self.bytes(path), of: name, knownCommands: log.commandTexts))
        case (.file(let name, let path), .build(let build)):
            let log = BuildLog(events: try build.events())
            return (try Self.read(try Self.bytes(path), of: name, knownCommands: log.commandTexts), log)
        case (.file(let name, let path), .file(let otherName, let otherPath)):
            let bytes = try Self.bytes(path)
            let commands = try Self.read(bytes, of: name).commandTexts
            let other = try Self.read(try Self.bytes(otherPath), of: otherName, knownCommands: commands)
            return (try Self.read(bytes, of: name, knownCommands: other.commandTexts), other)
        }
    }

    private static func bytes(_ path: String) throws -> [UInt8] {
        path == "-" ? try Files.readAll(STDIN_FILENO, named: "standard input") : try Files.read(path)
    }

    private static func read(
        _ bytes: [UInt8], of name: String, knownCommands: [String] = []
    ) throws -> BuildLog {
        do { return try CloudLog.read(bytes, knownCommands: knownCommands) } catch {
            throw Failure(
                .invalidBuildspec, "cannot read `\(name)` as a log of CodeBuild: \(error.reason)", help: error.help)
        }
    }
}
