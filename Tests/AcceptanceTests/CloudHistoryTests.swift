import ChildProcesses
import Foundation
import TestSupport
import Testing

/// `builds --aws`, `show --aws` and `logs --aws`, by the real AWS CLI from a CodeBuild of our own.
@Suite(.enabled(if: FakeCloud.isThere)) struct CloudHistoryTests {
    private static func id(_ letter: String, of project: String = "app") -> String {
        "\(project):\(String(repeating: letter, count: 8))-1111-2222-3333-444455556666"
    }

    private static func json(_ id: String, _ members: String...) -> FakeCloud.JSON {
        let arn = "arn:aws:codebuild:eu-west-1:111122223333:build/\(id)"
        return FakeCloud.JSON("{" + ([#""id": "\#(id)", "arn": "\#(arn)""#] + members).joined(separator: ", ") + "}")
    }

    private static func logs(_ stream: String) -> String {
        #""logs": {"groupName": "/aws/codebuild/app", "streamName": "\#(stream)", "deepLink": "https://console.example/\#(stream)"}"#
    }

    /// A failed build, with all that a table shows.
    private static let failed = json(
        id("a"), #""projectName": "app", "buildStatus": "FAILED", "buildComplete": true, "currentPhase": "COMPLETED""#,
        #""startTime": 1789547462.001, "endTime": 1789547589.4, "initiator": "codepipeline/petclinic""#,
        #""sourceVersion": "refs/heads/main", "resolvedSourceVersion": "9e0d29404ee30b7b63258414ecccc996bbeb55c6""#,
        #""environment": {"image": "aws/codebuild/standard:7.0", "environmentVariables": [{"name": "P", "value": "plain-value"}]}"#,
        logs("a"), #""exportedEnvironmentVariables": [{"name": "IMAGE_TAG", "value": "7034b50"}]"#,
        """
        "phases": [
          {"phaseType": "SUBMITTED", "phaseStatus": "SUCCEEDED", "startTime": 1789547462.001, "endTime": 1789547462.1, "durationInSeconds": 0},
          {"phaseType": "BUILD", "phaseStatus": "FAILED", "startTime": 1789547463, "endTime": 1789547524.5, "durationInSeconds": 61,
           "contexts": [{"statusCode": "COMMAND_EXECUTION_ERROR", "message": "Error while executing command: mvn -B verify. Reason: exit status 127"}]},
          {"phaseType": "POST_BUILD", "phaseStatus": "SUCCEEDED", "startTime": 1789547524.5, "endTime": 1789547589.4, "durationInSeconds": 64,
           "contexts": [{"statusCode": "", "message": ""}]},
          {"phaseType": "COMPLETED", "startTime": 1789547589.4}]
        """)

    private static let running = json(
        id("b"),
        #""projectName": "app", "buildStatus": "IN_PROGRESS", "buildComplete": false, "currentPhase": "BUILD""#,
        #""startTime": 1789547600, "sourceVersion": "S3-version""#,
        #""phases": [{"phaseType": "QUEUED", "phaseStatus": "SUCCEEDED", "startTime": 1789547600, "durationInSeconds": 2}, {"phaseType": "BUILD", "startTime": 1789547602}]"#
    )

    private static let table = """

          SUBMITTED   SUCCEEDED  0.0 s
          BUILD       FAILED     1 min 1 s
          POST_BUILD  SUCCEEDED  1 min 4 s

        app:aaaaaaaa-1111-2222-3333-444455556666 FAILED in 2 min 7 s
          failed   BUILD: mvn -B verify
                   exit status 127 (command not found)
          started  2026/09/16 08:31:02 UTC, by codepipeline/petclinic
          source   refs/heads/main, commit 9e0d29404ee30b7b63258414ecccc996bbeb55c6
          image    aws/codebuild/standard:7.0
          log      https://console.example/a
          exported IMAGE_TAG=7034b50

        """

    private static func call(
        _ arguments: [String], _ play: Playground, _ cloud: FakeCloud, _ changes: [String: String?] = [:]
    ) async throws -> CommandOutput {
        try await play.call(arguments, environment: cloud.environment.merging(changes) { $1 })
    }

    @Test func `builds are listed and shown as those here are`() async throws {
        var scenario = FakeCloud.Scenario()
        let other = Self.json(Self.id("a", of: "other"), #""buildStatus": "SUCCEEDED", "startTime": 1789540000"#)
        scenario.builds = [[Self.running], [Self.failed], [other]]
        scenario.projects = ["empty"]
        try await FakeCloud.with(scenario) { cloud in
            let play = try Playground()
            // What the CLI is called with is written down.
            let folder = cloud.folder.appending(path: "bin")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try await makeProgram(
                "#!/bin/sh\necho \"$@\" >>'\(cloud.folder.path)/arguments'\nexec '\(FakeCloud.program)' \"$@\"\n",
                at: folder.appending(path: "aws").path)
            let path = "\(folder.path):\(ProcessInfo.processInfo.environment["PATH"] ?? "")"
            @Sendable func call(_ arguments: String...) async throws -> CommandOutput {
                try await Self.call(arguments, play, cloud, ["PATH": path])
            }
            // Without settings all builds of the account are meant, with them those of the project.
            let all = try await call("builds", "--aws")
            #expect(
                all.text == """
                    BUILD     STATUS       STARTED              DURATION   FAILED TESTS  COMMIT      BRANCH           PROJECT
                    bbbbbbbb  IN_PROGRESS  2026/09/16 08:33:20  -          -             -           S3-version       app
                    aaaaaaaa  FAILED       2026/09/16 08:31:02  2 min 7 s  -             9e0d29404e  refs/heads/main  app
                    aaaaaaaa  SUCCEEDED    2026/09/16 06:26:40  0.0 s      -             -           -                other
                    """, "\(all.errorText)")
            try play.write("codebuild.yml", "name: app\nx-buildspec: {region: eu-north-1}\n")
            let one = try await call("builds", "--aws", "--limit", "1", "--format", "json")
            #expect(
                one.text
                    == #"{"version":1,"builds":[{"id":"\#(Self.id("b"))","buildStatus":"IN_PROGRESS","startTime":"2026-09-16T08:33:20.000000Z","image":"","sourceVersion":"S3-version"}]}"#
            )
            #expect(try await call("builds", "--aws").text.split(separator: "\n").count == 3)
            #expect(try await call("builds", "--aws", "--project", "none").text == all.text)
            let empty = try await call("builds", "--aws", "--project", "empty")
            #expect(empty.status.isSuccess && empty.errorText == "AWS has no builds of the project `empty` yet")
            let wrong = try await call("builds", "--aws", "--project", "ap")
            #expect(wrong.status.exitStatus == 66)
            #expect(
                wrong.errorText.contains("AWS has no project `ap`") && wrong.errorText.contains("did you mean `app`?"))

            let arn = "arn:aws:codebuild:eu-west-1:111122223333:build/\(Self.id("a"))"
            for name in [Self.id("a"), "aaaa", arn] {
                let shown = try await call("show", name, "--aws")
                #expect(shown.outputText == Self.table, "\(shown.errorText)")
            }
            let newest = try await call("show", "--aws")
            #expect(
                newest.text.contains("\(Self.id("b")) IN_PROGRESS\n") && newest.text.contains("BUILD   IN_PROGRESS"))
            let printed = try await call("show", "aaaa", "--aws", "--format", "json")
            let answer = try #require(try JSONSerialization.jsonObject(with: Data(printed.output)) as? [String: Any])
            #expect((answer["builds"] as? [[String: Any]])?.first?["id"] as? String == Self.id("a"))
            #expect(printed.text.contains("plain-value"))
            for (name, message) in [
                (Self.id("c"), "AWS has no build `\(Self.id("c"))`"),
                ("cccc", "AWS has no build of the project `app` that begins with `cccc`"),
            ] {
                let missing = try await call("show", name, "--aws")
                #expect(missing.status.exitStatus == 66 && missing.errorText.contains(message), "\(missing.errorText)")
            }
            let two = try await call("show", "aaaa", "--aws", "--project", "none")
            #expect(
                two.status.exitStatus == 66 && two.errorText.contains("2 builds have an id that begins with `aaaa`"))
            let unasked = try await call("builds", "--project", "app")
            #expect(unasked.status.exitStatus == 64 && unasked.errorText.contains("add --aws"))

            #expect(try await call("show", "--aws", "--tests").status.exitStatus == 64)
            // What a repository calls its project is no flag of the CLI's, and no file.
            for name in ["--endpoint-url=http://127.0.0.1:1", "file:///etc/hostname"] {
                try play.write("codebuild.yml", "name: '\(name)'\n")
                let hostile = try await call("builds", "--aws")
                #expect(hostile.status.exitStatus == 78 && hostile.errorText.contains("`codebuild.yml:1:7`"))
            }
            let arguments = try String(contentsOf: cloud.folder.appending(path: "arguments"), encoding: .utf8)
            #expect(arguments.contains("--region eu-north-1") && arguments.contains("--region eu-west-1"))
            for secret in ["test-secret", "test-id", "plain-value", "file:", "--endpoint-url"] {
                #expect(!arguments.contains(secret))
            }
        }
    }

    @Test func `both versions of the CLI give the same table`() async throws {
        let play = try Playground()
        // Version 2 prints times in ISO 8601, in the zone of the machine.
        var text = Self.failed.text
        for (seconds, time) in [
            ("1789547462.001", "2026-09-16T10:31:02.001000+02:00"),
            ("1789547462.1", "2026-09-16T10:31:02.100000+02:00"),
            ("1789547463", "2026-09-16T08:31:03+00:00"), ("1789547524.5", "2026-09-16T08:32:04.500000+00:00"),
            ("1789547589.4", "2026-09-16T08:33:09.400000+00:00"),
        ] {
            text.replace(#"Time": \#(seconds),"#, with: #"Time": "\#(time)","#)
            text.replace(#"Time": \#(seconds)}"#, with: #"Time": "\#(time)"}"#)
        }
        #expect(!text.contains(": 17895"))
        for form in [Self.failed.text, text] {
            try play.write("answer.json", "{\"builds\": [\(form)], \"buildsNotFound\": []}")
            try await makeProgram(
                "#!/bin/sh\ncat '\(play.source.path)/answer.json'\n", at: play.root.appending(path: "aws").path)
            let path = "\(play.root.path):\(ProcessInfo.processInfo.environment["PATH"] ?? "")"
            let shown = try await play.call(["show", Self.id("a"), "--aws"], environment: ["PATH": path])
            #expect(shown.outputText == Self.table, "\(shown.errorText)")
        }
    }

    @Test func `the first failure of every kind of build is shown`() async throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fixtures/builds")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".json") }
        #expect(names.count >= 24)
        let play = try Playground()
        try await makeProgram(
            "#!/bin/sh\ncat '\(play.source.path)/answer.json'\n", at: play.root.appending(path: "aws").path)
        let path = "\(play.root.path):\(ProcessInfo.processInfo.environment["PATH"] ?? "")"
        for name in names.sorted() {
            let text = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
            try play.write("answer.json", text)
            let answer = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
            let build = try #require((answer["builds"] as? [[String: Any]])?.first, "\(name)")
            let id = try #require(build["id"] as? String), status = try #require(build["buildStatus"] as? String)
            let shown = try await play.call(["show", id, "--aws"], environment: ["PATH": path])
            #expect(shown.status.isSuccess && shown.text.contains("\n\(id) \(status)"), "\(name): \(shown.errorText)")
            let phases = try #require(build["phases"] as? [[String: Any]])
            for phase in phases {
                guard let status = phase["phaseStatus"] as? String, let type = phase["phaseType"] as? String else {
                    continue
                }
                #expect(shown.text.contains(try Regex("(?m)^  \(type) +\(status) ")), "\(name): \(shown.text)")
            }
            let failed = phases.first { ["FAILED", "TIMED_OUT", "FAULT"].contains($0["phaseStatus"] as? String) }
            let context = (failed?["contexts"] as? [[String: Any]])?.first
            guard let message = context?["message"] as? String, !message.isEmpty else { continue }
            let words = message.split(whereSeparator: \.isNewline)[0].replacing(
                "Error while executing command: ", with: "")
            let said = words.ranges(of: ". Reason: exit status ").last.map { words[..<$0.lowerBound] } ?? words[...]
            #expect(shown.text.contains(said), "\(name): \(shown.text)")
        }
    }

    @Test func `a log is printed whole, however often AWS refuses, or it is said where it is`() async throws {
        let ends = #""endTime": 1789547589.4, "buildStatus": "FAILED""#
        let s3 =
            #""s3LogsArn": "arn:aws:s3:::acme-logs/ci/c.gz", "s3Logs": {"status": "ENABLED", "location": "acme-logs/ci"}"#
        let off = #""cloudWatchLogs": {"status": "DISABLED"}"#
        var scenario = FakeCloud.Scenario()
        scenario.builds = [
            [Self.failed], [Self.json(Self.id("c"), ends, "\"logs\": {\(off), \(s3)}")],
            [Self.json(Self.id("d"), ends, "\"logs\": {\(off), \"s3Logs\": {\"status\": \"DISABLED\"}}")],
            [
                Self.json(
                    Self.id("e"), #""currentPhase": "QUEUED", "logs": {"groupName": "null", "streamName": "null"}"#)
            ],
            [Self.json(Self.id("f"), ends, Self.logs("gone"))],
        ]
        let lines = (0..<2000).map { "[Container] line \($0) " + String(repeating: "ä", count: 100) + "\n" }
        scenario.streams = [
            "/aws/codebuild/app:a": [.init(lines), .init([]), .init(["\u{1b}[31mERROR\u{1b}[0m no line end", "\r\n"])]
        ]
        var fault = FakeCloud.Fault("ThrottlingException", "Rate exceeded")
        (fault.operation, fault.after, fault.times) = ("GetLogEvents", 1, 3)
        scenario.faults = [fault]
        try await FakeCloud.with(scenario) { cloud in
            let play = try Playground()
            let whole = try await Self.call(["logs", Self.id("a"), "--aws"], play, cloud)
            #expect(whole.outputText == lines.joined() + "\u{1b}[31mERROR\u{1b}[0m no line end\r\n")
            #expect(
                whole.errorText
                    == "AWS refuses for the moment (ThrottlingException: Rate exceeded): asking again, for some minutes at most"
            )
            let found = try await Self.call(["logs", Self.id("a"), "--aws", "--grep", "ERROR|line 7 "], play, cloud)
            #expect(found.text.split(separator: "\n").count == 2)
            let none = try await Self.call(["logs", Self.id("a"), "--aws", "--grep", "no such line"], play, cloud)
            #expect(none.status.exitStatus == 1 && none.output.isEmpty)
            let pages = try await Self.call(["logs", Self.id("a"), "--aws", "--format", "json"], play, cloud)
            #expect(pages.text.ranges(of: "\"nextForwardToken\"").count == 4)
            for (letter, words) in [
                (
                    "c",
                    ["is only in S3", "`aws s3 cp s3://acme-logs/ci/c.gz - --region eu-west-3 | gzip -dcf` prints it"]
                ),
                ("d", ["has no log: its project writes none"]), ("e", ["has no log yet: it is in QUEUED", "--follow"]),
                ("f", ["is no longer in CloudWatch Logs", "/aws/codebuild/app"]),
            ] {
                let failure = try await Self.call(
                    ["logs", Self.id(letter), "--aws", "--region", "eu-west-3"], play, cloud)
                #expect(failure.status.exitStatus == 66)
                for word in words { #expect(failure.errorText.contains(word), "\(failure.errorText)") }
            }
        }
    }

    @Test func `a running build is followed until it has ended, or its reader is stopped`() async throws {
        var scenario = FakeCloud.Scenario()
        // Another name than in the tests beside this one, whose processes are seen as well.
        let stopped = Self.id("b", of: "stopped")
        let ends = #""endTime": 1789547589.4, "buildStatus": "SUCCEEDED""#
        scenario.builds = [
            [
                Self.json(Self.id("a"), #""logs": {"groupName": "null", "streamName": "null"}"#),
                Self.json(Self.id("a"), Self.logs("a")), Self.json(Self.id("a"), Self.logs("a"), ends),
            ], [Self.json(stopped, Self.logs("b"))],
        ]
        scenario.streams = [
            "/aws/codebuild/app:a": [.init(["one\n"]), .init(["two\n"], after: 3)],
            "/aws/codebuild/app:b": [.init(["begun\n"])],
        ]
        try await FakeCloud.with(scenario) { cloud in
            let play = try Playground()
            let followed = try await Self.call(["logs", Self.id("a"), "--aws", "--follow"], play, cloud)
            #expect(followed.outputText == "one\ntwo\n", "\(followed.errorText)")
            #expect(followed.status.isSuccess && followed.errorText == "")

            let command = play.command(["logs", stopped, "--aws", "-F"], environment: cloud.environment)
            let script = """
                "$@" >out & pid=$!
                while ! grep -q begun out; do sleep 0.1; done
                sleep 1
                kill -INT $pid
                wait $pid
                echo "$?"
                """
            let outcome = try await Command(
                "bash", ["-mc", script, "bash", command.executable] + command.arguments,
                environment: command.environment, workingDirectory: play.source.path
            ).collect()
            #expect(outcome.text.split(separator: "\n").last == "130")
            // The CLI of this cloud alone: others may be asked for builds of the same name.
            #expect(
                try await eventually {
                    try await !Command("ps", ["-eo", "args"]).collect().text.contains(stopped)
                })
            #expect(play.files(in: play.state).isEmpty && play.files(in: play.cache).isEmpty)
        }
    }

    @Test func `credentials that expire end the following with one message, and what was printed stays`() async throws {
        var scenario = FakeCloud.Scenario()
        scenario.builds = [[Self.json(Self.id("a"), Self.logs("a"))]]
        scenario.streams = ["/aws/codebuild/app:a": [.init(["one\n"]), .init(["two\n"], after: 3)]]
        var fault = FakeCloud.Fault("ExpiredTokenException", "The security token included in the request is expired")
        fault.after = 3
        scenario.faults = [fault]
        try await FakeCloud.with(scenario) { cloud in
            let play = try Playground()
            let ended = try await Self.call(["logs", Self.id("a"), "--aws", "--follow"], play, cloud)
            #expect(ended.status.exitStatus == 74)
            #expect(ended.outputText == "one\n")
            #expect(
                ended.errorText == """
                    error: cannot read the log of `\(Self.id("a"))` from AWS: ExpiredTokenException: The security token included in the request is expired
                    help: log in (`aws sso login`, `aws configure`), or name one of your profiles with --profile
                    """)
            let builds = try await Self.call(["builds", "--aws"], play, cloud)
            #expect(builds.status.exitStatus == 74 && builds.errorText.contains("help: log in"))
            let anonymous = try await Self.call(
                ["show", "--aws"], play, cloud, ["AWS_ACCESS_KEY_ID": nil, "AWS_SECRET_ACCESS_KEY": nil])
            #expect(anonymous.status.exitStatus == 74)
            #expect(anonymous.errorText.contains("Unable to locate credentials"))
        }
    }

    @Test func `at a terminal the following goes on when the user has logged in again`() async throws {
        var scenario = FakeCloud.Scenario()
        let ends = #""endTime": 1789547589.4, "buildStatus": "SUCCEEDED""#
        scenario.builds = [
            [
                Self.json(Self.id("a"), Self.logs("a")), Self.json(Self.id("a"), Self.logs("a")),
                Self.json(Self.id("a"), Self.logs("a"), ends),
            ]
        ]
        scenario.streams = ["/aws/codebuild/app:a": [.init(["line one\n"]), .init(["line two\n"], after: 3)]]
        var fault = FakeCloud.Fault("ExpiredTokenException", "The security token included in the request is expired")
        (fault.after, fault.key) = (3, "OLD")
        scenario.faults = [fault]
        try await FakeCloud.with(scenario) { cloud in
            let play = try Playground()
            let file = cloud.folder.appending(path: "credentials")
            @Sendable func logIn(_ key: String) throws {
                try "[default]\naws_access_key_id = \(key)\naws_secret_access_key = secret\n".write(
                    to: file, atomically: true, encoding: .utf8)
            }
            try logIn("OLD")
            let terminal = try await TerminalSession(in: play)
            let environment = cloud.environment.merging([
                "AWS_SHARED_CREDENTIALS_FILE": file.path, "AWS_ACCESS_KEY_ID": nil, "AWS_SECRET_ACCESS_KEY": nil,
            ]) { $1 }
            let words = environment.map { name, value in value.map { "\(name)=\($0)" } ?? "-u \(name)" }
            let (unset, set) = (words.filter { $0.hasPrefix("-u") }, words.filter { !$0.hasPrefix("-u") })
            try play.write(
                "follow.sh",
                "env \((unset + set).joined(separator: " ")) \(Playground.binary) logs \(Self.id("a")) --aws --follow\n"
            )
            try await terminal.type("sh follow.sh; echo \"ended $?\"")
            try await terminal.waitFor("log in again in another terminal")
            try logIn("NEW")
            let screen = try await terminal.waitFor("ended 0")
            #expect(screen.ranges(of: "line one").count == 1 && screen.ranges(of: "line two").count == 1)
            #expect(screen.ranges(of: "AWS refuses your credentials").count == 1)
        }
    }

    @Test func `two builds of the account are compared, and one with a file`() async throws {
        @Sendable func log(_ words: String) -> [String] {
            [
                "[Container] 2026/07/04 14:25:39 Waiting for DOWNLOAD_SOURCE\n",
                "[Container] 2026/07/04 14:25:39 Phase complete: DOWNLOAD_SOURCE State: SUCCEEDED\n",
                "[Container] 2026/07/04 14:25:39 Entering phase BUILD\n",
                "[Container] 2026/07/04 14:25:39 Running command make\n", "\(words)\n", "\n",
                "[Container] 2026/07/04 14:25:40 Phase complete: BUILD State: SUCCEEDED\n",
            ]
        }
        func build(_ letter: String, _ image: String) -> FakeCloud.JSON {
            Self.json(
                Self.id(letter), Self.logs(letter),
                #""buildStatus": "SUCCEEDED", "startTime": 1789547462, "endTime": 1789547589, "environment": {"image": "\#(image)"}"#
            )
        }
        var scenario = FakeCloud.Scenario()
        scenario.builds = [[build("a", "aws/codebuild/standard:7.0")], [build("b", "aws/codebuild/standard:8.0")]]
        scenario.streams = ["/aws/codebuild/app:a": [.init(log("one"))], "/aws/codebuild/app:b": [.init(log("two"))]]
        try await FakeCloud.with(scenario) { cloud in
            let play = try Playground()
            let two = try await Self.call(["logs", Self.id("a"), "--aws", "--diff", Self.id("b")], play, cloud)
            #expect(two.status.exitStatus == 1, "\(two.errorText)")
            #expect(
                two.outputText.contains("standard:7.0") && two.outputText.contains("standard:8.0"), "\(two.outputText)")
            #expect(two.outputText.contains("one") && two.outputText.contains("two"))
            try play.write("a.log", log("one").joined())
            let same = try await Self.call(["logs", "a.log", "--aws", "--diff", Self.id("a")], play, cloud)
            #expect(same.status.isSuccess, "\(same.outputText)\(same.errorText)")
            let none = try await Self.call(["logs", "a.log", "--aws", "--diff", Self.id("c")], play, cloud)
            #expect(none.status.exitStatus == 66 && none.errorText.contains("AWS has no build `\(Self.id("c"))`"))
        }
    }
}
