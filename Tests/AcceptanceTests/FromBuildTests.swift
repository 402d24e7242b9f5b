import ChildProcesses
import Foundation
import Testing

/// Builds of the service that are run again: `run --from-build` (Documentation/decisions/from-build.md).
@Suite(.tags(.docker), .enabled(if: Docker.isThere))
struct FromBuildTests {
    /// A build of Tests/Fixtures/builds, and what is to be seen when it is run again.
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        var arguments: [String] = []
        /// Where the source lies below `/codebuild/output/srcNNN/src`.
        var folder = "/github.com/acme/petclinic"
        /// The fields in which the build here differs.
        var differences: [String] = []
        var status: Int32 = 1

        init(
            _ name: String, _ arguments: [String] = [], folder: String = "/github.com/acme/petclinic",
            differences: [String] = [], status: Int32 = 1
        ) {
            self.name = name
            self.arguments = arguments
            self.folder = folder
            self.differences = differences
            self.status = status
        }

        var testDescription: String { name }
    }

    private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().appending(
        path: "../Fixtures/builds"
    ).standardized

    /// A repository with a buildspec for every failure.
    private func repository(_ more: [String: String] = [:]) async throws -> (play: Playground, commit: String) {
        let play = try Playground()
        try play.write("check.sh", "echo checking $1; exit $1\n")
        try play.write("tools/tool.sh", "")
        func phases(_ text: String) -> String { "version: 0.2\nphases:\n\(text)" }
        let post = "  post_build:\n    commands: ['echo post $CODEBUILD_BUILD_SUCCEEDING']\n"
        let fails =
            "  build:\n    commands:\n      - echo \"in $CODEBUILD_SRC_DIR\"\n      - sh check.sh 7\n      - echo never\n"
        let specs = [
            "build": phases(fails + post),
            "install": phases("  install:\n    commands: [echo one, sh check.sh 3]\n" + post),
            "pre_build": phases("  pre_build:\n    commands: [sh check.sh 4]\n" + post),
            "post_build": phases("  post_build:\n    commands: [sh check.sh 5]\n"),
            "artifacts": phases("  build:\n    commands: [echo fine]\n" + post) + "artifacts: {files: [none.jar]}\n",
            "parameter": "env: {parameter-store: {NONE: /petclinic/none}}\n"
                + phases("  build:\n    commands: ['echo $NONE']\n"),
            "timeout": phases("  build:\n    commands: [sleep 60]\n" + post),
            "finally": phases("  build:\n    commands: [echo fine]\n    finally: [sh check.sh 6]\n"),
            "lines": phases(
                "  build:\n    commands:\n      - |\n        cd tools\n        set -e\n        sh ../check.sh 8\n        echo never\n"
            ),
            "truncated": phases(
                "  build:\n    commands:\n      - sh check.sh 9 \(String(repeating: "a-rather-long-word ", count: 9))\n"
            ),
            "two": phases("  build:\n    commands: [sh check.sh 7]\n  post_build:\n    commands: [sh check.sh 5]\n"),
        ]
        for (name, text) in specs { try play.write("ci/\(name).yml", text) }
        for (path, text) in more { try play.write(path, text) }
        let commit = try await git(
            "git init -q -b main && git add -A && git -c user.name=t -c user.email=t@example.org commit -q -m first && git rev-parse HEAD",
            in: play.source)
        // What lies in the working tree is not what was built.
        try play.write("check.sh", "exit 0\n")
        return (play, commit)
    }

    private func git(_ text: String, in folder: URL) async throws -> String {
        let outcome = try await Command("sh", ["-c", text], workingDirectory: folder.path).collect()
        try #require(outcome.status.isSuccess, "\(outcome.errorText)")
        return outcome.text
    }

    /// Copies a build beside the source.
    private func copy(_ name: String, to play: Playground, commit: String) throws -> String {
        let text = try String(contentsOf: Self.fixtures.appending(path: "\(name).json"), encoding: .utf8)
        try play.write("../build.json", text.replacing("\"COMMIT\"", with: "\"\(commit)\""))
        return play.root.appending(path: "build.json").path
    }

    private func object(_ data: some DataProtocol) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(data)) as? [String: Any])
    }

    private static let cases: [Case] = [
        Case("codecommit-build", folder: "/git-codecommit.eu-west-1.amazonaws.com/v1/repos/petclinic"),
        Case("github-build"),
        Case("github-enterprise-install", folder: "/github.acme.example/team/petclinic"),
        Case("bitbucket-pre-build", folder: "/bitbucket.org/acme/petclinic"),
        Case("gitlab-post-build", folder: "/gitlab.com/acme/back/petclinic"),
        Case("gitlab-self-managed-upload-artifacts", folder: "/gitlab.acme.example/back/petclinic"),
        Case("s3-build", ["--source", "../source.zip"], folder: ""),
        Case("codepipeline-build", ["--source", "../source.zip"], folder: ""),
        Case("no-source-build", folder: ""),
        Case("download-source-buildspec", status: 66),
        Case("download-source-parameter", status: 78),
        Case("provisioning-image", status: 69),
        Case("timeout", ["--timeout", "3s"]),
        Case(
            "queued",
            differences: [
                "failed phase", "DOWNLOAD_SOURCE", "INSTALL", "PRE_BUILD", "BUILD", "POST_BUILD", "UPLOAD_ARTIFACTS",
            ]),
        Case(
            "submitted",
            differences: [
                "status", "failed phase", "DOWNLOAD_SOURCE", "INSTALL", "PRE_BUILD", "BUILD", "POST_BUILD",
                "UPLOAD_ARTIFACTS",
            ]),
        Case("finalizing", differences: ["failed phase", "BUILD"]),
        Case("finally"), Case("several-lines"), Case("truncated"), Case("two-failures"),
        Case("secondary-sources", ["--source", "lib=../lib"]),
        Case("batch", ["--from-batch", fixtures.appending(path: "batch.batches").path]),
        Case("secrets-and-more"),
        Case("stopped", differences: ["status", "status code", "message", "BUILD", "POST_BUILD", "UPLOAD_ARTIFACTS"]),
    ]

    @Test("a failed build fails here as it did in the service", arguments: cases)
    func again(given: Case) async throws {
        let (play, commit) = try await repository()
        _ = try await git(
            "git archive --format=zip -o ../source.zip HEAD; mkdir ../lib; echo lib >../lib/l.txt", in: play.source)
        let file = try copy(given.name, to: play, commit: commit), json = play.root.appending(path: "here.json")
        let result = try await play.call(
            ["run", "--from-build", file, "--keep", "never", "--build-json", json.path, "--log-format", "json"]
                + given.arguments)
        #expect(result.status.exitStatus == given.status, "\(result.errorText)")
        let events = try result.output.split(separator: 0x0a).map { try object($0) }
        // The comparison, as the events and the record have it.
        let compared = try #require(events.first { $0["kind"] as? String == "comparedWithOriginal" })
        let comparison = try #require(compared["fromBuild"] as? [String: Any])
        let differences = (comparison["differences"] as? [[String: String]] ?? []).compactMap { $0["field"] }
        #expect(Set(differences) == Set(given.differences), "\(comparison)")
        #expect(comparison["isSame"] as? Bool == given.differences.isEmpty)
        #expect(events.last?["kind"] as? String == "buildFinished")
        let shown = result.errorText
        #expect(
            shown.contains(given.differences.isEmpty ? "the same failure as petclinic:0b5c2a7e" : "differently from"))
        if let start = events.first?["sourceDirectory"] as? String {
            #expect(
                start.wholeMatch(of: #/\/codebuild\/output\/src[0-9]+\/src(.*)/#).map { String($0.1) } == given.folder)
        }
        // Both builds as BatchGetBuilds has them, phase by phase.
        let there = try phases(Data(contentsOf: URL(filePath: file))), here = try phases(Data(contentsOf: json))
        guard given.differences.isEmpty else { return }
        let pull = given.name == "provisioning-image"
        for (name, phase) in there where !pull && !["SUBMITTED", "QUEUED", "COMPLETED"].contains(name) {
            #expect(here[name]?.status == phase.status, "\(name)")
            #expect(here[name]?.code ?? "" == phase.code, "\(name)")
            if phase.message.hasPrefix("Error while"), !phase.message.hasSuffix("...") {
                #expect(here[name]?.message == phase.message)
            }
        }
        #expect(Set(here.keys) == Set(there.keys) || pull)
    }

    private struct Phase { let status, code, message: String }

    private func phases(_ data: Data) throws -> [String: Phase] {
        let build = try #require((try object(data)["builds"] as? [[String: Any]])?.first)
        var phases: [String: Phase] = [:]
        for phase in build["phases"] as? [[String: Any]] ?? [] {
            let context = (phase["contexts"] as? [[String: String]])?.first ?? [:]
            phases[phase["phaseType"] as? String ?? ""] = Phase(
                status: phase["phaseStatus"] as? String ?? "", code: context["statusCode"] ?? "",
                message: context["message"] ?? "")
        }
        return phases
    }

    @Test func `what cannot be had is listed first, and the build goes on without what its failure does not need`()
        async throws
    {
        let (play, commit) = try await repository([
            "ci/more.yml":
                "version: 0.2\nphases: {build: {commands: ['echo $DB_PW $CODEBUILD_WEBHOOK_EVENT; sh check.sh 7']}}\n"
        ])
        let file = try copy("secrets-and-more", to: play, commit: commit)
        let plan = try await play.call(["plan", "--from-build", file])
        for line in [
            "petclinic:0b5c2a7e-0023-4222-8333-444455556666 FAILED in CodeBuild, BUILD: sh check.sh 7, exit status 7",
            "  the command that failed is BUILD:2 (ci/build.yml:6:9)",
            "  serviceRole: the build has no role; `--aws-credentials` gives its commands yours",
            "  vpcConfig: ", "  environment.certificate: ", "  environment.registryCredential: ",
            "`--mount efs=DIR`",
            "  DB_PW: PARAMETER_STORE /petclinic/db: --secrets FILE, --aws or --env DB_PW=VALUE; no command",
        ] { #expect(plan.outputText.contains(line), "\(line)\n\(plan.outputText)") }
        #expect(plan.outputText.contains("CODEBUILD_BUILD_NUMBER=63"))
        #expect(plan.outputText.contains("CODEBUILD_INITIATOR=GitHub-Hookshot/1c6af21"))
        #expect(plan.outputText.contains("AWS_REGION=eu-west-1"))
        #expect(plan.outputText.contains("CODEBUILD_RESOLVED_SOURCE_VERSION=\(commit)"))
        #expect(plan.outputText.contains("CODEBUILD_SOURCE_VERSION=refs/heads/main"))
        #expect(
            plan.outputText.contains("CODEBUILD_PROJECT_ARN=arn:aws:codebuild:eu-west-1:111122223333:project/petclinic")
        )
        let ran = try await play.call(["run", "--from-build", file, "--keep", "never"])
        let list = try #require(ran.errorText.firstRange(of: "missing on this machine:"))
        let end = try #require(ran.errorText.firstRange(of: "the same failure"))
        #expect(list.lowerBound < end.lowerBound)
        // A command up to the failed one names it: refused as ever, with all names.
        let refused = try await play.call(
            ["run", "--from-build", file, "--buildspec", "ci/more.yml", "--source", "git:worktree"])
        #expect(refused.status.exitStatus == 78)
        #expect(refused.errorText.contains("cannot find a value for `DB_PW` (/petclinic/db), `TOKEN` (ci/token:value)"))
        #expect(refused.errorText.contains("CODEBUILD_WEBHOOK_EVENT: CodeBuild does not record what triggered a build"))
        #expect(refused.errorText.contains("the buildspec no longer has this command"))
    }

    @Test func `a commit that is not here is fetched from its remote, and nothing of the user's changes`() async throws
    {
        let (remote, commit) = try await repository()
        let play = try Playground()
        try play.write("mine.txt", "mine")
        _ = try await git("git init -q -b main . && git add -A", in: play.source)
        let before = try await git("git status --porcelain -b; git for-each-ref; ls -A", in: play.source)
        try play.write(
            "../home/.gitconfig",
            "[url \"file://\(remote.source.path)\"]\n\tinsteadOf = https://github.com/acme/petclinic.git\n\tinsteadOf = https://github.com/acme/lib.git\n"
        )
        let file = try copy("github-build", to: play, commit: commit)
        let environment = ["HOME": play.root.appending(path: "home").path]
        for offline in [[], ["--offline"]] {
            let result = try await play.call(
                ["run", "--from-build", file, "--keep", "never", "--artifacts", play.out.path] + offline,
                environment: environment)
            #expect(result.status.exitStatus == 1, "\(result.errorText)")
            #expect(result.errorText.contains("fetching commit \(commit.prefix(12))") == offline.isEmpty)
            #expect(result.errorText.contains("the same failure"), "\(result.errorText)")
        }
        let after = try await git("git status --porcelain -b; git for-each-ref; ls -A", in: play.source)
        #expect(after == before)
        // A build that failed before its commit was known has what its version names now; so do secondary sources.
        let later = try await git(
            "git checkout -q -b side && echo x >x && git add x && git -c user.name=t -c user.email=t@example.org commit -q -m second && git tag v1 && git update-ref refs/pull/2/head HEAD && git checkout -q main && git branch -q -D side && git rev-parse v1",
            in: remote.source)
        let unknown = try String(
            contentsOfFile: try copy("secondary-sources", to: play, commit: commit), encoding: .utf8
        )
        .replacing("\"resolvedSourceVersion\": \"\(commit)\",", with: "")
        let versions = [("v1", later), ("pr/2", later), ("refs/tags/v1", later), ("main", commit), ("", commit)]
        for (version, found) in versions {
            try play.write(
                "../unknown.json",
                version.isEmpty
                    ? unknown.replacing("\"sourceVersion\": \"refs/heads/main\",", with: "")
                    : unknown.replacing("\"refs/heads/main\"", with: "\"\(version)\""))
            let plan = try await play.call(
                ["plan", "--from-build", "../unknown.json", "--source", "data="], environment: environment)
            #expect(plan.outputText.contains("(git:\(found))"), "\(version): \(plan.errorText)")
            #expect(
                plan.outputText.contains(
                    #/CODEBUILD_SRC_DIR_lib=\/codebuild\/output\/src[0-9]+\/src\/github.com\/acme\/lib /#))
        }
        // A remote that does not answer is told with the ways that there are.
        let refused = try await play.call(
            ["run", "--from-build", file],
            environment: [
                "XDG_CACHE_HOME": play.root.appending(path: "other").path, "GIT_SSH_COMMAND": nil,
                "HOME": play.root.path, "https_proxy": "http://127.0.0.1:1",
            ])
        #expect(refused.status.exitStatus == 66)
        #expect(refused.errorText.contains("--source git:worktree"), "\(refused.errorText)")
    }

    /// A project in git without the commits of a remote, and the environment in which its address stands for that.
    private func project(without remote: Playground) async throws -> (play: Playground, environment: [String: String]) {
        let play = try Playground()
        try play.write("mine.txt", "mine")
        _ = try await git("git init -q -b main . && git add -A", in: play.source)
        try play.write(
            "../home/.gitconfig",
            "[url \"file://\(remote.source.path)\"]\n\tinsteadOf = https://github.com/acme/petclinic.git\n")
        return (play, ["HOME": play.root.appending(path: "home").path])
    }

    @Test func `a build without a depth has the whole history, whatever was fetched for one with a depth`() async throws
    {
        let (remote, _) = try await repository()
        let commit = try await git(
            "git -c user.name=t -c user.email=t@example.org commit -q --allow-empty -m second && git rev-parse HEAD",
            in: remote.source)
        let (play, environment) = try await project(without: remote)
        let file = try copy("github-build", to: play, commit: commit)
        for depth in [1, 0, 1, 0] {
            let text = try String(contentsOfFile: file, encoding: .utf8)
            try play.write("../deep.json", text.replacing("\"gitCloneDepth\": 1", with: "\"gitCloneDepth\": \(depth)"))
            let plan = try await play.call(["plan", "--from-build", "../deep.json"], environment: environment)
            #expect(plan.status.isSuccess, "\(plan.errorText)")
        }
        let counts = try await git(
            "for r in \(play.cache.path)/buildspec/origins/*; do git --git-dir=$r rev-list --count \(commit); done | sort",
            in: play.source)
        #expect(counts == "1\n2")
    }

    @Test func `what nobody has used for a month is removed, but for what a kept build has`() async throws {
        let (remote, commit) = try await repository()
        let (play, environment) = try await project(without: remote)
        let file = try copy("github-build", to: play, commit: commit)
        let failed = try await play.call(["run", "--from-build", file], environment: environment)
        #expect(failed.errorText.contains("the same failure"), "\(failed.errorText)")
        let cache = play.cache.appending(path: "buildspec")
        func names() throws -> [String] {
            try ["origins", "objects"].flatMap {
                try FileManager.default.contentsOfDirectory(atPath: cache.appending(path: $0).path)
            }.sorted()
        }
        for name in ["old", "new"] {
            try play.write("../cache/buildspec/origins/\(name)/HEAD", "")
            try play.write("../cache/buildspec/objects/\(name).zip", "")
        }
        let kept = try #require(try names().first { !["old", "new", "old.zip", "new.zip"].contains($0) })
        for name in ["origins/\(kept)", "origins/old", "objects/old.zip"] {
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSinceNow: -31 * 86_400)],
                ofItemAtPath: cache.appending(path: name).path)
        }
        let clean = try await play.call(["clean"])
        #expect(clean.errorText.contains("removed 2 sources that --from-build fetched"), "\(clean.errorText)")
        #expect(try names() == [kept, "new", "new.zip"].sorted())
        _ = try await play.call(["clean", "--kept"])
        #expect(try names() == ["new", "new.zip"])
    }

    @Test func `a commit of another folder is mended in that folder's working tree`() async throws {
        let (other, commit) = try await repository()
        let (play, _) = try await project(without: other)
        let file = try copy("github-build", to: play, commit: commit)
        let failed = try await play.call([
            "run", "--from-build", file, "--source", "\(other.source.path)#git:\(commit)",
        ])
        #expect(failed.errorText.contains("the same failure"), "\(failed.errorText)")
        try other.write("mended.txt", "")
        try other.write("ci/build.yml", "version: 0.2\nphases: {build: {commands: [echo one, 'sh check.sh 7; ls']}}\n")
        let resumed = try await play.call(["resume"])
        #expect(resumed.status.isSuccess, "\(resumed.errorText)")
        #expect(resumed.printed == ["check.sh", "ci", "mended.txt", "tools"], "\(resumed.outputText)")
        _ = try await play.call(["clean", "--kept"])
    }

    @Test(
        "what AWS and its CLI refuse is explained with what helps",
        arguments: [
            (
                "Could not connect to the endpoint URL: \"https://codebuild.eu-west-9.amazonaws.com/\"",
                "is the region right"
            ),
            ("You must specify a region. You can also configure your region.", "name the region with --region"),
            (
                "An error occurred (AccessDeniedException) when calling the BatchGetBuilds operation: not in this region",
                "without AWS: --from-build FILE"
            ),
        ])
    func refusedByAWS(words: String, help: String) async throws {
        let play = try Playground()
        try await play.makeProgram("aws", "cat >&2 <<'END'\n\(words)\nEND\nexit 255\n")
        let path = try #require(ProcessInfo.processInfo.environment["PATH"])
        let plan = try await play.call(
            ["plan", "--from-build", "petclinic:0b5c2a7e-0022-4222-8333-444455556666", "--aws"],
            environment: ["PATH": "\(play.root.path)/bin:\(path)"])
        #expect(plan.status.exitStatus == 74)
        #expect(plan.errorText.contains(help), "\(plan.errorText)")
    }

    @Test func `a failed build is mended in the working tree, from its file to the end`() async throws {
        let (play, commit) = try await repository()
        let file = try copy("github-build", to: play, commit: commit)
        try play.write(
            "log.txt",
            """
            [Container] 2026/07/04 14:25:39.684611 Running on CodeBuild On-demand
            [Container] 2026/07/04 14:25:41.711945 Entering phase BUILD
            [Container] 2026/07/04 14:25:41.711945 Running command sh check.sh 7
            checked otherwise

            """)
        let failed = try await play.call(["run", "--from-build", file, "--log", "log.txt"])
        #expect(failed.status.exitStatus == 1)
        #expect(failed.errorText.contains("the same failure"))
        #expect(
            failed.errorText.contains(
                #/times +source [0-9.]+ s, image and container [0-9.]+ s, to the failure [0-9.]+ s/#))
        #expect(failed.errorText.contains("first difference"), "\(failed.errorText)")
        let shell = try await play.call(["shell", "--command", "pwd; cat check.sh; env | grep ^PROFILE="])
        #expect(shell.outputText.contains("/src/github.com/acme/petclinic"))
        #expect(shell.outputText.contains("echo checking $1; exit $1\nPROFILE=ci"))
        // The file of the build may be gone by now.
        try FileManager.default.removeItem(atPath: file)
        try FileManager.default.removeItem(at: play.source.appending(path: "tools/tool.sh"))
        try play.write("mended.txt", "")
        try play.write(
            "ci/build.yml", "version: 0.2\nphases: {build: {commands: [echo one, 'sh check.sh 7; ls; ls tools']}}\n")
        let resumed = try await play.call(["resume"])
        #expect(resumed.status.isSuccess, "\(resumed.errorText)")
        #expect(resumed.errorText.contains("bringing in 4 changed and 1 deleted files"), "\(resumed.errorText)")
        #expect(resumed.printed == ["check.sh", "ci", "log.txt", "mended.txt", "tools"], "\(resumed.outputText)")
        #expect(try await play.call(["show"]).outputText.contains("SUCCEEDED"))
        #expect(try await Docker.containers(of: play).isEmpty)
    }

    @Test func `the object of a source in S3 is fetched by the user's AWS CLI, in its version`() async throws {
        let (play, commit) = try await repository()
        _ = try await git("git archive --format=zip -o ../source.zip HEAD; mkdir ../bin", in: play.source)
        try play.write(
            "../bin/aws",
            "#!/bin/sh\necho \"$@\" >>\(play.root.path)/calls\nfor last; do :; done\nshift; while :; do case $1 in --version-id=*) break ;; esac; shift; done\ncp \(play.root.path)/source.zip \"$2\"\n"
        )
        _ = try await git("chmod +x ../bin/aws", in: play.source)
        let path = try #require(ProcessInfo.processInfo.environment["PATH"])
        let file = try copy("s3-build", to: play, commit: commit)
        for _ in 1...2 {
            let result = try await play.call(
                ["run", "--from-build", file, "--aws", "--keep", "never"],
                environment: ["PATH": "\(play.root.path)/bin:\(path)"])
            #expect(result.errorText.contains("the same failure"), "\(result.errorText)")
        }
        let calls = try String(contentsOf: play.root.appending(path: "calls"), encoding: .utf8)
        #expect(calls.split(separator: "\n").count { $0.contains("get-object") } == 1)
        #expect(
            calls.hasPrefix(
                "s3api get-object --bucket=acme-sources --key=petclinic.zip --version-id=3sL4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY "
            ))
        #expect(calls.contains("--region eu-west-1"))
    }

    @Test func `a build, its batch and its log are read by their id from AWS`() async throws {
        let (play, commit) = try await repository()
        let file = try copy("batch", to: play, commit: commit)
        let text = try String(contentsOfFile: file, encoding: .utf8)
            .replacing("\"groupName\": \"null\"", with: "\"groupName\": \"/aws/codebuild/petclinic\"")
            .replacing("\"streamName\": \"null\"", with: "\"streamName\": \"0b5c\"")
        try play.write("../build.json", text)
        // CloudWatch gives the log in parts; the end is where the token stays the same.
        try play.write(
            "../bin/aws",
            """
            #!/bin/sh
            echo "$@" >>\(play.root.path)/calls
            case $2 in
            batch-get-builds) cat \(file) ;;
            batch-get-build-batches) cat \(Self.fixtures.appending(path: "batch.batches").path) ;;
            get-log-events)
                case "$*" in
                *next-token\\ f/1*) printf %s '{"events": [{"timestamp": 2, "message": "[Container] 2026/07/04 14:25:42.711945 Running command sh check.sh 7\\nchecked in the cloud\\n"}], "nextForwardToken": "f/2"}' ;;
                *next-token\\ f/2*) printf %s '{"events": [], "nextForwardToken": "f/2"}' ;;
                *) printf %s '{"events": [{"timestamp": 1, "message": "[Container] 2026/07/04 14:25:41.711945 Running on CodeBuild On-demand\\n[Container] 2026/07/04 14:25:41.711945 Entering phase BUILD\\n"}], "nextForwardToken": "f/1"}' ;;
                esac ;;
            esac
            """)
        _ = try await git("chmod +x ../bin/aws", in: play.source)
        let path = try #require(ProcessInfo.processInfo.environment["PATH"])
        let id = "petclinic:0b5c2a7e-0022-4222-8333-444455556666"
        let result = try await play.call(
            ["run", "--from-build", id, "--aws", "--keep", "never"],
            environment: ["PATH": "\(play.root.path)/bin:\(path)"])
        #expect(result.status.exitStatus == 1)
        for words in [
            "asking AWS for the build `\(id)`", "the build `pack` of its batch", "the same failure", "first difference",
        ] {
            #expect(result.errorText.contains(words), "\(words)\n\(result.errorText)")
        }
        let calls = try String(contentsOf: play.root.appending(path: "calls"), encoding: .utf8).split(separator: "\n")
        #expect(
            calls.map { $0.split(separator: " ")[1] } == [
                "batch-get-builds", "batch-get-build-batches", "get-log-events", "get-log-events", "get-log-events",
            ])
    }

    @Test func `a secret is in no file that is kept, and in no message`() async throws {
        let (play, commit) = try await repository()
        let file = try copy("secrets-and-more", to: play, commit: commit)
        try play.write(
            "../secrets.yml",
            "parameter-store: {/petclinic/db: very-secret-word}\nsecrets-manager: {ci/token: '{\"value\": \"very-secret-token\"}'}\n"
        )
        try play.write("check.sh", "echo $DB_PW $TOKEN; exit 7\n")
        let result = try await play.call(
            [
                "run", "--from-build", file, "--secrets", play.root.appending(path: "secrets.yml").path, "--source",
                "git:worktree",
            ])
        #expect(result.errorText.contains("the same failure"), "\(result.errorText)")
        #expect(!"\(result.outputText)\(result.errorText)".contains("very-secret"))
        #expect(!result.errorText.contains("DB_PW"))
        #expect(
            try await git("grep -rl very-secret \(play.state.path) \(play.cache.path) || echo none", in: play.source)
                == "none")
        _ = try await play.call(["clean", "--kept"])
    }

    @Test func `a build that does not fail here says so`() async throws {
        let (play, commit) = try await repository()
        let file = try copy("github-build", to: play, commit: commit)
        let result = try await play.call(["run", "--from-build", file, "--source", "git:worktree"])
        #expect(result.status.isSuccess, "\(result.errorText)")
        #expect(result.errorText.contains("source#git:worktree, in place of commit \(commit.prefix(12))"))
        #expect(result.errorText.contains("does not fail here"))
        #expect(result.errorText.contains("BUILD: FAILED there, SUCCEEDED here"))
    }

    @Test func `the settings of the source count for what stands here in the place of the service`() async throws {
        let (play, commit) = try await repository([
            "codebuild.yml":
                "environment: {image: none, environmentVariables: [{name: OTHER, value: x}]}\ntimeoutInMinutes: 7\nx-buildspec: {artifacts: here, region: us-east-2, timeout: 9m}\n"
        ])
        let file = try copy("github-build", to: play, commit: commit)
        let plan = try await play.call(["plan", "--from-build", file]).outputText
        #expect(plan.contains("artifacts=here  ") && plan.contains("/codebuild.yml:3:26\n"), "\(plan)")
        #expect(plan.contains("AWS_REGION=eu-west-1") && plan.contains("timeout=60m") && !plan.contains("OTHER"))
        #expect(plan.contains("image=debian:bookworm-slim  "))
        // The service had no cache: what one here holds could hide the failure.
        let cached = "version: 0.2\nphases: {build: {commands: [a]}}\ncache: {paths: [/x]}\n"
        let without = try await play.call(["plan", "--from-build", file, "-f", cached]).outputText
        #expect(
            without.contains("no-cache=yes  ") && without.contains("skipped: the cache is turned off"), "\(without)")
        let with = try await play.call(
            ["plan", "--from-build", file, "-f", cached], environment: ["BUILDSPEC_NO_CACHE": "no"]
        ).outputText
        #expect(with.contains("kept in "))
    }

    @Test func `the build of a batch has its identifier, and the batch is asked for where it is not given`()
        async throws
    {
        let (play, commit) = try await repository()
        let file = try copy("batch", to: play, commit: commit)
        let without = try await play.call(["plan", "--from-build", file])
        #expect(without.outputText.contains("CODEBUILD_BATCH_BUILD_IDENTIFIER: `aws codebuild batch-get-build-batches"))
        let batches = Self.fixtures.appending(path: "batch.batches").path
        let plan = try await play.call(["plan", "--from-build", file, "--from-batch", batches, "--format", "json"])
        let json = try #require(try object(plan.output)["fromBuild"] as? [String: Any])
        #expect(json["task"] as? String == "the build `pack` of its batch, after `unit`")
        #expect(plan.outputText.contains(#"{"name":"CODEBUILD_BATCH_BUILD_IDENTIFIER","value":"pack""#))
        let other = try copy("github-build", to: play, commit: commit)
        #expect(try await play.call(["plan", "--from-build", other, "--from-batch", batches]).status.exitStatus == 66)
    }

    @Test(
        "what cannot be read as a build is refused with the way to one",
        arguments: [
            ("nowhere.json", 66, "cannot find `nowhere.json`, which `--from-build` names"),
            ("petclinic:0b5c", 66, "aws codebuild batch-get-builds --ids petclinic:0b5c >build.json"),
            ("ci/build.yml", 78, "as what `aws codebuild batch-get-builds` prints"),
            ("none.json", 66, "CodeBuild does not know `petclinic:1`"),
            ("two.json", 64, "has 2 builds: `p:1111` FAILED, `p:2222`"),
            ("two.json#3333", 66, "has no build `3333`, but `p:1111` FAILED"),
            ("two.json#2222", 66, "--source source.zip"),
            ("two.json#1111", 66, "--version-id v1 source.zip"),
            ("wrong.json", 78, "wrong.json:1:"),
        ] as [(String, Int32, String)])
    func refused(name: String, status: Int32, words: String) async throws {
        let (play, _) = try await repository()
        try play.write("none.json", #"{"builds": [], "buildsNotFound": ["petclinic:1"]}"#)
        try play.write(
            "wrong.json",
            #"{"id": "p:1", "environment": {"privilegedMode": "perhaps"}, "source": {"type": "NO_SOURCE"}}"#)
        try play.write(
            "two.json",
            #"{"builds": [{"id": "p:1111", "buildStatus": "FAILED", "sourceVersion": "v1", "source": {"type": "S3", "location": "b/k.zip"}}, {"id": "p:2222", "source": {"type": "CODEPIPELINE"}}]}"#
        )
        let result = try await play.call(["plan", "--from-build", name])
        #expect(result.status.exitStatus == status, "\(result.errorText)")
        #expect(result.errorText.contains(words), "\(result.errorText)")
    }

    @Test func `a digest of CodeBuild's own image is named, and that of another image is part of its name`()
        async throws
    {
        let (play, _) = try await repository()
        let digest = "sha256:cbbf2f9a99b47fc460d422812b6a5adff7dfee951d8fa2e4a98caa0382cfbdbf"
        for (image, name) in [
            ("aws/codebuild/standard:7.0@\(digest)", "aws/codebuild/standard:7.0"),
            ("acme/java@\(digest)", "acme/java@\(digest)"),
        ] {
            try play.write(
                "b.json",
                "{\"id\": \"p:1\", \"environment\": {\"image\": \"\(image)\"}, \"source\": {\"type\": \"NO_SOURCE\", \"buildspec\": \"version: 0.2\\nphases: {build: {commands: [a]}}\\n\"}}"
            )
            let plan = try await play.call(["plan", "--from-build", "b.json"])
            #expect(
                plan.outputText.contains("CODEBUILD_BUILD_IMAGE=\(name)  service"),
                "\(plan.outputText)\(plan.errorText)")
            #expect(plan.outputText.contains("digest \(digest): it is CodeBuild's own") == image.hasPrefix("aws/"))
        }
    }

    @Test func `a build is read from standard input`() async throws {
        let (play, commit) = try await repository()
        let text = try String(contentsOfFile: try copy("github-build", to: play, commit: commit), encoding: .utf8)
        let plan = try await play.command(["plan", "--from-build", "-"]).collect(input: Array(text.utf8))
        #expect(plan.status.isSuccess, "\(plan.errorText)")
        #expect(plan.outputText.contains("PROFILE=ci  <stdin>:"))
    }
}
