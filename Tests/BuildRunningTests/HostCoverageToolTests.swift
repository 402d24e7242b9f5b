import BuildPlanning
import Testing

/// Coverage reports of real tools, written by a build's own commands where this machine has the tools, and compared with what
/// the tools print.
@Suite(.enabled(if: HostPlayground.isPossible)) struct HostCoverageToolTests {
    @Test(.enabled("needs pytest-cov") { await ReportTools.python(with: "pytest_cov") != nil })
    func `coverage.py by pytest-cov: Cobertura and LCOV`() async throws {
        let python = try #require(await ReportTools.python(with: "pytest_cov"))
        try await HostPlayground.with { play in
            try play.write(
                "shop/price.py",
                """
                def price(count):
                    if count > 10:
                        return count * 9
                    return count * 10

                def never():
                    return None
                """)
            try play.write("shop/name.py", "def name(): return 'shop'\n")
            try play.write(
                "test_shop.py",
                """
                from shop.name import name
                from shop.price import price
                def test_price(): assert price(1) == 10
                def test_name(): assert name() == "shop"
                """)
            try play.write(".coveragerc", "[report]\nprecision = 3\n")
            let build = try await play.report(
                [
                    "\(python) -m pytest -q -p no:cacheprovider --cov=. --cov-branch --cov-report=xml:cov.xml "
                        + "--cov-report=lcov:cov.info --cov-report=term test_shop.py"
                ],
                to: [
                    "xml: {files: cov.xml, file-format: COBERTURAXML}",
                    "lcov: {files: cov.info, file-format: LCOV_INFO}",
                ])
            #expect(build.status == .succeeded)
            #expect(build.reports.count == 2)
            let statements = build.printedNumber(#/^TOTAL +(\d+)/#)
            let missed = build.printedNumber(#/^TOTAL +\d+ +(\d+)/#)
            let branches = build.printedNumber(#/^TOTAL +\d+ +\d+ +(\d+)/#)
            let percentage = build.printedNumber(#/^TOTAL .* ([0-9.]+)%$/#)
            #expect(missed == 2 && branches >= 2)
            for report in build.reports {
                let sums = try #require(report.codeCoverageSummary)
                #expect(Double(sums.linesMissed) == missed)
                #expect(Double(sums.linesCovered) == statements - missed)
                #expect(Double(sums.branchesCovered + sums.branchesMissed) == branches)
                let reached = Double(sums.linesCovered + sums.branchesCovered)
                #expect(abs(reached / (statements + branches) * 100 - percentage) < 0.0006)
            }
            let files = try play.coverages()
            let own = ["shop/name.py 1 0", "shop/price.py 4 2"]
            #expect(files.filter { $0.hasPrefix("shop/") }.sorted() == (own + own).sorted())
        }
    }

    @Test(.enabled("needs pytest-cov") { await ReportTools.python(with: "pytest_cov") != nil })
    func `coverage.py of a folder of the source: Cobertura names the files as LCOV does`() async throws {
        let python = try #require(await ReportTools.python(with: "pytest_cov"))
        try await HostPlayground.with { play in
            try play.write("src/shop.py", "def price(count):\n    return count * 9\n")
            try play.write("lib/shop.py", "def name():\n    return 'shop'\n")
            try play.write(
                "test_shop.py",
                "import sys\nsys.path[:0] = ['src']\nimport shop\ndef test(): assert shop.price(1) == 9\n")
            let build = try await play.report(
                [
                    "\(python) -m pytest -q -p no:cacheprovider --cov=src --cov-report=xml:cov.xml "
                        + "--cov-report=lcov:cov.info test_shop.py"
                ],
                to: [
                    "xml: {files: cov.xml, file-format: COBERTURAXML}",
                    "lcov: {files: cov.info, file-format: LCOV_INFO}",
                ])
            #expect(build.status == .succeeded)
            #expect(try play.coverages() == ["src/shop.py 2 0", "src/shop.py 2 0"])
        }
    }

    @Test(
        .enabled("needs lcov and gcc") {
            let hasLCOV = await ReportTools.has("lcov", "--version")
            return await ReportTools.has("gcc", "--version") && hasLCOV
        })
    func `lcov of a program in C`() async throws {
        try await HostPlayground.with { play in
            try play.write(
                "src/price.c",
                """
                static int price(int count) {
                    if (count > 10) {
                        return count * 9;
                    }
                    return count * 10;
                }

                int never(void) {
                    return 0;
                }

                int main(void) {
                    return price(1) == 10 ? 0 : 1;
                }
                """)
            let build = try await play.report(
                [
                    "gcc --coverage -O0 -o price src/price.c", "./price",
                    "lcov --quiet --capture --directory . --base-directory . --rc lcov_branch_coverage=1 -o cov.info",
                    "lcov --rc lcov_branch_coverage=1 --summary cov.info",
                ], to: ["cov: {files: cov.info, file-format: LCOV_INFO}"])
            #expect(build.status == .succeeded)
            let sums = try #require(build.reports.first?.codeCoverageSummary)
            #expect(sums.linesCovered > 0 && sums.linesMissed > 0 && sums.branchesMissed > 0)
            #expect(Double(sums.linesCovered) == build.printedNumber(#/lines\.+: .*\((\d+) of \d+/#))
            #expect(Double(sums.linesCovered + sums.linesMissed) == build.printedNumber(#/lines\.+: .* of (\d+)/#))
            #expect(Double(sums.branchesCovered) == build.printedNumber(#/branches\.+: .*\((\d+) of \d+/#))
            #expect(
                Double(sums.branchesCovered + sums.branchesMissed) == build.printedNumber(#/branches\.+: .* of (\d+)/#))
        }
    }

    @Test(
        .enabled("needs JaCoCo") {
            await ReportTools.hasJava("org.jacoco.agent", "org.jacoco.core", "org.jacoco.report", "asm")
        })
    func `JaCoCo: its agent and its XML`() async throws {
        try await HostPlayground.with { play in
            try play.write("src/main/java/org/acme/Shop.java", Self.shop)
            try play.write("Report.java", Self.report)
            let path = ReportTools.classPath(
                "org.jacoco.core", "org.jacoco.report", "asm", "asm-tree", "asm-analysis", "asm-commons")
            let build = try await play.report(
                [
                    "javac -g -d classes src/main/java/org/acme/Shop.java",
                    "jar xf /usr/share/java/org.jacoco.agent.jar jacocoagent.jar",
                    "java -javaagent:jacocoagent.jar=destfile=jacoco.exec -cp classes org.acme.Shop",
                    "java -cp \(path) Report.java",
                ], to: ["cov: {files: jacoco.xml, file-format: JACOCOXML}"])
            #expect(build.status == .succeeded)
            let sums = try #require(build.reports.first?.codeCoverageSummary)
            #expect(sums.linesMissed == 3 && sums.branchesMissed == 1)
            #expect(Double(sums.linesCovered) == build.printedNumber(#/^lines (\d+) of/#))
            #expect(Double(sums.linesCovered + sums.linesMissed) == build.printedNumber(#/^lines \d+ of (\d+)/#))
            #expect(Double(sums.branchesCovered) == build.printedNumber(#/^branches (\d+) of/#))
            #expect(
                Double(sums.branchesCovered + sums.branchesMissed) == build.printedNumber(#/^branches \d+ of (\d+)/#))
            #expect(try play.coverages() == ["org/acme/Shop.java \(sums.linesCovered) 3"])
        }
    }

    private static let shop = """
        package org.acme;

        public class Shop {
            static int price(int count) {
                if (count > 10) {
                    return count * 9;
                }
                return count * 10;
            }

            static int never() {
                return 0;
            }

            public static void main(String[] words) {
                System.out.println(price(1));
            }
        }
        """

    /// What JaCoCo's plugins for build tools do at the end of a build. It prints the sums that JaCoCo itself has.
    private static let report = """
        import java.io.File;
        import java.io.FileOutputStream;
        import org.jacoco.core.analysis.Analyzer;
        import org.jacoco.core.analysis.CoverageBuilder;
        import org.jacoco.core.analysis.ICounter;
        import org.jacoco.core.tools.ExecFileLoader;
        import org.jacoco.report.DirectorySourceFileLocator;
        import org.jacoco.report.xml.XMLFormatter;

        class Report {
            public static void main(String[] words) throws Exception {
                var loader = new ExecFileLoader();
                loader.load(new File("jacoco.exec"));
                var builder = new CoverageBuilder();
                new Analyzer(loader.getExecutionDataStore(), builder).analyzeAll(new File("classes"));
                var bundle = builder.getBundle("shop");
                try (var out = new FileOutputStream("jacoco.xml")) {
                    var visitor = new XMLFormatter().createVisitor(out);
                    var sessions = loader.getSessionInfoStore().getInfos();
                    visitor.visitInfo(sessions, loader.getExecutionDataStore().getContents());
                    visitor.visitBundle(bundle, new DirectorySourceFileLocator(new File("src/main/java"), "UTF-8", 4));
                    visitor.visitEnd();
                }
                print("lines", bundle.getLineCounter());
                print("branches", bundle.getBranchCounter());
            }

            static void print(String name, ICounter counter) {
                System.out.println(name + " " + counter.getCoveredCount() + " of " + counter.getTotalCount());
            }
        }
        """
}
