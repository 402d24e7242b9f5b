import BuildPlanning
import Rendering

@testable import SpecParsing

/// The door for YAML: buildspecs, settings and files of secrets, and whatever shows what was found in them.
enum YAMLTarget {
    static func check(_ bytes: [UInt8]) {
        let reading = readBuildSpec(bytes, file: "f", checksContent: true)
        let again = readBuildSpec(bytes, file: "f", checksContent: true)
        require(reading.diagnostics == again.diagnostics, "reading twice finds the same")
        require(reading.isValid || reading.failure != nil, "an invalid file has a failure")
        require(reading.spec != nil || !reading.isValid, "a valid file has a meaning")
        let lines = Lines(reading.source)
        check(reading.diagnostics, lines)
        let plain = readBuildSpec(bytes, file: "f")
        require(
            plain.diagnostics.filter { $0.severity == .error } == reading.diagnostics.filter { $0.severity == .error },
            "checks of the content find no errors")
        show(reading.diagnostics, reading.source)
        if let spec = reading.spec { plan(spec) }

        let settings = readProjectSettings(bytes, file: "f", extraKeys: ["keep"])
        check(settings.diagnostics, lines)
        show(settings.diagnostics, settings.source)
        let secrets = readSecretsFile(bytes, file: "f")
        check(secrets.diagnostics, lines)
    }

    private static func check(_ diagnostics: [Diagnostic], _ lines: Lines) {
        require(diagnostics.count <= 1010, "findings have an end")
        for found in diagnostics {
            let line = found.location.line, column = found.location.column
            require(line >= 1 && line <= lines.lengths.count, "the line is one of the file: \(found)")
            let length = lines.lengths[line - 1]
            require(column >= 1 && column <= length + 1, "the column is one of the line: \(found)")
            require(column + found.length - 1 <= max(column, length), "the finding ends on its line: \(found)")
            require(found.length > 0, "something is marked: \(found)")
            require(!found.message.utf8.contains { $0 < 0x20 || $0 == 0x7f }, "a message is one line: \(found)")
        }
    }

    private static func show(_ diagnostics: [Diagnostic], _ source: [UInt8]) {
        let report = ValidationReport(
            [.init(path: "f", findings: diagnostics, source: source)], isStrict: false)
        let text = report.text(color: false)
        require(!text.utf8.contains { $0 < 0x20 && $0 != 0x0a || $0 == 0x7f }, "nothing shown moves the cursor")
        require(report.github.utf8.count { $0 == 0x0a } <= diagnostics.count + 1, "a finding is one line for GitHub")
        _ = report.json.bytes
        _ = report.sarif(toolVersion: "0").bytes
    }

    /// What is made of a buildspec without a container.
    private static func plan(_ spec: BuildSpec) {
        let plan = BuildPlan(
            spec,
            BuildRequest(
                id: BuildID(project: "p", uuid: "0b5c2a7e-1111-2222-3333-444455556666"), image: "i",
                buildspecPath: "f", overrides: [], source: SourceFacts(), initiator: "me", region: "eu-west-1",
                buildNumber: 1, startMilliseconds: 0, timeout: 60, usesCache: true))
        for command in plan.phases.flatMap({ $0.commands + $0.finally }) { _ = plan.script(for: command.text) }
        if let batch = spec.batch { _ = BatchPlan(batch) }
    }

    /// The lengths of a text's lines in scalars, counted in another way than the reader's: by LF, CRLF and CR.
    private struct Lines {
        private(set) var lengths = [0]

        init(_ text: [UInt8]) {
            var last: UInt8 = 0
            for byte in text.starts(with: [0xef, 0xbb, 0xbf]) ? text.dropFirst(3) : text[...] {
                switch byte {
                case 0x0a where last == 0x0d: break
                case 0x0a, 0x0d: lengths.append(0)
                case 0x80...0xbf: break
                default: lengths[lengths.count - 1] += 1
                }
                last = byte
            }
        }
    }
}
