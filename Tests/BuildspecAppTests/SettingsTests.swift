import BuildPlanning
import Foundation
import SpecParsing
import TestSupport
import Testing

@testable import BuildspecApp

/// A project of a scratch folder, found as every command finds it.
func withProject<Result>(
    settings: String? = nil, buildspec: String = "version: 0.2\nphases: {build: {commands: [':']}}\n",
    environment: [String: String] = [:], _ asked: Asked = Asked(), _ body: (Project) async throws -> Result
) async throws -> Result {
    try await withScratch { folder in
        let source = folder.appending("app")
        try await run("mkdir", source.string)
        try source.appending("buildspec.yml").write(buildspec)
        if let settings { try source.appending("codebuild.yml").write(settings) }
        var environment = environment
        environment["HOME"] = folder.string
        let machine = Machine(
            places: Places(environment: environment, currentDirectory: source.string, isInteractive: false),
            terminal: Terminal(environment: environment))
        var project = try await Project.find(asked, on: machine, heldBy: "test")
        defer { project.release() }
        return try await body(project)
    }
}

/// A path of the scratch folder from its source on.
@Sendable private func shortened(_ path: String) -> String {
    path.range(of: "/app/").map { "app/" + path[$0.upperBound...] } ?? path
}

@Suite("settings: flag over environment over settings file over default")
struct SettingsTests {
    /// One setting in all its layers, with what it comes to in each.
    struct Row: Sendable, CustomTestStringConvertible {
        let name: String
        /// Sets the flag.
        let flag: @Sendable (inout Asked) -> Void
        /// The values of the variable, and of the key under `x-buildspec`.
        let variable: String
        let setting: String
        /// What the setting comes to by the flag, the variable, the settings file, and by nobody.
        let expected: [String]
        let read: @Sendable (Settings) -> String

        var testDescription: String { name }

        init(
            _ name: String, _ flag: @escaping @Sendable (inout Asked) -> Void, _ variable: String, _ setting: String,
            _ expected: [String], _ read: @escaping @Sendable (Settings) -> String
        ) {
            self.name = name
            self.flag = flag
            self.variable = variable
            self.setting = setting
            self.expected = expected
            self.read = read
        }

        static func onOff(
            _ name: String, _ flag: @escaping @Sendable (inout Asked) -> Void,
            _ read: @escaping @Sendable (Settings) -> Bool
        ) -> Row {
            Row(name, flag, "yes", "true", ["true", "true", "true", "false"]) { "\(read($0))" }
        }
    }

    /// What only the user may say, and a settings file may not.
    private static let refused = "refused"

    static let rows: [Row] = [
        Row(
            "engine", { $0.engine = "podman" }, "podman", "podman", ["podman", "podman", refused, "docker"],
            { $0.engine?.rawValue ?? "-" }),
        Row(
            "context", { $0.context = "a" }, "b", "c", ["a", "b", refused, "-"],
            { $0.container.context ?? "-" }),
        Row(
            "pull", { $0.pull = "always" }, "never", "always", ["always", "never", "always", "missing"],
            { $0.container.pull.rawValue }),
        Row(
            "platform", { $0.platform = "linux/a" }, "linux/b", "linux/c", ["linux/a", "linux/b", "linux/c", "-"],
            { $0.container.platform ?? "-" }),
        Row("cpus", { $0.cpus = "1" }, "2", "3", ["1", "2", "3", "-"], { $0.container.cpus ?? "-" }),
        Row("memory", { $0.memory = "1g" }, "2g", "3g", ["1g", "2g", "3g", "-"], { $0.container.memory ?? "-" }),
        Row(
            "compute", { $0.compute = "BUILD_GENERAL1_SMALL" }, "BUILD_GENERAL1_MEDIUM", "BUILD_LAMBDA_1GB",
            ["2 4g", "4 8g", "- 1g", "- -"], { "\($0.container.cpus ?? "-") \($0.container.memory ?? "-")" }),
        .onOff("privileged", { $0.privileged = true }, { $0.container.isPrivileged }),
        Row(
            "docker", { $0.docker = "host" }, "host", "inside", ["host", "host", "inside", "none"],
            { $0.container.docker.rawValue }),
        .onOff("offline", { $0.offline = true }, { $0.network.policy.isOffline }),
        .onOff("record", { $0.record = true }, { $0.network.policy.records }),
        .onOff("aws-local", { $0.awsLocal = true }, { $0.network.playsAWS }),
        Row(
            "aws", { $0.aws = true }, "yes", "true", ["true", "true", refused, "false"],
            { "\($0.values.asksAWS)" }),
        .onOff("zip", { $0.zip = true }, { $0.artifacts.zips }),
        .onOff("strict", { $0.strict = true }, { $0.ending.isStrict }),
        .onOff("hand-over", { $0.handOver = true }, { $0.handsOver }),
        .onOff("checkpoint", { $0.checkpoint = true }, { $0.ending.makesCheckpoints }),
        .onOff("no-cache", { $0.noCache = true }, { !$0.cache.isUsed }),
        Row(
            "spare", { $0.spare = "1m" }, "2m", "3m", ["60", "120", "180", "-"], { $0.spare.map { "\($0)" } ?? "-" }),
        .onOff("cache-images", { $0.cacheImages = true }, { $0.cache.makesImages == true }),
        Row(
            "account", { $0.account = "111111111111" }, "222222222222", "'333333333333'",
            ["111111111111", "222222222222", "333333333333", "000000000000"], { $0.network.account }),
        Row(
            "region", { $0.region = "a-1" }, "b-1", "c-1", ["a-1", "b-1", "c-1", "us-east-1"], { $0.network.region }),
        Row(
            "mask", { $0.mask = "exact" }, "exact", "exact", ["exact", "exact", refused, "all"],
            { $0.values.mask.rawValue }),
        Row(
            "annotate", { $0.annotate = "github" }, "gitlab", "gitlab", ["github", "gitlab", refused, "-"],
            { $0.output.annotations.map { "\($0.rawValue)" } ?? "-" }),
        Row("profile", { $0.profile = "a" }, "b", "c", ["a", "b", refused, "-"], { $0.values.profile ?? "-" }),
        Row(
            "timeout", { $0.timeout = "90s" }, "2h", "5", ["90", "7200", "300", "3600"], { "\($0.ending.timeout)" }),
        .init(
            "engine-timeout", { $0.engineTimeout = "5s" }, "2m", "90s", ["5", "120", "90", "60"],
            { "\($0.engineTimeout)" }),
        Row(
            "log-format", { $0.logFormat = "json" }, "quiet", "json", ["json", "quiet", "json", "codebuild"],
            { $0.output.logFormat.rawValue }),
        Row(
            "artifacts", { $0.artifacts = "/a" }, "/b", "in/c", ["/a", "/b", "app/in/c", "-"],
            { $0.artifacts.folder.map(shortened) ?? "-" }),
        Row(
            "task-definition", { $0.taskDefinition = "/a" }, "/b", "c", ["/a", "/b", "app/c", "-"],
            { $0.artifacts.taskDefinition.map(shortened) ?? "-" }),
        Row(
            "secrets", { $0.secrets = "/a" }, "/b", "c", ["/a", "/b", "app/c", "-"],
            { $0.values.secretsFile.map(shortened) ?? "-" }),
        Row(
            "build-json", { $0.buildJson = "/a" }, "/b", "c", ["/a", "/b", "app/c", "-"],
            { $0.output.buildJSON.map(shortened) ?? "-" }),
        Row(
            "html", { $0.html = "/a" }, "/b", "c", ["/a", "/b", "app/c", "-"],
            { $0.output.html.map(shortened) ?? "-" }),
        Row(
            "fail-on", { $0.failOn = "tests" }, "coverage<80", "new-failures",
            ["tests", "coverage<80", "new-failures", "-"],
            { $0.output.failRules.first.map { "\($0)" } ?? "-" }),
        Row(
            "cache", { $0.cache = "s3://a/b" }, "/b", "c", ["s3://a/b", "/b", "app/c", "shared"],
            {
                switch $0.cache.place {
                case .shared: "shared"
                case .folder(let path): shortened(path)
                case .bucket(let url): url
                }
            }),
        Row(
            "keep", { $0.keep = "always" }, "failure", "always", ["always", "failure", "always", "never"],
            { $0.ending.keep.rawValue }),
    ]

    @Test("each layer gives way to the one above it", arguments: rows)
    func precedence(_ row: Row) async throws {
        let variable = [Places.variableName(of: row.name): row.variable]
        let file = "x-buildspec: {\(row.name): \(row.setting)}\n"
        var flagged = Asked()
        row.flag(&flagged)
        let layers: [(Asked, [String: String], String?)] = [
            (flagged, variable, file), (Asked(), variable, file), (Asked(), [:], file), (Asked(), [:], nil),
        ]
        for ((asked, environment, settings), expected) in zip(layers, row.expected) {
            guard expected != Self.refused else {
                let failure = await #expect(throws: Failure.self) { try await withProject(settings: settings) { _ in } }
                #expect(failure?.status == .invalidSettings && failure?.help?.contains("--\(row.name)") == true)
                continue
            }
            try await withProject(settings: settings, environment: environment, asked) { project in
                #expect(row.read(project.settings) == expected)
            }
        }
    }

    @Test("a decision says where its value came from")
    func origins() async throws {
        var asked = Asked()
        asked.cpus = "1"
        try await withProject(
            settings: "x-buildspec: {memory: 3g}\n", environment: ["BUILDSPEC_PLATFORM": "linux/b"], asked
        ) { project in
            let places = Dictionary(
                uniqueKeysWithValues: project.settings.decisions.map { ($0.name, $0.place ?? "default") })
            #expect(places["cpus"] == "--cpus")
            #expect(places["platform"] == "BUILDSPEC_PLATFORM")
            #expect(places["memory"]?.hasPrefix("codebuild.yml:1:") == true)
            #expect(places["image"] == "default")
        }
    }

    @Test("the words of CreateProject count as the settings file's")
    func createProject() async throws {
        let file = """
            environment: {image: a/b, privilegedMode: true, environmentVariables: [{name: X, value: y}]}
            timeoutInMinutes: 7
            """
        try await withProject(settings: file) { project in
            #expect(project.settings.container.image == "a/b")
            #expect(!project.settings.container.imageIsDefault)
            #expect(project.settings.container.isPrivileged)
            #expect(project.settings.ending.timeout == 420)
            #expect(project.settings.values.variables.map(\.value) == ["y"])
        }
    }

    @Test(
        "of --docker and privileged mode the stronger layer counts, and of one layer the former",
        arguments: [
            ("environment: {privilegedMode: true}\nx-buildspec: {docker: none}\n", [:], nil, false, "none"),
            ("environment: {privilegedMode: true}\n", ["BUILDSPEC_DOCKER": "host"], nil, false, "host"),
            ("environment: {privilegedMode: true}\n", [:], "none", false, "none"),
            ("x-buildspec: {docker: none}\n", ["BUILDSPEC_PRIVILEGED": "yes"], nil, false, "inside"),
            ("x-buildspec: {docker: inside}\n", [:], nil, false, "inside"),
            ("x-buildspec: {docker: inside}\n", ["BUILDSPEC_PRIVILEGED": "no"], nil, false, "none"),
            (nil, ["BUILDSPEC_DOCKER": "host"], nil, true, "inside"), (nil, [:], "inside", true, "inside"),
        ] as [(String?, [String: String], String?, Bool, String)])
    func docker(
        settings: String?, environment: [String: String], flag: String?, privileged: Bool, expected: String
    ) async throws {
        var asked = Asked()
        asked.docker = flag
        asked.privileged = privileged
        try await withProject(settings: settings, environment: environment, asked) { project in
            #expect(project.settings.container.docker.rawValue == expected)
        }
    }

    @Test("a settings file gives nobody the user's own engine")
    func hostDocker() async throws {
        let failure = await #expect(throws: Failure.self) {
            try await withProject(settings: "x-buildspec: {docker: host}\n") { _ in }
        }
        #expect(failure?.status == .invalidSettings && failure?.help?.contains("--docker") == true)
    }

    @Test("a wrong value is refused with the status of its layer")
    func wrongValues() async throws {
        let cases: [(String?, [String: String], Asked, BuildspecApp.ExitStatus)] = [
            ("x-buildspec: {keep: often}\n", [:], Asked(), .invalidSettings),
            (nil, ["BUILDSPEC_KEEP": "often"], Asked(), .usage),
            ("x-buildspec: {strict: maybe}\n", [:], Asked(), .invalidSettings),
            (nil, ["BUILDSPEC_TIMEOUT": "soon"], Asked(), .usage),
            (nil, ["BUILDSPEC_ACCOUNT": "12"], Asked(), .usage),
            (nil, ["BUILDSPEC_CACHE": "http://a"], Asked(), .usage),
            (nil, ["BUILDSPEC_COMPUTE": "SMALL"], Asked(), .usage),
            (nil, ["BUILDSPEC_COMPUTE": "project"], Asked(), .invalidSettings),
            ("environment: {computeType: HUGE}", ["BUILDSPEC_COMPUTE": "project"], Asked(), .invalidSettings),
        ]
        for (settings, environment, asked, status) in cases {
            let failure = await #expect(throws: Failure.self) {
                try await withProject(settings: settings, environment: environment, asked) { _ in }
            }
            #expect(failure?.status == status)
        }
    }

    @Test("folders are mounted for file systems of the project alone")
    func mounts() async throws {
        let file = "fileSystemLocations: [{identifier: data, mountPoint: /mnt/data}]\n"
        func mounts(_ text: String, _ file: String) async throws -> [FileSystemMount]? {
            var asked = Asked()
            asked.mount = [text]
            return try await withProject(settings: file, asked) { $0.settings.container.mounts }
        }
        #expect(
            try await mounts("data=/usr", file) == [.init(identifier: "data", folder: "/usr", target: "/mnt/data")])
        for (text, file, status) in [
            ("data", file, BuildspecApp.ExitStatus.usage), ("other=/usr", file, .usage),
            ("data=/nonexistent", file, .noSuchFile),
            ("data=/usr", file.replacing("/mnt/data", with: "/mnt/../etc"), .invalidSettings),
        ] {
            let failure = await #expect(throws: Failure.self) { try await mounts(text, file) }
            #expect(failure?.status == status, "\(text)")
        }
    }

    @Test("the size of the project's machine gives way to what is said of processors and memory")
    func computeSize() async throws {
        var asked = Asked()
        asked.compute = "project"
        asked.memory = "1g"
        try await withProject(
            settings: "environment: {type: ARM_CONTAINER, computeType: BUILD_GENERAL1_XLARGE}\n", asked
        ) { project in
            #expect(project.settings.container.cpus == "32" && project.settings.container.memory == "1g")
        }
        try await withProject(
            settings:
                "environment: {computeType: ATTRIBUTE_BASED_COMPUTE, computeConfiguration: {vCpu: 3, memory: 5}}\n",
            asked
        ) { project in
            #expect(project.settings.container.cpus == "3" && project.settings.container.memory == "1g")
        }
    }

    @Test("the engine is Docker's, or podman where there is no docker, or podman under its name")
    func engines() async throws {
        let kinds: [(programs: [String: String], client: String)] = [
            ([:], "docker"), (["podman": ""], "podman"), (["docker": "", "podman": ""], "docker"),
            (["docker": "#!/bin/sh\nexec /usr/bin/podman \"$@\"\n", "podman": ""], "podman"),
        ]
        for (programs, client) in kinds {
            try await withScratch { folder in
                for (name, text) in programs {
                    let file = folder.appending(name).string
                    try folder.appending(name).write(text)
                    try await run("chmod", "+x", file)
                }
                let places = Places(
                    environment: ["PATH": "/nowhere:\(folder.string)"], currentDirectory: "/", isInteractive: false)
                #expect(places.engineClient.rawValue == client, "\(programs)")
            }
        }
        try await withScratch { folder in
            try await run("ln", "-s", folder.appending("podman").string, folder.appending("docker").string)
            try folder.appending("podman").write("")
            try await run("chmod", "+x", folder.appending("podman").string)
            let places = Places(environment: ["PATH": folder.string], currentDirectory: "/", isInteractive: false)
            #expect(places.engineClient == .podman)
        }
    }

    @Test("flags that contradict one another are refused")
    func contradictions() async throws {
        let pairs: [(inout Asked) -> Void] = [
            {
                $0.record = true; $0.offline = true
            },
            {
                $0.aws = true; $0.offline = true
            },
            {
                $0.aws = true; $0.awsLocal = true
            },
            {
                $0.awsLocal = true; $0.engine = "podman"
            },
            {
                $0.privileged = true; $0.docker = "none"
            },
            {
                $0.offline = true; $0.docker = "host"
            },
            {
                $0.offline = true; $0.awsCredentials = "yes"
            },
            {
                $0.awsLocal = true; $0.awsCredentials = "ci"
            },
            {
                $0.phase = "BUILD"; $0.until = "BUILD"
            },
            {
                $0.from = "BUILD"; $0.until = "INSTALL"
            },
        ]
        for pair in pairs {
            var asked = Asked()
            pair(&asked)
            let failure = await #expect(throws: Failure.self) { try await withProject(asked) { _ in } }
            #expect(failure?.status == .usage)
        }
    }

    @Test("the settings beside a named buildspec count where the source has none")
    func settingsFile() async throws {
        try await withScratch { folder in
            try await run("mkdir", "-p", folder.appending("ci").string)
            try folder.appending("ci/buildspec.yml").write("version: 0.2\nphases: {build: {commands: [':']}}\n")
            try folder.appending("ci/codebuild.yml").write("environment: {image: beside}\n")
            var asked = Asked()
            asked.buildspec = "ci/buildspec.yml"
            let machine = Machine(
                places: Places(
                    environment: ["HOME": folder.string], currentDirectory: folder.string, isInteractive: false),
                terminal: Terminal(environment: [:]))
            let beside = try await Project.find(asked, on: machine, heldBy: "test")
            #expect(beside.settings.container.image == "beside")
            try folder.appending("codebuild.yml").write("environment: {image: top}\n")
            let top = try await Project.find(asked, on: machine, heldBy: "test")
            #expect(top.settings.container.image == "top")
        }
    }
}
