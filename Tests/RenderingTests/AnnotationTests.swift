import BuildPlanning
import Rendering
import SpecParsing
import Testing

@Suite struct AnnotationTests {
    private var test: Annotation {
        var test = ReportSamples.test("adds, or: not")
        test.message = "expected 50%\r\n::error::mine"
        test.file = "src/a,b.java"
        test.line = 34
        return Annotation(failed: test)
    }

    @Test func `a workflow command is one line, whatever a test says`() {
        #expect(
            test.github
                == "::error file=src/a%2Cb.java,line=34,title=org.acme.OwnerTest.adds%2C or%3A not::expected 50%25%0D%0A::error::mine\n"
        )
        var nowhere = test
        nowhere.path = nil
        #expect(nowhere.github.hasPrefix("::error title="))
    }

    @Test func `GitLab gets issues with severities, places and prints that stay when lines move`() {
        var moved = test
        moved.line = 35
        let finding = Annotation(
            Diagnostic(
                severity: .warning, code: "unknown-key", message: "m",
                location: SourceLocation(file: "buildspec.yml", line: 3, column: 1), length: 1))
        func text(_ all: [Annotation]) -> String {
            String(decoding: Annotation.gitlab(all, fallback: "buildspec.yml").bytes, as: UTF8.self)
        }
        let one = text([test, finding]), other = text([moved, finding])
        #expect(one.contains(#""check_name":"failed-test""#) && one.contains(#""severity":"major""#), "\(one)")
        #expect(one.contains(#""location":{"path":"src/a,b.java","lines":{"begin":34}}"#), "\(one)")
        #expect(one.contains(#""severity":"minor""#) && one.contains(#""path":"buildspec.yml","lines":{"begin":3}"#))
        func prints(_ text: String) -> [Substring] {
            text.matches(of: /"fingerprint":"([0-9a-f]{64})"/).map(\.output.1)
        }
        #expect(prints(one).count == 2 && prints(one) == prints(other))
        #expect(Set(prints(text([test, test]))).count == 2)
    }

    @Test func `the change of coverage is told in hundredths, since which build`() {
        func coverage(_ covered: Int, _ missed: Int) -> ReportFacts {
            var facts = ReportSamples.coverage
            facts.codeCoverageSummary = .init(
                linesCovered: covered, linesMissed: missed, branchesCovered: 1, branchesMissed: 1)
            return facts
        }
        let earlier = EarlierCoverage(build: "0b5c2a7e", reports: [coverage(700, 300)])
        #expect(
            EarlierCoverage.lines(of: [coverage(7005, 2995)], since: earlier)
                == "coverage p-cov: 70 % of lines (7005 of 10000, +0.05), 50 % of branches (1 of 2, ±0) since 0b5c2a7e\n"
        )
        #expect(EarlierCoverage.lines(of: [coverage(65, 35)], since: earlier).contains("(65 of 100, -5)"))
        #expect(EarlierCoverage.lines(of: [coverage(65, 35)], since: nil).contains("(65 of 100), "))
    }
}
