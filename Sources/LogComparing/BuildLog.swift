public import SpecParsing

/// One build's log taken apart: its phases, their commands, the lines each command printed (CODEBUILD.md 4).
public struct BuildLog: Sendable, Equatable {
    public internal(set) var phases: [Phase] = []
    /// `CODEBUILD_SRC_DIR`, as the log names it.
    public internal(set) var sourceDirectory: String?
    /// Phases that nobody asked for, by name.
    public internal(set) var skippedPhases: Set<String> = []

    public init() {}

    public struct Phase: Sendable, Equatable {
        /// As the API has it: `PRE_BUILD`.
        public internal(set) var name: String
        public internal(set) var commands: [Command] = []
        /// What the agent said besides, without its prefix, in order.
        public internal(set) var agentLines: [String] = []
        /// `SUCCEEDED`, `FAILED`…; `nil` when the log ends before the phase does.
        public internal(set) var state: String?
        public internal(set) var statusCode = ""
        public internal(set) var message = ""

        init(name: String) { self.name = name }
    }

    public struct Command: Sendable, Equatable {
        /// Without the line feeds at its end.
        public internal(set) var text: String
        /// Where it stands in the buildspec; only a record knows that.
        public let location: SourceLocation?
        /// Without the empty lines at its beginning and end.
        public internal(set) var output: [String] = []
        /// `nil` when the log does not tell how it ended.
        public internal(set) var exitStatus: Int?

        init(text: String, location: SourceLocation? = nil) {
            self.text = text.trimmingFinalLineFeeds
            self.location = location
        }
    }

    /// The texts of all commands, for telling where a text of several lines ends in another log of the same build.
    public var commandTexts: [String] { phases.flatMap { $0.commands.map(\.text) } }
}

extension BuildLog {
    /// Every command's output ends in an empty line which nobody printed (CODEBUILD.md 4), older agents' maybe not; and
    /// where the command's text ends in a line feed, an empty line begins it: at both ends they count for nothing.
    mutating func trimOutputs() {
        for phase in phases.indices {
            for command in phases[phase].commands.indices {
                let lines = phases[phase].commands[command].output.drop(while: \.isEmpty)
                let end = lines.lastIndex { !$0.isEmpty }.map { $0 + 1 } ?? lines.startIndex
                phases[phase].commands[command].output = Array(lines[..<end])
            }
        }
    }
}

extension String {
    var trimmingFinalLineFeeds: String {
        var text = Substring(self)
        while text.last?.isNewline == true { text.removeLast() }
        return String(text)
    }
}
