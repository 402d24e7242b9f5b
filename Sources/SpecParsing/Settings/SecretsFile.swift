/// The contents of a `--secrets` file: the local values of a buildspec's parameters and secrets.
///
/// ```yaml
/// parameter-store:
///   /app/password: correct horse
/// secrets-manager:
///   ci/token: {user: bot, token: abc}    # the secret's JSON keys; or one text
/// variables:
///   OTHER: answered by the variable's own name
/// ```
public struct SecretsFile: Sendable, Equatable {
    /// The value of one secret.
    public enum Secret: Sendable, Equatable {
        case text(SecretText)
        /// The JSON keys of the secret, in the order of the file.
        case keys([Key])
    }

    /// One JSON key of a secret.
    public struct Key: Sendable, Equatable {
        public let name: String
        public let value: SecretText
    }

    /// The values by the name of the variable.
    public var variables: [String: SecretText] = [:]
    /// The values by the reference as written in the buildspec, or by the parameter's name.
    public var parameters: [String: SecretText] = [:]
    /// The values by the reference as written in the buildspec, or by its `secret-id`.
    public var secrets: [String: Secret] = [:]

    public init() {}
}

/// The result of reading a `--secrets` file.
public struct SecretsReading: Sendable {
    public let file: SecretsFile
    /// The findings in the order of the file. They quote no value, and must be shown without lines of the file.
    public let diagnostics: [Diagnostic]

    /// Whether there is no error. Warnings are allowed.
    public var isValid: Bool { !diagnostics.contains { $0.severity == .error } }
}

/// Reads a `--secrets` file: YAML or JSON of the form ``SecretsFile`` shows.
///
/// - Parameters:
///   - bytes: the file's content.
///   - file: the path to show in findings.
public func readSecretsFile(_ bytes: [UInt8], file: String) -> SecretsReading {
    switch SpecDocument.read(bytes, file: file) {
    case .success(let document):
        var reader = SecretsReader()
        let secrets = reader.secrets(document)
        return SecretsReading(file: secrets, diagnostics: reader.reader.findings.sorted)
    case .failure(let unreadable):
        return SecretsReading(file: SecretsFile(), diagnostics: [unreadable.diagnostic.withoutValue])
    }
}

/// Makes a ``SecretsFile`` out of a document. Only scalars are values, and no finding quotes them.
private struct SecretsReader {
    var reader = SectionReader(.secretsFile, version: .v02)

    mutating func secrets(_ document: SpecDocument) -> SecretsFile {
        var file = SecretsFile()
        guard let root = document.root, !root.isNull, isMapping(root, at: .root) else { return file }
        for entry in reader.entries(of: root, at: .root) {
            let path = SpecPath.root.key(entry.name)
            switch entry.name {
            case "variables":
                for (name, node) in members(entry, at: path) { file.variables[name] = text(node, at: path.key(name)) }
            case "parameter-store":
                for (name, node) in members(entry, at: path) { file.parameters[name] = list(node, at: path.key(name)) }
            case "secrets-manager":
                for (name, node) in members(entry, at: path) { file.secrets[name] = secret(node, at: path.key(name)) }
            case let name where name.contains("/"):
                reader.findings.error(
                    .unknownKey, at: FindingPlace(entry.key, path), "unknown key \(quoted(name)) at the top level",
                    help:
                        "parameters stand below `parameter-store:`, secrets below `secrets-manager:`, each as `NAME: value`"
                )
            default: reader.noteUnknown(entry, reader.rootTable, at: .root)
            }
        }
        return file
    }

    private mutating func members(_ entry: SpecEntry, at path: SpecPath) -> [(String, SpecNode)] {
        guard !entry.value.isNull, isMapping(entry.value, at: path) else { return [] }
        return reader.entries(of: entry.value, at: path).map { ($0.name, $0.value) }
    }

    private mutating func secret(_ node: SpecNode, at path: SpecPath) -> SecretsFile.Secret? {
        guard node.kind == .mapping else { return text(node, at: path).map { .text($0) } }
        return .keys(
            reader.entries(of: node, at: path).compactMap { entry in
                text(entry.value, at: path.key(entry.name)).map { SecretsFile.Key(name: entry.name, value: $0) }
            })
    }

    /// Reads a parameter. One of type StringList is a list, whose value is the entries joined by commas (CODEBUILD.md
    /// 5.4 [inferred]).
    private mutating func list(_ node: SpecNode, at path: SpecPath) -> SecretText? {
        guard node.kind == .list else { return text(node, at: path) }
        let texts = node.items.enumerated().compactMap { text($1, at: path.item($0))?.revealed() }
        return SecretText(texts.joined(separator: ","))
    }

    private mutating func text(_ node: SpecNode, at path: SpecPath) -> SecretText? {
        guard node.kind == .scalar else {
            reader.findings.error(
                .wrongType, at: FindingPlace(node, path), "\(path.quoted) is \(node.kindName), expected text")
            return nil
        }
        guard !node.text.utf8.contains(0) else {
            reader.findings.error(
                .wrongType, at: FindingPlace(node, path),
                "\(path.quoted) has a NUL, which no environment variable can hold")
            return nil
        }
        // `KEY:` and `KEY: ~` have no value. An empty one is written `''`.
        guard !node.isNull else {
            reader.findings.warning(
                .emptyValue, at: FindingPlace(node, path),
                "\(path.quoted) has no value: the build gets no value from it")
            return nil
        }
        return SecretText(node.text)
    }

    private mutating func isMapping(_ node: SpecNode, at path: SpecPath) -> Bool {
        guard node.kind != .mapping else { return true }
        let subject = path == .root ? "the file" : path.quoted
        reader.findings.error(
            .wrongType, at: FindingPlace(node, path), "\(subject) is \(node.kindName), expected a mapping",
            help: "write names with their values below it, for example `parameter-store: {/app/token: value}`")
        return false
    }
}

extension KeyTable {
    /// The keys at the top of a `--secrets` file. The level below is read by ``readSecretsFile(_:file:)`` itself.
    fileprivate static let secretsFile = KeyTable(
        unknown: .refused,
        [
            Key("parameter-store", .anything, misnomers: ["parameters", "ssm"]),
            Key("secrets-manager", .anything, misnomers: ["secrets"]),
            Key("variables", .anything, misnomers: ["env", "vars"]),
        ])
}

extension Diagnostic {
    /// The finding without names of aliases, because an alias in a secrets file may be a password.
    fileprivate var withoutValue: Diagnostic {
        let isAlias = [FindingCode.undefinedAlias, .recursiveAlias].map(\.rawValue).contains(code)
        return Diagnostic(
            severity: severity, code: code, path: path,
            message: isAlias ? "a value begins with `*`, which YAML keeps for itself" : message, location: location,
            length: length, help: isAlias ? "put the text in quotes" : help)
    }
}
