public import BuildPlanning
internal import SpecParsing

extension ValidationReport {
    /// One document, `{"version":1,"valid":…,"files":[…]}`; what a file or finding has nothing to say about is left out.
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
