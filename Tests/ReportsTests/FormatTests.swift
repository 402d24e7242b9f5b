import Testing

@testable import Reports

@Suite struct FormatTests {
    @Test func `JUnit: suites, outcomes, times and the place of a failure`() throws {
        let all = try cases(.junit, Samples.junit)
        #expect(all.map(\.name) == ["finds", "adds <two>", "breaks", "waits", "wobbles", "fails twice"])
        #expect(all.map(\.status) == [.succeeded, .failed, .error, .skipped, .succeeded, .failed])
        #expect(all[0].nanoseconds == 1_234_500_000_000)
        #expect(all[1].suite == "org.acme.OwnerTest")
        #expect(all[1].message == "expected:<1> but was:<2>")
        #expect(all[1].stack?.hasPrefix("java.lang.AssertionError: expected\n") == true)
        #expect(all[1].file == "org/acme/OwnerTest.java")
        #expect(all[1].line == 34)
        #expect(all[2].message == "NullPointerException")
        #expect(all[3].message == "not now")
        #expect(all.map(\.isFlaky) == [false, false, false, false, true, false])
        #expect(all[5].message == "no")
        #expect(all[5].file == "a.rb" && all[5].line == 3)
        #expect(all[0].fullName == "org.acme.OwnerTest.finds")
    }

    @Test func `JUnit: a single suite is a root, too`() throws {
        let text = "<testsuite name='s'><testcase name='a'/></testsuite>"
        #expect(try cases(.junit, text) == [TestCase(suite: "s", name: "a")])
        #expect(try cases(.junit, "<testsuite/>").isEmpty)
    }

    @Test func `NUnit 2: results, and the words of before there were any`() throws {
        let all = try cases(.nunit2, Samples.nunit2)
        #expect(all.map(\.status) == [.succeeded, .failed, .error, .skipped, .succeeded])
        #expect(all[1].suite == "OwnerTest")
        #expect(all[1].message == "Expected: 1")
        #expect(all[1].file == "/src/OwnerTest.cs" && all[1].line == 34)
        #expect(all[3].message == "not now")
        #expect(all[0].nanoseconds == 500_000_000)
    }

    @Test func `NUnit 3: a failure with a label is an error`() throws {
        let all = try cases(.nunit3, Samples.nunit3)
        #expect(all.map(\.status) == [.succeeded, .failed, .error, .skipped, .unknown])
        #expect(all[1].className == "Acme.OwnerTest")
        #expect(all[1].message == "Expected: 1")
        #expect(all[1].file == #"C:\src\OwnerTest.cs"# && all[1].line == 34)
        #expect(all[3].message == "not now")
    }

    @Test func `TestNG: what runs before the tests is no test`() throws {
        let all = try cases(.testNG, Samples.testNG)
        #expect(all.map(\.name) == ["finds", "adds", "waits"])
        #expect(all.map(\.status) == [.succeeded, .failed, .skipped])
        #expect(all[1].message == "expected 1")
        #expect(all[1].file == "org/acme/OwnerTest.java" && all[1].line == 34)
        #expect(all[1].suite == "All" && all[1].className == "org.acme.OwnerTest")
    }

    @Test func `TRX: classes come behind, and rows stand for their test`() throws {
        let all = try cases(.trx, Samples.trx)
        #expect(all.map(\.name) == ["Finds", "Adds", "Waits", "Rows (1)", "Rows (2)"])
        #expect(all.map(\.status) == [.succeeded, .failed, .skipped, .succeeded, .failed])
        #expect(all[0].suite == "Acme.OwnerTest" && all[1].suite == "Acme.OwnerTest")
        #expect(all[1].nanoseconds == 3_601_250_000_000)
        #expect(all[1].message == "Expected 1\r\nActual 2")
        #expect(all[1].line == 34)
    }

    @Test func `Cucumber: the worst step counts, and the feature's name may come last`() throws {
        let all = try cases(.cucumber, Samples.cucumber)
        #expect(all.map(\.name) == ["finds", "adds 😀", "waits", "guesses"])
        #expect(all.map(\.status) == [.succeeded, .failed, .skipped, .failed])
        #expect(all[0].nanoseconds == 300)
        #expect(all[1].suite == "Owners")
        #expect(all[1].message == "Error: no\n  at x")
        #expect(all[1].file == "features/owners.feature" && all[1].line == 11)
    }

    @Test func `behave's JSON: seconds, and messages in lines`() throws {
        let text = """
            [{"elements":[{"keyword":"Scenario","location":"features/a.feature:3","name":"adds","status":"failed","steps":[
              {"location":"features/a.feature:4","result":{"duration":0.5,"error_message":["one","two"],"status":"failed"}},
              {"location":"features/a.feature:5"}],"type":"scenario"}],
              "keyword":"Feature","location":"features/a.feature:1","name":"A","status":"failed"}]
            """
        let all = try cases(.cucumber, text)
        #expect(all.count == 1)
        #expect(all[0].message == "one\ntwo")
        #expect(all[0].nanoseconds == 500_000_000)
        #expect(all[0].file == "features/a.feature" && all[0].line == 4)
    }

    @Test func `behave's JSON: what was raised is the message, not the head of its traceback`() throws {
        let text = #"""
            [{"keyword":"Feature","location":"a.feature:1","name":"A","elements":[{"type":"scenario","name":"adds","steps":[
              {"location":"a.feature:4","result":{"duration":0.5,"status":"failed","error_message":[
                "Traceback (most recent call last):","  File \"steps/a.py\", line 22, in adds","    f()","KeyError: 1","",
                "During handling of the above exception, another exception occurred:","",
                "Traceback (most recent call last):","  File \"steps/a.py\", line 23, in adds","    raise ValueError(\"no\")",
                "ValueError: no","way"]}}]},
              {"type":"scenario","name":"cut","steps":[{"result":{"status":"failed","error_message":
                "Traceback (most recent call last):\n  File \"steps/a.py\""}}]}]}]
            """#
        let all = try cases(.cucumber, text)
        #expect(
            all.map(\.message) == ["ValueError: no\nway", "Traceback (most recent call last):\n  File \"steps/a.py\""])
        #expect(all[0].stack?.hasPrefix("Traceback") == true && all[0].stack?.hasSuffix("\nway") == true)
        #expect(all[0].file == "a.feature" && all[0].line == 4)
        #expect(all[1].stack == nil)
    }

    @Test func `Clover: lines, or the sums where there are none`() throws {
        #expect(
            try files(.clover, Samples.clover) == [
                CoverageFile(
                    path: "/src/a.php", lines: Coverage(covered: 3, missed: 1),
                    branches: Coverage(covered: 1, missed: 1)),
                CoverageFile(
                    path: "b.php", lines: Coverage(covered: 1, missed: 3), branches: Coverage(covered: 1, missed: 1)),
            ])
    }

    @Test func `Cobertura: the classes of a file are one file`() throws {
        #expect(
            try files(.cobertura, Samples.cobertura) == [
                CoverageFile(
                    path: "p/a.py", below: ["/src"], lines: Coverage(covered: 3),
                    branches: Coverage(covered: 1, missed: 1)),
                CoverageFile(path: "p/b.py", below: ["/src"], lines: Coverage(missed: 1)),
            ])
    }

    @Test func `Cobertura: the folders that paths are relative to, without empty ones and other texts`() throws {
        let text = """
            <coverage line-rate="1"> a <sources> b <source>
            /s/one </source><source></source><source>two</source></sources> c
            <class filename="a"><lines><line number="1" hits="1"/></lines></class></coverage>
            """
        #expect(try files(.cobertura, text).map(\.folders) == [["/s/one", "two"]])
        let many = String(repeating: "<source>a</source>", count: 2000)
        let file = try files(.cobertura, "<coverage>\(many)<class filename='a'/></coverage>", pieces: 1 << 16)
        #expect(file.map(\.folders.count) == [1000])
    }

    @Test func `Cobertura: a second mention of a line without branches leaves those of the first`() throws {
        let text = """
            <coverage line-rate="1"><class filename="a"><methods><method><lines>
            <line number="1" hits="1" branch="true" condition-coverage="0% (0/2)"/></lines></method></methods>
            <lines><line number="1" hits="1"/></lines></class></coverage>
            """
        #expect(
            try files(.cobertura, text) == [
                CoverageFile(path: "a", lines: Coverage(covered: 1), branches: Coverage(missed: 2))
            ])
        var table = LineTable()
        try table.add(1, isCovered: false)
        try table.add(1, isCovered: true, branches: Coverage(covered: 0, missed: 2))
        try table.add(1, isCovered: false)
        try table.add(1, isCovered: false, branches: Coverage(covered: 1, missed: 1))
        #expect(table.coverage.lines == Coverage(covered: 1))
        #expect(table.coverage.branches == Coverage(covered: 1, missed: 1))
    }

    @Test func `JaCoCo: the counters of source files, or their lines`() throws {
        #expect(
            try files(.jacoco, Samples.jacoco) == [
                CoverageFile(
                    path: "org/acme/A.java", lines: Coverage(covered: 1, missed: 1),
                    branches: Coverage(covered: 1, missed: 1)),
                CoverageFile(path: "org/acme/B.java", lines: Coverage(covered: 1), branches: Coverage(covered: 2)),
            ])
    }

    @Test func `SimpleCov: the results of several commands are merged`() throws {
        let expected = [
            CoverageFile(
                path: "/src/a.rb", lines: Coverage(covered: 2, missed: 1), branches: Coverage(covered: 1, missed: 1)),
            CoverageFile(path: "/src/b.rb", lines: Coverage(covered: 2)),
        ]
        #expect(try files(.simpleCov, Samples.simpleCov) == expected)
        let old = #"{"RSpec":{"coverage":{"/src/a.rb":[null,1,0,2]},"timestamp":1}}"#
        #expect(
            try files(.simpleCov, old) == [
                CoverageFile(path: "/src/a.rb", lines: Coverage(covered: 2, missed: 1))
            ])
        let formatted = #"""
            {"meta":{"simplecov_version":"0.22"},"coverage":{"/src/a.rb":{"lines":[null,1,0,"ignored"],
             "branches":[{"type":"then","coverage":1},{"type":"else","coverage":0}]}},"groups":{}}
            """#
        #expect(
            try files(.simpleCov, formatted) == [
                CoverageFile(
                    path: "/src/a.rb", lines: Coverage(covered: 1, missed: 1),
                    branches: Coverage(covered: 1, missed: 1))
            ])
    }

    @Test func `LCOV: lines, or the sums where there are none`() throws {
        #expect(
            try files(.lcov, Samples.lcov) == [
                CoverageFile(
                    path: "/src/a.js", lines: Coverage(covered: 1, missed: 1),
                    branches: Coverage(covered: 1, missed: 1)),
                CoverageFile(path: "/src/b.js", lines: Coverage(covered: 4, missed: 1)),
            ])
    }

    @Test(arguments: ReportFormat.allCases) func `the words of formats are read in any case`(format: ReportFormat) {
        #expect(ReportFormat(word: format.rawValue.lowercased()) == format)
    }

    @Test func `LCOV's two likely words`() {
        #expect(ReportFormat(word: "lcovinfo") == .lcov)
        #expect(ReportFormat(word: "LCOV_INFO") == .lcov)
        #expect(ReportFormat(word: "xunit") == nil)
    }

    @Test func `the root tells the format`() throws {
        for (format, text) in Samples.all where format.isXML {
            let reader = try ReportReader { _ in }
            try feed(reader, Array(text.utf8), pieces: 11)
            #expect(reader.format == format)
        }
    }

    @Test func `the length of the pieces is of no account`() throws {
        for (format, text) in Samples.all {
            let whole = try read(format, text, pieces: 1 << 20)
            #expect(try read(format, text, pieces: 1) == whole)
            #expect(!whole.isEmpty)
        }
    }
}

@Suite struct TotalsTests {
    @Test func `totals name the failed and the slowest`() throws {
        var totals = ReportTotals()
        for item in try read(.junit, Samples.junit) { totals.add(item) }
        #expect(totals.total == 6)
        #expect(totals.failures == 3)
        #expect(totals.failed.map(\.name) == ["adds <two>", "breaks", "fails twice"])
        #expect(totals.slowest.map(\.name) == ["finds", "adds <two>", "wobbles", "breaks", "waits"])
        #expect(totals.flaky.map(\.name) == ["wobbles"])
        #expect(!totals.isCutByService)
    }

    @Test func `what the service would cut is known`() {
        var totals = ReportTotals()
        for number in 0..<500 { totals.add(.test(TestCase(suite: "s", name: "\(number)"))) }
        #expect(!totals.isCutByService)
        totals.add(.test(TestCase(suite: "s", name: "one more")))
        #expect(totals.isCutByService)
        var long = ReportTotals()
        long.add(.test(TestCase(suite: "s", name: String(repeating: "ä", count: 1_000))))
        #expect(!long.isCutByService)
        long.add(.test(TestCase(suite: "s", name: String(repeating: "ä", count: 1_001))))
        #expect(long.isCutByService)
    }

    @Test func `characters of any size are cut`() {
        var test = TestCase(suite: "s", name: "e" + String(repeating: "\u{301}", count: 100_000))
        test.status = .failed
        test.message = test.name
        test.className = test.name
        test.suite = test.name
        var totals = ReportTotals()
        totals.add(.test(test))
        for kept in totals.failed + totals.slowest {
            for text in [kept.name, kept.message ?? "", kept.className ?? "", kept.suite] {
                #expect(text.unicodeScalars.count == 1_000)
            }
        }
        #expect(totals.isCutByService)
    }

    @Test func `durations of all kinds`() {
        #expect(Duration.seconds("NaN") == 0)
        #expect(Duration.seconds("-1") == 0)
        #expect(Duration.seconds("1e300") == 1_000_000_000_000_000_000)
        #expect(Duration.clock("1.02:03:04.5") == 93_784_500_000_000)
        #expect(Duration.clock("no") == 0)
    }

    @Test(arguments: [
        ("at f (/app/a.test.js:12:5)", "/app/a.test.js", 12), ("at file:///app/a.test.mjs:12:5", "/app/a.test.mjs", 12),
        ("  File \"tests/test_a.py\", line 7, in test_a", "tests/test_a.py", 7),
        ("tests/test_a.py:12: AssertionError", "tests/test_a.py", 12),
        ("./spec/a_spec.rb:9:in `block'", "./spec/a_spec.rb", 9),
        ("    a_test.go:12: no", "a_test.go", 12), ("/app/tests/ATest.php:31", "/app/tests/ATest.php", 31),
        ("Location: features/a.feature:11", "features/a.feature", 11),
    ])
    func `traces of many languages`(trace: String, file: String, line: Int) {
        #expect(StackPlace.find(in: trace, className: nil) == StackPlace(file: file, line: line))
    }
}
