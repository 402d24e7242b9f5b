/// Tells which values of variables should not be shown.
public enum ValueSecrecy {
    /// Whether a variable holds a secret by the form of its value or by its own name.
    ///
    /// It is broader than what `validate` finds: what is not shown does no harm.
    public static func isSecret(_ value: String, named name: String) -> Bool {
        if SecretKind.suggestsSecret(name) || hasPassword(value) { return true }
        return ContiguousArray(value.utf8).withUnsafeBufferPointer { SecretKind(of: $0, named: name) != nil }
    }
}

extension ValueSecrecy {
    /// Whether a value has a user's name and password before its host: `postgres://app:geheim@db/app`.
    private static func hasPassword(_ value: String) -> Bool {
        guard let scheme = value.firstRange(of: "://") else { return false }
        let authority = value[scheme.upperBound...].prefix { $0 != "/" && $0 != " " }
        guard let at = authority.lastIndex(of: "@") else { return false }
        return authority[..<at].contains(":")
    }
}

/// The kind of secret that a literal value contains, judged by its form or by the name of its variable.
enum SecretKind {
    case accessKeyID, accessKey, privateKey, gitHubToken, slackToken
    /// A secret recognised by the name of the variable alone.
    case named(String)

    /// The description of the secret in a finding.
    var words: String {
        switch self {
        case .accessKeyID: "an AWS access key id"
        case .accessKey: "an AWS secret access key"
        case .privateKey: "a private key"
        case .gitHubToken: "a GitHub token"
        case .slackToken: "a Slack token"
        case .named(let what): "a \(what)"
        }
    }

    /// Recognises a secret; `nil` for values that are references or placeholders.
    ///
    /// - Parameters:
    ///   - value: the value as written in the file.
    ///   - name: the name of the variable.
    init?(of value: UnsafeBufferPointer<UInt8>, named name: String) {
        guard value.count >= 6 else { return nil }
        if let kind = Self.byForm(value) {
            self = kind
            return
        }
        guard let what = Self.secretName(name), !Self.isReference(value) else { return nil }
        let text = String(decoding: value, as: UTF8.self)
        guard !Self.isPlaceholder(text) else { return nil }
        if what == "secret access key", value.count == 40 {
            self = .accessKey
        } else {
            self = .named(what)
        }
    }

    // MARK: By form

    private static func byForm(_ value: UnsafeBufferPointer<UInt8>) -> SecretKind? {
        if let range = value.firstRange(of: "-----BEGIN ", from: 0),
            value.firstRange(of: "PRIVATE KEY-----", from: range.upperBound) != nil
        {
            return .privateKey
        }
        for prefix: StaticString in ["AKIA", "ASIA"]
        where hasRun(in: value, behind: prefix, of: 16, { $0.isUpperLetter || $0.isDigit }) {
            return .accessKeyID
        }
        for prefix: StaticString in ["ghp_", "gho_", "ghs_", "ghu_", "ghr_"]
        where hasRun(in: value, behind: prefix, of: 36, isWordByte) {
            return .gitHubToken
        }
        if hasRun(in: value, behind: "github_pat_", of: 22, { isWordByte($0) || $0 == "_" }) { return .gitHubToken }
        for prefix: StaticString in ["xoxa-", "xoxb-", "xoxp-"]
        where hasRun(in: value, behind: prefix, of: 10, { isWordByte($0) || $0 == "-" }) {
            return .slackToken
        }
        return nil
    }

    private static func isWordByte(_ byte: UInt8) -> Bool { byte.isLetter || byte.isDigit }

    /// Whether a word of the value begins with the prefix and `count` bytes of a kind. AWS's own example key does not
    /// count.
    private static func hasRun(
        in value: UnsafeBufferPointer<UInt8>, behind prefix: StaticString, of count: Int, _ isKind: (UInt8) -> Bool
    ) -> Bool {
        guard let found = value.firstRange(of: prefix, from: 0) else { return false }
        if found.lowerBound > 0, isWordByte(value[found.lowerBound - 1]) { return false }
        let run = value[found.upperBound...].prefix(while: isKind)
        let isSample = run.count >= 7 && run.suffix(7).equals("EXAMPLE")
        // Access key ids have exactly this length; a longer run is something else.
        return run.count >= count && (count != 16 || run.count == 16) && !isSample
    }

    // MARK: By name

    private static let names: [(word: StaticString, what: String, isAlsoJoined: Bool)] = [
        ("SECRET_ACCESS_KEY", "secret access key", false), ("SECRET_KEY", "secret access key", false),
        ("PASSWORD", "password", true), ("PASSWD", "password", false), ("PASSPHRASE", "password", false),
        ("TOKEN", "token", false), ("SECRET", "secret", false), ("PRIVATE_KEY", "private key", false),
        ("API_KEY", "key", false), ("APIKEY", "key", false),
    ]

    /// Whether the name of a variable suggests a secret: a word of the table stands anywhere in it.
    fileprivate static func suggestsSecret(_ name: String) -> Bool {
        let name = name.uppercased()
        let further = ["PASS", "PWD", "CREDENTIAL", "AUTH"]
        return names.contains { name.contains($0.word.description) } || further.contains { name.contains($0) }
            || name.hasSuffix("_KEY") || name.hasSuffix("_PW")
    }

    /// The kind of secret that a variable of this name holds; `nil` for a name that does not suggest a secret.
    private static func secretName(_ name: String) -> String? {
        let name = ContiguousArray(name.utf8.map { $0.isLowerLetter ? $0 - 0x20 : $0 })
        // `MONKEY` does not end in the word `KEY`: the word must be the whole name or follow `_`.
        return names.first { entry in
            let length = entry.word.utf8CodeUnitCount
            return name.suffix(length).equals(entry.word)
                && (name.count == length || name[name.count - length - 1] == "_" || entry.isAlsoJoined)
        }?.what
    }

    /// Whether the value only refers to a secret: a path, ARN, URL, template or name.
    private static func isReference(_ value: UnsafeBufferPointer<UInt8>) -> Bool {
        if value.contains("$") || value.contains("{{") || value.contains("<%") || value.contains("://") { return true }
        if value[0] == "/" || value[0] == "<" || value[0] == "%" || value[0] == "." || value[0] == "~" { return true }
        if value.prefix(4).equals("arn:") { return true }
        // `prod/db/password` and `my-token-name` consist of words and separators only.
        let isDivided = value.contains { $0 == "/" || $0 == "-" || $0 == "_" || $0 == "." || $0 == ":" }
        let isWords = value.allSatisfy { $0.isLetter || $0 == "/" || $0 == "-" || $0 == "_" || $0 == "." || $0 == ":" }
        return isDivided && isWords
    }

    private static let placeholders = [
        "change", "example", "placeholder", "dummy", "sample", "your", "todo", "fixme", "xxx", "***", "...", "insert",
        "replace", "redacted", "not-set", "notset", "unset", "undefined", "fake", "mock", "foobar", "test",
    ]

    /// Values that are not secret whatever the name of their variable.
    private static let harmless: Set<String> = [
        "password", "passwd", "secret", "token", "default", "postgres", "admin", "disabled", "enabled", "required",
        "optional", "empty", "public", "string", "passw0rd", "password1", "root123", "docker", "jenkins", "anonymous",
    ]

    private static func isPlaceholder(_ text: String) -> Bool {
        let folded = text.lowercased()
        if harmless.contains(folded) || placeholders.contains(where: { folded.contains($0) }) { return true }
        if folded.utf8.contains(where: \.isBlank) && !folded.contains("\n") { return true }
        // Numbers, times, and one character repeated.
        if folded.utf8.allSatisfy({ $0.isDigit || $0 == UInt8(ascii: ".") }), folded.utf8.count < 12 { return true }
        return Set(folded.utf8).count < 3
    }
}
