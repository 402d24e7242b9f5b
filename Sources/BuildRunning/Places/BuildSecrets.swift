public import AWSCalls
internal import Caches
public import SourceSnapshots
public import SpecParsing

/// The values of parameters and secrets, and git's credential: they are put into the container and shown nowhere.
public struct BuildSecrets: Sendable {
    /// The values by the names of their variables.
    public var values: [String: SecretText]
    public var gitCredential: GitCredential?
    /// The AWS credentials that the build's commands get first; they are renewed.
    public var awsCredentials: AWSCredentials?
    /// The forms of all these that the log does not show.
    public var mask = MaskRule.all

    public init(values: [String: SecretText] = [:], gitCredential: GitCredential? = nil) {
        self.values = values
        self.gitCredential = gitCredential
    }

    /// The variables whose values the log shows, because they are too short to be told from other text.
    public var unmasked: [String] { values.filter { SecretMask.isTooShort($0.value) }.keys.sorted() }

    /// The values to be named where they are kept.
    var watched: [WatchedValue] {
        let values =
            values.map { ("`\($0)`", $1) }
            + (gitCredential.map { [("git's credential", SecretText($0.password))] } ?? [])
            + (awsCredentials.map { [("AWS credentials", SecretText($0.secretAccessKey))] } ?? [])
        return values.map { name, value in
            WatchedValue(name: name, value: value.revealed().utf8.reversed().drop { $0 == 0x0a }.reversed())
        }
    }

    /// All that is to be shown and stored nowhere.
    public var texts: [SecretText] {
        Array(values.values) + (gitCredential.map { [SecretText($0.password)] } ?? [])
            + (awsCredentials?.texts.map { SecretText($0) } ?? [])
    }
}
