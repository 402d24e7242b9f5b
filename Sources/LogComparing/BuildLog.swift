public import SpecParsing

/// The log of one build as a value: its phases, their commands and the output of each (CODEBUILD.md 4).
public struct BuildLog: Sendable, Equatable {
    public internal(set) var phases: [Phase] = []
    /// The value of `CODEBUILD_SRC_DIR` in the log.
    public internal(set) var sourceDirectory: String?
    /// The names of phases that the user chose to skip.
    public internal(set) var skippedPhases: Set<String> = []
    /// Whether the log does not begin at its beginning. Only downloaded logs can be cut off.
    public internal(set) var isCutOff = false

    public init() {}

    /// One phase of the build.
    public struct Phase: Sendable, Equatable {
        /// The name of the phase in the API: `PRE_BUILD`.
        public internal(set) var name: String
        public internal(set) var commands: [Command] = []
        /// The other lines of the agent, without their prefix, in order.
        public internal(set) var agentLines: [String] = []
        /// The state, such as `SUCCEEDED` or `FAILED`; `nil` when the log ends before the phase does.
        public internal(set) var state: String?
        public internal(set) var statusCode = ""
        public internal(set) var message = ""

        init(name: String) { self.name = name }
    }

    /// One command of a phase with its output.
    public struct Command: Sendable, Equatable {
        /// The text of the command, without line feeds at its end.
        public internal(set) var text: String
        /// The place in the buildspec; known only for recorded builds.
        public let location: SourceLocation?
        /// The lines of output, without empty lines at the beginning and end.
        public internal(set) var output: [String] = []
        /// The exit status; `nil` when the log does not tell it.
        public internal(set) var exitStatus: Int?

        init(text: String, location: SourceLocation? = nil) {
            self.text = text.trimmingFinalLineFeeds
            self.location = location
        }
    }

    /// The texts of all commands, which help to read another log of the same build.
    public var commandTexts: [String] { phases.flatMap { $0.commands.map(\.text) } }
}

extension BuildLog {
    /// Removes empty lines at both ends of each output. CodeBuild adds one at the end (CODEBUILD.md 4), older agents
    /// perhaps not; and a command's text that ends in a line feed adds one at the beginning.
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
