import Testing

@testable import SpecParsing

@Suite struct BatchTests {
    private func batch(_ text: String) throws -> BuildSpec.Batch {
        try #require(try spec("version: 0.2\n" + text).batch)
    }

    @Test("a graph is read with all its keys")
    func graph() throws {
        let batch = try batch(
            """
            batch:
              fast-fail: true
              build-graph:
                - identifier: unit
                  buildspec: ci/unit.yml
                  env:
                    compute-type: BUILD_GENERAL1_SMALL
                    image: aws/codebuild/standard:7.0
                    type: LINUX_CONTAINER
                    privileged-mode: yes
                    variables: {K: 010}
                  debug-session: true
                  ignore-failure: yes
                - identifier: pack
                  depend-on: unit
            """)
        #expect(batch.type == .graph)
        #expect(batch.fastFail)
        #expect(batch.builds.map(\.identifier.value) == ["unit", "pack"])
        #expect(batch.builds.map { $0.dependsOn.map(\.value) } == [[], ["unit"]])
        let unit = try #require(batch.builds.first)
        #expect(unit.buildspec?.value == "ci/unit.yml")
        #expect(unit.ignoreFailure && unit.debugSession)
        #expect(unit.env.computeType?.value == "BUILD_GENERAL1_SMALL")
        #expect(unit.env.image?.value == "aws/codebuild/standard:7.0")
        #expect(unit.env.type?.value == "LINUX_CONTAINER")
        #expect(unit.env.privilegedMode?.value == true)
        #expect(unit.env.variables.map(\.value) == ["010"])
        #expect(unit.identifier.location.description == "b.yml:5:19")
    }

    @Test("a matrix gives its dimensions")
    func matrix() throws {
        let batch = try batch(
            """
            batch:
              build-matrix:
                static:
                  ignore-failure: true
                  env: {type: LINUX_CONTAINER, privileged-mode: true}
                dynamic:
                  buildspec: [a.yml, b.yml]
                  env:
                    image: x
                    compute-type: [s, m]
                    variables:
                      V: ["1.10", 2]
                      W: one
            """)
        let matrix = try #require(batch.matrix)
        #expect(batch.type == .matrix)
        #expect(matrix.ignoreFailure)
        #expect(matrix.env.type?.value == "LINUX_CONTAINER")
        #expect(matrix.buildspecs.map(\.value) == ["a.yml", "b.yml"])
        #expect(matrix.images.map(\.value) == ["x"])
        #expect(matrix.computeTypes.map(\.value) == ["s", "m"])
        #expect(matrix.variables.map(\.name) == ["V", "W"])
        #expect(matrix.variables.map { $0.values.map(\.value) } == [["1.10", "2"], ["one"]])
    }

    @Test("a fanout needs a number")
    func fanout() throws {
        #expect(
            try batch("batch: {build-fanout: {parallelism: 5, ignore-failure: yes}}\n").fanout?.parallelism.value == 5)
        expectFindings(
            "version: 0.2\nbatch: {build-fanout: {parallelism: «many»}}\n",
            ["error: `batch.build-fanout.parallelism` is `many`, expected a whole number [not-a-number]"])
        expectFindings(
            "version: 0.2\nbatch: {«build-fanout»: {ignore-failure: no}}\n",
            ["error: `batch.build-fanout` needs a `parallelism` of 1 or more [missing-key]"])
    }

    @Test(
        "what is wrong with a batch is found",
        arguments: [
            (
                "«batch»: {fast-fail: no}",
                "`batch` has none of `build-graph`, `build-list`, `build-matrix` or `build-fanout` [batch-type]"
            ),
            (
                "«batch»: {build-list: [{identifier: a}], build-matrix: {}}",
                "`batch` has `build-list` and `build-matrix`, expected one of them [batch-type]"
            ),
            ("batch: {build-list: [{«buildspec»: a}]}", "`batch.build-list[0]` has no `identifier` [missing-key]"),
            (
                "batch: {build-list: [{identifier: a}, {identifier: «a»}]}",
                "two builds have the identifier `a` [duplicate-identifier]"
            ),
            (
                "batch: {build-list: [{identifier: «../a»}]}",
                "the identifier `../a` has characters other than letters, digits and `_` [invalid-identifier]"
            ),
            (
                "batch: {build-graph: [{identifier: a, depend-on: [«b»]}]}",
                "no build has the identifier `b` [unknown-dependency]"
            ),
            (
                "batch: {build-graph: [{identifier: «a», depend-on: a}]}",
                "the builds wait for one another: `a` → `a` [dependency-cycle]"
            ),
            (
                "batch: {build-graph: [{identifier: z, depend-on: a}, {identifier: «a», depend-on: [d, b]}, "
                    + "{identifier: b, depend-on: c}, {identifier: c, depend-on: a}, {identifier: d}]}",
                "the builds wait for one another: `a` → `b` → `c` → `a` [dependency-cycle]"
            ),
        ])
    func wrong(text: String, finding: String) {
        expectFindings("version: 0.2\n\(text)\n", ["error: \(finding)"])
    }

    @Test(
        "an identifier is letters, digits and underscores, less than 128",
        arguments: [
            ("a-b", "has characters other than letters, digits and `_`"),
            ("gcc4.1", "has characters other than letters, digits and `_`"),
            ("été", "has characters other than letters, digits and `_`"),
            ("''", "has characters other than letters, digits and `_`"),
            (String(repeating: "a", count: 128), "has 128 characters, expected less than 128"),
        ])
    func identifiers(text: String, problem: String) throws {
        let shown = text == "''" ? "" : String(text.prefix(80)) + (text.count > 80 ? "…" : "")
        expectFindings(
            "version: 0.2\nbatch: {build-list: [{identifier: «\(text)»}]}\n",
            ["error: the identifier `\(shown)` \(problem) [invalid-identifier]"])
        let longest = "Aa_0" + String(repeating: "z", count: 123)
        #expect(
            try batch("batch: {build-list: [{identifier: \(longest)}]}\n").builds.first?.identifier.value == longest)
    }

    @Test("refused identifiers have CodeBuild's message, which names all of the batch")
    func messageOfIdentifiers() {
        for head in ["version: 0.2\n", goodHead] {
            let reading = read(
                head + "batch:\n  build-list: [{identifier: a-b}, {identifier: ok}, {identifier: c.d}]\n")
            #expect(
                reading.diagnostics.map(\.codebuildMessage)
                    == Array(
                        repeating:
                            "BATCH_SPEC_VALIDATION_ERROR: BatchSpec has invalid values.. Build Identifiers a-b,c.d "
                            + "must contain only alphanumeric characters and underscores and be less than 128 characters "
                            + "in length.", count: 2))
        }
    }

    @Test("what an ordinary build reports is not what is wrong in its batch")
    func failureBesideBatch() {
        let text = "version: 0.2\nbatch: {build-list: [{identifier: ../a}]}\nphases: {build: {commands: ["
        #expect(read(text + "a]}}\nrun-as: [b]\n").failure?.message == "`run-as` is a list, expected text")
        #expect(read(text + "a: b]}}\n").failure?.message.hasPrefix("Expected Commands[0]") == true)
        #expect(read(text + "a]}}\n").failure?.message.hasPrefix("the identifier `../a`") == true)
    }

    @Test("beside phases an odd identifier is a warning, as the file also builds without the batch")
    func identifierBesidePhases() throws {
        let reading = expectFindings(
            goodHead + "batch: {build-list: [{identifier: «a-b.c»}]}\n",
            [
                "warning: the identifier `a-b.c` has characters other than letters, digits and `_` [invalid-identifier]"
            ])
        #expect(reading.spec?.batch?.builds.map(\.identifier.value) == ["a-b.c"])
        #expect(!read(goodHead + "batch: {build-list: [{identifier: a..b}]}\n").isValid)
        #expect(!read(goodHead + "batch: {build-list: [{identifier: -a}]}\n").isValid)
    }

    @Test("an empty list of builds is an error")
    func noBuilds() {
        expectFindings(
            "version: 0.2\nbatch: {«build-list»: []}\n", ["error: `batch.build-list` has no builds [missing-key]"])
    }

    @Test(
        "a batch without a type is a warning beside phases, and cannot start",
        arguments: ["{fast-fail: no}", "{}", "{build-list: }"])
    func typeless(batch: String) throws {
        let reading = read(goodHead + "batch: \(batch)\n")
        #expect(reading.isValid)
        #expect(reading.diagnostics.contains { $0.code == "batch-type" && $0.help != nil })
        let spec = try #require(reading.spec)
        #expect(spec.batch == nil && spec.hasWrongBatch)
        #expect(!read("version: 0.2\nbatch: \(batch)\n").isValid)
        #expect(!read(goodHead + "batch: {build-list: [{identifier: a}], build-fanout: {parallelism: 2}}\n").isValid)
    }

    @Test("an ordinary build ignores what is wrong in a batch, also in its shape")
    func ignoredByOrdinaryBuild() throws {
        for text in ["yes", "{build-list: {}}", "{build-graph: [{identifier: a, depend-on: b}]}", "{[a]: b}"] {
            let reading = read(goodHead + "batch: \(text)\n")
            #expect(!reading.isValid)
            let spec = try #require(reading.spec)
            #expect(spec.batch == nil && spec.hasWrongBatch)
            #expect(spec.phases.map(\.name) == [.build])
            #expect(read("version: 0.2\nbatch: \(text)\n").spec == nil)
        }
        #expect(read(goodHead + "batch: yes\nrun-as: [x]\n").spec == nil)
        #expect(
            read("version: 0.2\nbatch: {build-list: []}\nreports: {r: {}}\n").diagnostics.map(\.code) == [
                "missing-key", "missing-key",
            ])
        #expect(read("version: 0.2\nbatch: {build-list: [{}]}\nphases: x\n").spec == nil)
    }

    @Test("a diamond is no cycle")
    func diamond() throws {
        let batch = try batch(
            "batch: {build-graph: [{identifier: a, depend-on: [b, c]}, {identifier: b, depend-on: d}, "
                + "{identifier: c, depend-on: d}, {identifier: d}]}\n")
        #expect(batch.builds.count == 4)
    }
}
