internal import Files

/// Prints a recorded log, all of it or the lines that match, to its end or as long as the build runs.
struct LogReading {
    let build: RecordedBuild
    let follows: Bool
    let pattern: String?

    /// How often a running build is looked at.
    private static let pause = Duration.milliseconds(100)

    /// - Returns: `buildFailed` (1) when a pattern was given and nothing matched, as grep(1) does.
    func run(on terminal: Terminal) async throws -> ExitStatus {
        let descriptor = open(build.logPath, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw Failure(.noSuchFile, "cannot read `\(build.logPath)`: \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        var filter = try pattern.map(LineFilter.init)
        while true {
            // Asked before reading: what is written between the two is read next time.
            let isOver = !follows || !build.isRunning
            let bytes = try Files.readAll(descriptor, named: "`\(build.logPath)`")
            if !bytes.isEmpty { try terminal.write(filter?.feed(bytes) ?? bytes) }
            if isOver { break }
            try await Task.sleep(for: Self.pause)
        }
        if let rest = filter?.finish() { try terminal.write(rest) }
        guard let filter, !filter.hasMatched else { return .succeeded }
        if terminal.isInteractive { terminal.say("no line of the log matches `\(pattern ?? "")`\n") }
        return .buildFailed
    }
}

/// Lets through the lines that a regular expression matches.
struct LineFilter {
    private let regex: Regex<AnyRegexOutput>
    private var unfinished: [UInt8] = []
    private(set) var hasMatched = false

    init(_ pattern: String) throws {
        do { regex = try Regex(pattern) } catch {
            throw Failure(.usage, "`--grep` is not a valid regular expression: \(error)")
        }
    }

    mutating func feed(_ bytes: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        unfinished += bytes
        guard let last = unfinished.lastIndex(of: 0x0a) else { return [] }
        for line in unfinished[...last].split(separator: 0x0a, omittingEmptySubsequences: false).dropLast() {
            output += matched(Array(line))
        }
        unfinished.removeSubrange(...last)
        return output
    }

    mutating func finish() -> [UInt8] { unfinished.isEmpty ? [] : matched(unfinished) }

    private mutating func matched(_ line: [UInt8]) -> [UInt8] {
        guard String(decoding: line, as: UTF8.self).firstMatch(of: regex) != nil else { return [] }
        hasMatched = true
        return line + [0x0a]
    }
}
