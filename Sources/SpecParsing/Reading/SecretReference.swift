/// A reference in `secrets-manager`: `secret-id[:json-key[:version-stage[:version-id]]]` (CODEBUILD.md 5.4).
///
/// All fields but the first may be absent or empty: `ci/token::AWSPREVIOUS` is the whole text of an older version.
public struct SecretReference: Sendable, Hashable {
    /// The reference as written.
    public let text: String
    /// The name or the whole ARN of the secret.
    public let id: String
    /// The key in the JSON of the secret; `nil` for its whole text.
    public let jsonKey: String?
    /// The version stage; `nil` together with ``versionID`` means AWSCURRENT.
    public let versionStage: String?
    public let versionID: String?

    /// Parses a reference.
    ///
    /// - Throws: ``ReferenceProblem`` when the text does not follow the grammar.
    public init(_ text: String) throws(ReferenceProblem) {
        self.text = text
        guard !text.isEmpty else { throw ReferenceProblem("is empty, expected a secret's name or ARN") }
        let fields = text.fields
        let rest: ArraySlice<String>
        if text.utf8.starts(with: "arn:".utf8) {
            // The ARN of a secret contains colons itself, and has seven fields.
            guard fields.count >= 7, fields[2] == "secretsmanager", fields[5] == "secret", !fields[6].isEmpty else {
                throw ReferenceProblem(
                    "is no ARN of a secret, expected `arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME`")
            }
            id = fields[..<7].joined(separator: ":")
            rest = fields[7...]
        } else {
            id = fields[0]
            rest = fields[1...]
        }
        guard !id.isEmpty else { throw ReferenceProblem("has no secret's name before `:`", help: Self.grammar) }
        // A key of the secret's JSON may be any text; the others go into a request.
        for (place, field) in ([id] + rest).enumerated() where place != 1 && !field.isEmpty {
            try ReferenceProblem.checkCharacters(of: field, expected: "a secret's name or ARN")
        }
        guard rest.count <= 3 else {
            throw ReferenceProblem("has \(rest.count + 1) fields, expected at most 4", help: Self.grammar)
        }
        let suffix = rest.map { $0.isEmpty ? nil : $0 } + [nil, nil, nil]
        jsonKey = suffix[0]
        guard jsonKey?.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) != true else {
            throw ReferenceProblem("has a control character in its JSON key")
        }
        versionStage = suffix[1]
        versionID = suffix[2]
        guard versionStage == nil || versionID == nil else {
            throw ReferenceProblem(
                "has both a version stage and a version id, expected one of them", help: Self.grammar)
        }
    }

    private static let grammar = "write `secret-id:json-key:version-stage:version-id`; all but the first may be empty"
}

/// A reference in `parameter-store`: the name or ARN of a parameter, with an optional `:version` or `:label`.
///
/// [inferred] CODEBUILD.md 5.4: the suffixes are those that Parameter Store itself accepts.
public struct ParameterReference: Sendable, Hashable {
    /// The reference as written.
    public let text: String
    /// The name or ARN without the version or label.
    public let name: String
    /// The number of a version, or a label.
    public let selector: String?

    /// Parses a reference.
    ///
    /// - Throws: ``ReferenceProblem`` when the text does not follow the grammar.
    public init(_ text: String) throws(ReferenceProblem) {
        self.text = text
        try ReferenceProblem.checkCharacters(of: text, expected: "a parameter's name or ARN")
        let fields = text.fields
        let rest: ArraySlice<String>
        if text.utf8.starts(with: "arn:".utf8) {
            guard fields.count >= 6, fields[2] == "ssm", fields[5].hasPrefix("parameter/"),
                fields[5].utf8.count > "parameter/".utf8.count
            else {
                throw ReferenceProblem("is no ARN of a parameter, expected `arn:aws:ssm:REGION:ACCOUNT:parameter/NAME`")
            }
            name = fields[..<6].joined(separator: ":")
            rest = fields[6...]
        } else {
            name = fields[0]
            rest = fields[1...]
        }
        guard !name.isEmpty else { throw ReferenceProblem("has no parameter's name before `:`", help: Self.grammar) }
        guard rest.count <= 1 else {
            throw ReferenceProblem(
                "has \(rest.count) fields behind the parameter's name, expected at most 1", help: Self.grammar)
        }
        guard let suffix = rest.first else {
            selector = nil
            return
        }
        guard !suffix.isEmpty, suffix.utf8.allSatisfy({ $0.isPlainInLabel }) else {
            throw ReferenceProblem(
                "has \(quoted(suffix)) behind `:`, expected a version or a label", help: Self.grammar)
        }
        selector = suffix
    }

    private static let grammar = "write `NAME`, `NAME:VERSION` or `NAME:LABEL`"
}

/// The reason why a text is not a valid reference, as the predicate of a sentence about its place.
public struct ReferenceProblem: Error, Equatable {
    /// The predicate, such as "is empty, expected a name".
    public let message: String
    public let help: String?

    init(_ message: String, help: String? = nil) {
        self.message = message
        self.help = help
    }

    /// Checks for characters that no name can contain and that would do harm in a request. The service checks all
    /// others.
    fileprivate static func checkCharacters(of text: String, expected: String) throws(ReferenceProblem) {
        guard !text.isEmpty else { throw ReferenceProblem("is empty, expected \(expected)") }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f }) else {
            throw ReferenceProblem("has a blank or a control character, expected \(expected)")
        }
        guard text.utf8.first != UInt8(ascii: "-") else {
            throw ReferenceProblem("begins with `-`, expected \(expected)")
        }
    }
}

extension String {
    /// The fields between the colons, split by bytes so that combining characters hide no colon.
    fileprivate var fields: [String] {
        utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).map { String(Substring($0)) }
    }
}

extension UInt8 {
    fileprivate var isPlainInLabel: Bool {
        switch self {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."): true
        default: false
        }
    }
}
