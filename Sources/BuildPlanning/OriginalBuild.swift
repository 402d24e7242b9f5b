public import SpecParsing

/// A build of the service that is run again here: how it went, for comparison (CODEBUILD.md 13).
public struct OriginalBuild: Sendable, Equatable {
    /// `project:uuid`.
    public let id: String
    /// In the API's words.
    public let status: String
    /// The phases in their order, without COMPLETED.
    public let phases: [Phase]

    public struct Phase: Sendable, Equatable {
        /// DOWNLOAD_SOURCE, BUILD, …
        public let name: String
        /// `nil` while it runs.
        public let status: String?
        public let context: PhaseContext

        public init(name: String, status: String?, context: PhaseContext) {
            self.name = name
            self.status = status
            self.context = context
        }
    }

    public init(id: String, status: String, phases: [Phase]) {
        self.id = id
        self.status = status
        self.phases = phases
    }

    /// The first phase that did not end well.
    public var failedPhase: Phase? {
        phases.first { $0.status.map { $0 != "SUCCEEDED" && $0 != "IN_PROGRESS" } ?? false }
    }

    /// The command that the first failed phase names in its message; `nil` where it was no command that failed.
    public var failedCommand: CommandMessage? { failedPhase.flatMap { CommandMessage($0.context.message) } }

    /// Whether it ended because a parameter or a secret had no value (CODEBUILD.md 2).
    public var lacksValues: Bool {
        ["Decrypted Variables Error", "Secrets Manager Error"].contains(failedPhase?.context.statusCode)
    }

    /// The first failure in a few words: `BUILD: mvn -B verify, exit status 1`.
    public var failureWords: String? {
        guard let phase = failedPhase else { return nil }
        guard let command = failedCommand else {
            let context = [phase.context.statusCode, phase.context.message].filter { !$0.isEmpty }
            return "\(phase.name): " + (context.isEmpty ? phase.status ?? "" : context.joined(separator: ": "))
        }
        let text = command.text.split(whereSeparator: \.isNewline)
        let exit = command.exitStatus.map { ", exit status \($0)" } ?? ""
        return "\(phase.name): \(text.first.map(String.init) ?? "")\(text.count > 1 ? " …" : "")\(exit)"
    }
}

/// The command that a phase's message names: `Error while executing command: TEXT. Reason: exit status N`.
public struct CommandMessage: Sendable, Equatable {
    /// The text of the command; its beginning where the message is cut off.
    public let text: String
    /// `nil` where the message is cut off.
    public let exitStatus: Int?

    private static let start = "Error while executing command: "
    private static let reason = ". Reason: exit status "

    public init?(_ message: String) {
        guard message.hasPrefix(Self.start) else { return nil }
        let rest = message.dropFirst(Self.start.count)
        // A command may have these words in itself: the last ones are the service's.
        if let end = rest.ranges(of: Self.reason).last, let status = Int(rest[end.upperBound...].trimmed) {
            text = String(rest[..<end.lowerBound])
            exitStatus = status
        } else {
            text = String(rest)
            exitStatus = nil
        }
    }

    /// Whether the message means a command of this text.
    ///
    /// Blanks do not count, since the service's ways with line ends are not known; of a message that is cut off the beginning
    /// counts.
    public func means(_ command: String) -> Bool {
        let said = Self.words(text), words = Self.words(command)
        guard exitStatus == nil else { return said == words }
        return !said.isEmpty && words.hasPrefix(Self.withoutEllipsis(said))
    }

    private static func words(_ text: String) -> String {
        text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    private static func withoutEllipsis(_ text: String) -> String {
        var text = text
        while text.hasSuffix(".") || text.hasSuffix("…") { text.removeLast() }
        return text
    }
}

extension BuildPlan {
    /// The command that failed in the service; `nil` when none did, or the buildspec has none such.
    public func failedCommand(of original: OriginalBuild) -> ResumePoint? {
        guard let command = original.failedCommand,
            let phase = phases.first(where: { $0.name.apiName == original.failedPhase?.name })
        else { return nil }
        if let index = phase.commands.firstIndex(where: { command.means($0.text) }) {
            return ResumePoint(phase: phase.name, index: index)
        }
        return phase.finally.firstIndex { command.means($0.text) }.map {
            ResumePoint(phase: phase.name, isInFinally: true, index: $0)
        }
    }

    /// The commands that run up to a place of the build, it included; all of them for `nil`.
    public func commands(upTo point: ResumePoint?) -> [BuildSpec.Command] {
        guard let point else { return phases.flatMap { $0.commands + $0.finally } }
        return phases.flatMap { phase -> [BuildSpec.Command] in
            if phase.name < point.phase { return phase.commands + phase.finally }
            guard phase.name == point.phase else { return [] }
            guard point.isInFinally else { return Array(phase.commands.prefix(point.index + 1)) }
            return phase.commands + phase.finally.prefix(point.index + 1)
        }
    }
}

extension Substring {
    fileprivate var trimmed: Substring {
        var text = self
        while text.last?.isWhitespace == true { text.removeLast() }
        return text.drop(while: \.isWhitespace)
    }
}
