import BuildPlanning
import Testing

@testable import LogComparing

/// What differs in the set-ups of two builds, and how it is rated.
@Suite struct CauseTests {
    private static let sides = ComparedSides(one: .build("0b5c2a7e-1"), other: .file("cloud.json"))

    /// A log of BUILD commands, each with its output and exit status.
    private static func log(
        _ commands: [(text: String, output: String, status: Int)], opening: [String] = []
    ) -> BuildLog {
        var lines = opening + ["Phase complete: DOWNLOAD_SOURCE State: SUCCEEDED", "Entering phase BUILD"]
        for command in commands {
            lines.append("Running command \(command.text)")
            if !command.output.isEmpty { lines[lines.count - 1] += "\n\(command.output)" }
            lines[lines.count - 1] += "\n"
            if command.status != 0 {
                lines.append("Command did not exit successfully \(command.text) exit status \(command.status)")
            }
        }
        lines.append("Phase complete: BUILD State: SUCCEEDED")
        return BuildLog(text: Array(lines.map { "[Container] 2026/07/04 14:25:39 \($0)\n" }.joined().utf8))
    }

    private static func facts(_ set: (inout BuildFacts) -> Void) -> BuildFacts {
        var facts = BuildFacts()
        set(&facts)
        return facts
    }

    private static func causes(_ one: (inout BuildFacts) -> Void, _ other: (inout BuildFacts) -> Void) -> [String] {
        let log = log([("make", "done", 0)])
        return LogDiff(log, log, facts: (facts(one), facts(other))).causes.map { $0.words(sides) }
    }

    private static func plain(_ values: [String: String]) -> [String: BuildFacts.Variable] {
        values.mapValues { .init(value: $0, type: "PLAINTEXT") }
    }

    // MARK: Facts

    @Test func `what both sides know and has two values is a cause`() {
        #expect(
            Self.causes(
                {
                    $0.image = "debian:12"
                    $0.tree = "aaaa"
                    $0.computeType = "BUILD_GENERAL1_SMALL"
                    $0.variables = Self.plain(["STAGE": "dev", "HERE": "1", "SAME": "x"])
                },
                {
                    $0.image = "debian:11"
                    $0.tree = "bbbb"
                    $0.computeType = "BUILD_GENERAL1_LARGE"
                    $0.variables = Self.plain(["STAGE": "prod", "THERE": "1", "SAME": "x"])
                }) == [
                    "the source is tree aaaa here, tree bbbb in the cloud",
                    "the image is debian:12 here, debian:11 in the cloud",
                    "the compute size is BUILD_GENERAL1_SMALL here, BUILD_GENERAL1_LARGE in the cloud",
                    "variable HERE is set here only", "variable STAGE is `dev` here, `prod` in the cloud",
                    "variable THERE is set in the cloud only",
                ])
    }

    @Test func `long hashes are cut in the text, and whole in the JSON`() {
        let log = Self.log([("make", "done", 0)]), hashes = ["a", "b"].map { String(repeating: $0, count: 64) }
        let facts = hashes.map { hash in
            Self.facts {
                $0.imageDigest = "sha256:\(hash)"
                $0.image = "debian:12"
                $0.commit = String(hash.prefix(40))
            }
        }
        let diff = LogDiff(log, log, facts: (facts[0], facts[1]))
        #expect(
            diff.causes.map { $0.words(Self.sides) } == [
                "the source is commit aaaaaaaaaaaa here, commit bbbbbbbbbbbb in the cloud",
                "the image is debian:12 (sha256:aaaaaaaaaaaa) here, debian:12 (sha256:bbbbbbbbbbbb) in the cloud",
            ])
        #expect(String(decoding: diff.json(Self.sides).bytes, as: UTF8.self).contains(hashes[1]))
    }

    @Test func `what only one side knows is none`() {
        #expect(
            Self.causes(
                {
                    $0.image = "debian:12"
                    $0.imageDigest = "sha256:aa"
                    $0.imageID = "sha256:bb"
                    $0.tree = "aaaa"
                    $0.computeType = "BUILD_GENERAL1_SMALL"
                    $0.variables = Self.plain(["STAGE": "dev"])
                },
                {
                    $0.commit = "cccc"
                    $0.image = "docker.io/library/debian:12"
                }) == [])
    }

    @Test(
        "names of one image are no difference, other digests are",
        arguments: [
            ("debian", "docker.io/library/debian:latest", true), ("debian:12", "debian:11", false),
            ("aws/codebuild/standard:7.0", "aws/codebuild/standard:7.0-25.04.04", true),
            (
                "public.ecr.aws/codebuild/amazonlinux-x86_64-standard:5.0",
                "aws/codebuild/amazonlinux2-x86_64-standard:5.0", true
            ),
            ("aws/codebuild/standard:7.0", "aws/codebuild/standard:6.0", false),
            ("host:5000/a", "host:5000/a:latest", true), ("a@sha256:11", "b@sha256:11", true),
            ("a:1@sha256:11", "a:1@sha256:22", false),
        ])
    func images(one: String, other: String, areSame: Bool) {
        #expect(Self.causes({ $0.image = one }, { $0.image = other }).isEmpty == areSame)
    }

    @Test func `an image with a digest on both sides is judged by it`() {
        #expect(
            Self.causes(
                {
                    $0.image = "debian:12"
                    $0.imageDigest = "debian@sha256:11"
                },
                {
                    $0.image = "debian:12"
                    $0.imageDigest = "sha256:22"
                }) == ["the image is debian:12 (sha256:11) here, debian:12 (sha256:22) in the cloud"])
        #expect(Self.causes({ $0.imageDigest = "debian@sha256:11" }, { $0.imageDigest = "sha256:11" }) == [])
        // The same image under another name.
        #expect(
            Self.causes(
                {
                    $0.image = "a"
                    $0.imageID = "sha256:1"
                },
                {
                    $0.image = "b"
                    $0.imageID = "sha256:1"
                }) == [])
    }

    @Test(
        "values that may be secret are not shown, and references neither",
        arguments: [
            ("DB_PASSWORD", "hunter2hunter2", "PLAINTEXT"),
            ("X", "ghp_0123456789012345678901234567890123456789", "PLAINTEXT"),
            ("DB", "/app/db", "PARAMETER_STORE"), ("API_TOKEN", "qq7", "PLAINTEXT"),
            ("DATABASE_URL", "postgres://app:geheim@db/app", "PLAINTEXT"), ("DB_PASS", "geheim", "PLAINTEXT"),
        ])
    func secrets(name: String, value: String, type: String) {
        let log = Self.log([("make", "done", 0)])
        let one = Self.facts { $0.variables = [name: .init(value: value, type: type)] }
        let other = Self.facts { $0.variables = [name: .init(value: "other", type: type)] }
        for pair in [(one, other), (one, Self.facts { $0.variables = [:] })] {
            let diff = LogDiff(log, log, facts: pair)
            #expect(diff.causes.count == 1)
            let shown =
                diff.text(Self.sides, usesColor: false)
                + String(decoding: diff.json(Self.sides).bytes, as: UTF8.self)
            #expect(shown.contains("variable \(name) ") && !shown.contains(value) && !shown.contains("other`"))
        }
    }

    @Test func `a masked value that a command printed is not compared`() {
        let one = Self.log([("env", "A=***\nB=1\nPATH=/bin\nCODEBUILD_BUILD_ID=a:1\nPWD=/x", 0)])
        let other = Self.log([("env", "A=x\nB=2\nPATH=/bin\nCODEBUILD_BUILD_ID=a:2\nPWD=/y", 0)])
        #expect(LogDiff(one, other).causes.map(\.subject) == [.variable("B")])
    }

    @Test func `printed variables tell image and commit`() {
        func printed(_ image: String, _ commit: Character) -> BuildLog {
            Self.log([
                (
                    "env | sort",
                    "CODEBUILD_BUILD_IMAGE=\(image)\nCODEBUILD_RESOLVED_SOURCE_VERSION="
                        + String(repeating: commit, count: 40),
                    0
                )
            ])
        }
        #expect(LogDiff(printed("a:1", "a"), printed("a:2", "b")).causes.map(\.subject) == [.source, .image])
        #expect(LogDiff(printed("a:1", "a"), printed("a:1", "a")).causes == [])
    }

    @Test func `runtimes are compared where both builds selected one`() {
        func opening(_ version: String) -> [String] {
            ["Selecting 'java' runtime version '\(version)' based on manual selections..."]
        }
        let seventeen = Self.log([("make", "done", 0)], opening: opening("corretto17"))
        let other = Self.log([("make", "done", 0)], opening: opening("corretto21"))
        #expect(
            LogDiff(seventeen, other).causes.map { $0.words(Self.sides) }
                == ["runtime java is corretto17 here, corretto21 in the cloud"])
        #expect(LogDiff(seventeen, Self.log([("make", "done", 0)])).causes == [])
    }

    @Test func `a secret that one build could not have is a cause`() {
        let end = "Phase context status code: Secrets Manager Error Message: AccessDeniedException: no"
        let fails = BuildLog(
            text: Array(
                """
                [Container] 2026/07/04 14:25:39 Waiting for DOWNLOAD_SOURCE
                [Container] 2026/07/04 14:25:39 Phase complete: DOWNLOAD_SOURCE State: FAILED
                [Container] 2026/07/04 14:25:39 \(end)

                """.utf8))
        let diff = LogDiff(Self.log([("make", "done", 0)]), fails)
        #expect(diff.causes.map(\.rating) == [.explains])
        #expect(
            diff.text(Self.sides, usesColor: false).hasPrefix(
                "likely cause: a parameter or secret cannot be had in the cloud: AccessDeniedException: no\n"))
        #expect(LogDiff(fails, fails).causes == [])
    }

    // MARK: Tools

    @Test(
        "tools tell their versions",
        arguments: [
            ("mvn -v", "Apache Maven 3.8.7 (b89d59)", "Maven", "3.8.7"),
            ("mvn -v", "Java version: 17.0.9, vendor: Debian, runtime: /usr", "Java", "17.0.9"),
            ("java -version", "openjdk version \"17.0.9\" 2023-10-17", "Java", "17.0.9"),
            ("java --version", "openjdk 21 2023-09-19", "Java", "21"),
            ("java -version", "java version \"1.8.0_392\"", "Java", "1.8.0_392"),
            ("javac -version", "javac 17.0.9", "Java", "17.0.9"), ("./gradlew -v", "Gradle 8.5", "Gradle", "8.5"),
            ("python3 --version", "Python 3.11.2", "Python", "3.11.2"),
            ("pip -V", "pip 23.0.1 from /usr/lib/python3/dist-packages/pip (python 3.11)", "pip", "23.0.1"),
            ("docker -v", "Docker version 24.0.7, build afdd53b", "Docker", "24.0.7"),
            ("aws --version", "aws-cli/2.15.0 Python/3.11.6 Linux/6.1", "AWS CLI", "2.15.0"),
            ("go version", "go version go1.21.5 linux/amd64", "Go", "1.21.5"),
            ("node --version", "v18.19.0", "Node.js", "18.19.0"), ("node -v", "v18.19.0", "Node.js", "18.19.0"),
            ("npm --version", "10.2.3", "npm", "10.2.3"), ("/usr/bin/dotnet --version", "8.0.100", ".NET", "8.0.100"),
            ("cdk --version", "2.110.0 (build c6471f2)", "CDK", "2.110.0"),
            ("git --version", "git version 2.39.2", "git", "2.39.2"),
            ("ruby -v", "ruby 3.2.2 (2023-03-30 revision e51014f9c0)", "ruby", "3.2.2"),
            ("terraform version", "Terraform v1.6.5", "Terraform", "1.6.5"),
            ("swift --version", "Swift version 5.9.2 (swift-5.9.2-RELEASE)", "Swift", "5.9.2"),
        ])
    func tools(command: String, line: String, tool: String, version: String) {
        let found = ToolVersions.printed(in: Self.log([(command, line, 0)]))
        #expect(found.map(\.tool.folded) == [tool.folded])
        #expect(found.map(\.version) == [version])
    }

    @Test(
        "and these lines are none",
        arguments: [
            ("make", "v18.19.0"), ("npm test", "10.2.3"), ("cat README", "Python is 3.11.2"),
            ("x", "Python 3.11.2 is old"),
            ("x", "Gradle 8.5 is out"), ("x", "openjdk is here"), ("x", "git version control"), ("x", "Docker version"),
            ("node --version && npm --version", "v18.19.0"), ("node -v", "v18.19.0\n19.0.0"), ("x", "go version gone"),
        ])
    func noTools(command: String, output: String) {
        #expect(ToolVersions.printed(in: Self.log([(command, output, 0)])) == [])
    }

    @Test func `bare versions belong to the tools in the order in which they were asked`() {
        let found = ToolVersions.printed(in: Self.log([("node --version && npm --version", "v18.19.0\n10.2.3", 0)]))
        #expect(found.map(\.tool) == ["Node.js", "npm"] && found.map(\.version) == ["18.19.0", "10.2.3"])
    }

    @Test func `only what one command printed in one form is compared`() {
        let twice = Self.log([("a", "Python 3.8.1\nPython 3.11.2", 0)]), once = Self.log([("a", "Python 3.11.2", 0)])
        #expect(LogDiff(twice, once).causes == [])
        #expect(LogDiff(Self.log([("a", "Python 3.8.1", 0)]), Self.log([("b", "Python 3.11.2", 0)])).causes == [])
        let other = Self.log([("a", "Python 3.8.1\nPython 3.12.0", 0)])
        #expect(
            LogDiff(twice, other).causes.map { $0.words(Self.sides) } == ["Python is 3.11.2 here, 3.12.0 in the cloud"])
    }

    // MARK: Rating

    /// The causes of a difference in the second command, as `subject rating`.
    private static func rated(
        _ command: String, _ one: String, _ other: String, facts: (one: BuildFacts, other: BuildFacts)
    ) -> [String] {
        LogDiff(log([("true", "", 0), (command, one, 0)]), log([("true", "", 0), (command, other, 0)]), facts: facts)
            .causes.map { "\($0.subject) \($0.rating)" }
    }

    private static func variables(_ one: String, _ other: String) -> (one: BuildFacts, other: BuildFacts) {
        (
            facts {
                $0.variables = plain(["STAGE": one])
                $0.image = "a:1"
            },
            facts {
                $0.variables = plain(["STAGE": other])
                $0.image = "a:2"
            }
        )
    }

    @Test func `a variable explains a difference that names it or has its values; else the order of the build decides`()
    {
        let values = Self.variables("devel", "prod")
        let first = "variable(\"STAGE\") explains", image = "image precedes"
        #expect(Self.rated("deploy $STAGE", "a", "b", facts: values) == [first, image])
        #expect(Self.rated("deploy ${STAGE:-x}", "a", "b", facts: values) == [first, image])
        #expect(Self.rated("deploy", "to devel", "to prod", facts: values) == [first, image])
        #expect(Self.rated("deploy $STAGES", "a", "b", facts: values) == [image, "variable(\"STAGE\") precedes"])
        #expect(Self.rated("deploy", "to prod", "to devel", facts: values) == [image, "variable(\"STAGE\") precedes"])
        #expect(Self.rated("deploy", "to 1", "to 2", facts: Self.variables("1", "2")).first == image)
    }

    @Test func `the image explains a program that is missing, the compute size a lack of memory`() {
        func facts(_ number: Int) -> BuildFacts {
            Self.facts {
                $0.image = "a:\(number)"
                $0.computeType = "SIZE_\(number)"
                $0.tree = "\(number)"
            }
        }
        let pair = (one: facts(1), other: facts(2))
        #expect(Self.rated("x", "sh: 1: jq: not found", "{}", facts: pair).first == "image explains")
        #expect(Self.rated("x", "Killed", "fine", facts: pair).first == "computeSize explains")
        #expect(
            Self.rated("x", "java.lang.OutOfMemoryError: Java heap space", "ok", facts: pair).first
                == "computeSize explains")
        #expect(
            Self.rated("x", "a", "b", facts: pair) == ["source precedes", "image precedes", "computeSize precedes"])
        let commands = LogDiff(Self.log([("make a", "", 0)]), Self.log([("make b", "", 0)]), facts: pair)
        #expect(commands.causes.first.map { "\($0.subject) \($0.rating)" } == "source explains")
    }

    @Test func `a tool explains its own line and the output of its programs, and the image that brought it`() throws {
        func build(_ version: String, _ end: String) -> BuildLog {
            Self.log([("mvn -v", "Apache Maven \(version)", 0), ("mvn package", end, 0)])
        }
        let image = (one: Self.facts { $0.image = "a:1" }, other: Self.facts { $0.image = "a:2" })
        let diff = LogDiff(build("3.8.7", "BUILD"), build("3.9.6", "built"), facts: image)
        #expect(
            diff.text(Self.sides, usesColor: false).hasPrefix(
                """
                likely cause: the image is a:1 here, a:2 in the cloud
                likely cause: Maven is 3.8.7 here, 3.9.6 in the cloud
                  printed in BUILD, command 1

                first difference: BUILD, command 1: mvn -v
                """))
        let json = String(decoding: diff.json(Self.sides).bytes, as: UTF8.self)
        #expect(
            json.contains(
                #"{"kind":"tool","name":"Maven","rating":"explains","sides":["one","other"],"one":"3.8.7","#
                    + #""other":"3.9.6","phase":"BUILD","number":1}"#))
        // A runtime that was selected anew is reason enough.
        let selected = ["17", "21"].map { version in
            Self.log(
                [("java -version", "openjdk version \"\(version).0.1\"", 0)],
                opening: ["Selecting 'java' runtime version 'corretto\(version)' based on manual selections..."])
        }
        #expect(
            LogDiff(selected[0], selected[1], facts: image).causes.map { "\($0.subject) \($0.rating)" } == [
                "runtime(\"java\") explains", "tool(\"Java\") explains", "image precedes",
            ])
    }

    @Test func `what shows behind the first difference is not called its cause`() {
        func build(_ first: String, _ version: String) -> BuildLog {
            Self.log([("./check", first, 0), ("python3 --version", "Python \(version)", 0)])
        }
        let diff = LogDiff(build("a", "3.11.2"), build("b", "3.12.0"))
        #expect(diff.causes.map(\.rating) == [.follows])
        let text = diff.text(Self.sides, usesColor: false)
        #expect(text.hasPrefix("first difference: BUILD, command 1: ./check\n"))
        #expect(
            text.hasSuffix(
                "\nshown later:\n  Python is 3.11.2 here, 3.12.0 in the cloud, printed in BUILD, command 2\n"))
    }

    @Test func `causes without a difference in the logs are told, and the logs are the same`() {
        let log = Self.log([("make", "done", 0)])
        let diff = LogDiff(log, log, facts: (Self.facts { $0.image = "a:1" }, Self.facts { $0.image = "a:2" }))
        #expect(diff.differences == [])
        #expect(
            diff.text(Self.sides, usesColor: false) == """
                different, without effect on the log: the image is a:1 here, a:2 in the cloud

                no difference in 2 phases, 1 command, 1 line of output

                """)
    }

    @Test func `a record's events tell image and source`() {
        var result = BuildResult()
        let id = BuildID(project: "a", uuid: "1")
        for kind: BuildEvent.Kind in [
            .buildStarted(
                .init(
                    id: id, image: "asked", sourceDirectory: "/s", buildspec: "b", source: nil,
                    snapshot: SnapshotFacts(kind: "git:worktree", tree: "abcd", identity: "i"))),
            .imageUsed(.init(name: "used", id: "sha256:1", digest: "used@sha256:2")),
        ] { result.add(BuildEvent(time: Timestamp(microseconds: 0), kind: kind)) }
        let facts = Self.facts { $0.add(result) }
        #expect(facts.image == "used" && facts.imageID == "sha256:1" && facts.imageDigest == "used@sha256:2")
        #expect(facts.tree == "abcd")
    }
}

extension String {
    fileprivate var folded: String { lowercased() }
}
