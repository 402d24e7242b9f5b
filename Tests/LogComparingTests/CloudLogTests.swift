import LogComparing
import Foundation
import Testing

@Suite struct CloudLogTests {
    private let lines = SampleLogs.cloud.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)

    private func events(_ lines: some Sequence<String>, _ extra: [String: any Sendable] = [:]) -> [[String:
        any Sendable]]
    {
        lines.map { line in
            ["timestamp": 1_783_175_139_684, "message": line, "ingestionTime": 1].merging(extra) { $1 }
        }
    }

    private func json(_ value: Any, _ options: JSONSerialization.WritingOptions = []) throws -> [UInt8] {
        Array(try JSONSerialization.data(withJSONObject: value, options: options))
    }

    private func expectSample(_ bytes: [UInt8]) throws {
        #expect(try CloudLog.read(bytes) == BuildLog(text: Array(SampleLogs.cloud.utf8)))
    }

    @Test func `plain text, with and without a byte order mark`() throws {
        try expectSample(Array(SampleLogs.cloud.utf8))
        try expectSample([0xef, 0xbb, 0xbf] + Array(SampleLogs.cloud.utf8))
    }

    @Test func `what get-log-events writes, its messages with or without line feeds`() throws {
        try expectSample(
            json(["events": events(lines), "nextForwardToken": "f/1", "nextBackwardToken": "b/1"], .prettyPrinted))
        try expectSample(json(["events": events(lines.map { $0 + "\n" })]))
    }

    @Test func `what filter-log-events writes`() throws {
        try expectSample(
            json([
                "events": events(lines, ["logStreamName": "0b5c2a7e", "eventId": "3"]),
                "searchedLogStreams": [String](),
            ]))
    }

    @Test func `pages that follow one another, and what a query takes out of them`() throws {
        let first = try json(["events": events(lines.prefix(20))]),
            rest = try json(["events": events(lines.dropFirst(20))])
        try expectSample(first + [0x0a] + rest)
        try expectSample(json(events(lines)))
        try expectSample(json(lines.map { $0 + "\n" }))
    }

    @Test(arguments: [
        "2026-07-04T14:25:39.684000+00:00 0b5c2a7e-1111-2222-3333-444455556666 ", "2026-07-04T14:25:39 ",
        "2026-07-04T14:25:39.684Z stream/0b5c ",
    ])
    func `what aws logs tail prints`(prefix: String) throws {
        try expectSample(
            Array(lines.map { $0.isEmpty ? String(prefix.dropLast()) : prefix + $0 }.joined(separator: "\n").utf8))
        try expectSample(Array(lines.map { prefix + $0 + "\n" }.joined().utf8))
    }

    @Test func `what the console saves as CSV`() throws {
        let rows = lines.map { "1783175139684,\"\($0.replacing("\"", with: "\"\""))\n\"" }
        try expectSample(Array((["timestamp,message"] + rows).joined(separator: "\r\n").utf8))
    }

    @Test func `a log that begins with a bracket is no JSON`() throws {
        #expect(try CloudLog.read(Array("[Container] 2026/07/04 14:25:39 Entering phase BUILD".utf8)).phases.count == 1)
    }

    @Test(arguments: [
        ("", CloudLog.Problem.empty), (" \n", .empty), ("hello\n", .noAgentLine),
        ("[Container] today\n", .foreignJSON("it is damaged or cut off")),
        ("{\"events\":[{\"message\":\"a\"}", .foreignJSON("it is damaged or cut off")),
        ("{\"builds\":[]}", .buildJSON),
        ("{\"logs\":[]}", .foreignJSON("it has no `events` with a `message` each")),
        ("{\"events\":[]}", .noAgentLine), ("\u{1f}x", .noAgentLine),
    ])
    func `what is no log says why`(text: String, problem: CloudLog.Problem) {
        #expect(throws: problem) { try CloudLog.read(Array(text.utf8)) }
    }

    @Test func `a compressed log says how to open it`() {
        #expect(throws: CloudLog.Problem.compressed) { try CloudLog.read([0x1f, 0x8b, 8, 0]) }
        #expect(CloudLog.Problem.compressed.help.contains("gunzip"))
    }
}
