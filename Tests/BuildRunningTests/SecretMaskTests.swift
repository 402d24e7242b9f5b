import BuildPlanning
import ChildProcesses
import Foundation
import SpecParsing
import Testing

@testable import BuildRunning

@Suite struct SecretMaskTests {
    private func mask(_ secrets: String..., rule: MaskRule = .all) -> SecretMask {
        SecretMask(secrets.map(SecretText.init), rule: rule)
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
        let mask = mask("hunter2")
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
        #expect(shown("<\(text)>", by: mask("hunter two/three?")) == "<\(expected)>")
    }

    /// A secret with something in it for every program to escape.
    private static let odd = "p\"w\\/d<&>'+ é\u{1f511}\tz"

    @Test(
        arguments: [
            // JSON.stringify, json.dumps, Go, PHP, Gson, .NET, and Java's upper digits.
            #"p\"w\\/d<&>'+ é🔑\tz"#, #"p\"w\\/d<&>'+ \u00e9\ud83d\udd11\tz"#,
            #"p\"w\\/d\u003c\u0026\u003e'+ é🔑\tz"#, #"p\"w\\\/d<&>'+ \u00e9\ud83d\udd11\tz"#,
            #"p\"w\\/d\u003c\u0026\u003e\u0027+ é🔑\tz"#,
            #"p\u0022w\\/d\u003C\u0026\u003E\u0027\u002B \u00E9\uD83D\uDD11\tz"#,
            #"p\"w\\/d<&>'+ \u00E9\uD83D\uDD11\tz"#,
        ])
    func `a secret in JSON is hidden, whichever program wrote it`(text: String) {
        let mask = mask(Self.odd)
        #expect(shown(#"{"a": "\#(text)", "b": 1}"#, by: mask) == #"{"a": "***", "b": 1}"#)
        let bytes = Array("<\(text)>".utf8)
        for cut in 0...bytes.count {
            #expect(shown([Array(bytes[..<cut]), Array(bytes[cut...])], by: mask) == "<***>")
        }
    }

    @Test(
        arguments: [
            (#"'it'\''s'"#, "'***'"), (#"'it'"'"'s'"#, "'***'"), (#"it\'s"#, "***"), (#"$'it\'s'"#, "$'***'"),
            ("it&#39;s", "***"), ("\"it's\"", "\"***\""), (#"it'\'"#, #"it'\'"#),
        ])
    func `a secret with a quote is hidden however it is quoted, wherever the stream is cut`(
        text: String, expected: String
    ) {
        let mask = mask("it's"), bytes = Array("<\(text)>".utf8)
        for cut in 0...bytes.count {
            #expect(shown([Array(bytes[..<cut]), Array(bytes[cut...])], by: mask) == "<\(expected)>")
        }
        #expect(shown(#"it'\''s"#, by: self.mask("it's", rule: .exact)) == #"it'\''s"#)
    }

    /// Programs that print each of their arguments in their own ways, each way followed by a zero byte.
    private static let quoters = [
        (
            "bash",
            [#"for s; do printf '%q\0' "$s"; printf '%s\0' "${s@Q}"; x=$s; declare -p x; printf '\0'; done"#, "-"]
        ),
        ("dash", [#"for s; do x=$s; export x; export -p; printf '\0'; done"#, "-"]),
        (
            "python3",
            [
                """
                import html, json, shlex, sys, urllib.parse, xml.sax.saxutils as xml
                ways = [shlex.quote, repr, lambda s: repr(s.encode()), html.escape, xml.escape, xml.quoteattr,
                        urllib.parse.quote, json.dumps]
                for s in sys.argv[1:]:
                    for way in ways: sys.stdout.write(way(s) + chr(0))
                """
            ]
        ),
    ]

    @Test(arguments: quoters.indices)
    func `any secret is hidden as shells, Python and XML write it`(quoter: Int) async throws {
        let (program, words) = Self.quoters[quoter]
        var random = SplitMix(state: 11)
        let ends = Array("sx'\"~#&\\é"), letters = Array("ab'\"\\$` !#~,:=&<>*é\t\n")
        let secrets = (0..<150).map { _ in
            let inner = (0..<Int.random(in: 2...8, using: &random)).compactMap { _ in
                letters.randomElement(using: &random)
            }
            return String(
                [ends.randomElement(using: &random) ?? "s"] + inner + [ends.randomElement(using: &random) ?? "s"])
        }
        let output = try await Command(
            "env", ["-i", "PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", program, "-c"] + words + secrets
        ).collect()
        #expect(output.status.isSuccess, "\(output.errorText)")
        let texts = String(decoding: output.output, as: UTF8.self).split(separator: "\0").map(String.init)
        let ways = texts.count / secrets.count
        try #require(ways > 0 && texts.count == ways * secrets.count, "\(texts.count)")
        for (number, text) in texts.enumerated() {
            let secret = secrets[number / ways]
            let printed = text.components(separatedBy: " x=").last ?? ""
            var rest = shown(printed, by: mask(secret))
            #expect(rest.contains("***"), "\(secret) as \(printed)")
            rest = rest.replacingOccurrences(of: "***", with: "")
            #expect(rest.allSatisfy { "'\"$b\n".contains($0) }, "\(secret) as \(printed): \(rest)")
        }
    }

    @Test func `by the service's own rule only the value to the letter is hidden`() {
        let secret = "line one of it\nline two of it", mask = mask(secret, "a/b c\"d", rule: .exact)
        for text in [
            "line one of it", Data(secret.utf8).base64EncodedString(), "a%2Fb%20c%22d", "a/b c\\\"d",
        ] {
            #expect(shown("<\(text)>", by: mask) == "<\(text)>")
        }
        #expect(shown("<\(secret)> <a/b c\"d> AKIAIOSFODNN7EXAMPLE", by: mask) == "<***> <***> ***")
    }

    @Test(
        arguments: [
            ("AKIAIOSFODNN7EXAMPLE", "***"), ("id=ASIAIOSFODNN7EXAMPLE;", "id=***;"),
            ("Credential=AKIAIOSFODNN7EXAMPLE/2026", "Credential=***/2026"),
            ("AKIAIOSFODNN7EXAMPL", "AKIAIOSFODNN7EXAMPL"), ("AKIAIOSFODNN7EXAMPLEX", "AKIAIOSFODNN7EXAMPLEX"),
            ("xAKIAIOSFODNN7EXAMPLE", "xAKIAIOSFODNN7EXAMPLE"), ("AKIAIOSFODNN7EXAMPLe", "AKIAIOSFODNN7EXAMPLe"),
            ("ASIAPACIFICREGIONALOFFICE", "ASIAPACIFICREGIONALOFFICE"),
            ("AIDAIOSFODNN7EXAMPLE", "AIDAIOSFODNN7EXAMPLE"),
            ("A AK AKI AKIA", "A AK AKI AKIA"), ("AKIAKIAIOSFODNN7EXAM", "***"),
        ])
    func `ids of access keys are hidden, whoever they belong to, wherever the stream is cut`(
        text: String, expected: String
    ) {
        let mask = mask(), bytes = Array(text.utf8)
        #expect(mask.masked(text) == expected)
        for first in 0...bytes.count {
            for second in first...bytes.count {
                let chunks = [Array(bytes[..<first]), Array(bytes[first..<second]), Array(bytes[second...])]
                #expect(shown(chunks, by: mask) == expected)
            }
        }
    }

    @Test func `the end of a stream is the end of a word`() {
        var mask = mask()
        _ = mask.feed(Array("x".utf8))
        _ = mask.finish()
        #expect(mask.feed(Array("AKIAIOSFODNN7EXAMPLE ".utf8)) == Array("*** ".utf8))
    }

    @Test func `bytes that are no text and no secret pass as they are`() {
        let bytesOfAll = [UInt8](UInt8.min...UInt8.max)
        let all: [UInt8] = bytesOfAll + bytesOfAll + bytesOfAll + [0xff, 0x41]
        var mask = mask("hunter-two", "\u{41}\u{42}\u{43}\u{7f}")
        var bytes: [UInt8] = []
        for start in stride(from: 0, to: all.count, by: 7) {
            bytes += mask.feed(Array(all[start..<min(start + 7, all.count)]))
        }
        #expect(bytes + mask.finish() == all)
    }

    @Test func `the lines of a long secret in base64 are hidden`() throws {
        let secret = String(repeating: "0123456789 abcdef ", count: 8)
        let text = Data(secret.utf8).base64EncodedString(options: [.lineLength76Characters, .endLineWithLineFeed])
        #expect(shown(text, by: mask(secret)).allSatisfy { "*\n".contains($0) })
    }

    @Test func `of secrets that begin alike the longest counts`() throws {
        let mask = mask("abc", "abcdef", "bcd")
        #expect(shown("abcdef abcde abc bcd", by: mask) == "*** ***de *** ***")
    }

    @Test func `a secret of several lines is hidden whole and line by line`() throws {
        let mask = mask("-----BEGIN-----\nfirst line\n  second\r\n}\n-----END-----\n")
        #expect(shown("-----BEGIN-----\nfirst line\n  second\r\n}\n-----END-----\n", by: mask) == "***\n")
        #expect(shown("x: first line\n\tsecond\n}\n", by: mask) == "x: ***\n\t***\n}\n")
    }

    @Test func `what is empty or very short is shown`() throws {
        #expect(shown("1 ab\n\n", by: mask("", "1", "ab", "\n\n")) == "1 ab\n\n")
        #expect(shown("1 ab abc", by: mask("", "1", "ab", "abc")) == "1 ab ***")
        #expect(SecretMask.isTooShort(SecretText("ab")))
        #expect(!SecretMask.isTooShort(SecretText("")))
        #expect(!SecretMask.isTooShort(SecretText("abc")))
    }

    @Test func `any two cuts of a stream give the same bytes`() throws {
        let mask = mask("abab", "ababc", "b\nc\nab", "ccc")
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
            let mask = SecretMask(secrets.map(SecretText.init))
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

    @Test func `a text is masked as a stream of its bytes is, whatever the secrets begin with`() throws {
        var random = SplitMix(state: 7)
        for round in 0..<400 {
            // Without a secret only ids of access keys are looked for, which begin with one letter.
            let secrets = (0..<(round % 4)).map { number in "\(["q", "zz", "AKI"][number])w\(round % 7)e" }
            let pieces =
                secrets + ["AKIA0123456789ABCDEF", "A", "AK", "qw", "z", " ", "\n", "é", "ASIA", "plain words "]
            let count = Int(random.next() % 60)
            let text = (0..<count).map { _ in pieces[Int(random.next() % UInt64(pieces.count))] }.joined()
            var stream = SecretMask(secrets.map { SecretText($0) }), one = text
            let mask = stream
            let shown = stream.feed(Array(text.utf8)) + stream.finish()
            #expect(mask.masked(text) == String(decoding: shown, as: UTF8.self))
            mask.mask(&one)
            #expect(one == mask.masked(text))
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
        var mask = mask("Word of the day")
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

    private static var report: ReportFacts {
        var test = ReportFacts.Case(
            testSuiteName: "hunter2", prefix: "hunter2", name: "hunter2", status: "FAILED", durationInNanoSeconds: 1)
        test.message = "hunter2"
        test.file = "hunter2"
        var report = ReportFacts(
            arn: "hunter2", type: .test, name: "hunter2", reportGroupArn: "hunter2", executionId: "a", status: .failed,
            truncated: false, format: "JUNITXML", files: 1)
        report.failedTests = [test]
        report.slowestTests = [test]
        report.flakyTests = [test]
        report.problems = ["hunter2"]
        return report
    }

    @Test func `every text of an event is masked`() throws {
        let mask = mask("hunter2")
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
            .notice(text: "hunter2"), .reportMade(Self.report),
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
