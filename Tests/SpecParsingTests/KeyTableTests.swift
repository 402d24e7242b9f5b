import Testing

@testable import SpecParsing

/// The one key table against the reader: what stands in it is known, and read by its shape.
@Suite struct KeyTableTests {
    @Test("every key of the buildspec reference is known in its place")
    func allKeys() {
        let keys = [
            "version", "run-as", "env", "proxy", "batch", "phases", "reports", "artifacts", "cache", "env.shell",
            "env.variables", "env.parameter-store", "env.secrets-manager", "env.exported-variables",
            "env.git-credential-helper", "proxy.upload-artifacts", "proxy.logs", "phases.install",
            "phases.pre_build", "phases.build", "phases.post_build", "phases.install.runtime-versions",
            "phases.build.run-as", "phases.build.on-failure", "phases.build.commands", "phases.build.finally",
            "reports.NAME.files", "reports.NAME.file-format", "reports.NAME.base-directory",
            "reports.NAME.discard-paths", "artifacts.files", "artifacts.name", "artifacts.base-directory",
            "artifacts.discard-paths", "artifacts.exclude-paths", "artifacts.enable-symlinks", "artifacts.s3-prefix",
            "artifacts.secondary-artifacts", "artifacts.secondary-artifacts.NAME.files", "cache.paths", "cache.key",
            "cache.fallback-keys", "cache.action", "batch.fast-fail", "batch.build-graph", "batch.build-list",
            "batch.build-matrix", "batch.build-fanout", "batch.build-graph[].depend-on",
            "batch.build-list[].identifier", "batch.build-list[].ignore-failure",
            "batch.build-matrix.dynamic.env.variables", "batch.build-matrix.static.env.privileged-mode",
            "batch.build-fanout.parallelism", "environment_variables.plaintext", "artifacts.type",
            "eb_codebuild_settings",
        ]
        let unknown = keys.filter { key in
            let name = key.split(separator: ".").last.map(String.init) ?? key
            let place = key.dropLast(name.count).last == "." ? String(key.dropLast(name.count + 1)) : ""
            return !KeyTable.buildSpec.places(ofKey: name).contains(SpecPath(text: place))
        }
        #expect(unknown == [])
    }

    @Test("a key stands first where it is shallowest")
    func places() {
        #expect(
            KeyTable.buildSpec.places(ofKey: "files").map(\.text) == [
                "artifacts", "reports.NAME", "artifacts.secondary-artifacts.NAME",
            ])
        #expect(KeyTable.buildSpec.places(ofKey: "nothing").isEmpty)
    }

    @Test("every table has each key once")
    func uniqueKeys() {
        func check(_ table: KeyTable) {
            let names = table.keys.map(\.name)
            #expect(Set(names).count == names.count)
            for key in table.keys { key.shape.sections.forEach { check($0.table) } }
        }
        check(.buildSpec)
    }

    @Test("codes are unique and kebab-case")
    func codes() {
        #expect(FindingCode.allCases.allSatisfy { $0.rawValue.allSatisfy { $0.isLowercase || "-018".contains($0) } })
    }
}
