import BuildPlanning
import ChildProcesses
import Testing

/// Test reports of real tools, written by a build's own commands where this machine has the tools, and compared with what the
/// tools print.
@Suite(.enabled(if: HostPlayground.isPossible)) struct HostReportToolTests {
    @Test(
        .enabled("needs Node.js 20 or later") {
            await ReportTools.has("node", "-e", "process.exit(process.version.slice(1, 3) >= 20 ? 0 : 1)")
        })
    func `node's own runner: JUnit and LCOV`() async throws {
        try await HostPlayground.with { play in
            try play.write(
                "src/price.mjs",
                """
                export function price(count) {
                  if (count > 10) {
                    return count * 9;
                  }
                  return count * 10;
                }
                """)
            try play.write(
                "owner.test.mjs",
                """
                import { describe, it } from 'node:test';
                import assert from 'node:assert';
                import { price } from './src/price.mjs';
                describe('owners', () => {
                  it('finds', () => assert.strictEqual(price(1), 10));
                  it('adds', () => { assert.strictEqual(1, 2, 'expected <1>'); });
                  it('throws', async () => { await null; throw new TypeError('no'); });
                  it('waits', { skip: true }, () => {});
                  it('will be', { todo: true }, () => {});
                });
                """)
            let build = try await play.report(
                [
                    "node --test --experimental-test-coverage --test-reporter=junit --test-reporter-destination=junit.xml "
                        + "--test-reporter=lcov --test-reporter-destination=lcov.info "
                        + "--test-reporter=tap --test-reporter-destination=stdout owner.test.mjs || true"
                ], to: ["unit: {files: junit.xml}", "cov: {files: lcov.info, file-format: LCOV_INFO}"])
            #expect(build.status == .succeeded)
            let unit = try #require(build.reports.first)
            #expect(unit.testSummary?.statusCounts == ["SUCCEEDED": 1, "FAILED": 2, "SKIPPED": 2])
            #expect(unit.count("SUCCEEDED") == build.printedNumber(#/^# pass (\d+)/#))
            #expect(unit.count("FAILED") == build.printedNumber(#/^# fail (\d+)/#))
            let left = build.printedNumber(#/^# skipped (\d+)/#) + build.printedNumber(#/^# todo (\d+)/#)
            #expect(unit.count("SKIPPED") == left)
            #expect(unit.failedNames == ["adds", "throws"])
            #expect(unit.failedNames == build.printed(#/^ +not ok \d+ - (\w+)/#).sorted())
            #expect(unit.failedPlaces == ["owner.test.mjs:6", "owner.test.mjs:7"])
            #expect(unit.failedPlaces == build.printed(#/<anonymous> \(file:.*/(owner\.test\.mjs:\d+):\d+\)/#).sorted())

            let sums = try #require(build.reports.last?.codeCoverageSummary)
            let lines = build.printedNumber(#/^# all files *\| *([0-9.]+)/#)
            let branches = build.printedNumber(#/^# all files *\|[^|]*\| *([0-9.]+)/#)
            #expect(lines > 0 && abs((sums.lineCoveragePercentage ?? 0) - lines) < 0.006)
            #expect(branches > 0 && abs((sums.branchCoveragePercentage ?? 0) - branches) < 0.006)
            #expect(try play.coverages().contains("src/price.mjs 4 2"))
        }
    }

    @Test(.enabled("needs pytest") { await ReportTools.python(with: "pytest") != nil })
    func `pytest: JUnit`() async throws {
        let python = try #require(await ReportTools.python(with: "pytest"))
        try await HostPlayground.with { play in
            try play.write(
                "tests/test_owner.py",
                """
                import pytest
                class TestOwner:
                    def test_finds(self): pass
                    def test_adds(self):
                        assert 1 == 2, "é <b> \\x1b[31m"
                    @pytest.mark.parametrize("count", [1, 2])
                    def test_counts(self, count): assert count == 1
                @pytest.mark.skip(reason="not now")
                def test_waits(): pass
                @pytest.fixture
                def broken(): raise ValueError("no")
                def test_breaks(broken): pass
                """)
            let build = try await play.report(
                ["\(python) -m pytest -q -p no:cacheprovider --junitxml=py.xml tests || true"],
                to: ["unit: {files: '*.xml'}"])
            let unit = try #require(build.reports.first)
            #expect(unit.testSummary?.statusCounts == ["SUCCEEDED": 2, "FAILED": 2, "ERROR": 1, "SKIPPED": 1])
            #expect(unit.count("SUCCEEDED") == build.printedNumber(#/(\d+) passed/#))
            #expect(unit.count("FAILED") == build.printedNumber(#/(\d+) failed/#))
            #expect(unit.count("ERROR") == build.printedNumber(#/(\d+) errors? in/#))
            #expect(unit.count("SKIPPED") == build.printedNumber(#/(\d+) skipped/#))
            #expect(unit.failedNames == ["test_adds", "test_breaks", "test_counts[2]"])
            #expect(unit.failedNames == build.printed(#/^(?:FAILED|ERROR) \S*::(\S+)/#).sorted())
            #expect(
                unit.failedPlaces == ["tests/test_owner.py:11", "tests/test_owner.py:5", "tests/test_owner.py:7"])
            #expect(unit.failedPlaces == build.printed(#/^(\S+\.py:\d+): \w+$/#).sorted())
        }
    }

    @Test(.enabled("needs behave") { await ReportTools.python(with: "behave") != nil })
    func `behave: its JSON, and its JUnit`() async throws {
        let python = try #require(await ReportTools.python(with: "behave"))
        try await HostPlayground.with { play in
            try play.write("features/shop.feature", Self.feature)
            try play.write("features/steps/shop.py", Self.steps)
            let build = try await play.report(
                [
                    "\(python) -m behave --tags=-skip -f json -o behave.json --junit --junit-directory=junit -f progress "
                        + "|| true"
                ], to: ["steps: {files: behave.json, file-format: CUCUMBERJSON}", "unit: {files: junit/*.xml}"])
            #expect(build.reports.map(\.status) == [.failed, .failed])
            let steps = try #require(build.reports.first), unit = try #require(build.reports.last)
            #expect(steps.testSummary?.statusCounts == ["SUCCEEDED": 2, "FAILED": 4, "SKIPPED": 1])
            for report in [steps, unit] {
                #expect(report.count("SUCCEEDED") == build.printedNumber(#/^(\d+) scenarios? passed/#))
                #expect(
                    report.count("FAILED") + report.count("ERROR")
                        == build.printedNumber(#/scenarios? passed, (\d+) failed/#))
                #expect(report.count("SKIPPED") == build.printedNumber(#/scenarios? passed, .* (\d+) skipped/#))
                #expect(report.failedNames == ["3 things -- @1.2 ", "broken", "many things", "to come"])
                #expect(report.failedNames == build.printed(#/^  \S+\.feature:\d+  (.+)$/#).sorted())
            }
            // The step that failed, where the tool prints the scenario.
            #expect(steps.failedPlaces == [11, 15, 23, 26].map { "features/shop.feature:\($0)" })
            #expect(
                unit.failedPlaces == [
                    "features/shop.feature:11", "features/shop.feature:15", "features/shop.feature:23",
                ]
                    + ["features/steps/shop.py:18"])
            #expect(steps.failedTests.first { $0.name == "many things" }?.message == "Assertion Failed: 110 <> 100")
            #expect(steps.failedTests.first { $0.name == "broken" }?.message == "ValueError: no")
            #expect(unit.failedTests.first { $0.name == "broken" }?.message == "no")
        }
    }

    private static let feature = """
        Feature: Shop
          Background:
            Given an empty basket

          Scenario: one thing
            When I put 1 thing into it
            Then it costs 10

          Scenario: many things
            When I put 11 things into it
            Then it costs 100

          Scenario Outline: <count> things
            When I put <count> things into it
            Then it costs <price>

            Examples:
              | count | price |
              | 2     | 20    |
              | 3     | 31    |

          Scenario: to come
            When I pay

          Scenario: broken
            When it breaks

          @skip
          Scenario: left out
            Then it costs 0
        """

    private static let steps = """
        from behave import given, then, when

        @given("an empty basket")
        def empty(context): context.count = 0

        @when("I put {count:d} thing into it")
        @when("I put {count:d} things into it")
        def put(context, count):
            context.count += count

        @then("it costs {price:d}")
        def costs(context, price):
            paid = context.count * 10
            assert paid == price, f"{paid} <> {price}"

        @when("it breaks")
        def breaks(context):
            raise ValueError("no")
        """

    @Test(.enabled("needs gotestsum") { await ReportTools.has("gotestsum", "--version") })
    func `gotestsum: JUnit`() async throws {
        // What Go has compiled once for the machine is not compiled again.
        let cache = try await Command("/usr/bin/env", ["go", "env", "GOCACHE"]).collect().output
        let goCache = String(decoding: cache, as: UTF8.self).split(separator: "\n").joined()
        try await HostPlayground.with { play in
            try play.write("go.mod", "module example.org/shop\n\ngo 1.19\n")
            try play.write(
                "price_test.go",
                """
                package shop

                import "testing"

                func TestPrice(t *testing.T) {}

                func TestDiscount(t *testing.T) {
                	t.Run("many", func(t *testing.T) {
                		t.Errorf("expected <%d>", 99)
                	})
                }

                func TestLater(t *testing.T) { t.Skip("not now") }
                """)
            let build = try await play.report(
                [
                    "export GOCACHE='\(goCache)' GOPROXY=off GOTOOLCHAIN=local",
                    "gotestsum --no-color --junitfile junit.xml || true",
                ], to: ["unit: {files: junit.xml}"])
            let unit = try #require(build.reports.first)
            #expect(unit.testSummary?.statusCounts == ["SUCCEEDED": 1, "FAILED": 2, "SKIPPED": 1])
            #expect(unit.testSummary.map { Double($0.total) } == build.printedNumber(#/^DONE (\d+) tests/#))
            #expect(unit.count("FAILED") == build.printedNumber(#/(\d+) failures? in/#))
            #expect(unit.count("SKIPPED") == build.printedNumber(#/(\d+) skipped/#))
            #expect(unit.failedNames == ["TestDiscount", "TestDiscount/many"])
            #expect(unit.failedNames == build.printed(#/^=== FAIL: \. (\S+)/#).sorted())
            // The test around the one that failed has no place of its own.
            #expect(unit.failedPlaces == ["?:0", "price_test.go:9"])
            #expect(unit.failedPlaces.last == build.printed(#/^ +(price_test\.go:\d+): expected/#).first)
        }
    }

    @Test(.enabled("needs TestNG") { await ReportTools.hasJava("testng", "jcommander") })
    func `TestNG: its own XML`() async throws {
        try await HostPlayground.with { play in
            try play.write(
                "src/test/java/org/acme/OwnerTest.java",
                """
                package org.acme;

                import static org.testng.Assert.assertEquals;
                import org.testng.SkipException;
                import org.testng.annotations.*;

                public class OwnerTest {
                    @BeforeMethod public void prepare() {}
                    @Test public void finds() {}
                    @Test public void adds() {
                        assertEquals(1, 2, "owners <é>");
                    }
                    @Test public void waits() { throw new SkipException("not now"); }
                }
                """)
            let path = ReportTools.classPath("testng", "jcommander")
            let build = try await play.report(
                [
                    "javac -encoding UTF-8 -cp \(path) -d classes src/test/java/org/acme/OwnerTest.java",
                    "java -Dfile.encoding=UTF-8 -cp \(path):classes org.testng.TestNG -usedefaultlisteners false "
                        + "-reporter org.testng.reporters.XMLReporter -d out -testclass org.acme.OwnerTest -verbose 2 || true",
                ], to: ["unit: {files: out/testng-results.xml, file-format: TESTNGXML}"])
            let unit = try #require(build.reports.first)
            #expect(unit.testSummary?.statusCounts == ["SUCCEEDED": 1, "FAILED": 1, "SKIPPED": 1])
            #expect(unit.testSummary.map { Double($0.total) } == build.printedNumber(#/^Total tests run: (\d+)/#))
            #expect(unit.count("FAILED") == build.printedNumber(#/Failures: (\d+)/#))
            #expect(unit.count("SKIPPED") == build.printedNumber(#/Skips: (\d+)/#))
            #expect(unit.failedNames == ["adds"])
            #expect(unit.failedPlaces == ["src/test/java/org/acme/OwnerTest.java:11"])
            #expect(unit.failedTests.first?.message == "owners <é> expected [2] but found [1]")
        }
    }
}
