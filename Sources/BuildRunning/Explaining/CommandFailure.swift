public import BuildPlanning
/// A command that failed, with all that is known of it and an explanation may be made of.
public struct CommandFailure: Sendable {
    public let command: String
    public let exitStatus: Int
    public let shell: BuildPlan.Shell
    /// The last lines that it printed, without colours.
    public let lines: [String]
    public var surroundings: Surroundings
    public var facts = Facts()

    /// The settings of the build that can make commands fail.
    public struct Surroundings: Sendable {
        /// Whether the build has no network (`--offline`).
        public let isOffline: Bool
        /// The Docker daemon that the build has, or should have.
        public let docker: ContainerPlan.Docker
        /// The memory limit of the container, as Docker writes it.
        public let memory: String?
        /// The platform that was asked for.
        public let platform: String?
        /// The names of the build's variables.
        public let variables: [String]
        /// The versions of `runtime-versions` that the image could not select, as it has no list of runtimes.
        public var unusedRuntimes: [(name: String, version: String)] = []

        public init(
            isOffline: Bool = false, docker: ContainerPlan.Docker = .absent, memory: String? = nil,
            platform: String? = nil,
            variables: [String] = []
        ) {
            self.isOffline = isOffline
            self.docker = docker
            self.memory = memory
            self.platform = platform
            self.variables = variables
        }
    }

    /// What the container answered about itself right after the command.
    public struct Facts: Sendable, Equatable {
        /// The program behind the name of the shell: `/usr/bin/dash`.
        public var shellProgram: String?
        public var hasBash = false
        /// The processor, as uname(1) names it.
        public var machine: String?
        /// The number of processes that the kernel has killed for lack of memory; `nil` when it does not tell.
        public var memoryKills: Int?
        /// The names of the programs in `PATH`.
        public var programs: [String] = []
        /// The file at the path that could not be run.
        public var file: File?
        /// The variables of the command's text that are unset or empty in the environment.
        public var emptyVariables: [String] = []

        public init() {}
    }

    public struct File: Sendable, Equatable {
        public enum Kind: String, Sendable { case missing, folder, plain, executable }
        public var kind: Kind
        /// The first line of the file.
        public var head = ""
        /// Whether the program that its `#!` names exists.
        public var hasInterpreter = true

        public init(kind: Kind, head: String = "", hasInterpreter: Bool = true) {
            self.kind = kind
            self.head = head
            self.hasInterpreter = hasInterpreter
        }
    }

    /// - Parameter output: the end of what the command printed; it may begin in the middle of a line or character.
    public init(
        command: String, exitStatus: Int, shell: BuildPlan.Shell, output: [UInt8], surroundings: Surroundings
    ) {
        self.command = command
        self.exitStatus = exitStatus
        self.shell = shell
        self.surroundings = surroundings
        let text = String(decoding: output, as: UTF8.self).replacing(#/\u{1b}\[[0-9;]*[A-Za-z]/#, with: "")
        lines = text.split(whereSeparator: \.isNewline).map(String.init)
    }

    /// The program that could not be run, as the shell, or another program that starts programs, named it.
    public var blamedProgram: String? {
        guard exitStatus == 126 || exitStatus == 127 else { return nil }
        return lines.reversed().lazy.compactMap(Self.blamedProgram).first
    }

    private static func blamedProgram(of line: String) -> String? {
        // sh, bash and busybox each have their own way to name script and line; `env`, `make`… name themselves.
        let speaker = #/(?:\S*sh: (?:(?:line )?\d+: )?|(?:env|make|xargs|nohup|timeout|nice|sudo|setpriv|su): )/#
        guard let start = line.prefixMatch(of: speaker) else { return nil }
        let rest = line[start.range.upperBound...]
        let complaints = [
            ": command not found", ": not found", ": Permission denied", ": Is a directory", ": bad interpreter",
            ": cannot execute", ": Exec format error", ": No such file or directory",
        ]
        guard let end = complaints.compactMap({ rest.range(of: $0)?.lowerBound }).min() else { return nil }
        // `./x: /bin/y: bad interpreter: …`: the first name is the program, the second what it asks for.
        let named = rest[..<end].split(separator: ": ").first ?? ""
        let name = named.replacing("can't execute ", with: "").filter { !"'‘’\"`".contains($0) }
        return name.isEmpty || name.contains(" ") ? nil : name
    }

    /// The variables that the command's text puts in by name.
    public var namedVariables: [String] {
        var names: [String] = []
        for match in command.matches(of: #/\$\{?([A-Za-z_][A-Za-z0-9_]*)/#) {
            let name = String(match.1)
            // A variable that the text sets itself explains nothing.
            if !names.contains(name), !command.contains("\(name)=") { names.append(name) }
        }
        return names
    }
}

extension CommandFailure.Facts {
    /// Reads the answer to the driver's order `explain`: `NAME=VALUE`, NUL after each.
    public init(_ answer: [UInt8]) {
        for entry in answer.split(separator: 0) {
            guard let equals = entry.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let value = String(decoding: entry[(equals + 1)...], as: UTF8.self)
            switch String(decoding: entry[..<equals], as: UTF8.self) {
            case "shell": shellProgram = value
            case "bash": hasBash = true
            case "machine": machine = value
            case "memoryKills": memoryKills = Int(value)
            case "program": programs.append(value)
            case "file": file = .init(kind: .init(rawValue: value) ?? .missing)
            case "head": file?.head = value
            case "interpreter": file?.hasInterpreter = false
            case "empty": emptyVariables.append(value)
            default: break
            }
        }
    }
}

extension Substring {
    /// The first place where a text is found.
    fileprivate func range(of text: String) -> Range<Index>? { firstRange(of: text) }
}
