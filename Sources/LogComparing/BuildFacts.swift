public import BuildPlanning
internal import SpecParsing

/// What is known of how a build was set up, and what it had to work with.
///
/// Every member may be unknown. A fact that only one of two builds has is no difference between them.
public struct BuildFacts: Sendable, Equatable {
    /// The name of the image, as the project or the engine has it.
    public var image: String?
    /// The digest of the image's configuration: `sha256:…`.
    public var imageID: String?
    /// The registry's digest: `sha256:…`, with or without a name and `@` before it.
    public var imageDigest: String?
    /// `BUILD_GENERAL1_SMALL`, in the API's words.
    public var computeType: String?
    /// The id of the commit that was built.
    public var commit: String?
    /// The id of the tree that was built.
    public var tree: String?
    /// The variables that project and user gave, all of them, by their names; not those of the buildspec or the service.
    public var variables: [String: Variable]?
    /// The versions of runtimes that were selected, by the names of the runtimes.
    public internal(set) var runtimes: [String: String] = [:]
    /// The variables that a command printed, such as `env`, by their names.
    var printedVariables: [String: Variable]?
    /// The message of a parameter or secret that could not be had.
    var missingSecret: String?
    /// The versions that tools printed, in the order of the build.
    var tools: [PrintedVersion] = []

    public init() {}

    /// The value of a variable.
    public struct Variable: Sendable, Equatable {
        /// The value, or the name of the parameter or secret that holds it.
        public let value: String
        /// `PLAINTEXT`, `PARAMETER_STORE` or `SECRETS_MANAGER`, in the API's words.
        public let type: String

        public init(value: String, type: String) {
            self.value = value
            self.type = type
        }
    }

    /// Takes the facts of the image and the source from the events of a recorded build.
    public mutating func add(_ result: BuildResult) {
        image = result.image?.name ?? result.start?.image ?? image
        imageID = result.image?.id ?? imageID
        imageDigest = result.image?.digest ?? imageDigest
        tree = result.start?.snapshot?.tree ?? tree
        for runtime in result.runtimes { runtimes[runtime.name] = runtime.version }
    }

    /// Takes what the log itself tells, where nothing better is known.
    mutating func add(_ log: BuildLog) {
        for line in log.phases.flatMap(\.agentLines) {
            guard let runtime = Self.selectedRuntime(line) else { continue }
            runtimes[runtime.name] = runtime.version
        }
        missingSecret =
            missingSecret
            ?? log.phases.first { ["Decrypted Variables Error", "Secrets Manager Error"].contains($0.statusCode) }?
            .message
        tools = ToolVersions.printed(in: log)
        guard let printed = PrintedVariables.first(in: log) else { return }
        image = image ?? printed["CODEBUILD_BUILD_IMAGE"]?.value
        commit = commit ?? printed["CODEBUILD_RESOLVED_SOURCE_VERSION"].flatMap { $0.value.isCommit ? $0.value : nil }
        printedVariables = printed.filter { !PrintedVariables.isService($0.key) }
    }

    /// Reads `Selecting 'java' runtime version 'corretto17' based on …` (CODEBUILD.md 4.2).
    private static func selectedRuntime(_ line: String) -> (name: String, version: String)? {
        guard line.hasPrefix("Selecting '") else { return nil }
        let parts = line.split(separator: "'", omittingEmptySubsequences: false)
        guard parts.count >= 5, parts[2] == " runtime version " else { return nil }
        return (String(parts[1]), String(parts[3]))
    }
}

/// Variables as a command such as `env` prints them.
enum PrintedVariables {
    /// The commands that print all variables and nothing else.
    private static let commands: Set<String> = [
        "env", "printenv", "/usr/bin/env", "/usr/bin/printenv", "env | sort", "printenv | sort", "env|sort",
        "printenv|sort",
    ]

    /// The variables of the first command that printed them all; `nil` when none did.
    static func first(in log: BuildLog) -> [String: BuildFacts.Variable]? {
        let command = log.phases.lazy.flatMap(\.commands).first { commands.contains($0.text) && $0.exitStatus == 0 }
        guard let command, !command.output.isEmpty else { return nil }
        var found: [String: BuildFacts.Variable] = [:]
        // A further line of a value has no name, or one that nobody compares to its harm.
        for line in command.output {
            let name = line.prefix { $0 != "=" }
            guard name.utf8.count < line.utf8.count, !name.isEmpty, name.utf8.allSatisfy(\.isWord) else { continue }
            found[String(name)] = .init(value: String(line.dropFirst(name.count + 1)), type: "PLAINTEXT")
        }
        return found
    }

    /// Whether the service, the shell or the machine sets a variable, in every build to another value.
    static func isService(_ name: String) -> Bool {
        if ["AWS_REGION", "AWS_DEFAULT_REGION"].contains(name) { return false }
        return name.hasPrefix("CODEBUILD_") || name.hasPrefix("AWS_") || name.hasPrefix("ECS_")
            || ["_", "PWD", "OLDPWD", "SHLVL", "HOSTNAME", "TERM", "container", "BASH_FUNC_"].contains(name)
    }
}

extension String {
    /// Whether this is the full id of a commit.
    fileprivate var isCommit: Bool { utf8.count == 40 && utf8.allSatisfy(\.isHexDigit) }
}
