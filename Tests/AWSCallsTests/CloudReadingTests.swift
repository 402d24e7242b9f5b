import ChildProcesses
import Files
import Foundation
import Synchronization
import Testing
import TestSupport

@testable import AWSCalls

/// Builds and logs of the cloud, by the real AWS CLI from a cloud of our own.
@Suite(.enabled(if: FakeCloud.isThere)) struct CloudReadingTests {
    /// A build's id, made of a number.
    private static func id(_ number: Int, of project: String = "app") -> String {
        let digits = String(number)
        return "\(project):00000000-0000-0000-0000-" + String(repeating: "0", count: 12 - digits.count) + digits
    }

    private static func build(_ id: String, _ more: String = "") -> FakeCloud.JSON {
        FakeCloud.JSON(#"{"id": "\#(id)", "projectName": "app"\#(more.isEmpty ? "" : ", " + more)}"#)
    }

    private static let logs = #""logs": {"groupName": "/aws/codebuild/app", "streamName": "1"}"#
    private static let stream = CloudLogStream(group: "/aws/codebuild/app", name: "1")

    /// Repeats without waiting, and writes down how long it would have waited.
    private static func hurried(_ pauses: Pauses = Pauses()) -> AWSRepetition {
        var repetition = AWSRepetition()
        repetition.sleep = { pauses.add($0) }
        repetition.random = { 0.5 }
        return repetition
    }

    private final class Pauses: Sendable {
        private let all = Mutex<[Duration]>([])
        var list: [Duration] { all.withLock { $0 } }
        func add(_ pause: Duration) { all.withLock { $0.append(pause) } }
    }

    private static func aws(_ cloud: FakeCloud, _ changes: [String: String?] = [:]) -> AWSCommandLine {
        AWSCommandLine(program: FakeCloud.program, environment: cloud.environment.merging(changes) { $1 })
    }

    @Test func `builds are listed and read a hundred at a time, in the order asked for`() async throws {
        var scenario = FakeCloud.Scenario()
        let ids = (1...250).reversed().map { Self.id($0) }
        scenario.builds = ids.map { [Self.build($0)] } + [[Self.build(Self.id(1, of: "other"))]]
        scenario.idsPerPage = 70
        scenario.batches = [#"{"id": "app:b", "buildBatchStatus": "FAILED"}"#]
        try await FakeCloud.with(scenario) { cloud in
            let builds = CodeBuildBuilds(by: Self.aws(cloud), repetition: Self.hurried())
            #expect(try await builds.ids(ofProject: "app") == ids)
            #expect(try await builds.ids(ofProject: "app", limit: 3) == Array(ids.prefix(3)))
            #expect(try await builds.ids(ofProject: nil, limit: 300) == ids + [Self.id(1, of: "other")])
            #expect(try await builds.ids(ofProject: "app", limit: 0) == [])
            let error = await #expect(throws: AWSError.self) { try await builds.ids(ofProject: "no") }
            #expect(error?.code == "ResourceNotFoundException")

            let found = try await builds.builds(ids + ["app:none"])
            #expect(found.builds.map(\.id) == ids)
            #expect(found.missing == ["app:none"])
            #expect(found.answers.count == 3)
            #expect(try CloudBuild.read(found.answers[2]).missing == ["app:none"])
            #expect(try await builds.builds([]).answers.isEmpty)

            let batches = try await builds.batches(["app:b", "app:c"])
            #expect(batches.missing == ["app:c"])
            #expect(String(decoding: batches.answer, as: UTF8.self).contains("\"FAILED\""))
        }
    }

    @Test(
        "an id that the CLI would take for a flag or a file is refused, and nothing is called",
        arguments: ["--debug", "-x", "file:///etc/passwd", "fileb:///x", "http://host/x", "https://host/x", "FILE://x"])
    func refusedID(id: String) async throws {
        let builds = CodeBuildBuilds(by: AWSCommandLine(program: "/nowhere/aws"))
        await #expect(throws: AWSError.self) { try await builds.builds(["app:1", id]) }
        await #expect(throws: AWSError.self) { try await builds.batches([id]) }
    }

    @Test(
        "a log group or stream that can be none in CloudWatch is no stream",
        arguments: [("file:///etc/passwd", "1"), ("/aws/x", "file:///x"), ("", "1"), ("/aws/x", ""), ("a:b", "1")])
    func refusedStream(group: String, name: String) {
        #expect(CloudBuild.Logs(groupName: group, streamName: name).stream == nil)
        #expect(CloudBuild.Logs(groupName: "/aws/x", streamName: "a/1").stream?.group == "/aws/x")
    }

    @Test func `a log of many pages is read whole, past an empty one`() async throws {
        // 1 MB in the first page, as the service cuts them; the same time in every event.
        let first = (0..<4000).map { "line \($0) " + String(repeating: "x", count: 250) + "\n" }
        let second = ["\u{1b}[31mred\u{1b}[0m\r\n", "no line end", " goes on \u{0}\n", "\n", "ä 漢 \"quoted\" \\\n"]
        var scenario = FakeCloud.Scenario()
        scenario.streams = ["/aws/codebuild/app:1": [.init(first), .init([]), .init([]), .init(second)]]
        try await FakeCloud.with(scenario) { cloud in
            let logs = CloudWatchLogs(by: Self.aws(cloud), repetition: Self.hurried())
            let text = try await logs.text(of: Self.stream)
            #expect(text == Array((first + second).joined().utf8))
            let error = await #expect(throws: AWSError.self) {
                try await logs.text(of: CloudLogStream(group: "/aws/codebuild/app", name: "2"))
            }
            #expect(error?.code == "ResourceNotFoundException")
        }
    }

    /// A CLI that refuses, with the errors of a list one after the other, and then answers.
    private static func refusing(
        _ errors: [(code: String, message: String)], then answer: String, in folder: FilePath
    ) async throws -> AWSCommandLine {
        let program = folder.appending("aws")
        let texts = errors.map { error in
            "An error occurred (\(error.code)) when calling the GetLogEvents operation (reached max retries: 4): \(error.message)\n"
        }
        try folder.appending("errors").write(texts.joined())
        try folder.appending("answer").write(answer)
        try await makeProgram(
            """
            #!/bin/sh
            cd '\(folder)' && echo call >>calls
            if [ -s errors ]; then
                head -n 1 errors >&2
                sed -i 1d errors
                exit 254
            fi
            cat answer
            """, at: program.string)
        return AWSCommandLine(program: program.string)
    }

    @Test func `calls that are throttled twenty times are made again`() async throws {
        let kinds = [
            ("ThrottlingException", "Rate exceeded"), ("TooManyRequestsException", "Too many"),
            ("RequestLimitExceeded", "Request limit exceeded."), ("InternalFailure", ""),
            ("503", "Service Unavailable"),
        ]
        try await withScratch { folder in
            let answer = #"{"events": [{"message": "one\n", "timestamp": 1}]}"#
            let aws = try await Self.refusing(
                (0..<20).map { kinds[$0 % kinds.count] }, then: answer, in: folder)
            let pauses = Pauses(), told = Pauses()
            var repetition = Self.hurried(pauses)
            repetition.onPause = { _ in told.add(.zero) }
            let text = try await CloudWatchLogs(by: aws, repetition: repetition).text(of: Self.stream)
            #expect(text == Array("one\n".utf8))
            #expect(pauses.list.count == 20)
            #expect(pauses.list.prefix(7).map { $0 / .milliseconds(1) } == [250, 500, 1000, 2000, 4000, 8000, 10000])
            #expect(told.list.count == 20)
        }
    }

    @Test(
        "a call that is throttled for ever ends, and other refusals are not repeated",
        arguments: [
            ("ThrottlingException", "Rate exceeded", 4), ("ExpiredTokenException", "The security token is expired", 1),
            ("UnrecognizedClientException", "The security token included in the request is invalid", 1),
            ("AccessDeniedException", "not authorized", 1),
        ])
    func ends(code: String, message: String, calls: Int) async throws {
        try await withScratch { folder in
            let aws = try await Self.refusing(Array(repeating: (code, message), count: 9), then: "{}", in: folder)
            var repetition = Self.hurried()
            repetition.limit = 3
            let builds = CodeBuildBuilds(by: aws, repetition: repetition)
            let error = await #expect(throws: AWSError.self) { try await builds.builds(["app:1"]) }
            #expect(error?.code == code)
            #expect(error?.isAboutCredentials == (code == "ExpiredTokenException" || code.hasPrefix("Unrec")))
            let made = try folder.appending("calls").text()
            #expect(made.split(separator: "\n").count == calls)
        }
    }

    @Test func `a pause ends when the task is cancelled`() async throws {
        try await withScratch { folder in
            let aws = try await Self.refusing([("ThrottlingException", "Rate exceeded")], then: "{}", in: folder)
            let (pausing, pauses) = AsyncStream.makeStream(of: Void.self)
            var repetition = AWSRepetition()
            repetition.first = .seconds(600)
            repetition.longest = .seconds(600)
            repetition.random = { 0.99 }
            repetition.onPause = { _ in pauses.yield() }
            let builds = CodeBuildBuilds(by: aws, repetition: repetition)
            let task = Task { try await builds.builds(["app:1"]) }
            for await _ in pausing { break }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
    }

    @Test func `a running build is followed from before it has a log to after its end`() async throws {
        var scenario = FakeCloud.Scenario()
        let id = Self.id(1)
        scenario.builds = [
            [
                Self.build(id, #""logs": {"groupName": "null", "streamName": "null"}"#),
                Self.build(id, #""logs": {"groupName": "/aws/codebuild/app", "streamName": "2"}"#),
                Self.build(id, Self.logs), Self.build(id, Self.logs),
                Self.build(id, Self.logs + #", "endTime": 1789547589.4, "buildStatus": "SUCCEEDED""#),
            ]
        ]
        scenario.streams = [
            "/aws/codebuild/app:1": [
                .init(["one\n"]), .init([]), .init(["two\n"], after: 4), .init(["late\n"], after: 6),
            ]
        ]
        try await FakeCloud.with(scenario) { cloud in
            let pauses = Pauses()
            let repetition = Self.hurried(pauses), aws = Self.aws(cloud)
            let build = try #require(
                try await CodeBuildBuilds(by: aws, repetition: repetition).builds([id]).builds.first)
            var text: [UInt8] = []
            let ended = try await CloudLogFollowing(by: aws, repetition: repetition).follow(build) { text += $0.text }
            #expect(String(decoding: text, as: UTF8.self) == "one\ntwo\nlate\n")
            #expect(ended.buildStatus == "SUCCEEDED")
            #expect(try cloud.calls().filter { $0 == "BatchGetBuilds" }.count == 5)
            #expect(pauses.list.allSatisfy { $0 >= .seconds(3) && $0 <= .seconds(30) })
        }
    }

    @Test func `the following pauses longer and longer, and ends after two empty answers behind the build's end`() {
        var pace = CloudLogFollowing.Pace()
        var ends: [Bool] = [], pauses: [Duration] = []
        for (hasLines, isBuildOver) in [
            (false, false), (false, false), (false, false), (false, false), (false, false), (true, false),
            (false, true), (true, true), (false, true), (false, true),
        ] {
            ends.append(pace.take(hasLines: hasLines, isBuildOver: isBuildOver))
            pauses.append(pace.pause)
        }
        #expect(ends == Array(repeating: false, count: 9) + [true])
        #expect(pauses.map { $0 / .seconds(1) } == [3, 6, 12, 24, 30, 3, 3, 3, 3, 3])
    }

    @Test func `credentials that expire end the following, or new ones carry it on without a gap`() async throws {
        var scenario = FakeCloud.Scenario()
        let id = Self.id(1)
        scenario.builds = [[Self.build(id, Self.logs + #", "endTime": 1789547589.4"#)]]
        scenario.streams = ["/aws/codebuild/app:1": [.init(["one\n"]), .init(["two\n"]), .init(["three\n"])]]
        var fault = FakeCloud.Fault("ExpiredTokenException", "The security token included in the request is expired")
        (fault.after, fault.key) = (2, "OLD")
        scenario.faults = [fault]
        for isRenewed in [false, true] {
            try await FakeCloud.with(scenario) { cloud in
                let file = cloud.folder.appending(path: "credentials")
                @Sendable func logIn(_ key: String) throws {
                    try "[default]\naws_access_key_id = \(key)\naws_secret_access_key = secret\n".write(
                        to: file, atomically: true, encoding: .utf8)
                }
                try logIn("OLD")
                let aws = Self.aws(
                    cloud,
                    [
                        "AWS_SHARED_CREDENTIALS_FILE": file.path, "AWS_ACCESS_KEY_ID": nil,
                        "AWS_SECRET_ACCESS_KEY": nil,
                    ])
                var following = CloudLogFollowing(by: aws, repetition: Self.hurried())
                following.isToGoOn = { _ in
                    if isRenewed { try logIn("NEW") }
                    return isRenewed
                }
                var build = try CloudBuild.read(Array(#"{"id": "\#(id)", "endTime": 1, \#(Self.logs)}"#.utf8)).builds[0]
                var text: [UInt8] = []
                do {
                    build = try await following.follow(build) { text += $0.text }
                    #expect(isRenewed)
                } catch let error as AWSError {
                    #expect(!isRenewed && error.isAboutCredentials)
                }
                #expect(String(decoding: text, as: UTF8.self) == (isRenewed ? "one\ntwo\nthree\n" : "one\ntwo\n"))
            }
        }
    }

    @Test(
        "what is wrong with the credentials is known from what the CLI says",
        arguments: [
            ("Unable to locate credentials. You can configure credentials by running \"aws configure\".", true),
            ("Unable to locate credentials. You can configure credentials by running \"aws login\".", true),
            ("The SSO session associated with this profile has expired or is otherwise invalid.", true),
            ("Error loading SSO Token: Token for acme does not exist", true),
            ("Token has expired and refresh failed", true),
            ("An error occurred (ExpiredToken) when calling the X operation: The provided token has expired.", true),
            (
                "An error occurred (InvalidParameterException) when calling the GetLogEvents operation: The specified nextToken is invalid.",
                false
            ),
            ("You must specify a region. You can also configure your region by running \"aws configure\".", false),
            ("Could not connect to the endpoint URL: \"https://codebuild.eu-wst-1.amazonaws.com/\"", false),
        ] as [(String, Bool)])
    func credentials(said: String, isAboutCredentials: Bool) {
        let error = AWSError(said: said, doing: "aws logs", status: .exited(255))
        #expect(error.isAboutCredentials == isAboutCredentials)
        #expect(!error.isPassing)
    }
}
