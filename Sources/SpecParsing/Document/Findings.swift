/// The value or key that a finding is about.
struct FindingPlace {
    let node: SpecNode
    let path: SpecPath
    /// The bytes of the scalar's text that are meant; `nil` for the whole node.
    let part: Range<Int>?

    init(_ node: SpecNode, _ path: SpecPath, part: Range<Int>? = nil) {
        self.node = node
        self.path = path
        self.part = part
    }

    /// The bytes of the source that are meant, where a part of a scalar is.
    fileprivate var bytes: Range<Int>? { part.flatMap { node.sourceBytes(ofText: $0) } }

    var location: SourceLocation {
        bytes.map { node.document.source.location(ofByte: $0.lowerBound) } ?? node.location
    }
}

/// Collects findings while a file is read, and sorts them by place at the end.
///
/// Only the first 500 of each severity are kept, so that a file with a million mistakes is read quickly and errors are
/// not lost among warnings. One more finding tells that others were left out.
struct Findings {
    private static let limit = 500

    private var kept: [Diagnostic] = []
    private var errorCount = 0
    private var warningCount = 0
    /// Whether an error was noted that makes the meaning of the file unclear.
    private(set) var hasBlockingError = false
    /// Whether such an error was noted inside `batch`, which an ordinary build does not read.
    private(set) var hasBlockingErrorInBatch = false

    /// Notes an error that makes the file invalid.
    mutating func error(
        _ code: FindingCode, at place: FindingPlace, _ message: @autoclosure () -> String,
        codebuild: @autoclosure () -> String? = nil, help: @autoclosure () -> String? = nil
    ) {
        if place.path.isInBatch { hasBlockingErrorInBatch = true } else { hasBlockingError = true }
        ignorableError(code, at: place, message(), codebuild: codebuild(), help: help())
    }

    /// Notes an error that makes the file invalid but does not keep it from being run.
    mutating func ignorableError(
        _ code: FindingCode, at place: FindingPlace, _ message: @autoclosure () -> String,
        codebuild: @autoclosure () -> String? = nil, help: @autoclosure () -> String? = nil
    ) {
        errorCount += 1
        guard errorCount <= Self.limit + 1 else { return }
        guard errorCount <= Self.limit else { return keepLast(.error, at: place.node) }
        keep(.error, code: code, at: place, Text(message: message(), codebuild: codebuild(), help: help()))
    }

    /// Notes a warning about something that CodeBuild accepts but the writer probably did not mean.
    mutating func warning(
        _ code: FindingCode, at place: FindingPlace, _ message: @autoclosure () -> String,
        codebuild: @autoclosure () -> String? = nil, help: @autoclosure () -> String? = nil
    ) {
        warningCount += 1
        guard warningCount <= Self.limit + 1 else { return }
        guard warningCount <= Self.limit else { return keepLast(.warning, at: place.node) }
        keep(.warning, code: code, at: place, Text(message: message(), codebuild: codebuild(), help: help()))
    }

    /// Notes what a build of the file needs from elsewhere. There is one for a file at most.
    mutating func note(_ code: FindingCode, at place: FindingPlace, _ message: String, help: String) {
        keep(.note, code: code, at: place, Text(message: message, help: help))
    }

    /// All findings in the order of the file; findings of one place in the order they were noted.
    var sorted: [Diagnostic] { Self.sorted(kept) }

    static func sorted(_ findings: [Diagnostic]) -> [Diagnostic] {
        findings.enumerated().sorted {
            let one = $0.element.location, other = $1.element.location
            return (one.line, one.column, $0.offset) < (other.line, other.column, $1.offset)
        }.map(\.element)
    }

    /// The texts of a finding.
    private struct Text {
        let message: String
        var codebuild: String?
        var help: String?
    }

    private mutating func keepLast(_ severity: Diagnostic.Severity, at node: SpecNode) {
        let text = Text(message: "more than \(Self.limit) \(severity)s: the rest is left out")
        keep(severity, code: .tooManyFindings, at: FindingPlace(node, .root), text)
    }

    private mutating func keep(
        _ severity: Diagnostic.Severity, code: FindingCode, at place: FindingPlace, _ text: Text
    ) {
        let node = place.node, source = node.document.source, bytes = place.bytes
        kept.append(
            Diagnostic(
                severity: severity, code: code.rawValue, path: place.path == .root ? nil : place.path.text,
                message: text.message, location: bytes.map { source.location(ofByte: $0.lowerBound) } ?? node.location,
                length: bytes.map { source.length(ofBytes: $0) } ?? node.length, codebuildMessage: text.codebuild,
                help: text.help))
    }
}
