internal import AWSCalls
internal import BuildPlanning
internal import Files
internal import LogComparing

/// Compares two builds by their logs: recorded ones and logs from the cloud, in any pair.
struct LogComparison {
    /// One of the two builds.
    enum Subject {
        case build(RecordedBuild)
        case cloud(CloudLogFile)

        var origin: ComparedSides.Origin {
            switch self {
            case .build(let build): .build(build.uuid)
            case .cloud(let log): .file(log.name)
            }
        }

        /// What is known of the build beside its log.
        func facts() throws -> BuildFacts {
            switch self {
            case .build(let build): try build.facts()
            case .cloud(let log): log.facts
            }
        }
    }

    let one: Subject
    let other: Subject
    /// Whether what differs between builds that succeeded is left out.
    let learns: Bool
    private let records: BuildRecords

    init(_ one: Subject, with other: Subject, learns: Bool = true, on machine: Machine) {
        self.one = one
        self.other = other
        self.learns = learns
        records = BuildRecords(machine.places)
    }

    /// - Parameters:
    ///   - name: a file, or how ``BuildRecords/find(_:)`` knows a build; `nil` for the newest build.
    ///   - otherName: the same for the other build.
    /// - Throws: ``Failure`` when there is no such build or file, or both are the same.
    init(_ name: String?, with otherName: String, learns: Bool, on machine: Machine) throws {
        guard name != otherName else {
            throw Failure(.usage, "`logs --diff` has the same log on both sides", help: nil)
        }
        let one = try Self.subject(name, on: machine), other = try Self.subject(otherName, on: machine)
        guard one.origin != other.origin else {
            throw Failure(
                .usage, "`logs --diff` has the same build on both sides",
                help: name == nil ? "name the other one, too: `buildspec logs BUILD --diff OTHER`" : nil)
        }
        self.init(one, with: other, learns: learns, on: machine)
    }

    private static func subject(_ name: String?, on machine: Machine) throws -> Subject {
        let records = BuildRecords(machine.places)
        guard let name else { return .build(try records.find(nil)) }
        if name == "-" || Files.kind(of: machine.places.absolute(name)) == .file {
            return .cloud(try CloudLogFile(name, machine.places))
        }
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
        let facts = (one: try one.facts(), other: try other.facts())
        let diff = LogDiff(logs.one, logs.other, facts: facts)
        guard learns, diff.hasOtherOutput, let learned = try learnedNoise() else { return diff }
        return LogDiff(logs.one, logs.other, facts: facts, learned: learned)
    }

    /// - Returns: `buildFailed` (1) when the two differ, as diff(1) does.
    func run(as format: PlanFormat, on terminal: Terminal) throws -> ExitStatus {
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
        else { return nil }
        return LearnedNoise(
            BuildLog(events: try pair.one.events()), BuildLog(events: try pair.other.events()),
            builds: [pair.one.uuid, pair.other.uuid], haveSameInputs: pair.haveSameInputs)
    }

    /// Reads both logs. The commands of each help to read the other.
    private func logs() throws -> (one: BuildLog, other: BuildLog) {
        switch (one, other) {
        case (.build(let one), .build(let other)):
            return (BuildLog(events: try one.events()), BuildLog(events: try other.events()))
        case (.build(let build), .cloud(let file)):
            let log = BuildLog(events: try build.events())
            return (log, try file.log(knownCommands: log.commandTexts))
        case (.cloud(let file), .build(let build)):
            let log = BuildLog(events: try build.events())
            return (try file.log(knownCommands: log.commandTexts), log)
        case (.cloud(let file), .cloud(let otherFile)):
            let other = try otherFile.log(knownCommands: try file.log().commandTexts)
            return (try file.log(knownCommands: other.commandTexts), other)
        }
    }
}

/// A log from the cloud, as a file has it.
struct CloudLogFile {
    /// The path as the user gave it; `-` is standard input.
    let name: String
    private let bytes: [UInt8]
    /// What is known of the build beside its log.
    var facts = BuildFacts()

    /// - Parameter path: a file, or `-` for standard input.
    init(_ path: String, _ places: Places) throws {
        name = path
        bytes =
            path == "-"
            ? try Files.readAll(STDIN_FILENO, named: "standard input") : try Files.read(places.absolute(path))
    }

    /// Reads the log that the user names, or that AWS has where it may be asked (`--aws`).
    ///
    /// - Returns: `nil` when there is none to compare with.
    static func find(
        _ asked: Asked, of repeated: RepeatedBuild?, on machine: Machine
    ) async throws -> CloudLogFile? {
        if let path = asked.cloudLog { return try CloudLogFile(path, machine.places) }
        guard let repeated, let aws = try AskedAWS(asked, in: machine.places, region: repeated.region) else {
            return nil
        }
        do {
            return try await aws.log(of: repeated.build).map {
                CloudLogFile(bytes: $0, name: "the log of \(repeated.build.id)")
            }
        } catch let failure as Failure {
            // The build can be run without it.
            machine.say("warning: \(failure.message)\n")
            return nil
        }
    }

    private init(bytes: [UInt8], name: String) {
        self.bytes = bytes
        self.name = name
    }

    /// - Parameter commands: texts of commands that may occur in the log.
    /// - Throws: ``Failure`` for a file that is no log.
    func log(knownCommands commands: [String] = []) throws -> BuildLog {
        do { return try CloudLog.read(bytes, knownCommands: commands) } catch {
            throw Failure(
                .invalidBuildspec, "cannot read `\(name)` as a log of CodeBuild: \(error.reason)", help: error.help)
        }
    }

    /// Says where the log parts from that of a build that was run here, after that build.
    ///
    /// - Parameter build: the build of the log as the service describes it.
    func compare(with record: BuildRecord, of build: CloudBuild?, on machine: Machine) {
        var log = self
        if let build { log.facts.add(build) }
        do {
            let comparison = LogComparison(
                .build(RecordedBuild(folder: record.folder)), with: .cloud(log), on: machine)
            machine.say(try comparison.diff().text(comparison.sides, usesColor: machine.terminal.errorUsesColor))
        } catch {
            let reason = (error as? Failure)?.message ?? "\(error)"
            machine.say("warning: cannot compare with `\(name)`: \(reason)\n")
        }
    }
}
