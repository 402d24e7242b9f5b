import BuildPlanning
import BuildRunning
import Testing

@Suite struct FailedTestsTests {
    private func tests(_ output: String) -> [String] {
        CommandFailure(
            command: "x", exitStatus: 1, shell: .standard, output: Array(output.utf8), surroundings: .init()
        ).failedTests
    }

    @Test func `Surefire's list`() {
        #expect(
            tests(
                """
                [ERROR] Tests run: 2, Failures: 1, Errors: 1, Skipped: 0, Time elapsed: 0.1 s <<< FAILURE! - in OwnerTest
                [ERROR] finds(OwnerTest)  Time elapsed: 0.01 s  <<< FAILURE!
                [INFO] Results:
                [INFO]
                [ERROR] Failures:
                [ERROR]   OwnerTest.finds:34 expected:<1> but was:<2>
                [ERROR] Errors:
                [ERROR]   VetTest.lists:12->load:40 » NullPointer
                [INFO]
                [ERROR] Tests run: 2, Failures: 1, Errors: 1, Skipped: 0
                [INFO] BUILD FAILURE
                [ERROR] Failed to execute goal org.apache.maven.plugins:maven-surefire-plugin:2.22.3:test (default-test)
                [ERROR]   For more see http://example.org/a.b:12
                """) == [
                    "OwnerTest.finds:34 expected:<1> but was:<2>", "VetTest.lists:12->load:40 » NullPointer",
                ])
    }

    @Test func `the lists of old Surefires`() {
        #expect(
            tests(
                """
                Results :

                Failed tests:   finds(org.acme.OwnerTest): expected:<1> but was:<2>
                  lists(org.acme.VetTest)

                Tests in error:
                  VetTest.load:12 » NullPointer

                Tests run: 3, Failures: 2, Errors: 1, Skipped: 0
                  not.a.test after the list
                """) == [
                    "finds(org.acme.OwnerTest): expected:<1> but was:<2>", "lists(org.acme.VetTest)",
                    "VetTest.load:12 » NullPointer",
                ])
    }

    @Test(arguments: [
        ("FAILED tests/test_a.py::test_b[1] - assert 1 == 2", "tests/test_a.py::test_b[1] - assert 1 == 2"),
        ("--- FAIL: TestOwner (0.00s)", "TestOwner"), ("    --- FAIL: TestOwner/finds (0.00s)", "TestOwner/finds"),
        ("OwnerTest > finds() FAILED", "OwnerTest > finds()"),
    ])
    func `other runners' lines`(line: String, name: String) {
        #expect(tests("x\n\(line)\n\(line)\n") == [name])
    }

    @Test func `no test in sight, none named`() {
        #expect(tests("[ERROR] COMPILATION ERROR :\n[ERROR] /src/A.java:[3,5] cannot find symbol\n") == [])
    }
}
