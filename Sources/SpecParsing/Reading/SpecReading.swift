/// What reading a buildspec gave: its meaning, or what is wrong with it, or both a meaning and warnings.
public struct SpecReading: Sendable {
    /// `nil` when the file has an error. Two make the reading invalid and leave the spec to be run: an unknown
    /// `on-failure` is an error of ours, and absent for a run (CODEBUILD.md 3.5); an error inside `batch` is none of an
    /// ordinary build's, where there are `phases` beside it (1.2).
    public let spec: BuildSpec?
    /// In the order of the file, without the warnings that a comment of the file silences (``IgnoreComments``).
    public private(set) var diagnostics: [Diagnostic]
    /// The text the places refer to, as UTF-8 whatever the file's encoding was.
    public let source: [UInt8]
    /// The commands that a shell may be unable to read; empty unless the content is checked.
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

    /// Takes in what others found in the file, such as a shell; silenced warnings are left out of it.
    public mutating func add(_ found: [Diagnostic]) {
        guard !found.isEmpty else { return }
        diagnostics = merged(diagnostics, ignores.filtered(found))
    }

    /// Whether there is no error; warnings are allowed.
    public var isValid: Bool { !diagnostics.contains { $0.severity == .error } }

    /// What CodeBuild would report, in DOWNLOAD_SOURCE: the first error it has a message for. Where it is not known to
    /// have one for any, our own words for the first error stand in. `nil` when the reading is valid.
    public var failure: BuildFailure? {
        let errors = diagnostics.lazy.filter { $0.severity == .error }
        guard let first = errors.first else { return nil }
        // An error in a batch has another code, and is not what keeps an ordinary build from running.
        let ofBuild = errors.filter { !SpecPath(text: $0.path ?? "").isInBatch }
        let message = ofBuild.compactMap(\.codebuildMessage).first ?? (ofBuild.first ?? first).message
        return BuildFailure(code: "YAML_FILE_ERROR", message: message)
    }
}

/// Findings of both in the order of the file; of one place those of `found` come first.
private func merged(_ found: [Diagnostic], _ more: [Diagnostic]) -> [Diagnostic] {
    more.isEmpty ? found : Findings.sorted(found + more)
}

/// A failure as a phase context has it: `YAML_FILE_ERROR`, and the message.
public struct BuildFailure: Sendable, Equatable, Codable {
    public let code: String
    public let message: String

    public init(code: String, message: String) {
        self.code = code
        self.message = message
    }

    /// What the service says of a file without what every buildspec must have.
    public static let notABuildspec = BuildFailure(code: "YAML_FILE_ERROR", message: ServiceMessage.notABuildspec)
}

/// Reads a buildspec.
///
/// A file that is not YAML gives its first syntax error, one that is gives all findings. Never fails otherwise, however
/// large, deep or broken the file is.
///
/// - Parameters:
///   - bytes: UTF-8 with or without a mark, or UTF-16 with one; any line ends.
///   - file: the path to show in findings.
///   - checksContent: whether to warn of what CodeBuild accepts and what bites all the same.
public func readBuildSpec(_ bytes: [UInt8], file: String, checksContent: Bool = false) -> SpecReading {
    switch SpecDocument.read(bytes, file: file) {
    case .success(let document):
        let outcome = SpecReader.read(document, checksContent: checksContent)
        let ignores = IgnoreComments(in: document)
        return SpecReading(
            spec: outcome.spec, diagnostics: merged(outcome.diagnostics, ignores.findings),
            source: document.source.utf8, scripts: outcome.scripts, ignores: ignores)
    case .failure(let unreadable):
        return SpecReading(
            spec: nil, diagnostics: [unreadable.diagnostic], source: unreadable.source.utf8, scripts: [],
            ignores: IgnoreComments())
    }
}

/// The text of a file as UTF-8: converted when it begins with a UTF-16 mark, else as it is.
///
/// Places in findings refer to this text.
public func convertedToUTF8(_ bytes: [UInt8]) -> [UInt8] { SourceText.utf8(bytes) }
