/// What reading a buildspec gave: its meaning, or what is wrong with it, or both a meaning and warnings.
public struct SpecReading: Sendable {
    /// `nil` when the file has an error. Two make the reading invalid and leave the spec to be run: an unknown
    /// `on-failure` is an error of ours, and absent for a run (CODEBUILD.md 3.5); an error inside `batch` is none of an
    /// ordinary build's, where there are `phases` beside it (1.2).
    public let spec: BuildSpec?
    /// In the order of the file.
    public let diagnostics: [Diagnostic]
    /// The text the places refer to, as UTF-8 whatever the file's encoding was.
    public let source: [UInt8]

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
public func readBuildSpec(_ bytes: [UInt8], file: String) -> SpecReading {
    switch SpecDocument.read(bytes, file: file) {
    case .success(let document):
        let (spec, diagnostics) = SpecReader.read(document)
        return SpecReading(spec: spec, diagnostics: diagnostics, source: document.source.utf8)
    case .failure(let unreadable):
        return SpecReading(spec: nil, diagnostics: [unreadable.diagnostic], source: unreadable.source.utf8)
    }
}

/// The text of a file as UTF-8: converted when it begins with a UTF-16 mark, else as it is.
///
/// Places in findings refer to this text.
public func convertedToUTF8(_ bytes: [UInt8]) -> [UInt8] { SourceText.utf8(bytes) }
