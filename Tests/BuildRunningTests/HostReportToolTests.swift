import BuildPlanning
import ChildProcesses
import Testing

/// Reports of real tools, written by a build's own commands where this machine has the tools.
@Suite(.enabled(if: HostPlayground.isPossible)) struct HostReportToolTests {
    private static func has(_ words: String...) async -> Bool {
        let outcome = try? await Command("/usr/bin/env", words).collect()
        return outcome?.status.isSuccess == true
    }

    @Test(
        .enabled("needs Node.js 20 or later") {
            await has("node", "-e", "process.exit(process.version.slice(1, 3) >= 20 ? 0 : 1)")
        })
    func `node's own runner: JUnit and LCOV`() async throws {
        try await HostPlayground.with { play in
            try play.write(
                "owner.test.mjs",
                """
                import { describe, it } from 'node:test';
                import assert from 'node:assert';
                describe('owners', () => {
                  it('finds', () => {});
                  it('adds', () => { assert.strictEqual(1, 2, 'expected <1>'); });
                  it('waits', { skip: true }, () => {});
                });
                """)
            let build = try await play.run(
                """
                version: 0.2
                phases:
                  build:
                    commands:
                      - export CODEBUILD_CONFIG_AUTO_DISCOVER=false
                      - node --test --experimental-test-coverage --test-reporter=junit --test-reporter-destination=junit.xml --test-reporter=lcov --test-reporter-destination=lcov.info owner.test.mjs || true
                reports:
                  unit: {files: junit.xml}
                  cov: {files: lcov.info, file-format: LCOV_INFO}
                """)
            #expect(build.status == .succeeded)
            let unit = try #require(build.reports.first)
            #expect(unit.testSummary?.statusCounts == ["SUCCEEDED": 1, "FAILED": 1, "SKIPPED": 1])
            #expect(unit.failedTests.first?.name == "adds")
            #expect(unit.failedTests.first?.file == "owner.test.mjs")
            #expect(unit.failedTests.first?.line == 5)
            #expect((build.reports.last?.codeCoverageSummary?.linesCovered ?? 0) > 0)
        }
    }

    @Test(.enabled("needs pytest") { await has("pytest", "--version") })
    func `pytest: JUnit`() async throws {
        try await HostPlayground.with { play in
            try play.write(
                "test_owner.py",
                """
                import pytest
                class TestOwner:
                    def test_finds(self): pass
                    def test_adds(self):
                        assert 1 == 2, "é <b> \\x1b[31m"
                @pytest.mark.skip(reason="not now")
                def test_waits(): pass
                @pytest.fixture
                def broken(): raise ValueError("no")
                def test_breaks(broken): pass
                """)
            let build = try await play.run(
                """
                version: 0.2
                phases:
                  build:
                    commands:
                      - export CODEBUILD_CONFIG_AUTO_DISCOVER=false PYTHONDONTWRITEBYTECODE=1
                      - pytest -q -p no:cacheprovider --junitxml=py.xml test_owner.py || true
                reports: {unit: {files: '*.xml'}}
                """)
            let unit = try #require(build.reports.first)
            #expect(unit.testSummary?.statusCounts == ["SUCCEEDED": 1, "FAILED": 1, "ERROR": 1, "SKIPPED": 1])
            #expect(unit.failedTests.map(\.name).sorted() == ["test_adds", "test_breaks"])
            let adds = unit.failedTests.first { $0.name == "test_adds" }
            #expect(adds?.file == "test_owner.py" && adds?.line == 5)
        }
    }
}
