/// The result of reading a buildspec: the buildspec itself, the findings, or both.
public struct SpecReading: Sendable {
    /// The buildspec; `nil` when the file has an error. Two kinds of error leave it usable: an unknown `on-failure`,
    /// which counts as absent (CODEBUILD.md 3.5), and errors inside `batch` of a file with `phases`, because an
    /// ordinary build ignores them (1.2).
    public let spec: BuildSpec?
    /// The findings in the order of the file, without warnings that a comment of the file silences
    /// (`IgnoreComments`).
    public private(set) var diagnostics: [Diagnostic]
    /// The text that the locations refer to, as UTF-8 whatever the encoding of the file.
    public let source: [UInt8]
    /// The commands that may have syntax errors only a shell can find; empty unless the content is checked.
    public let scripts: [ShellScript]
    private let ignores: IgnoreComments

    init(
        spec: BuildSpec?, diagnostics: [Diagnostic], source: [UInt8], scripts: [ShellScript], ignores: IgnoreComments
    ) {
        self.spec = spec
        self.diagnostics = ignores.filtered(diagnostics)
        self.source = source
        self.scripts = scripts
        self.ignores = ignores
    }

    /// Adds findings from elsewhere, such as a shell, except silenced warnings.
    public mutating func add(_ found: [Diagnostic]) {
        guard !found.isEmpty else { return }
        diagnostics = merged(diagnostics, ignores.filtered(found))
    }

    /// Whether there is no error. Warnings are allowed.
    public var isValid: Bool { !diagnostics.contains { $0.severity == .error } }

    /// The failure that CodeBuild would report in DOWNLOAD_SOURCE: the first error that it has a message for, or else
    /// our own first error; `nil` when the file is valid.
    public var failure: BuildFailure? {
        let errors = diagnostics.lazy.filter { $0.severity == .error }
        guard let first = errors.first else { return nil }
        // An error in a batch has another code, and does not keep an ordinary build from running.
        let ofBuild = errors.filter { !SpecPath(text: $0.path ?? "").isInBatch }
        if let message = ofBuild.compactMap(\.codebuildMessage).first {
            return BuildFailure(code: BuildFailure.wrongFile, message: message)
        }
        return .ours((ofBuild.first ?? first).message)
    }
}

/// Merges findings in the order of the file. For one place, those of `found` come first.
private func merged(_ found: [Diagnostic], _ more: [Diagnostic]) -> [Diagnostic] {
    more.isEmpty ? found : Findings.sorted(found + more)
}

/// A failure as a phase context reports it: the code `YAML_FILE_ERROR` and a message.
public struct BuildFailure: Sendable, Equatable, Codable {
    public let code: String
    public let message: String
    /// Whether the message is ours, because the service's own is not known.
    public let isOurs: Bool

    public init(code: String, message: String, isOurs: Bool = false) {
        self.code = code
        self.message = message
        self.isOurs = isOurs
    }

    static let wrongFile = "YAML_FILE_ERROR"

    /// The failure for a file that is refused in our own words.
    public static func ours(_ message: String) -> BuildFailure {
        BuildFailure(code: wrongFile, message: message, isOurs: true)
    }

    /// The failure for a file without the keys that every buildspec must have.
    public static let notABuildspec = BuildFailure(code: wrongFile, message: ServiceMessage.notABuildspec)
}

/// Reads a buildspec.
///
/// A file that is not YAML gives its first syntax error, any other file all findings. The function returns for every
/// input, however large, deep or broken the file is.
///
/// - Parameters:
///   - bytes: UTF-8 with or without a byte-order mark, or UTF-16 with one, with any line ends.
///   - file: the path to show in findings.
///   - checksContent: whether to warn about valid values that probably do not do what their writer meant.
///   - facts: what the checks of the content know of the project.
public func readBuildSpec(
    _ bytes: [UInt8], file: String, checksContent: Bool = false, facts: ProjectFacts = ProjectFacts()
) -> SpecReading {
    switch SpecDocument.read(bytes, file: file) {
    case .success(let document):
        let ignores = IgnoreComments(in: document)
        let result = SpecReader.read(
            document, content: checksContent ? ContentChecks.Surroundings(facts: facts, ignores: ignores) : nil)
        return SpecReading(
            spec: result.spec, diagnostics: merged(result.diagnostics, ignores.findings),
            source: document.source.utf8, scripts: result.scripts, ignores: ignores)
    case .failure(let unreadable):
        return SpecReading(
            spec: nil, diagnostics: [unreadable.diagnostic], source: unreadable.source.utf8, scripts: [],
            ignores: IgnoreComments())
    }
}

/// Converts the text of a file to UTF-8 when it begins with a UTF-16 byte-order mark, and returns it unchanged
/// otherwise.
///
/// The locations of findings refer to the converted text.
public func convertedToUTF8(_ bytes: [UInt8]) -> [UInt8] { SourceText.utf8(bytes) }
