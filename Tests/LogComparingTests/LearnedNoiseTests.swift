import Testing

@testable import LogComparing

/// What is learned from two builds that succeeded, and what is not.
@Suite struct LearnedNoiseTests {
    private static let sides = ComparedSides(one: .build("0b5c2a7e-1"), other: .file("cloud.json"))

    /// A log of one command in BUILD, which ends with an exit status.
    private static func log(_ output: [String], status: Int = 0, command: String = "make") -> BuildLog {
        var lines = ["@ Phase complete: DOWNLOAD_SOURCE State: SUCCEEDED", "@ Entering phase BUILD"]
        lines += ["@ Running command \(command)"] + output + [""]
        if status != 0 { lines.append("@ Command did not exit successfully \(command) exit status \(status)") }
        lines.append("@ Phase complete: BUILD State: SUCCEEDED")
        let text = lines.map { $0.replacing("@ ", with: "[Container] 2026/07/04 14:25:39 ") + "\n" }.joined()
        return BuildLog(text: Array(text.utf8))
    }

    private static func noise(
        _ one: [String], _ other: [String], haveSameInputs: Bool = true
    ) -> LearnedNoise {
        LearnedNoise(log(one), log(other), builds: ["11111111-1", "22222222-2"], haveSameInputs: haveSameInputs)
    }

    /// The lines that differ, those of the one side with `-`, those of the other with `+`.
    private static func diff(_ one: [String], _ other: [String], learned noise: LearnedNoise) -> [String] {
        LogDiff(log(one), log(other), learned: noise).differences.flatMap { difference -> [String] in
            guard case .output(let change) = difference.kind else { return ["\(difference.kind)"] }
            return change.one.map { "-\($0)" } + change.other.map { "+\($0)" }
        }
    }

    private static func diff(_ one: String, _ other: String, learned noise: LearnedNoise) -> [String] {
        diff([one], [other], learned: noise)
    }

    // MARK: Words

    @Test func `a word that differs between two good builds may differ`() {
        let noise = Self.noise(["session a1b2c3 of 12 ok"], ["session 9zz88 of 12 ok"])
        #expect(Self.diff("session a1b2c3 of 12 ok", "session qq1ww2 of 12 ok", learned: noise) == [])
        let diff = LogDiff(Self.log(["session 1 of 12 ok"]), Self.log(["session 2 of 12 ok"]), learned: noise)
        #expect(diff.leftOut == 1 && diff.learnedFrom == ["11111111-1", "22222222-2"])
        #expect(
            diff.text(Self.sides, usesColor: false).hasSuffix(
                "left out: 1 line whose like differs between builds that succeeded, 11111111 and 22222222 "
                    + "(--no-learning compares all)\n"))
        #expect(
            String(decoding: diff.json(Self.sides).bytes, as: UTF8.self).contains(
                #""learned":{"builds":["11111111-1","22222222-2"],"linesLeftOut":1}"#))
    }

    @Test func `all else of that line is compared`() {
        let noise = Self.noise(["session a1b2c3 of 12 ok"], ["session 9zz88 of 12 ok"])
        for other in [
            "session a1b2c3 of 13 ok", "session a1b2c3 of 12 failed", "session FAILED of 12 ok",
            "session none of 12 ok", "session E99 of 12 ok", "session a1-b2 of 12 ok", "error",
        ] {
            #expect(
                Self.diff("session a1b2c3 of 12 ok", other, learned: noise) == [
                    "-session a1b2c3 of 12 ok", "+\(other)",
                ])
        }
        #expect(Self.diff(["session a1 of 12 ok", "x"], ["x"], learned: noise) == ["-session a1 of 12 ok"])
    }

    @Test func `a line that is the same in both good builds is compared, though another of its form is not`() {
        let noise = Self.noise(["id 12345", "id 7"], ["id 54321", "id 7"])
        #expect(Self.diff(["id 1", "id 7"], ["id 2", "id 7"], learned: noise) == [])
        #expect(Self.diff(["id 1", "id 7"], ["id 2", "id 8"], learned: noise) == ["-id 7", "+id 8"])
        #expect(Self.diff(["id 1", "id 9"], ["id 2", "id 8"], learned: noise) == ["-id 9", "+id 8"])
    }

    @Test func `where all lines of a form differ, each further one may`() {
        let noise = Self.noise(["a 10", "x", "a 11"], ["a 20", "x", "a 21"])
        #expect(Self.diff(["a 1", "x", "a 2", "y", "a 3"], ["a 4", "x", "a 5", "y", "a 6"], learned: noise) == [])
        #expect(Self.diff(["a 1", "x"], ["a 4", "x", "a 5"], learned: noise) == ["+a 5"])
    }

    @Test func `what differs in a command that failed, or in another command, is not learned`() {
        let failing = LearnedNoise(
            Self.log(["id 1"]), Self.log(["id 2"], status: 1), builds: [], haveSameInputs: true)
        #expect(Self.diff("id 1", "id 2", learned: failing) == ["-id 1", "+id 2"])
        let other = LearnedNoise(
            Self.log(["id 1"], command: "a"), Self.log(["id 2"], command: "a"), builds: [], haveSameInputs: true)
        #expect(Self.diff("id 1", "id 2", learned: other) == ["-id 1", "+id 2"])
    }

    @Test func `a failure is seen whatever was learned`() {
        let noise = Self.noise(["run 1", "took 17 tries", "ok 5"], ["run 2", "took 3 tries", "late", "ok 5"])
        let diff = LogDiff(
            Self.log(["run 3", "took 9 tries", "ok 5"]),
            Self.log(["run 4", "took 1 tries", "late", "error: a.c:3", "ok 4"], status: 2), learned: noise)
        #expect(diff.differences.map(\.kind).count == 2)
        #expect(diff.text(Self.sides, usesColor: false).contains("- ok 5\n  + error: a.c:3\n  + ok 4\n"))
        #expect(diff.text(Self.sides, usesColor: false).contains("exit status 0 here, 2 in the cloud"))
    }

    // MARK: Lines

    @Test func `a line that only one good build has may be missing, and others may not`() {
        let noise = Self.noise(["a", "retrying", "b"], ["a", "b"])
        #expect(Self.diff(["a", "b"], ["a", "retrying", "b"], learned: noise) == [])
        #expect(Self.diff(["a", "b"], ["a", "retrying now", "b"], learned: noise) == ["+retrying now"])
        #expect(Self.diff(["a", "b"], ["a"], learned: noise) == ["-b"])
    }

    @Test func `a line that is printed more or less often must be there once`() {
        let noise = Self.noise(["wait", "wait", "up"], ["wait", "wait", "wait", "up"])
        #expect(Self.diff(["wait", "up"], ["wait", "wait", "wait", "wait", "up"], learned: noise) == [])
        #expect(Self.diff(["wait", "up"], ["up"], learned: noise) == ["-wait"])
        #expect(Self.diff(["wait", "up"], ["wait", "wait", "down"], learned: noise) == ["-up", "+down"])
    }

    @Test func `lines that stand for one another may do so again, and no third line`() {
        let noise = Self.noise(["start", "cache: cold", "end"], ["start", "cache: warm", "end"])
        #expect(Self.diff(["start", "cache: cold", "end"], ["start", "cache: warm", "end"], learned: noise) == [])
        #expect(
            Self.diff(["start", "cache: cold", "end"], ["start", "cache: broken", "end"], learned: noise) == [
                "-cache: cold", "+cache: broken",
            ])
        // `ok` is also a line that both have.
        let results = Self.noise(["a", "ok", "b", "ok"], ["a", "late", "b", "ok"])
        #expect(Self.diff(["a", "ok", "b", "ok"], ["a", "ok", "b", "late"], learned: results) == ["-ok", "+late"])
    }

    // MARK: Order

    @Test func `lines in another order are compared as a set`() {
        let noise = Self.noise(["begin", "one", "two", "three", "end"], ["begin", "three", "one", "two", "end"])
        #expect(
            Self.diff(
                ["begin", "two", "three", "one", "end"], ["begin", "one", "two", "three", "end"], learned: noise) == [])
        #expect(
            Self.diff(["begin", "two", "three", "one", "end"], ["begin", "one", "two", "four", "end"], learned: noise)
                == [
                    "-three", "+four",
                ])
        // As often as before.
        #expect(Self.diff(["one", "two"], ["two", "one", "one"], learned: noise) == ["+one"])
        let ordered = Self.noise(["begin", "one", "end 1"], ["begin", "one", "end 2"])
        #expect(Self.diff(["one", "two"], ["two", "one"], learned: ordered).count == 2)
    }

    @Test func `parallel lines may differ in words, too`() {
        let noise = Self.noise(
            ["[101] compiled a.c", "[102] compiled b.c", "[103] compiled c.c"],
            ["[203] compiled c.c", "[201] compiled a.c", "[202] compiled b.c"])
        #expect(
            Self.diff(
                ["[1] compiled b.c", "[2] compiled c.c", "[3] compiled a.c"],
                ["[9] compiled a.c", "[8] compiled b.c", "[7] compiled c.c"], learned: noise) == [])
        #expect(
            Self.diff(
                ["[1] compiled b.c", "[2] compiled c.c", "[3] compiled a.c"],
                ["[9] compiled a.c", "[8] failed b.c", "[7] compiled c.c"], learned: noise) == [
                    "-[1] compiled b.c", "+[8] failed b.c",
                ])
    }

    // MARK: Builds of different inputs

    @Test func `of different inputs only order is learned, and what chance makes`() {
        func noise(_ one: [String], _ other: [String]) -> LearnedNoise {
            Self.noise(one, other, haveSameInputs: false)
        }
        #expect(
            Self.diff("Tests run: 5", "Tests run: 4", learned: noise(["Tests run: 5"], ["Tests run: 6"])).count == 2)
        #expect(Self.diff("app 1.2.5", "app 1.2.4", learned: noise(["app 1.2.5"], ["app 1.2.6"])).count == 2)
        #expect(Self.diff(["a", "b"], ["a"], learned: noise(["a", "b"], ["a"])) == ["-b"])
        #expect(Self.diff("cold", "warm", learned: noise(["cold"], ["warm"])).count == 2)
        #expect(Self.diff("id 123456", "id 9999999", learned: noise(["id 123456"], ["id 654321"])) == [])
        #expect(Self.diff("id a1b2c3d4", "id 9f8e7d6c", learned: noise(["id 11aa22bb"], ["id c3c3c3c3"])) == [])
        #expect(Self.diff(["a", "b"], ["b", "a"], learned: noise(["a", "b"], ["b", "a"])) == [])
    }

    // MARK: Whatever was learned

    /// Numbers that are the same in each run.
    private struct Chance: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ (state >> 29)
        }
    }

    @Test func `a line that no good build has is seen in all places of all outputs`() {
        var chance = Chance(state: 7)
        for _ in 0..<300 {
            func output() -> [String] {
                (0..<Int.random(in: 0...12, using: &chance)).map { _ in
                    [
                        "a", "b \(Int.random(in: 0...3, using: &chance))",
                        "id \(Int.random(in: 0...99_999, using: &chance))", "",
                    ]
                    .randomElement(using: &chance) ?? ""
                }
            }
            let noise = Self.noise(output(), output(), haveSameInputs: Bool.random(using: &chance))
            let good = output()
            #expect(Self.diff(good, good, learned: noise) == [])
            for failure in ["error", "id failed", "b 1 error", "id 17: broken"] {
                var bad = good
                bad.insert(failure, at: Int.random(in: 0...good.count, using: &chance))
                #expect(Self.diff(good, bad, learned: noise).contains("+\(failure)"))
                #expect(Self.diff(bad, good, learned: noise).contains("-\(failure)"))
            }
        }
    }

    // MARK: Long logs

    @Test func `long outputs are learned and compared line by line`() {
        func output(_ seed: Int) -> [String] {
            (0..<2_000).map { "line \(($0 * 7) % 1000) of \($0): value \(($0 &* 2_654_435_761 &+ seed) % 99_991) end" }
        }
        let noise = Self.noise(output(1), output(2))
        #expect(Self.diff(output(3), output(4), learned: noise) == [])
        var changed = output(4)
        changed[1_500] += " badly"
        #expect(Self.diff(output(3), changed, learned: noise).count == 2)
    }
}
