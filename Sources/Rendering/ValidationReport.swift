public import SpecParsing

/// The result of `validate`: all requested files in order. All output formats are made from it.
public struct ValidationReport: Sendable {
    /// One file, which may have been unreadable.
    public struct File: Sendable {
        /// The path as the user would write it.
        public let path: String
        /// The findings in the order of the file.
        public let findings: [Diagnostic]
        /// The reason why the file could not be read: "cannot read `x.yml`: Permission denied".
        public let problem: String?
        let source: [UInt8]

        /// Makes the entry of a file that was read.
        ///
        /// - Parameter source: the text that the locations of the findings refer to.
        public init(path: String, findings: [Diagnostic], source: [UInt8]) {
            self.path = path
            self.findings = findings
            problem = nil
            self.source = source
        }

        /// Makes the entry of a file that could not be read.
        public init(path: String, problem: String) {
            self.path = path
            findings = []
            self.problem = problem
            source = []
        }

        /// Whether the file was read and has no error. Warnings are allowed.
        public var isValid: Bool { problem == nil && !findings.contains { $0.severity == .error } }
    }

    public let files: [File]
    /// Whether warnings count as errors.
    public let isStrict: Bool
    /// The number of files that were looked at and are no buildspecs.
    private let passedOver: Int

    public init(_ files: [File], isStrict: Bool, passedOver: Int = 0) {
        self.files = files
        self.isStrict = isStrict
        self.passedOver = passedOver
    }

    /// Whether the file passes: it is valid and, when the report is strict, has no warnings.
    public func passes(_ file: File) -> Bool {
        file.isValid && !(isStrict && file.findings.contains { $0.severity == .warning })
    }

    /// The summary in one line: "3 files (2 other YAML files beside them, no buildspecs): 1 error, 2 warnings".
    public var summary: String {
        let findings = files.lazy.flatMap(\.findings)
        let errors = findings.count { $0.severity == .error }, warnings = findings.count { $0.severity == .warning }
        var parts: [String] = []
        if errors > 0 { parts.append(Self.count(errors, "error")) }
        if warnings > 0 { parts.append(Self.count(warnings, "warning") + (isStrict ? " that count as errors" : "")) }
        let notes = findings.count { $0.severity == .note }
        if notes > 0 { parts.append(Self.count(notes, "note")) }
        let unread = files.count { $0.problem != nil }
        if unread > 0 { parts.append("\(unread) not read") }
        let rest = passedOver > 0 ? " (\(Self.count(passedOver, "other YAML file")) beside them, no buildspecs)" : ""
        return Self.count(files.count, "file") + rest + ": "
            + (parts.isEmpty ? "no findings" : parts.joined(separator: ", "))
    }

    private static func count(_ number: Int, _ word: String) -> String {
        "\(number) \(word)\(number == 1 ? "" : "s")"
    }
}
