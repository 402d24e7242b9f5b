import Testing

@testable import AWSCalls

struct CloudBuildTests {
    @Test(
        "times are read as both versions of the CLI print them",
        arguments: [
            ("2026-09-16T10:31:02.001000+02:00", 1_789_547_462_001_000),
            ("2026-09-16T08:31:02Z", 1_789_547_462_000_000),
            ("2026-09-16T08:31:02.5+0000", 1_789_547_462_500_000), ("1970-01-01T00:00:00-01:30", 5_400_000_000),
            ("2024-02-29T00:00:00Z", 1_709_164_800_000_000),
        ] as [(String, Int64)])
    func times(text: String, microseconds: Int64) throws {
        #expect(CloudTime(text)?.microseconds == microseconds)
    }

    @Test(
        "what is no time is refused",
        arguments: [
            "", "2026-09-16", "2026-13-16T08:31:02Z", "2026-09-16T08:31:02", "2026-09-16T08:31:02.Z",
            "2026-09-16T08:31:02+2",
        ])
    func noTimes(text: String) { #expect(CloudTime(text) == nil) }

    @Test("the answer of batch-get-builds, and one build of it, are read")
    func answers() throws {
        let build = """
            {"id": "petclinic:0b5c", "buildStatus": "FAILED", "startTime": 1789547462.001, "endTime": "2026-09-16T10:33:09.4+02:00",
             "phases": [{"phaseType": "BUILD", "phaseStatus": "FAILED", "durationInSeconds": 61,
             "contexts": [{"statusCode": "COMMAND_EXECUTION_ERROR", "message": "Error while executing command: false. Reason: exit status 1"}]},
             {"phaseType": "COMPLETED"}], "somethingNew": {"a": [1]}}
            """
        for (text, missing) in [(build, []), ("{\"builds\": [\(build)], \"buildsNotFound\": [\"a:b\"]}", ["a:b"])] {
            let answer = try CloudBuild.read(Array(text.utf8))
            #expect(answer.missing == missing)
            let read = try #require(answer.builds.first)
            #expect(read.uuid == "0b5c")
            #expect(read.startTime?.microseconds == 1_789_547_462_001_000)
            #expect(read.endTime?.microseconds == 1_789_547_589_400_000)
            #expect(read.failedPhase?.phaseType == "BUILD")
            #expect(read.failedPhase?.contexts?.first?.statusCode == "COMMAND_EXECUTION_ERROR")
        }
    }

    @Test(
        "other JSON, and what is none, is refused",
        arguments: ["{}", "[]", "{\"builds\": 1}", "{\"builds\": [{}]}", "no"])
    func refused(text: String) { #expect(throws: (any Error).self) { try CloudBuild.read(Array(text.utf8)) } }
}
