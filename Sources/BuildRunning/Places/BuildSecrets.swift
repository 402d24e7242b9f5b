public import SourceSnapshots
public import SpecParsing

/// What goes into the container and shows nowhere else: values of parameters and secrets, git's credentials.
public struct BuildSecrets: Sendable {
    /// By the name of the variable.
    public var values: [String: SecretText]
    public var gitCredential: GitCredential?

    public init(values: [String: SecretText] = [:], gitCredential: GitCredential? = nil) {
        self.values = values
        self.gitCredential = gitCredential
    }

    /// The variables whose values are too short to be told from other text: the log shows them.
    public var unmasked: [String] { values.filter { SecretMask.isTooShort($0.value) }.keys.sorted() }

    var texts: [SecretText] {
        Array(values.values) + (gitCredential.map { [SecretText($0.password)] } ?? [])
    }
}
