internal import SpecParsing

extension ValidationReport {
    /// The findings as text for people, as ``DiagnosticRenderer`` shows them.
    ///
    /// Files that could not be read are omitted.
    public func text(color: Bool) -> String {
        let renderer = DiagnosticRenderer(color: color)
        return files.map { renderer.text($0.findings, source: $0.source) }.joined()
    }

    /// The findings as GitHub workflow commands, one per line, which GitHub shows as annotations.
    public var github: String {
        files.flatMap { file in
            let problem = file.problem.map {
                "::error file=\(WorkflowCommand.property(file.path)),title=cannot-read::\(WorkflowCommand.message($0))\n"
            }
            return (problem.map { [$0] } ?? []) + file.findings.map { Self.command($0, file.path) }
        }.joined()
    }

    private static func command(_ finding: Diagnostic, _ file: String) -> String {
        let place = finding.location
        // The end column of a GitHub annotation is inclusive.
        let level = finding.severity == .note ? "notice" : finding.severity.rawValue
        return "::\(level) file=\(WorkflowCommand.property(file)),line=\(place.line),endLine=\(place.line),"
            + "col=\(place.column),endColumn=\(place.column + finding.length - 1),title=\(WorkflowCommand.property(finding.code))::"
            + "\(WorkflowCommand.message(finding.messageWithHelp))\n"
    }
}
