import BuildPlanning
import Testing

@testable import BuildspecApp

@Suite struct TestTimesTests {
    private func keys(file: String? = nil, owner: String, suite: String = "s") -> [String] {
        var test = ReportFacts.Case(
            testSuiteName: suite, prefix: owner.isEmpty ? nil : owner, name: "t", status: "SUCCEEDED",
            durationInNanoSeconds: 1)
        test.file = file
        return TestTimes.keys(of: test)
    }

    @Test func `a test is found by the path of its file, its class or its module`() {
        #expect(keys(file: "./t/a.js", owner: "x") == ["t/a.js"])
        #expect(keys(file: "/codebuild/output/src12/src/t/a.js", owner: "x") == ["t/a.js"])
        #expect(keys(owner: "org.acme.OwnerTest$Nested") == ["org/acme/OwnerTest", "org/acme"])
        #expect(keys(owner: "tests.test_owner") == ["tests/test_owner"])
        #expect(keys(owner: "tests.test_owner.TestOwner").last == "tests/test_owner")
        #expect(keys(owner: "", suite: "src/a.test.ts") == ["src/a.test.ts"])
        #expect(keys(owner: "", suite: "") == [])
        #expect(keys(file: "a\nb", owner: "") == [])
    }
}
