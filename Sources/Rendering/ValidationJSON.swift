public import BuildPlanning
internal import SpecParsing

extension ValidationReport {
    /// The report as one document, `{"version":1,"valid":…,"files":[…]}`. Members without a value are omitted.
    public var json: JSONText {
        .object([
            ("version", .number(1)), ("valid", .bool(files.allSatisfy(passes))),
            (
                "files",
                .array(
                    files.map { file in
                        .object([
                            ("path", .string(file.path)), ("valid", .bool(passes(file))),
                            ("error", file.problem.map { .string($0) }),
                            ("findings", .array(file.findings.map(\.json))),
                        ])
                    })
            ),
        ])
    }
}

extension Diagnostic {
    fileprivate var json: JSONText {
        .object([
            ("severity", .string(severity.rawValue)), ("code", .string(code)), ("path", path.map { .string($0) }),
            ("message", .string(message)), ("line", .number(location.line)), ("column", .number(location.column)),
            ("length", .number(length)), ("codebuildMessage", codebuildMessage.map { .string($0) }),
            ("help", help.map { .string($0) }),
        ])
    }
}
