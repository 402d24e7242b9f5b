import BuildPlanning
import Foundation
import SpecParsing
import Testing

@testable import BuildRunning

@Suite struct SecretMaskTests {
    private func mask(_ secrets: String...) throws -> SecretMask {
        try #require(SecretMask(secrets.map(SecretText.init)))
    }

    /// What is shown of a stream fed in chunks.
    private func shown(_ chunks: [[UInt8]], by mask: SecretMask) -> String {
        var mask = mask, bytes: [UInt8] = []
        for chunk in chunks { bytes += mask.feed(chunk) }
        return String(decoding: bytes + mask.finish(), as: UTF8.self)
    }

    private func shown(_ text: String, by mask: SecretMask) -> String { shown([Array(text.utf8)], by: mask) }

    @Test(arguments: [
        ("a hunter2 b", "a *** b"),
        ("hunter2hunter2", "******"),
        ("hunter hunter2", "hunter ***"),
        ("hunhunter2", "hun***"),
        ("Hunter2 HUNTER2 2retnuh", "Hunter2 HUNTER2 2retnuh"),
        ("hunter2", "***"),
        ("hunter", "hunter"),
        ("", ""),
    ])
    func `an exact value is hidden, and nothing else`(text: String, expected: String) throws {
        let mask = try mask("hunter2")
        #expect(shown(text, by: mask) == expected)
        #expect(mask.masked(text) == expected)
    }

    @Test(arguments: [
        // printf, echo; alone, behind one byte and behind two; for URLs; without padding.
        ("aHVudGVyIHR3by90aHJlZT8=", "***"), ("aHVudGVyIHR3by90aHJlZT8K", "***"),
        ("dTpodW50ZXIgdHdvL3RocmVlPw==", "dTp***"), ("eDpodW50ZXIgdHdvL3RocmVlPwo=", "eDp***"),
        ("dXNlcjpodW50ZXIgdHdvL3RocmVlPw==", "dXNlcjp***"), ("aHVudGVyIHR3by90aHJlZT8", "***"),
        ("LTpodW50ZXIgdHdvL3RocmVlPy0tLS0t", "LTp***y0tLS0t"),
        ("hunter%20two%2Fthree%3F", "***"), ("hunter%20two%2fthree%3f", "***"), ("hunter%20two/three%3F", "***"),
        ("hunter+two%2Fthree%3F", "***"), ("hunter two", "hunter two"), ("aHVudGVyIHR3bw==", "aHVudGVyIHR3bw=="),
    ])
    func `a secret in base64 or in a URL is hidden, too`(text: String, expected: String) throws {
        #expect(shown("<\(text)>", by: try mask("hunter two/three?")) == "<\(expected)>")
    }

    @Test func `the lines of a long secret in base64 are hidden`() throws {
        let secret = String(repeating: "0123456789 abcdef ", count: 8)
        let text = Data(secret.utf8).base64EncodedString(options: [.lineLength76Characters, .endLineWithLineFeed])
        #expect(shown(text, by: try mask(secret)).allSatisfy { "*\n".contains($0) })
    }

    @Test func `of secrets that begin alike the longest counts`() throws {
        let mask = try mask("abc", "abcdef", "bcd")
        #expect(shown("abcdef abcde abc bcd", by: mask) == "*** ***de *** ***")
    }

    @Test func `a secret of several lines is hidden whole and line by line`() throws {
        let mask = try mask("-----BEGIN-----\nfirst line\n  second\r\n}\n-----END-----\n")
        #expect(shown("-----BEGIN-----\nfirst line\n  second\r\n}\n-----END-----\n", by: mask) == "***\n")
        #expect(shown("x: first line\n\tsecond\n}\n", by: mask) == "x: ***\n\t***\n}\n")
    }

    @Test func `what is empty or very short is shown`() throws {
        #expect(SecretMask([SecretText(""), SecretText("1"), SecretText("ab"), SecretText("\n\n")]) == nil)
        #expect(SecretMask([SecretText]()) == nil)
        #expect(shown("1 ab abc", by: try mask("", "1", "ab", "abc")) == "1 ab ***")
        #expect(SecretMask.isTooShort(SecretText("ab")))
        #expect(!SecretMask.isTooShort(SecretText("")))
        #expect(!SecretMask.isTooShort(SecretText("abc")))
    }

    @Test func `any two cuts of a stream give the same bytes`() throws {
        let mask = try mask("abab", "ababc", "b\nc\nab", "ccc")
        let stream = Array("abababcab\ncb\nc\nabccab\nccccabab".utf8)
        let expected = shown([stream], by: mask)
        #expect(expected.contains("***"))
        for first in 0...stream.count {
            for second in first...stream.count {
                let chunks = [Array(stream[..<first]), Array(stream[first..<second]), Array(stream[second...])]
                #expect(shown(chunks, by: mask) == expected)
            }
        }
    }

    @Test func `any chunking of any stream gives what a plain search gives`() throws {
        var random = SplitMix(state: 7)
        for _ in 0..<500 {
            let secrets = (0..<Int.random(in: 1...4, using: &random)).map { _ in
                String(
                    (0..<Int.random(in: 3...7, using: &random)).map { _ in "ab\n".randomElement(using: &random) ?? "a" }
                )
            }
            guard let mask = SecretMask(secrets.map(SecretText.init)) else { continue }
            let stream = (0..<Int.random(in: 0...60, using: &random)).map { _ in
                Array("ab\nc".utf8).randomElement(using: &random) ?? 0
            }
            var chunks: [[UInt8]] = [], rest = stream[...]
            while !rest.isEmpty {
                let count = min(rest.count, Int.random(in: 1...9, using: &random))
                chunks.append(Array(rest.prefix(count)))
                rest = rest.dropFirst(count)
            }
            #expect(shown(chunks, by: mask) == Self.search(stream, secrets), "\(secrets) in \(chunks)")
        }
    }

    /// The same by the plainest code there is.
    private static func search(_ stream: [UInt8], _ secrets: [String]) -> String {
        func trim(_ text: some StringProtocol, _ isDropped: (Character) -> Bool) -> String {
            String(String(text.drop(while: isDropped)).reversed().drop(while: isDropped).reversed())
        }
        let parts = secrets.flatMap { secret -> [String] in
            let lines = secret.split(separator: "\n")
            return [trim(secret) { $0 == "\n" }] + (lines.count > 1 ? lines.map { trim($0) { $0 == " " } } : [])
        }.filter { $0.utf8.count >= 3 }.sorted { $0.utf8.count > $1.utf8.count }
        var output: [UInt8] = [], rest = stream[...]
        while !rest.isEmpty {
            if let part = parts.first(where: { rest.starts(with: $0.utf8) }) {
                output += "***".utf8
                rest = rest.dropFirst(part.utf8.count)
            } else {
                output.append(rest.removeFirst())
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    @Test func `in a pause a few letters show, and the secret they began is hidden all the same`() throws {
        var mask = try mask("Word of the day")
        #expect(mask.feed(Array("Password: W".utf8)) == Array("Password: ".utf8))
        #expect(mask.isHolding)
        #expect(mask.pause() == Array("W".utf8))
        #expect(mask.pause() == [])
        #expect(mask.feed(Array("ord of".utf8)) == [])
        #expect(mask.pause() == [], "six letters give too much away")
        #expect(mask.feed(Array(" the day.".utf8)) == Array("***.".utf8))
        #expect(!mask.isHolding)

        #expect(mask.feed(Array("W".utf8)) == [])
        #expect(mask.pause() == Array("W".utf8))
        #expect(mask.feed(Array("ord count".utf8)) == Array("ord count".utf8))
        #expect(mask.finish() == [])
    }

    @Test func `every text of an event is masked`() throws {
        let mask = try mask("hunter2")
        let context = PhaseContext(statusCode: "X", message: "hunter2")
        let kinds: [BuildEvent.Kind] = [
            .agentLog(phase: .build, text: "hunter2"),
            .commandStarted(phase: .build, command: "hunter2", location: nil),
            .commandFinished(phase: .build, command: "hunter2", exitStatus: 1, milliseconds: 1),
            .commandExplained(phase: .build, command: "hunter2", help: "hunter2", failedTests: ["hunter2"]),
            .phaseFinished(phase: .build, status: .failed, context: context, milliseconds: 1),
            .cacheRestored(entries: 1, bytes: 1, from: "hunter2"),
            .cacheSaved(entries: 1, bytes: 1, to: "hunter2", changed: true),
            .artifactsCollected(identifier: "hunter2", files: 1, bytes: 1, path: "hunter2", name: nil),
            .notice(text: "hunter2"),
            .variablesExported([.init(name: "A", value: "hunter2")]),
        ]
        for kind in kinds {
            let masked = "\(mask.masked(kind))"
            #expect(masked.contains("***"))
            #expect(!masked.contains("hunter2"))
        }
    }
}

/// A small repeatable generator (SplitMix64), so that a failure can be looked at again.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xbf58_476d_1ce4_e5b9
        bits = (bits ^ (bits >> 27)) &* 0x94d0_49bb_1331_11eb
        return bits ^ (bits >> 31)
    }
}
