/// A variable that the commands of a build read and that nobody sets: no file, no setting, no earlier command.
public struct UnsetVariable: Sendable, Equatable {
    /// What the variable probably holds, judged by its name.
    public enum Kind: Sendable, Equatable {
        case accountID, region, credentials, secret
        /// The folder of a secondary source, with its identifier.
        case source(String)
        /// Something of the project's own.
        case setting

        public var words: String {
            switch self {
            case .accountID: "an account id"
            case .region: "a region"
            case .credentials: "credentials of AWS"
            case .secret: "a secret"
            case .source(let identifier): "the folder of the secondary source \(quoted(identifier))"
            case .setting: "a setting of the project"
            }
        }
    }

    public let name: String
    public let kind: Kind
    /// The place of the command that reads it first, or of the name itself.
    public let location: SourceLocation

    init(_ name: String, at location: SourceLocation) {
        self.name = name
        self.location = location
        kind = Self.kind(of: name)
    }

    /// The name with what it probably is: "`AWS_ACCOUNT_ID` (an account id)".
    public var words: String { kind == .setting ? quoted(name) : "\(quoted(name)) (\(kind.words))" }

    /// Finds the variables that nobody sets, in the order of their first use.
    ///
    /// - Parameters:
    ///   - commands: the commands of the build in the order they run.
    ///   - known: the variables that are set before the first command; those of the shell, of CodeBuild and of its images
    ///     need not be named.
    public static func all(in commands: [BuildSpec.Command], known: Set<String>) -> [UnsetVariable] {
        var needs = VariableNeeds(known: known), text = ShellText()
        for (index, command) in commands.enumerated() {
            Array(command.text.utf8).withUnsafeBufferPointer { needs.read($0, at: index, into: &text) }
        }
        return needs.needs.map { UnsetVariable($0.name, at: commands[$0.command].location) }
    }

    static let sourcePrefix = "CODEBUILD_SRC_DIR_"

    private static func kind(of name: String) -> Kind {
        let upper = name.uppercased()
        if upper.hasPrefix(sourcePrefix) { return .source(String(name.dropFirst(sourcePrefix.count))) }
        if ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"].contains(upper) { return .credentials }
        let parts = upper.split(separator: "_")
        if parts.contains("ACCOUNT") || parts.contains("ACCOUNTID") || upper.hasSuffix("ACCOUNTNUMBER") {
            return .accountID
        }
        if parts.contains("REGION") { return .region }
        let secrets: Set<Substring> = ["TOKEN", "PASSWORD", "PASSWD", "SECRET", "PASSPHRASE", "APIKEY", "PAT"]
        if parts.contains(where: secrets.contains) || upper.hasSuffix("API_KEY") || upper.hasSuffix("PRIVATE_KEY") {
            return .secret
        }
        return .setting
    }
}
