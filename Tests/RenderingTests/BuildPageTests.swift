import BuildPlanning
import Rendering
import SpecParsing
import Testing

@Suite struct BuildPageTests {
    private let start = BuildEvent.Kind.buildStarted(
        .init(
            id: BuildID(project: "petclinic", uuid: "0b5c2a7e"), image: "debian", sourceDirectory: "/s",
            buildspec: "buildspec.yml", source: "/home/me/app"))

    private func events(_ command: String, printing text: String, status: Int = 0) -> [BuildEvent.Kind] {
        [
            .commandStarted(
                phase: .build, command: command,
                location: SourceLocation(file: "buildspec.yml", line: 7, column: 9)),
            .output(phase: .build, bytes: Array(text.utf8)),
            .commandFinished(phase: .build, command: command, exitStatus: status, milliseconds: 1500),
        ]
    }

    private func page(
        _ kinds: [BuildEvent.Kind], ending status: BuildStatus = .succeeded, logLimit: Int = 4_000_000,
        change: (inout BuildPage) -> Void = { _ in }
    ) -> String {
        var page = BuildPage(logLimit: logLimit)
        for (place, kind) in ([start] + kinds + [.buildFinished(status: status)]).enumerated() {
            page.add(BuildEvent(time: Timestamp(microseconds: Int64(place) * 1_000_000), kind: kind))
        }
        change(&page)
        return String(decoding: page.html, as: UTF8.self)
    }

    private func failedTest(_ json: String) -> RecordedTestCase? { RecordedTestCase(jsonLine: Array(json.utf8)) }

    /// The names of all elements.
    private func tags(_ html: String) -> Set<String> { Set(html.matches(of: /<([a-zA-Z0-9]+)/).map { String($0.1) }) }

    @Test func `a failed build says first why, with command, place and exit status`() {
        let html = page(events("mvn package", printing: "no\n", status: 127), ending: .failed)
        let why =
            "In BUILD at buildspec.yml:7:9 the command `mvn package` ended with exit status 127 (command not found)."
        #expect(html.contains("<p class=\"why bad\">\(why)</p>"))
        #expect(html.contains("<h1><span class=\"bad\">FAILED</span> petclinic 0b5c2a7e</h1>"))
        #expect(html.contains("<title>FAILED: petclinic 0b5c2a7e</title>"))
        #expect(html.contains("<a href=\"#c0\"><code>mvn package</code></a>"))
        #expect(html.contains("<details id=\"c0\" open=\"\">"))
        #expect(html.contains("<rect x=\"0\" width=\"1000\" height=\"10\" class=\"bad\">"))
        #expect(page([], ending: .stopped).contains("The build was stopped."))
    }

    @Test func `a page may load nothing and runs nothing but its own script`() throws {
        let html = page(events("a", printing: "b\n"))
        let policy = try #require(html.firstMatch(of: /http-equiv="Content-Security-Policy" content="([^"]+)"/)?.1)
        #expect(
            policy.wholeMatch(
                of:
                    /default-src &#39;none&#39;; style-src &#39;sha256-[A-Za-z0-9+\/]{43}=&#39;; script-src &#39;sha256-[A-Za-z0-9+\/]{43}=&#39;; base-uri &#39;none&#39;; form-action &#39;none&#39;/
            ) != nil)
        #expect(tags(html).isDisjoint(with: ["link", "img", "iframe", "object", "form", "base"]))
        #expect(html.ranges(of: "<script").count == 1 && html.ranges(of: "</script").count == 1)
        #expect(html.firstMatch(of: /<[^>]*\son[a-z]+=/) == nil)
        #expect(!html.contains("style=\"") && !html.contains("url(") && !html.contains("@import"))
        #expect(html.matches(of: /(?:src|href|action)="([^"]*)"/).allSatisfy { $0.1.hasPrefix("#") })
    }

    @Test func `a page has landmarks and headings, and every link of it leads somewhere`() {
        let html = page(events("a", printing: "b\n")) { $0.variables = [] }
        for landmark in [
            "<header>", "<nav aria-label=\"Parts of the page\">", "<main>", "<footer>", "<html lang=\"en\">",
        ] {
            #expect(html.ranges(of: landmark).count == 1, "\(landmark)")
        }
        let ids = html.matches(of: /\sid="([^"]+)"/).map { String($0.1) }
        #expect(Set(ids).count == ids.count)
        for reference in html.matches(of: /(?:href="#|labelledby=")([^"]+)"/) {
            #expect(ids.contains(String(reference.1)), "\(reference.0)")
        }
        #expect(html.ranges(of: "<h1>").count == 1)
        for name in ["main", "section", "table", "tr", "td", "th", "details", "pre", "code", "span", "a", "p", "div"] {
            #expect(
                html.ranges(of: "<\(name)>").count + html.ranges(of: "<\(name) ").count
                    == html.ranges(of: "</\(name)>").count, "\(name)")
        }
    }

    @Test func `hostile texts stay text, wherever they come from`() throws {
        let hostile =
            "</script></style></pre><script>alert(1)</script>\" onload='x' &amp; \u{202e}gpj\u{2066}\u{1b}]0;t\u{7}\0"
        let test = try #require(
            failedTest(
                #"{"testSuiteName":"</h3><img src=x>","name":"\u202e<b>","status":"FAILED","durationInNanoSeconds":1,"#
                    + #""message":"</pre><script>","stackTrace":"<svg onload=x>","file":"<i>","testRawDataPath":"a"}"#))
        let start = BuildEvent.Kind.buildStarted(
            .init(
                id: BuildID(project: hostile, uuid: hostile), image: hostile, sourceDirectory: hostile,
                buildspec: hostile, source: hostile))
        let failed = BuildEvent.Kind.phaseFinished(
            phase: .build, status: .failed, context: PhaseContext(statusCode: hostile, message: hostile),
            milliseconds: 1)
        var report = ReportSamples.tests
        report.name = hostile
        let html = page(
            [start] + events(hostile, printing: hostile, status: 1) + [
                failed, .artifactsCollected(identifier: hostile, files: 1, bytes: 1, path: hostile, name: hostile),
                .reportMade(report), .variablesExported([.init(name: hostile, value: hostile)]),
                .commandExplained(phase: .build, command: hostile, help: hostile, failedTests: [hostile]),
            ], ending: .failed
        ) { page in
            page.failedTests = [.init(test, mark: .new)]
            page.logPath = hostile
        }
        #expect(tags(html).isDisjoint(with: ["img", "b", "i"]))
        #expect(html.ranges(of: "<script").count == 1 && html.ranges(of: "</script").count == 1)
        #expect(html.ranges(of: "</style>").count == 1)
        #expect(!html.contains("onload='") && !html.contains("<svg onload"))
        #expect(html.contains("⟨U+202E⟩gpj⟨U+2066⟩␛]0;t␇␀"))
        #expect(
            html.unicodeScalars.allSatisfy {
                $0 == "\n" || $0 == "\t"
                    || $0.value >= 0x20 && !(0x7f..<0xa0).contains($0.value)
                        && !(0x202a...0x202e).contains($0.value) && !(0x2066...0x2069).contains($0.value)
            })
    }

    @Test func `a name of 10,000 characters is cut where it would fill the page`() {
        let name = String(repeating: "x", count: 10_000)
        let html = page(events(name, printing: ""))
        // Whole in the log alone.
        #expect(html.ranges(of: name).count == 1)
        #expect(html.contains("<code>\(String(repeating: "x", count: 160))…</code>"))
    }

    @Test func `colours become classes, and what else a terminal obeys is shown`() {
        let html = page(
            events(
                "a",
                printing:
                    "\u{1b}[1;31mred\u{1b}[0m \u{1b}[38;5;10mg\u{1b}[39m \u{1b}[48;2;0;0;255mb\u{1b}[m 1%\r2%\r\nx\u{1b}[2Ky\u{8}\n"
            ))
        #expect(
            html.contains(
                "<span class=\"b f1\">red</span> <span class=\"f10\">g</span> <span class=\"g12\">b</span> 1%␍\n2%\nx␛[2Ky␈\n"
            ))
    }

    @Test func `long output is folded, short output and what failed are not`() {
        let long = String(repeating: "line\n", count: 40)
        let html = page(
            events("a", printing: "short\n") + events("b", printing: long) + events("c", printing: long, status: 1),
            ending: .failed)
        #expect(html.contains("<details id=\"c0\" open=\"\">"))
        #expect(html.contains("<details id=\"c1\">"))
        #expect(html.contains("<details id=\"c2\" open=\"\">"))
    }

    @Test func `of a large log the page has the beginning, the failures and the end, and says so`() {
        var kinds: [BuildEvent.Kind] = []
        for number in 0..<100 {
            let text = "begin \(number);" + String(repeating: "x", count: 10_000) + "\n"
            kinds += events("c\(number)", printing: text, status: number == 50 ? 1 : 0)
        }
        let html = page(kinds, ending: .failed, logLimit: 80_000) { $0.logPath = "/records/log.txt" }
        for number in [0, 1, 50, 98, 99] { #expect(html.contains("begin \(number);"), "\(number)") }
        for number in [30, 49, 51, 70] { #expect(!html.contains("begin \(number);"), "\(number)") }
        #expect(html.utf8.count < 200_000)
        #expect(html.contains("The whole log is /records/log.txt."))
        #expect(html.contains("10.0 kB are left out here."))

        let one = page(
            events("a", printing: "begin" + String(repeating: "x", count: 1_000_000) + "end\n"), logLimit: 80_000)
        #expect(one.contains("beginxxx") && one.contains("xxxend\n") && one.utf8.count < 100_000)
        #expect(!page(events("a", printing: "b\n")).contains("left out"))
    }

    @Test func `what is left out of a log is loaded from a server that has it, in place`() throws {
        var kinds: [BuildEvent.Kind] = [], log = 0
        for number in 0..<10 {
            kinds += events("c\(number)", printing: "begin \(number);" + String(repeating: "x", count: 10_000) + "\n")
        }
        kinds += events("big", printing: "start" + String(repeating: "y", count: 100_000) + "end\n", status: 1)
        var renderer = LogRenderer(), text: [UInt8] = []
        for (place, kind) in kinds.enumerated() {
            text += renderer.render(BuildEvent(time: Timestamp(microseconds: Int64(place) * 1_000_000), kind: kind))
        }
        log = text.count
        let served = page(kinds, ending: .failed, logLimit: 40_000) { page in
            page.isServed = true
            page.servedLogSize = log
            page.logPath = "/records/log.txt"
        }
        #expect(served.contains("The rest is loaded when it is opened.") && !served.contains("/records/log.txt"))
        #expect(served.contains("data-covered=\" in what is loaded\""))
        let links = served.matches(of: /<a href="log\/([0-9]+-[0-9]+)">/).map { String($0.1) }
        let pieces = try links.map { try #require(LogPiece($0)) }
        // All of a folded command, or what lies between the beginning and the end of a failed one.
        let five = try #require(
            pieces.dropLast().first { String(decoding: text[$0.from..<$0.to], as: UTF8.self).contains("begin 5;") })
        #expect(String(decoding: text[five.from...], as: UTF8.self).hasPrefix("[Container] "))
        #expect(text[five.to...].starts(with: Array("[Container] ".utf8)))
        #expect(served.contains("<details id=\"c5\">"))
        let last = try #require(pieces.last)
        #expect(text[last.from..<last.to].allSatisfy { $0 == UInt8(ascii: "y") })
        #expect(served.contains("</pre><p class=\"more\"><a href=\"log/\(last.from)-\(last.to)\">"))

        // A page that has no server, or one whose log is another, leads nowhere.
        for size in [log - 1, 0] {
            let other = page(kinds, ending: .failed, logLimit: 40_000) { page in
                page.isServed = true
                page.servedLogSize = size
            }
            #expect(!other.contains("href=\"log/") && other.contains("data-covered=\" in what the page has\""))
        }
    }

    @Test func `a piece of a log ends with a line, or with a character, and leads to the next`() throws {
        func html(_ name: String, _ text: String, count: Int? = nil) throws -> String {
            let bytes = Array(text.utf8)
            return String(
                decoding: try #require(LogPiece(name)).html(Array(bytes.prefix(count ?? bytes.count))), as: UTF8.self)
        }
        let lines = try html("100-200", "one\n<two>\nthr")
        #expect(lines.contains("<pre tabindex=\"0\" data-end=\"110\">one\n&lt;two&gt;\n</pre>"))
        #expect(lines.contains("<a href=\"110-200\">"))
        #expect(
            try html("0-100", "aé", count: 2).contains("data-end=\"1\">a</pre><p class=\"more\"><a href=\"1-100\">"))
        #expect(try html("0-100", "éa", count: 3).contains("data-end=\"3\">éa</pre>"))
        let last = try html("100-103", "two")
        #expect(last.contains(">two</pre>") && !last.contains("href="))
        #expect(LogPiece("0-1000000000")?.count == LogPiece.limit)
        for wrong in [
            "", "1", "-", "1-", "-1", "2-1", "+1-2", "1-2-3", "1-0x3", "1-9999999999999999999", "a-b", " 1-2",
        ] {
            #expect(LogPiece(wrong) == nil, "\(wrong)")
        }
    }

    @Test func `failed tests come first, with message, stack and mark, then totals and coverage`() throws {
        let test = try #require(
            failedTest(
                #"{"testSuiteName":"S","prefix":"S","name":"adds","status":"FAILED","durationInNanoSeconds":500000000,"#
                    + #""message":"expected 1","stackTrace":"at S.adds","file":"S.java","line":34,"testRawDataPath":"a"}"#
            ))
        let covered = CoveredFile(
            jsonLine: Array(
                #"{"filePath":"a/S.java","linesCovered":3,"linesMissed":1,"lineCoveragePercentage":75}"#.utf8))
        let html = page([.reportMade(ReportSamples.tests), .reportMade(ReportSamples.coverage)]) { page in
            page.failedTests = [.init(test, mark: .new)]
            page.coveredFiles = [covered].compactMap(\.self)
        }
        #expect(html.contains("<h3><span class=\"bad\">FAILED</span> S.adds (new)</h3>"))
        #expect(html.contains("0.5 s, S.java:34") && html.contains("expected 1") && html.contains("at S.adds"))
        #expect(html.contains("… and 1 more failed tests"))
        #expect(html.contains("p-cov: 66.67 % of lines") && html.contains("a/S.java"))
        let tests = try #require(html.firstRange(of: "id=\"tests\"")), phases = html.firstRange(of: "id=\"phases\"")
        #expect(tests.lowerBound < (phases?.lowerBound ?? html.startIndex))
    }

    @Test func `what differs from the last green build is told, with commits and durations`() {
        var green = BuildResult()
        let finished = BuildEvent.Kind.phaseFinished(
            phase: .build, status: .succeeded, context: .none, milliseconds: 2000)
        for (place, kind) in [start, finished, .buildFinished(status: .succeeded)].enumerated() {
            green.add(BuildEvent(time: Timestamp(microseconds: Int64(place) * 1_000_000), kind: kind))
        }
        let failed = BuildEvent.Kind.phaseFinished(
            phase: .build, status: .failed, context: .none, milliseconds: 5000)
        let html = page([failed], ending: .failed) { page in
            var comparison = GreenComparison(with: green, uuid: "0123456789ab")
            comparison.differences = [
                .init("Variable A", before: "1", now: nil), .init("Image", before: "debian@sha256:1", now: "<b>"),
            ]
            comparison.commits = ["abcdef0 </script> fixed"]
            comparison.hasMoreCommits = true
            page.green = comparison
        }
        #expect(html.contains("<a href=\"#difference\">Since the last green build</a>"))
        #expect(html.contains("succeeded is 01234567, begun 1970-01-01T00:00:00"))
        #expect(html.contains(">Variable A</th><td>1</td><td>–</td>"))
        #expect(html.contains(">Image</th><td>debian@sha256:1</td><td>&lt;b&gt;</td>"))
        #expect(html.contains("<li>abcdef0 &lt;/script&gt; fixed</li><li>… and older ones</li>"))
        #expect(html.contains(">BUILD</th><td>2.0 s</td><td>5.0 s</td>"))
        #expect(!page([]).contains("id=\"difference\""))
    }

    @Test func `what became of the requests is told, all attempts of a build together`() {
        let use = BuildEvent.NetworkUse(recorded: 1, recordedBytes: 2000, replayed: 3, missed: 4)
        let html = page([
            .networkUsed(use), .networkUsed(use), .cacheRestored(entries: 5, bytes: 10, from: "/c/a.tar.zst"),
            .cacheSaved(entries: 6, bytes: 10, to: "/c/a.tar.zst", changed: false),
        ])
        for fact in [
            "Recorded</dt><dd>2 requests, 4.0 kB", "Replayed</dt><dd>6 requests", "Missed</dt><dd>8 requests",
            "Cache restored</dt><dd>5 entries", "Cache saved</dt><dd>unchanged",
        ] {
            #expect(html.contains(fact), "\(fact)")
        }
        #expect(!html.contains("Failed</dt>") && !page([]).contains("id=\"network\""))
    }

    @Test func `the bar of a command leads to its log, as its name does`() {
        let html = page(events("make", printing: "b\n"))
        #expect(html.ranges(of: "href=\"#c0\"").count == 2)
        #expect(html.contains("<title>make, 1.5 s</title>"))
    }

    @Test func `a page that a server shows leads to the list and the log, and follows a build that runs`() {
        let alone = page(events("a", printing: "b\n"))
        #expect(!alone.contains("log.txt") && !alone.contains("data-changes") && !alone.contains("connect-src"))
        let served = page(events("a", printing: "b\n")) { page in
            page.isServed = true
            page.follows = true
        }
        #expect(served.contains("<body data-changes=\"changes\">") && served.contains("connect-src &#39;self&#39;"))
        #expect(served.contains("href=\"../../\"") && served.contains("href=\"log.txt\""))
    }

    @Test func `secrets are stars, and so is what is named like one`() {
        let json = #"""
            {"builds":[{"environment":{"environmentVariables":[{"name":"A","value":"plain","type":"PLAINTEXT"},
            {"name":"B","value":"/app/key","type":"PARAMETER_STORE"},{"name":"NPM_TOKEN","value":"t0p","type":"PLAINTEXT"}]}}]}
            """#
        let html = page([]) { $0.variables = PageVariable.read(Array(json.utf8)) }
        #expect(html.contains("<td>plain</td><td>set for the build</td>"))
        #expect(html.contains("<td>***</td><td>Parameter Store: /app/key</td>"))
        #expect(html.contains("NPM_TOKEN") && !html.contains("t0p"))
        #expect(PageVariable.read(Array("{".utf8)).isEmpty)
    }
}
