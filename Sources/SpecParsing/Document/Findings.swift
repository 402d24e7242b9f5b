/// Collects findings while a file is read; sorted by place at the end.
///
/// Of each severity only the first 500 are kept, so that a file of a million mistakes ends soon and the errors are not
/// lost among the warnings; one finding more says that there were others.
struct Findings {
    private static let limit = 500

    private var kept: [Diagnostic] = []
    private var errorCount = 0
    private var warningCount = 0
    /// Whether an error was noted that leaves the meaning of the file open.
    private(set) var hasBlockingError = false
    /// As ``hasBlockingError``, inside `batch`: apart, because an ordinary build does not look there.
    private(set) var hasBlockingErrorInBatch = false

    /// Notes an error: the file is not valid.
    ///
    /// - Parameters:
    ///   - node: the value or key that is meant.
    ///   - isBlocking: `false` when the rest of the file can be followed all the same.
    mutating func error(
        _ code: FindingCode, at node: SpecNode, _ path: SpecPath, _ message: @autoclosure () -> String,
        codebuild: @autoclosure () -> String? = nil, help: @autoclosure () -> String? = nil, isBlocking: Bool = true
    ) {
        errorCount += 1
        if isBlocking {
            if path.isInBatch { hasBlockingErrorInBatch = true } else { hasBlockingError = true }
        }
        guard errorCount <= Self.limit + 1 else { return }
        guard errorCount <= Self.limit else { return keepLast(.error, node) }
        keep(.error, code, node, path, message(), codebuild(), help())
    }

    /// Notes a warning: CodeBuild goes on, and the writer probably meant something else.
    ///
    /// - Parameter part: bytes of the scalar's text that are meant rather than the whole of it.
    mutating func warning(
        _ code: FindingCode, at node: SpecNode, part: @autoclosure () -> Range<Int>? = nil, _ path: SpecPath,
        _ message: @autoclosure () -> String, codebuild: @autoclosure () -> String? = nil,
        help: @autoclosure () -> String? = nil
    ) {
        warningCount += 1
        guard warningCount <= Self.limit + 1 else { return }
        guard warningCount <= Self.limit else { return keepLast(.warning, node) }
        keep(.warning, code, node, path, message(), codebuild(), help(), part: part())
    }

    /// All findings in the order of the file; those of one place as they were noted.
    var sorted: [Diagnostic] { Self.sorted(kept) }

    static func sorted(_ findings: [Diagnostic]) -> [Diagnostic] {
        findings.enumerated().sorted {
            let one = $0.element.location, other = $1.element.location
            return (one.line, one.column, $0.offset) < (other.line, other.column, $1.offset)
        }.map(\.element)
    }

    private mutating func keepLast(_ severity: Diagnostic.Severity, _ node: SpecNode) {
        keep(
            severity, .tooManyFindings, node, .root, "more than \(Self.limit) \(severity)s: the rest is left out", nil,
            nil)
    }

    private mutating func keep(
        _ severity: Diagnostic.Severity, _ code: FindingCode, _ node: SpecNode, _ path: SpecPath, _ message: String,
        _ codebuild: String?, _ help: String?, part: Range<Int>? = nil
    ) {
        let source = node.document.source, bytes = part.flatMap { node.sourceBytes(ofText: $0) }
        kept.append(
            Diagnostic(
                severity: severity, code: code.rawValue, path: path == .root ? nil : path.text, message: message,
                location: bytes.map { source.location(ofByte: $0.lowerBound) } ?? node.location,
                length: bytes.map { source.length(ofBytes: $0) } ?? node.length, codebuildMessage: codebuild,
                help: help))
    }
}
