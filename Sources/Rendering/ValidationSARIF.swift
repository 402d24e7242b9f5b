public import BuildPlanning
internal import SpecParsing

extension ValidationReport {
    /// The report as a SARIF 2.1.0 log, for code scanning and editors.
    ///
    /// Columns count Unicode scalars, as the log's `columnKind` states.
    ///
    /// - Parameter toolVersion: the version of the program.
    public func sarif(toolVersion: String) -> JSONText {
        let rules = rules
        let indices = Dictionary(uniqueKeysWithValues: zip(rules.map(\.code), rules.indices))
        let driver = JSONText.object([
            ("name", .string("buildspec")), ("version", .string(toolVersion)),
            ("semanticVersion", .string(toolVersion)), ("rules", .array(rules.map(\.sarif))),
        ])
        let results = files.flatMap { file in
            file.findings.map { $0.sarif(in: file.path, ruleIndex: indices[$0.code]) }
        }
        let run = JSONText.object([
            ("tool", .object([("driver", driver)])), ("invocations", .array([invocation])),
            ("columnKind", .string("unicodeCodePoints")), ("results", .array(results)),
        ])
        return .object([
            ("$schema", .string("https://json.schemastore.org/sarif-2.1.0.json")), ("version", .string("2.1.0")),
            ("runs", .array([run])),
        ])
    }

    /// The rules of the reader, followed by those that only findings name.
    private var rules: [FindingRule] {
        var rules = FindingRule.all, known = Set(rules.map(\.code))
        for finding in files.lazy.flatMap(\.findings) where known.insert(finding.code).inserted {
            rules.append(FindingRule(code: finding.code))
        }
        return rules
    }

    /// The invocation of the program. Files that could not be read are notifications rather than results.
    private var invocation: JSONText {
        let notifications = files.compactMap { file in
            file.problem.map { problem in
                JSONText.object([
                    ("level", .string("error")), ("message", .text(problem)),
                    ("locations", .array([.object([("physicalLocation", .artifact(file.path))])])),
                ])
            }
        }
        return .object([
            ("executionSuccessful", .bool(notifications.isEmpty)),
            ("toolExecutionNotifications", notifications.isEmpty ? nil : .array(notifications)),
        ])
    }
}

extension FindingRule {
    fileprivate var sarif: JSONText {
        .object([("id", .string(code)), ("shortDescription", .text(summary)), ("help", .text(summary))])
    }
}

extension Diagnostic {
    fileprivate func sarif(in file: String, ruleIndex: Int?) -> JSONText {
        let region = JSONText.object([
            ("startLine", .number(location.line)), ("startColumn", .number(location.column)),
            ("endColumn", .number(location.column + length)),
        ])
        let place = JSONText.object([
            ("physicalLocation", .artifact(file, region: region)),
            ("logicalLocations", path.map { .array([.object([("fullyQualifiedName", .string($0))])]) }),
        ])
        return .object([
            ("ruleId", .string(code)), ("ruleIndex", ruleIndex.map { .number($0) }),
            ("level", .string(severity.rawValue)), ("message", .text(messageWithHelp)),
            ("locations", .array([place])),
        ])
    }

    /// The message, followed by lines with CodeBuild's message and the suggestion.
    var messageWithHelp: String {
        var lines = [message]
        if let codebuildMessage { lines.append("codebuild: \(codebuildMessage)") }
        if let help { lines.append("help: \(help)") }
        return lines.joined(separator: "\n")
    }
}

extension JSONText {
    fileprivate static func text(_ text: String) -> JSONText { .object([("text", .string(text))]) }

    fileprivate static func artifact(_ path: String, region: JSONText? = nil) -> JSONText {
        .object([("artifactLocation", .object([("uri", .string(uri(path)))])), ("region", region)])
    }

    /// A path as a URI reference (RFC 3986): relative paths stay relative, absolute ones become `file:` URIs.
    private static func uri(_ path: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var uri = Array((path.hasPrefix("/") ? "file://" : "").utf8)
        for byte in path.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: uri.append(byte)
            case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "/"):
                uri.append(byte)
            default: uri += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: uri, as: UTF8.self)
    }
}
