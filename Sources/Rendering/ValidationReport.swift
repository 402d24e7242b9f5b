public import SpecParsing

/// What `validate` found: every file that was asked for, in order. The one value all its formats are made from.
public struct ValidationReport: Sendable {
    /// One file, read or not.
    public struct File: Sendable {
        /// As the user would name it.
        public let path: String
        /// In the order of the file.
        public let findings: [Diagnostic]
        /// Why the file could not be read: "cannot read `x.yml`: Permission denied".
        public let problem: String?
        let source: [UInt8]

        /// - Parameter source: the text that the places of the findings refer to.
        public init(path: String, findings: [Diagnostic], source: [UInt8]) {
            self.path = path
            self.findings = findings
            problem = nil
            self.source = source
        }

        /// A file that could not be read.
        public init(path: String, problem: String) {
            self.path = path
            findings = []
            self.problem = problem
            source = []
        }

        /// Whether the file was read and has no error; warnings are allowed.
        public var isValid: Bool { problem == nil && !findings.contains { $0.severity == .error } }
    }

    public let files: [File]
    /// Whether warnings count as errors.
    public let isStrict: Bool

    public init(_ files: [File], isStrict: Bool) {
        self.files = files
        self.isStrict = isStrict
    }

    /// Whether the file passes: valid, and when it is strict without any finding.
    public func passes(_ file: File) -> Bool { file.isValid && !(isStrict && !file.findings.isEmpty) }

    /// "3 files: 1 error, 2 warnings"
    public var summary: String {
        let findings = files.lazy.flatMap(\.findings)
        let errors = findings.count { $0.severity == .error }, warnings = findings.count { $0.severity == .warning }
        var parts: [String] = []
        if errors > 0 { parts.append(Self.count(errors, "error")) }
        if warnings > 0 { parts.append(Self.count(warnings, "warning") + (isStrict ? " that count as errors" : "")) }
        let unread = files.count { $0.problem != nil }
        if unread > 0 { parts.append("\(unread) not read") }
        return Self.count(files.count, "file") + ": " + (parts.isEmpty ? "no findings" : parts.joined(separator: ", "))
    }

    private static func count(_ number: Int, _ word: String) -> String {
        "\(number) \(word)\(number == 1 ? "" : "s")"
    }
}
