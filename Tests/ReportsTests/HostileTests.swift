import Testing

@testable import Reports

@Suite struct HostileTests {
    @Test func `a file of another format has the service's words`() {
        #expect(
            problem(.junit, "<coverage line-rate='1'/>")?.description
                == "expected element type <testsuite> but have <coverage>")
        #expect(
            problem(.jacoco, "<testsuite/>")?.description == "expected element type <report> but have <testsuite>")
        #expect(problem(.cucumber, #"{"RSpec":{}}"#)?.code == .otherFormat)
        #expect(problem(.simpleCov, #"{"files":[{"filename":"a","coverage":[1]}]}"#)?.code == .otherFormat)
        #expect(problem(.lcov, "<coverage/>\n")?.code == .otherFormat)
    }

    @Test func `Cucumber's JSON has features and nothing else`() throws {
        for text in ["42", "null", "true", #""a""#, "[1,2]", "[null]", "[[]]", #"["a"]"#, "[{}]", #"[{"name":"a"}]"#] {
            #expect(problem(.cucumber, text)?.code == .otherFormat, "\(text)")
        }
        #expect(try cases(.cucumber, "[]").isEmpty)
        for text in [#"[{"uri":"a"}]"#, #"[{"keyword":"Feature"}]"#, #"[{"elements":[]}]"#] {
            #expect(try cases(.cucumber, text).isEmpty, "\(text)")
        }
        // What begins as a report is one that has gone wrong.
        #expect(problem(.cucumber, #"[{"uri":"a"},3]"#)?.code == .malformed)
        #expect(problem(.cucumber, #"[{"uri":"a"},{}]"#)?.code == .malformed)
    }

    @Test func `a message in very many lines takes no long time`() throws {
        let lines = String(repeating: #""x","#, count: 520_000)
        let text =
            #"[{"uri":"a","elements":[{"name":"a","steps":[{"result":{"status":"failed","error_message":["#
            + lines + #""x"]}}]}]}]"#
        let start = ContinuousClock.now
        #expect(try cases(.cucumber, text, pieces: 1 << 16).first?.message?.hasPrefix("x\nx\n") == true)
        #expect(ContinuousClock.now - start < .seconds(15))
    }

    @Test func `SimpleCov: what is kept has a limit, however often a file is told`() throws {
        func problem(_ text: String, limit: Int) throws -> ReportProblem.Code? {
            let reading = SimpleCovReading(limit: limit) { _ in }
            let stream = JSONStream { try reading.read($0) }
            do {
                try Array(text.utf8).withUnsafeBytes { try stream.feed($0) }
                return nil
            } catch { return (error as? ReportProblem)?.code }
        }
        // Each time a longer one, so that each time more is kept.
        let files = (1...30).map { #""a":[\#(Array(repeating: "1", count: $0 * 10).joined(separator: ","))]"# }
        let longer = #"{"coverage":{"# + files.joined(separator: ",") + "}}"
        #expect(try problem(longer, limit: 301) == nil)
        let others = #"{"coverage":{"a":[\#(files[29].dropFirst(5).dropLast())],"a":[1,1],"b":[1,1]}}"#
        #expect(try problem(others, limit: 310) == nil)
        let twice = #"{"coverage":{"a":[1],\#(files[29]),"b":[1,1]}}"#
        #expect(try problem(twice, limit: 302) == .tooLarge)
        #expect(try problem(twice, limit: 304) == nil)
        let name = String(repeating: "n", count: 400)
        #expect(try problem(#"{"coverage":{"\#(name)":[1]}}"#, limit: 300) == .tooLarge)
    }

    @Test func `SimpleCov: a large file that is told again and again takes no long time`() throws {
        let large = Array(repeating: "1", count: 500_000).joined(separator: ",")
        let text = #"{"coverage":{"a":[\#(large)],\#(String(repeating: #""a":[1],"#, count: 100_000))"a":[0]}}"#
        let start = ContinuousClock.now
        #expect(try files(.simpleCov, text, pieces: 1 << 16).first?.lines == Coverage(covered: 500_000))
        #expect(ContinuousClock.now - start < .seconds(15))
    }

    @Test(arguments: ReportFormat.allCases) func `an empty file is said to be empty`(format: ReportFormat) {
        #expect(problem(format, "") == .empty)
    }

    @Test func `a file that ends in the middle is read as far as it goes`() throws {
        for (format, text) in Samples.all where format != .lcov {
            let half = Array(text.utf8.prefix(text.utf8.count * 2 / 3))
            #expect(problem(format, half)?.code == .truncated, "\(format)")
        }
        var items: [ReportItem] = []
        let reader = try ReportReader(.junit) { items.append($0) }
        #expect(throws: ReportProblem.self) {
            try feed(reader, Array("<testsuite><testcase name='a'/><testcase name='b'".utf8), pieces: 5)
        }
        #expect(items.count == 1)
    }

    @Test func `entities that blow up are refused`() {
        var bomb = "<?xml version='1.0'?><!DOCTYPE testsuite [<!ENTITY a0 '\(String(repeating: "x", count: 1000))'>"
        for level in 1...30 { bomb += "<!ENTITY a\(level) '\(String(repeating: "&a\(level - 1);", count: 10))'>" }
        bomb += "]><testsuite><testcase name='a'><failure>&a30;</failure></testcase></testsuite>"
        #expect(problem(.junit, bomb)?.code == .tooLarge)
        var chain = "<!DOCTYPE testsuite [<!ENTITY a0 'x'>"
        for level in 1...50_000 { chain += "<!ENTITY a\(level) '&a\(level - 1);'>" }
        chain += "]><testsuite name='&a50000;'/>"
        #expect(problem(.junit, chain)?.code == .tooLarge)
        let quadratic =
            "<!DOCTYPE testsuite [<!ENTITY a '\(String(repeating: "x", count: 100_000))'>]><testsuite><testcase name='a'>"
            + "<failure>\(String(repeating: "&a;", count: 10_000))</failure></testcase></testsuite>"
        #expect(problem(.junit, quadratic)?.code == .tooLarge)
    }

    @Test func `nothing outside of the file is fetched`() throws {
        let outside = """
            <!DOCTYPE testsuite [<!ENTITY file SYSTEM "file:///etc/passwd">]>
            <testsuite><testcase name='a'><failure>&file;</failure></testcase></testsuite>
            """
        #expect(problem(.junit, outside)?.code == .external)
        let type = "<!DOCTYPE testsuite SYSTEM 'http://127.0.0.1:1/a.dtd'><testsuite><testcase name='a'/></testsuite>"
        #expect(try cases(.junit, type).count == 1)
        let parameter =
            "<!DOCTYPE testsuite [<!ENTITY % p SYSTEM 'file:///etc/passwd'>%p;]><testsuite><testcase name='a'/></testsuite>"
        #expect(try cases(.junit, parameter).count == 1)
    }

    @Test func `deep nesting is refused`() {
        let deep = "<testsuite>" + String(repeating: "<testsuite>", count: 100_000)
        #expect(problem(.junit, deep)?.code == .tooLarge)
        #expect(problem(.cucumber, "[{\"elements\":" + String(repeating: "[", count: 100_000))?.code == .tooLarge)
        let model = "<!DOCTYPE a [<!ELEMENT a \(String(repeating: "(", count: 200_000))"
        #expect(problem(.junit, model) != nil)
    }

    @Test func `encodings: UTF-8, UTF-16, Latin 1, and a clear result for others`() throws {
        var utf16: [UInt8] = [0xff, 0xfe]
        for unit in "<testsuite><testcase name='ä'/></testsuite>".utf16 {
            utf16 += [UInt8(truncatingIfNeeded: unit), UInt8(unit >> 8)]
        }
        #expect(try read(.junit, utf16) == [.test(TestCase(suite: "", name: "ä"))])
        let latin =
            Array("<?xml version='1.0' encoding='ISO-8859-1'?><testsuite><testcase name='".utf8) + [0xe4]
            + Array("'/></testsuite>".utf8)
        #expect(try read(.junit, latin) == [.test(TestCase(suite: "", name: "ä"))])
        let wrong = Array("<testsuite><testcase name='".utf8) + [0xe4] + Array("'/></testsuite>".utf8)
        #expect(problem(.junit, wrong)?.code == .malformed)
        #expect(
            problem(.junit, "<?xml version='1.0' encoding='KOI8-R'?><testsuite/>")?.description.hasPrefix(
                "its encoding")
                == true)
        #expect(problem(.cucumber, utf16)?.description == "its encoding is not UTF-8")
        #expect(problem(.cucumber, Array("[{\"name\":\"".utf8) + [0xe4] + Array("\"}]".utf8))?.code == .malformed)
    }

    @Test func `a huge attribute is refused, and takes no long time`() {
        let long = "<testsuite name='" + String(repeating: "x", count: 20 << 20)
        let start = ContinuousClock.now
        #expect(problem(.junit, long)?.code == .tooLarge)
        #expect(ContinuousClock.now - start < .seconds(20))
    }

    @Test func `a long text is kept up to its limit, and says that it is cut`() throws {
        let text = String(repeating: "x", count: 3 << 20)
        let all = try cases(
            .junit, "<testsuite><testcase name='a'><failure>\(text)</failure></testcase></testsuite>", pieces: 1 << 16)
        #expect(all[0].message?.utf8.count == (1 << 20) + 4)
        #expect(all[0].message?.hasSuffix("x …") == true)
    }

    @Test func `numbers that nobody can have counted`() throws {
        let text = """
            <coverage line-rate="1"><class filename="a"><line number="99999999999999999999" hits="1"/>
            <line number="-5" hits="1e400"/><line number="1" hits="NaN" branch="true" condition-coverage="9% (9/2)"/>
            </class></coverage>
            """
        _ = try files(.cobertura, text)
        let sums =
            "<report name='r'><sourcefile name='a'><counter type='LINE' missed='9223372036854775807' covered='9223372036854775807'/></sourcefile><sourcefile name='b'><counter type='LINE' missed='9223372036854775807' covered='9'/></sourcefile></report>"
        var totals = ReportTotals()
        for item in try read(.jacoco, Array(sums.utf8)) { totals.add(item) }
        #expect(totals.lines.percentage != nil)
    }

    @Test(arguments: [
        "[", "[1,]", "{\"a\"}", "{\"a\":1,}", "[1 2]", "nul", "[tru]", "[\"\\x\"]", "[\"\\u12g4\"]", "[\"\n\"]", "]",
        "[}", "[] []",
        "{1:2}", "[-]", "[1e999]", "[1.2.3]", ":", ",",
    ])
    func `JSON that is wrong is refused`(text: String) {
        var events = 0
        let stream = JSONStream { _ in events += 1 }
        #expect(throws: ReportProblem.self) {
            try Array(text.utf8).withUnsafeBytes { try stream.feed($0) }
            try stream.finish()
        }
    }

    @Test func `JSON's escapes`() throws {
        var strings: [String] = []
        let stream = JSONStream { if case .string(let text) = $0 { strings.append(text) } }
        try Array(#"["a\n\"\\\/\u00e4","\ud83d\ude00","\ud83dx","\ude00"]"#.utf8).withUnsafeBytes { bytes in
            for byte in bytes { try withUnsafeBytes(of: byte) { try stream.feed($0) } }
        }
        try stream.finish()
        #expect(strings == ["a\n\"\\/ä", "😀", "\u{fffd}x", "\u{fffd}"])
    }
}

/// Thousands of files that were changed by chance: each is read or refused, and none crashes or hangs.
@Suite struct MutationTests {
    @Test(arguments: ReportFormat.allCases) func `mutated files are read or refused`(format: ReportFormat) throws {
        var chance = Chance(state: 17)
        let sample = try #require(Samples.all.first { $0.0 == format }).1
        let seed = Array(sample.utf8)
        let foreign = Samples.all.map { Array($0.1.utf8) }
        for _ in 0..<500 {
            var bytes = seed
            for _ in 0...chance.below(4) { mutate(&bytes, with: foreign, by: &chance) }
            var totals = ReportTotals()
            do {
                let reader = try ReportReader(format) { totals.add($0) }
                try feed(reader, bytes, pieces: 1 + chance.below(300))
            } catch {
                #expect(error is ReportProblem)
            }
            #expect(totals.total + totals.files < 10_000)
        }
    }

    private func mutate(_ bytes: inout [UInt8], with foreign: [[UInt8]], by chance: inout Chance) {
        guard !bytes.isEmpty else { return }
        let place = chance.below(bytes.count)
        switch chance.below(7) {
        case 0: bytes[place] = UInt8(truncatingIfNeeded: chance.below(256))
        case 1: bytes.removeSubrange(place..<min(bytes.count, place + 1 + chance.below(40)))
        case 2: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 1 + chance.below(200))], at: place)
        case 3: bytes.removeLast(chance.below(bytes.count))
        case 4:
            let other = foreign[chance.below(foreign.count)], start = chance.below(other.count)
            bytes.insert(contentsOf: other[start..<min(other.count, start + 100)], at: place)
        case 5:
            let words = [
                "\"", "<", ">", "&a;", "<!DOCTYPE a [", "]]>", "<![CDATA[", "99999999999999999999", "\0", "{", "[",
                "\\u",
            ]
            bytes.insert(contentsOf: Array(words[chance.below(words.count)].utf8), at: place)
        default: bytes.swapAt(place, chance.below(bytes.count))
        }
    }

    private struct Chance {
        var state: UInt64

        mutating func below(_ limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(limit))
        }
    }
}
