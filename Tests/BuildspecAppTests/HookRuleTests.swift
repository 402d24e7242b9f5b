import BuildPlanning
import Testing

@testable import BuildspecApp

@Suite("the hook's rules")
struct HookRuleTests {
    @Test(
        "branches are named by globs, regular expressions and exclusions",
        arguments: [
            (["main"], "refs/heads/main", true), (["main"], "refs/heads/maintenance", false),
            (["release/*"], "refs/heads/release/1", true), (["refs/tags/v*"], "refs/tags/v1", true),
            (["^refs/heads/(a|b)$"], "refs/heads/b", true), (["^refs/heads/(a|b)$"], "refs/heads/c", false),
            (["!main"], "refs/heads/main", false), (["!main"], "refs/heads/other", true),
            (["release/*", "!release/old"], "refs/heads/release/old", false), ([], "refs/heads/x", true),
        ])
    func branches(_ patterns: [String], _ reference: String, _ isBuilt: Bool) throws {
        #expect(try PushFilter(branches: patterns, paths: []).admits(reference: reference) == isBuilt)
    }

    @Test(
        "paths are named in the same way",
        arguments: [
            (["src/**"], "src/a/b.c", true), (["src/**"], "doc/a", false), (["pom.xml"], "pom.xml", true),
            (["!doc/**"], "doc/a", false), (["!doc/**"], "src/a", true), (["^src/.*[.]c$"], "src/x.c", true),
        ])
    func paths(_ patterns: [String], _ path: String, _ isBuilt: Bool) throws {
        #expect(try PushFilter(branches: [], paths: patterns).admits(path: Array(path.utf8)) == isBuilt)
    }

    @Test("what is no regular expression is refused by the flag's name")
    func wrongPattern() {
        let failure = #expect(throws: Failure.self) { try PushFilter(branches: ["^("], paths: []) }
        #expect(failure?.status == .usage)
        #expect(failure?.message.contains("--branch") == true)
    }

    @Test("git's lines are read from their ends, whatever the local ref is called")
    func pushes() {
        let zero = String(repeating: "0", count: 40), a = String(repeating: "a", count: 40)
        let text = "HEAD~ 1 \(a) refs/heads/x \(zero)\n(delete) \(zero) refs/heads/y \(a)\nnonsense\n"
        let pushes = PushHook.pushes(text)
        #expect(pushes.map(\.remoteReference) == ["refs/heads/x", "refs/heads/y"])
        #expect(pushes.map(\.isDeletion) == [false, true])
        #expect(pushes.map(\.base) == [nil, a])
    }

    @Test("the script calls the program with the rules, and whatever was there before first")
    func script() {
        var rules = HookScript(
            program: "/opt/build spec/buildspec", path: "/usr/bin:/it's here", before: "/r/pre-push.old")
        rules.words = ["--branch", "release/*"]
        let text = rules.text
        #expect(text.hasPrefix("#!/bin/sh\n# buildspec hook"))
        #expect(text.contains("program='/opt/build spec/buildspec'"))
        #expect(text.contains("PATH=${PATH:+$PATH:}'/usr/bin:/it'\\''s here'"))
        #expect(text.contains("[ -x '/r/pre-push.old' ]"))
        #expect(text.contains("'hook' 'run' 'pre-push' '--branch' 'release/*' \"$@\""))
        #expect(text.contains("exit 1") && !text.contains("exit 0"))
        rules.allowsWithoutProgram = true
        #expect(rules.text.contains("exit 0"))
    }
}
