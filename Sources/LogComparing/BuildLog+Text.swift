extension BuildLog {
    /// Reads a log in CodeBuild's own format, of any age (CODEBUILD.md 4, 4.2).
    ///
    /// - Parameter knownCommands: texts of commands that may occur in the log. The log alone does not tell where a text
    ///   of several lines ends and its output begins, unless the command failed.
    public init(text: [UInt8], knownCommands: [String] = []) {
        var reader = BuildLogReader()
        for line in LogLines.split(text) { reader.take(line) }
        self = reader.finished(knownCommands)
    }
}

/// Reads a log line by line.
private struct BuildLogReader {
    private var log = BuildLog()
    /// The element that a line without a prefix continues.
    private var open = Open.nothing
    private var failedTexts: [String] = []
    /// Whether the name of the first phase is a guess.
    private var isFirstGuessed = false

    private enum Open { case nothing, output, failure(String), message, agentLine }

    mutating func take(_ line: String) {
        guard let (before, text) = AgentLine.parts(of: line) else { return takeBare(line) }
        if !before.isEmpty { takeBare(String(before)) }
        take(agent: String(text))
    }

    mutating func finished(_ knownCommands: [String]) -> BuildLog {
        let long = Set(knownCommands + failedTexts).filter { $0.contains("\n") }.map { text in
            text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        }.sorted { $0.count > $1.count }
        for phase in log.phases.indices {
            while log.phases[phase].agentLines.last?.isEmpty == true { log.phases[phase].agentLines.removeLast() }
            log.phases[phase].message = log.phases[phase].message.trimmingFinalLineFeeds
            for command in log.phases[phase].commands.indices {
                Self.complete(&log.phases[phase].commands[command], from: long)
            }
        }
        log.trimOutputs()
        log.isCutOff = log.phases.first?.name != "DOWNLOAD_SOURCE"
        return log
    }

    /// Moves the further lines of a command's text from its output to its text.
    private static func complete(_ command: inout BuildLog.Command, from texts: [[String]]) {
        let text = texts.first { lines in
            lines[0] == command.text && command.output.starts(with: lines.dropFirst())
        }
        guard let text else { return }
        command.text = text.joined(separator: "\n").trimmingFinalLineFeeds
        command.output.removeFirst(text.count - 1)
    }

    // MARK: The agent's lines

    private mutating func take(agent text: String) {
        open = .nothing
        if let name = text.rest(after: "Entering phase ") {
            log.phases.append(.init(name: name))
        } else if let command = text.rest(after: "Running command ") {
            endCommand(exitStatus: 0)
            enterSomePhase()
            log.phases[log.phases.count - 1].commands.append(.init(text: command))
            open = .output
        } else if let failure = text.rest(after: "Command did not exit successfully ") {
            takeFailure(failure)
        } else if let end = text.rest(after: "Phase complete: ") {
            takePhaseEnd(end)
        } else if let context = text.rest(after: "Phase context status code: "), !log.phases.isEmpty {
            takeContext(context)
        } else {
            takeOther(text)
        }
    }

    /// Reads `TEXT exit status N`, whose text may have several lines.
    private mutating func takeFailure(_ text: String) {
        open = .failure(text)
        guard let match = text.wholeMatch(of: #/(?s)(.*) exit status (\d+)\s*/#) else { return }
        failedTexts.append(String(match.1))
        endCommand(exitStatus: Int(match.2))
        open = .output
    }

    private mutating func takePhaseEnd(_ text: String) {
        let words = text.split(separator: " ")
        guard let name = words.first.map(String.init) else { return }
        if isFirstGuessed, log.phases.count == 1, log.phases[0].state == nil { log.phases[0].name = name }
        if log.phases.last?.name != name || log.phases.last?.state != nil { log.phases.append(.init(name: name)) }
        // `State: FAILED`; before 2019 `Success: false`.
        let state = words.last.map { ["true": "SUCCEEDED", "false": "FAILED"][$0] ?? String($0) }
        if state == "SUCCEEDED" { endCommand(exitStatus: 0) }
        log.phases[log.phases.count - 1].state = state
    }

    private mutating func takeContext(_ text: String) {
        let parts = text.split(separator: "Message:", maxSplits: 1, omittingEmptySubsequences: false)
        log.phases[log.phases.count - 1].statusCode = parts[0].trimmingBlanks
        log.phases[log.phases.count - 1].message = parts.count > 1 ? parts[1].trimmingBlanks : ""
        open = .message
    }

    private mutating func takeOther(_ text: String) {
        if let directory = text.rest(after: "CODEBUILD_SRC_DIR=") { log.sourceDirectory = directory }
        if let last = log.phases.last, last.state != nil, ["BUILD", "POST_BUILD"].contains(last.name) {
            // The log has no `Entering phase` line for UPLOAD_ARTIFACTS.
            log.phases.append(.init(name: "UPLOAD_ARTIFACTS"))
        }
        enterSomePhase()
        log.phases[log.phases.count - 1].agentLines.append(text)
        open = .agentLine
    }

    /// Begins the first phase. The log has no line for the start of DOWNLOAD_SOURCE; a log that begins in the middle
    /// names its first phase at that phase's end.
    private mutating func enterSomePhase() {
        guard log.phases.isEmpty else { return }
        isFirstGuessed = true
        log.phases.append(.init(name: "DOWNLOAD_SOURCE"))
    }

    private mutating func endCommand(exitStatus: Int?) {
        guard let phase = log.phases.indices.last, let command = log.phases[phase].commands.indices.last,
            log.phases[phase].commands[command].exitStatus == nil
        else { return }
        log.phases[phase].commands[command].exitStatus = exitStatus
    }

    // MARK: Lines without a prefix

    private mutating func takeBare(_ line: String) {
        guard let phase = log.phases.indices.last else { return }
        switch open {
        case .nothing: break
        case .output:
            guard let command = log.phases[phase].commands.indices.last else { return }
            log.phases[phase].commands[command].output.append(line)
        case .failure(let text): takeFailure("\(text)\n\(line)")
        case .message: log.phases[phase].message += "\n\(line)"
        case .agentLine: log.phases[phase].agentLines.append(line)
        }
    }
}

/// The format of an agent's line: `[Container] 2026/07/04 14:25:39.684611 text`.
enum AgentLine {
    /// Splits a line at the agent's prefix.
    ///
    /// - Returns: the text before the prefix (output without a final line feed) and the text after it; `nil` for a line
    ///   without a prefix.
    static func parts(of line: String) -> (before: Substring, text: Substring)? {
        let bytes = line.utf8
        var place = bytes.startIndex
        while let bracket = bytes[place...].firstIndex(of: UInt8(ascii: "[")) {
            if let end = endOfPrefix(bytes[bracket...]) {
                let text = line[end...]
                // In the middle of a line the prefix may be quoted output, so only messages that end an output count
                // there.
                if bracket == bytes.startIndex || endsOutput.contains(where: text.hasPrefix) {
                    return (line[..<bracket], text)
                }
            }
            place = bytes.index(after: bracket)
        }
        return nil
    }

    private static let endsOutput = ["Command did not exit successfully ", "Running command ", "Phase complete: "]

    private static func endOfPrefix(_ bytes: Substring.UTF8View) -> String.Index? {
        guard let name = ["[Container] ", "[Instance] "].first(where: { bytes.starts(with: $0.utf8) }) else {
            return nil
        }
        var rest = bytes.dropFirst(name.utf8.count)
        for expected in "0000/00/00 00:00:00".utf8 {
            guard let byte = rest.popFirst(), expected == UInt8(ascii: "0") ? byte.isDigit : byte == expected
            else { return nil }
        }
        if rest.first == UInt8(ascii: ".") { rest = rest.dropFirst().drop(while: \.isDigit) }
        guard rest.isEmpty || rest.popFirst() == UInt8(ascii: " ") else { return nil }
        return rest.startIndex
    }
}

extension String {
    fileprivate func rest(after beginning: String) -> String? {
        hasPrefix(beginning) ? String(dropFirst(beginning.count)) : nil
    }
}

extension Substring {
    fileprivate var trimmingBlanks: String {
        let start = drop { $0 == " " }
        return String(start.reversed().drop { $0 == " " }.reversed())
    }
}
