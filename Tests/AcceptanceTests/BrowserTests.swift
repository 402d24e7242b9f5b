import ChildProcesses
import Foundation
import Testing

/// Pages as a browser shows them.
@Suite(.tags(.docker), .enabled(if: Docker.isThere && Chromium.isThere))
struct BrowserTests {
    /// The page of a failed build with names that mean harm.
    private func page(_ play: Playground) async throws -> String {
        let long = String(repeating: "x", count: 10_000)
        try play.buildspec(
            """
            version: 0.2
            phases:
              pre_build:
                commands:
                  - seq 300
              build:
                commands:
                  - printf '\\033[32mgreen\\033[0m \\033[1;31mred\\033[0m </script><script>document.title="owned"</script>\\n'
                  - "echo needle '</script><img src=http://evil.invalid/x onerror=alert(1)>' \u{202e}gpj"
                  - exit 3
            reports: {unit: {files: 'target/*.xml'}}
            artifacts: {files: [buildspec.yml]}
            """)
        try play.write(
            "target/TEST-A.xml",
            """
            <testsuite name='S'>
            <testcase name='&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt; \u{202e}txt' classname='S'><failure message='a &lt; b'>at S</failure></testcase>
            <testcase name='\(long)' classname='S'><failure message='\(long)'>at S</failure></testcase></testsuite>
            """)
        let path = play.root.appending(path: "page.html").path
        _ = try await play.run(["--no-cache", "--html", path, "-e", "LONG=\(long)"])
        return path
    }

    @Test func `a page is right for eyes, keyboard and screen reader, and hostile names stay text`() async throws {
        let play = try Playground()
        let path = try await page(play)
        let isSeen = """
            (() => { const box = document.querySelector('article h3').getBoundingClientRect();
            return box.top >= 0 && box.bottom <= innerHeight && scrollY === 0; })()
            """
        let width = "document.documentElement.scrollWidth"
        // What Tab reaches, in its order, until it leaves the page.
        let walk = """
            window.seen = []; addEventListener('focusin', event => seen.push(event.target));
            window.wanted = () => [...document.querySelectorAll('a, button, input, summary, pre')]
              .filter(one => one.tabIndex >= 0 && !one.matches('details:not([open]) > :not(summary) *, details:not([open]) > pre')
                && !one.closest('[hidden]') && one.getClientRects().length);
            wanted().length
            """
        let opened = try await Chromium.visit("file://\(path)", [.evaluate("document.title"), .evaluate(walk)])
        let count = Int(opened.number(1))
        #expect(count > 20)
        var steps: [Chromium.Step] = [
            .evaluate("document.title"), .evaluate(isSeen), .evaluate(Chromium.flaws), .scheme("dark"),
            .evaluate(Chromium.flaws), .scheme("light"),
            .evaluate("document.querySelectorAll('img, iframe, [onerror]').length"),
            .evaluate("document.scripts.length"), .evaluate("document.querySelector('article h3').textContent"),
            .size(400, 800), .evaluate(width), .evaluate(Chromium.flaws), .size(80, 800),
            .evaluate("document.body.clientWidth"),
            .size(2000, 1000), .evaluate(width), .size(1280, 800), .evaluate(walk),
        ]
        let walkEnd = steps.count
        steps += (0..<count).map { _ in .press("Tab") }
        steps.append(
            .evaluate(
                "wanted().filter((one, place) => seen[place] !== one).map(one => one.localName + ' ' + one.textContent.slice(0, 40))"
            ))
        let visit = try await Chromium.visit("file://\(path)", steps)
        #expect(visit.console == [])
        #expect(visit.requests == ["file://\(path)"])
        #expect(visit.text(0).hasPrefix("FAILED: "))
        #expect(visit.results[1] as? Bool == true, "the first failed test is not seen")
        for place in [2, 4, 11] { #expect(visit.texts(place) == []) }
        #expect(visit.number(6) == 0 && visit.number(7) == 1)
        #expect(visit.text(8).contains("</script><img src=x onerror=alert(1)> ⟨U+202E⟩txt"))
        #expect(visit.number(10) == 400 && visit.number(15) == 2000)
        #expect(visit.texts(walkEnd + count) == [], "not reached in order")
    }

    @Test func `the log is searched, and the time line leads into it`() async throws {
        let play = try Playground()
        let path = try await page(play)
        let matches = "document.getElementById('matches').textContent"
        let visit = try await Chromium.visit(
            "file://\(path)",
            [
                .evaluate("document.getElementById('find').hidden"),
                .evaluate("document.querySelector('#log details:has(pre)').open"),
                .evaluate("document.getElementById('query').focus()"), .type("NEEDLE"),
                .until("\(matches).startsWith('1 of ')"), .press("Enter"), .evaluate(matches),
                .evaluate("document.getElementById('query').select()"), .type("297"),
                .until("\(matches).startsWith('1 of ')"),
                // Its part was folded.
                .evaluate(
                    "[...document.querySelectorAll('#log details')].find(one => one.textContent.includes('297')).open"),
                .evaluate("document.getElementById('query').select()"), .type("not there"),
                .until("\(matches) === 'not found'"),
                .evaluate("[...document.querySelectorAll('#log details')].forEach(one => one.open = false)"),
                .evaluate("document.querySelector('a.time').click()"),
                .until("document.querySelector('#log details[open]')"),
                .evaluate("'#' + document.querySelector('#log details[open]').id === location.hash"),
                .evaluate("document.activeElement.localName"),
            ])
        #expect(visit.results[0] as? Bool == false)
        #expect(visit.text(6).hasPrefix("2 of "))
        #expect(visit.results[10] as? Bool == true)
        #expect(visit.results[17] as? Bool == true && visit.text(18) == "summary")
        #expect(visit.console == [])
    }
}
