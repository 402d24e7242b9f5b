import BuildPlanning
import Foundation
import Rendering
import SpecParsing
import Testing

@Suite struct EventJSONTests {
    private let time = Timestamp(microseconds: 1_783_175_139_684_611)

    private func json(_ kind: BuildEvent.Kind) -> String {
        String(decoding: BuildEvent(time: time, kind: kind).json.bytes, as: UTF8.self)
    }

    private let head = #"{"version":1,"kind":"#
    private let stamp = #","time":"2026-07-04T14:25:39.684611Z","#

    @Test func `an event is one object on one line`() {
        #expect(
            json(.commandFinished(phase: .preBuild, command: "a\n\"b\"", exitStatus: 3, milliseconds: 1250))
                == head + #""commandFinished""# + stamp
                + #""phase":"PRE_BUILD","command":"a\n\"b\"","exitStatus":3,"seconds":1.25}"#)
    }

    @Test func `an explanation reads back as it was written`() throws {
        let event = BuildEvent(
            time: time,
            kind: .commandExplained(phase: .build, command: "mvnn", help: "did you mean `mvn`?", failedTests: ["A.b:1"])
        )
        let line = String(decoding: event.json.bytes, as: UTF8.self)
        #expect(
            line == head + #""commandExplained""# + stamp
                + #""phase":"BUILD","command":"mvnn","help":"did you mean `mvn`?","failedTests":["A.b:1"]}"#)
        #expect(BuildEvent(jsonLine: line.utf8) == event)
    }

    @Test func `output is text where it is UTF-8, else base 64`() {
        #expect(json(.output(phase: .build, bytes: Array("é\u{1b}[0m\n".utf8))).hasSuffix(#""text":"é\u001b[0m\n"}"#))
        #expect(json(.output(phase: .build, bytes: [0xff, 0x00, 0x61])).hasSuffix(#""base64":"/wBh"}"#))
    }

    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func `base 64 as RFC 4648 gives it`(text: String, expected: String) {
        #expect(Array(text.utf8).base64 == expected)
    }

    /// Each kind of event, some of them with and without what may be missing.
    static let kinds: [BuildEvent.Kind] = [
        BuildEvent.Kind.buildStarted(
            .init(
                id: BuildID(project: "p", uuid: "0b5c"), image: "i", sourceDirectory: "/s", buildspec: "/s/b.yml",
                source: "/home/me/p")),
        .agentLog(phase: .downloadSource, text: "a\n\"b\""), .phaseStarted(phase: .build),
        .commandStarted(
            phase: .build, command: "c", location: SourceLocation(file: "a:b.yml", line: 3, column: 9)),
        .commandStarted(phase: .build, command: "c", location: nil),
        .output(phase: .install, bytes: Array("é\u{1b}".utf8)), .output(phase: .install, bytes: [0xff, 0, 10]),
        .commandFinished(phase: .build, command: "c", exitStatus: 3, milliseconds: 1250),
        .phaseRetried(phase: .build, attempt: 1, limit: 3),
        .phaseFinished(
            phase: .postBuild, status: .failed, context: .commandFailed("c", exitStatus: 3), milliseconds: 7),
        .cacheRestored(entries: 1, bytes: 2, from: "/c"),
        .cacheSaved(entries: 1, bytes: 2, to: "/c", changed: false),
        .artifactsCollected(identifier: "artifacts", files: 1, bytes: 2, path: "/a", name: "app-1"),
        .reportMade(ReportSamples.tests), .reportMade(ReportSamples.coverage),
        .checkpointMade(phase: .build, image: "i:b", bytes: 7), .phaseSkipped(phase: .install),
        .containerKept(container: "n"),
        .comparedWithOriginal(
            .init(
                id: "p:1", failure: "BUILD: make, exit status 2",
                differences: [.init(field: "command", there: "make", here: "make all")],
                times: .init(source: 1250, start: nil, failure: 30))),
        .buildResumed(ResumePoint(phase: .preBuild, isInFinally: true, index: 4)),
        .buildResumed(
            ResumePoint(phase: .build, index: 0),
            source: SnapshotFacts(kind: "git:worktree", tree: "aa", identity: "bb")), .notice(text: "n"),
        .variablesExported([.init(name: "A", value: "v")]),
        .imageUsed(.init(name: "a/b:1", id: "sha256:1", digest: "a/b@sha256:2")),
        .imageUsed(.init(name: "a/b:1", id: "sha256:1", digest: nil)),
        .networkUsed(.init(recorded: 1, recordedBytes: 2, replayed: 3, missed: 4, failed: 5)),
        .runtimesSelected([.init(name: "java", asked: "latest", version: "corretto21", key: "corretto21")]),
        .buildFinished(status: .stopped),
    ]

    @Test func `what ends something says what failed, and where`() {
        var result = BuildResult(), texts: [String] = []
        let place = SourceLocation(file: "b.yml", line: 3, column: 9), start = Self.kinds[0]
        for (second, kind) in [
            start, .phaseStarted(phase: .build), .commandStarted(phase: .build, command: "make", location: place),
            .commandFinished(phase: .build, command: "make", exitStatus: 2, milliseconds: 500),
            .commandExplained(phase: .build, command: "make", help: nil, failedTests: ["A.b:1"]),
            .phaseFinished(
                phase: .build, status: .failed, context: .commandFailed("make", exitStatus: 2), milliseconds: 600),
            .phaseFinished(phase: .postBuild, status: .succeeded, context: .none, milliseconds: 0),
            .reportMade(ReportSamples.tests), .buildFinished(status: .failed),
        ].enumerated() {
            let event = BuildEvent(
                time: Timestamp(microseconds: time.microseconds + Int64(second) * 1_000_000), kind: kind)
            result.add(event)
            texts.append(String(decoding: event.json(in: result).bytes, as: UTF8.self))
        }
        let failed = #""command":"make","location":"b.yml:3:9","exitStatus":2"#
        #expect(texts[3].hasSuffix(#""exitStatus":2,"seconds":0.5,"location":"b.yml:3:9"}"#), "\(texts[3])")
        #expect(texts[5].hasSuffix(#""seconds":0.6,\#(failed)}"#), "\(texts[5])")
        #expect(texts[6].hasSuffix(#""seconds":0.0}"#), "\(texts[6])")
        #expect(texts[8].contains(#""status":"FAILED","seconds":8.0,"tests":{"total":"#), "\(texts[8])")
        #expect(texts[8].contains(#""phase":"BUILD","statusCode":"COMMAND_EXECUTION_ERROR","message":"#), "\(texts[8])")
        #expect(texts[8].hasSuffix(#"\#(failed),"failedTests":["A.b:1"]}"#), "\(texts[8])")
    }

    @Test("a recorded event is read back as it was", arguments: kinds)
    func readBack(kind: BuildEvent.Kind) {
        let event = BuildEvent(time: time, kind: kind)
        #expect(BuildEvent(jsonLine: event.json.bytes) == event)
    }

    @Test(arguments: ["1e300", "-1e300", "1e15"])
    func `a time that no build takes is read without stopping`(seconds: String) {
        let line =
            #"{"kind":"commandFinished","time":"2026-07-04T14:25:39.684611Z","phase":"BUILD","command":"c","#
            + #""exitStatus":0,"seconds":\#(seconds)}"#
        #expect(BuildEvent(jsonLine: line.utf8) != nil)
    }

    @Test(arguments: [
        #"{"version":9,"kind":"somethingNew","time":"2026-07-04T14:25:39.684611Z"}"#, #"{"version":1,"kind":"outp"#, "",
    ])
    func `an unknown kind and half a line are no event`(line: String) {
        #expect(BuildEvent(jsonLine: line.utf8) == nil)
    }

    /// Documentation/reference/events.md has a row for each kind, with the members that the event has.
    @Test(arguments: kinds)
    func `the reference names each kind and its members`(kind: BuildEvent.Kind) throws {
        let page = try String(
            contentsOf: URL(filePath: #filePath).appending(path: "../../../Documentation/reference/events.md")
                .standardized,
            encoding: .utf8)
        let object = try JSONSerialization.jsonObject(with: Data(BuildEvent(time: time, kind: kind).json.bytes))
        let members = try #require(object as? [String: Any])
        let name = try #require(members["kind"] as? String)
        let row = try #require(page.split(separator: "\n").first { $0.hasPrefix("| `\(name)` |") }, "\(name)")
        for member in members.keys where !["version", "kind", "time"].contains(member) {
            #expect(row.contains("`\(member)`"), "\(name): \(member)")
        }
    }
}
