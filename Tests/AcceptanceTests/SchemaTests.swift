import ChildProcesses
import Foundation
import Testing

enum Python {
    /// A Python with jsonschema and PyYAML. Debian's packages of them are for Debian's own Python alone.
    static let withSchemas: String? = ["python3", "/usr/bin/python3"].first { python in
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [python, "-c", "import jsonschema, yaml"]
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}

/// The committed JSON Schema, as a validator of others sees it, against our own verdicts.
///
/// Where there is no Python for it they are left out, but never in silence under `make test`.
@Suite(
    .enabled(if: Python.withSchemas != nil || ProcessInfo.processInfo.environment["BUILDSPEC_REQUIRE_DOCKER"] == "1"))
struct SchemaTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized

    private struct SchemaVerdict: Decodable {
        let file: String
        let syntax: Bool
        var texts: [String]?
        var typed: [String]?
    }

    private struct OurVerdicts: Decodable {
        struct File: Decodable {
            let path: String
            let valid: Bool
            let findings: [Finding]
        }
        struct Finding: Decodable {
            let severity: String
            let code: String
        }
        let files: [File]
    }

    /// Findings that a schema cannot have, with the reason.
    private static let exceptions = [
        "yaml-syntax": "no document, no schema", "not-utf8": "no document, no schema",
        "multiple-documents": "no document, no schema", "undefined-alias": "no document, no schema",
        "recursive-alias": "no document, no schema", "empty-file": "a null is refused too, but editors say nothing",
        "key-not-text": "JSON has no such keys", "too-deep": "a limit of the reader",
        "too-large": "a limit of the reader",
        "duplicate-identifier": "a schema cannot compare values",
        "unknown-dependency": "a schema cannot compare values",
        "dependency-cycle": "a schema cannot compare values",
    ]

    private func verdicts(_ files: [String], in play: Playground) async throws -> [(OurVerdicts.File, SchemaVerdict)] {
        let python = try #require(Python.withSchemas, "python3 with jsonschema and yaml: apt, or pip, installs them")
        let script = Self.root.appending(path: "Tests/Fixtures/schema-verdicts.py").path
        let schema = Self.root.appending(path: "Schemas/buildspec-0.2.schema.json").path
        let other = try await Command(python, [script, schema] + files, workingDirectory: play.source.path).collect()
        #expect(other.status.isSuccess, "\(other.errorText)")
        let theirs = try other.outputText.split(separator: "\n").map {
            try JSONDecoder().decode(SchemaVerdict.self, from: Data($0.utf8))
        }
        let output = try await play.call(["validate", "--format", "json"] + files).output
        let ours = try JSONDecoder().decode(OurVerdicts.self, from: Data(output)).files
        #expect(ours.map(\.path) == files)
        #expect(theirs.map(\.file) == files)
        return Array(zip(ours, theirs))
    }

    /// Expects both to say the same of every file, what a schema cannot say aside.
    private func expectAgreement(_ verdicts: [(OurVerdicts.File, SchemaVerdict)]) {
        for (our, their) in verdicts {
            let errors = our.findings.filter { $0.severity == "error" }.map(\.code)
            guard errors.isEmpty || errors.contains(where: { Self.exceptions[$0] == nil }) else { continue }
            #expect(their.syntax, "\(our.path)")
            #expect((their.texts == []) == our.valid, "\(our.path): \(errors), \(their.texts ?? [])")
            #expect((their.typed == []) == our.valid, "\(our.path): \(errors), \(their.typed ?? [])")
        }
    }

    @Test func `the schema and the validator agree about every fixture`() async throws {
        let folder = Self.root.appending(path: "Tests/Fixtures/corpus")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .filter { $0.hasSuffix(".yml") }.sorted().map { folder.appending(path: $0).path }
        #expect(files.count >= 45)
        let verdicts = try await verdicts(files, in: Playground())
        expectAgreement(verdicts)
        #expect(verdicts.contains { !$0.0.valid && $0.1.texts?.isEmpty == false })
    }

    @Test func `the schema and the validator agree about every rule`() async throws {
        let play = try Playground()
        var files: [String] = []
        for (number, sample) in Self.samples.enumerated() {
            let name = "\(number).yml"
            try play.write(name, sample.hasPrefix("version:") || sample.hasPrefix("!") ? sample : Self.head + sample)
            files.append(name)
        }
        let verdicts = try await verdicts(files, in: play)
        expectAgreement(verdicts)
        // A mistake in the samples' common head would make all of them agree.
        let valid = verdicts.count { $0.0.valid }
        #expect(valid > 40 && verdicts.count - valid > 60, "\(valid) of \(verdicts.count)")
        for (sample, verdict) in zip(Self.samples, verdicts) where !verdict.0.valid {
            let codes = Set(verdict.0.findings.map(\.code))
            #expect(codes.isDisjoint(with: ["yaml-syntax", "key-not-text"]), "\(sample)")
        }
    }

    private static let head = "version: 0.2\nphases: {build: {commands: [a]}}\n"

    /// Whole buildspecs, or what stands behind a good head. Valid and invalid ones of every rule.
    private static let samples =
        [
            // The top.
            "version: 0.2\nphases: {}\n", "version: 0.2\nphases:\n", "version: '0.2'\nphases:\n",
            "version: 0.1\nphases:\n",
            "version: \"0.1\"\nphases:\n", "version:\nphases:\n", "version: ''\nphases:\n", "version: 2\nphases:\n",
            "version: 1.0\nphases:\n", "version: [0.2]\nphases:\n", "version: yes\nphases:\n", "version: 0.2\n",
            "version: 0.2\nphases: x\n", "version: 0.2\nphases: [build]\n", "version: 0.2\nbatch:\n",
            "version: 0.2\nbatch: {}\n", "version: 0.2\nphases:\nbuild: {commands: [a]}\n",
            "version: 0.2\nphases: {}\ninstall:\n", "version: 0.2\nphases: {build: }\ninstall:\n",
            "version: 0.2\nphases: {test: {commands: [a]}}\n",
            "version: 0.2\nphases: {build: {}, artifacts: {files: x}}\n",
            "unknown: {a: [b, {c: d}]}\n", "batch:\n", "batch: {}\n", "batch: []\n", "batch: x\n",
            "version: 0.2\nbatch: {fast-fail: no}\n", "version: 0.2\nphases:\nbatch: {fast-fail: no}\n", "run-as: 7\n",
            "run-as: [a]\n",
            "run-as:\n", "run-as: {a: b}\n",
            // Phases.
            "version: 0.2\nphases: {build: x}\n", "version: 0.2\nphases: {build: [x]}\n",
            "version: 0.2\nphases: {build: {commands: a}}\n",
            "version: 0.2\nphases: {build: {commands: [1, yes, 0x1f, ~, 1.5]}}\n",
            "version: 0.2\nphases: {build: {commands: {a: b}}}\n",
            "version: 0.2\nphases: {build: {commands: [{a: b}]}}\n",
            "version: 0.2\nphases: {build: {commands: [[a]]}}\n", "version: 0.2\nphases: {build: {commands: }}\n",
            "version: 0.2\nphases: {build: {finally: [{a: b}]}}\n", "version: 0.2\nphases: {build: {finally: a}}\n",
            "version: 0.2\nphases: {build: {steps: [a]}}\n",
            "version: 0.2\nphases: {build: {steps: [{uses: a, with: {b: c}}], commands: [d]}}\n",
            "version: 0.2\nphases: {build: {steps: }}\n", "version: 0.2\nphases: {build: {steps: x}}\n",
            "version: 0.2\nphases: {build: {run-as: [a]}}\n",
            "version: 0.2\nphases: {install: {runtime-versions: {python: 3.10, java: , nodejs: $N}}}\n",
            "version: 0.2\nphases: {install: {runtime-versions: [python]}}\n",
            "version: 0.2\nphases: {install: {runtime-versions: {python: [3]}}}\n",
            "version: 0.2\nphases: {build: {runtime-versions: [python]}}\n",
        ]
        + [
            "ABORT", "CONTINUE", "RETRY", "RETRY-3", "RETRY-100", "RETRY-007", "RETRY-3-x.*y", "RETRY-.*", "RETRY-3x",
            "RETRY-3-",
        ].map {
            "version: 0.2\nphases: {build: {on-failure: '\($0)'}}\n"
        }
        + ["abort", "STOP", "RETRY-", "RETRY-101", "RETRY-101-x", "yes", "3", ""].map {
            "version: 0.2\nphases: {build: {on-failure: '\($0)'}}\n"
        } + [
            "version: 0.2\nphases: {build: {on-failure: yes}}\n", "version: 0.2\nphases: {build: {on-failure: }}\n",
            "version: 0.2\nphases: {build: {on-failure: [ABORT]}}\n",
            // Variables.
            "env: {variables: {A: 1, B: , C: 'x', D: no, E: 2024-01-01, F: 1:30}}\n", "env: {variables: {A: [1]}}\n",
            "env: {variables: {A: {b: c}}}\n", "env: {variables: [A]}\n", "env: {variables: }\n",
            "env: {variables: {'': x}}\n",
            "env: {variables: {'A=B': x}}\n", "env: {variables: {a.b: x}}\n", "env: {parameter-store: {A: /x, B: }}\n",
            "env: {parameter-store: {a.b: /x}}\n", "env: {parameter-store: {A: [/x]}}\n",
            "env: {secrets-manager: {1a: x}}\n",
            "env: {secrets-manager: {_a1: 'x:y'}}\n", "env: {exported-variables: A}\n",
            "env: {exported-variables: [A, B, ~]}\n",
            "env: {exported-variables: [[A]]}\n", "env: {exported-variables: {A: B}}\n",
            "env: {exported-variables: []}\n",
            "env: x\n", "env:\n", "env: []\n", "env: {shell: bash}\n", "env: {shell: {a: b}}\n",
            "x: &x {A: 1}\nenv: {variables: {<<: *x, B: 2}}\n", "x: &x {A: [1]}\nenv: {variables: {<<: *x, B: 2}}\n",
        ] + ["yes", "NO", "True", "oFF", "'on'", "\"false\"", ""].map { "env: {git-credential-helper: \($0)}\n" }
        + ["1", "y", "'yes '", "''", "[yes]", "maybe", "~x"].map { "env: {git-credential-helper: \($0)}\n" } + [
            "proxy: {upload-artifacts: no, logs: yes}\n", "proxy: {logs: 0}\n", "proxy: yes\n",
            // Artifacts, cache, reports.
            "artifacts: {files: x}\n", "artifacts: {files: [x, y]}\n", "artifacts: {files: }\n", "artifacts: {}\n",
            "artifacts:\n", "artifacts: x\n", "artifacts: {name: x}\n", "artifacts: {files: {a: b}}\n",
            "artifacts: {files: [{a: b}]}\n", "artifacts: {files: x, discard-paths: 'no'}\n",
            "artifacts: {files: x, discard-paths: 2}\n", "artifacts: {files: x, name: [a]}\n",
            "artifacts: {files: x, type: {a: b}}\n", "artifacts: {secondary-artifacts: {a: {files: x}}}\n",
            "artifacts: {secondary-artifacts: [{a: {files: x}}, ~, {b: {files: y}}]}\n",
            "artifacts: {secondary-artifacts: {a: {name: x}}}\n", "artifacts: {secondary-artifacts: {a: }}\n",
            "artifacts: {secondary-artifacts: {}}\n", "artifacts: {secondary-artifacts: []}\n",
            "artifacts: {secondary-artifacts: }\n", "artifacts: {files: x, secondary-artifacts: }\n",
            "artifacts: {files: x, secondary-artifacts: {}}\n", "artifacts: {secondary-artifacts: [~]}\n",
            "artifacts: {secondary-artifacts: [a]}\n", "artifacts: {secondary-artifacts: a}\n",
            "artifacts: {files: x, secondary-artifacts: {artifacts: {files: x}}}\n",
            "artifacts: {files: x, secondary-artifacts: {a/b: {files: x}}}\n",
            "artifacts: {files: x, secondary-artifacts: {a..b: {files: x}}}\n",
            "artifacts: {files: x, secondary-artifacts: {.: {files: x}}}\n",
            "artifacts: {files: x, secondary-artifacts: {'': {files: x}}}\n",
            "artifacts: {files: x, secondary-artifacts: {artifacts2: {files: x}, a.b: {files: x}}}\n",
            "artifacts: {files: x, secondary-artifacts: [{artifacts: {files: x}}]}\n",
            "cache: {paths: [a], key: k, fallback-keys: [a], action: restore}\n", "cache: {paths: a, action: other}\n",
            "cache: {}\n", "cache: [a]\n", "cache: {paths: {a: b}}\n", "cache: {key: [a]}\n", "cache: {action: {}}\n",
            "reports: {r: {files: x, file-format: other}}\n", "reports: {r: {file-format: JUNITXML}}\n",
            "reports: {r: }\n",
            "reports:\n", "reports: {}\n", "reports: [{r: {files: x}}]\n", "reports: [{r: {}}]\n", "reports: x\n",
            "reports: {'arn:aws:codebuild:r/x': {files: [x], discard-paths: ON}}\n",
            "reports: {r: {files: x, discard-paths: q}}\n",
        ]
        + [
            // Batches.
            "build-list: [{identifier: a}]", "build-list: [{identifier: 1}, ~]", "build-list: [{buildspec: x}]",
            "build-list: [{identifier: }]", "build-list: [{identifier: a b}]", "build-list: [{identifier: a..b}]",
            "build-list: [{identifier: -a}]", "build-list: [{identifier: a-b.c}]", "build-list: []", "build-list: [~]",
            "build-list: {a: b}", "build-list: x", "build-list: [x]", "build-list: ", "build-list: , build-matrix: {}",
            "build-list: [{identifier: a}], build-matrix: {}", "fast-fail: yes", "fast-fail: 3, build-matrix: {}",
            "build-graph: [{identifier: a}, {identifier: b, depend-on: a, ignore-failure: on}]",
            "build-graph: [{identifier: a, depend-on: {a: b}}]", "build-graph: [{identifier: a, env: {image: [x]}}]",
            "build-graph: [{identifier: a, env: {variables: {A: 1}, privileged-mode: true, compute-type: X}}]",
            "build-graph: [{identifier: a, env: {privileged-mode: 1}}]",
            "build-graph: [{identifier: a, debug-session: x}]",
            "build-matrix: {static: {ignore-failure: no, env: {type: X}}, dynamic: {env: {variables: {A: [1, 2], B: x, C: }}}}",
            "build-matrix: {dynamic: {env: {variables: {A: {b: c}}}}}",
            "build-matrix: {dynamic: {env: {image: {a: b}}}}",
            "build-matrix: {dynamic: {buildspec: [a, b]}}", "build-matrix: x", "build-matrix: []",
            "build-fanout: {parallelism: 2}", "build-fanout: {parallelism: '12'}", "build-fanout: {parallelism: 0}",
            "build-fanout: {parallelism: -1}", "build-fanout: {parallelism: x}", "build-fanout: {parallelism: 1000001}",
            "build-fanout: {parallelism: '1000001'}", "build-fanout: {parallelism: }", "build-fanout: {}",
            "build-fanout: {parallelism: 1000000, ignore-failure: Yes}", "build-fanout: {parallelism: 1.5}",
        ].map { "batch: {\($0)}\n" }
}

@Suite struct SchemaCommandTests {
    @Test func `the schema is printed as it is committed`() async throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Schemas/buildspec-0.2.schema.json").standardized
        let printed = try await Playground().call(["schema"])
        #expect(printed.output == Array(try Data(contentsOf: file)))
        #expect(printed.errorText.isEmpty)
    }
}
