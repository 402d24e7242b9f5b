import ChildProcesses
import Foundation
import TestSupport
import Testing

/// The pre-push hook, by real pushes to a real bare repository.
@Suite(.tags(.docker), .enabled(if: Docker.isThere))
struct HookTests {
    /// A repository whose hook builds `check.sh` of what is pushed, with a bare one beside it.
    private struct Project {
        let play: Playground

        init(_ install: [String] = []) async throws {
            play = try Playground()
            try play.buildspec("version: 0.2\nphases: {build: {commands: [sh check.sh]}}\n")
            try play.write("codebuild.yml", "environment: {image: \(debian)}\n")
            try play.write("check.sh", "echo checked; exit 0\n")
            try await git("init", "-q", "-b", "main")
            try await git("init", "-q", "--bare", play.root.appending(path: "remote.git").path)
            try await git("remote", "add", "origin", play.root.appending(path: "remote.git").path)
            try await commit("first")
            let outcome = try await play.call(["hook", "install"] + install)
            #expect(outcome.status.isSuccess, "\(outcome.errorText)")
        }

        @discardableResult
        func git(_ arguments: String..., environment: [String: String?] = [:]) async throws -> CommandOutput {
            try await run(arguments, environment: environment)
        }

        func run(_ arguments: [String], environment: [String: String?] = [:]) async throws -> CommandOutput {
            var all: [String: String?] = [
                "XDG_CACHE_HOME": play.cache.path, "XDG_STATE_HOME": play.state.path,
                "BUILDSPEC_AWS_LOCAL_IDLE": "900",
                "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b",
                "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b",
            ]
            for (name, value) in environment { all.updateValue(value, forKey: name) }
            return try await Command("git", arguments, environment: all, workingDirectory: play.source.path).collect()
        }

        func commit(_ message: String) async throws {
            try await git("add", "-A")
            #expect(try await git("commit", "-q", "-m", message).status.isSuccess)
        }

        func builds() async throws -> Int {
            try await play.call(["builds", "--all", "--limit", "1000"]).outputText.split(separator: "\n").dropFirst()
                .count
        }

        func remoteHas(_ reference: String) async throws -> Bool {
            try await git("ls-remote", "--exit-code", "origin", reference).status.isSuccess
        }
    }

    @Test func `what is pushed is built, not what lies around, and a green tree but once`() async throws {
        let project = try await Project()
        try project.play.write("check.sh", "exit 1\n")  // Only in the work tree.
        let first = try await project.git("push", "origin", "main")
        #expect(first.status.isSuccess, "\(first.errorText)")
        #expect(try await project.builds() == 1)

        // The same tree under another name, and again: nothing to build.
        let second = try await project.git("push", "origin", "main:refs/heads/again")
        #expect(second.status.isSuccess && second.errorText.contains("was green in build"))
        #expect(try await project.builds() == 1)

        // The reverse: the commit is broken, the work tree is not.
        try await project.commit("broken")
        try project.play.write("check.sh", "exit 0\n")
        let blocked = try await project.git("push", "origin", "main:refs/heads/broken")
        #expect(!blocked.status.isSuccess)
        #expect(blocked.errorText.contains("is blocked") && blocked.errorText.contains("--no-verify"))
        #expect(blocked.errorText.contains("failed   BUILD: sh check.sh"))
        #expect(try await !project.remoteHas("refs/heads/broken"))
        #expect(try await project.git("push", "--no-verify", "origin", "main:refs/heads/broken").status.isSuccess)
    }

    @Test func `a tree that was green in a run is not built again on a push`() async throws {
        let project = try await Project(["--log-format", "quiet"])
        let part = try await project.play.call(["run", "--phase", "build"])
        #expect(part.status.isSuccess)
        let run = try await project.play.call(["run", "--keep", "failure"])
        #expect(run.status.isSuccess, "\(run.errorText)")
        let push = try await project.git("push", "origin", "main")
        #expect(push.status.isSuccess && push.errorText.contains("was green in build"), "\(push.errorText)")
        let id = try #require(run.errorText.firstMatch(of: #/:([0-9a-f]{8})-[0-9a-f-]+ SUCCEEDED/#)?.1)
        #expect(push.errorText.contains("was green in build \(id)"), "\(push.errorText)")
        #expect(try await project.builds() == 2)

        // A failing push prints the table and the end of the command's output, not the log.
        try project.play.write("check.sh", "echo here is why; exit 1\n")
        try await project.commit("broken")
        let failed = try await project.git("push", "origin", "main")
        #expect(!failed.status.isSuccess && failed.errorText.contains("printed  here is why"), "\(failed.errorText)")
        #expect(!failed.errorText.contains("Entering phase") && !failed.outputText.contains("Entering phase"))
    }

    @Test func `new branches, tags, deletions, forced pushes and many refs at once`() async throws {
        let project = try await Project()
        for number in 1...49 { try await project.git("branch", "b\(number)") }
        try await project.git("tag", "-a", "v1", "-m", "one")
        let all = try await project.git("push", "origin", "--all", "--follow-tags")
        #expect(all.status.isSuccess, "\(all.errorText)")
        #expect(try await project.git("push", "origin", "v1").status.isSuccess)
        #expect(try await project.builds() == 1)
        #expect(try await project.git("push", "origin", "--delete", "b1").status.isSuccess)
        try await project.git("commit", "-q", "--amend", "-m", "other words, the same tree")
        #expect(try await project.git("push", "--force", "origin", "main").status.isSuccess)
        #expect(try await project.builds() == 1)
        try project.play.write("new.txt", "")
        try await project.commit("second")
        #expect(try await project.git("push", "origin", "main").status.isSuccess)
        #expect(try await project.builds() == 2)
    }

    @Test func `filters name the branches and paths that are built`() async throws {
        let project = try await Project(["--branch", "main", "--branch", "!^refs/tags/", "--path", "src/**"])
        let other = try await project.git("push", "origin", "main:refs/heads/other")
        #expect(other.status.isSuccess && other.errorText.contains("does not match --branch"))
        #expect(try await project.builds() == 0)
        try project.play.write("README", "x")
        try await project.commit("docs")
        let docs = try await project.git("push", "origin", "main")
        #expect(
            docs.status.isSuccess && docs.errorText.contains("no pushed file matches --path"), "\(docs.errorText)")
        try project.play.write("src/a.txt", "x")
        try await project.commit("source")
        #expect(try await project.git("push", "origin", "main").status.isSuccess)
        #expect(try await project.builds() == 1)
    }

    @Test func `a hook that is there runs first, and comes back`() async throws {
        let project = try await Project()
        #expect(try await project.play.call(["hook", "uninstall"]).status.isSuccess)
        let hook = project.play.source.appending(path: ".git/hooks/pre-push")
        #expect(!FileManager.default.fileExists(atPath: hook.path))
        let own = "#!/bin/sh\ncat > ../seen; echo $1 >> ../seen\n[ ! -e ../no ]\n"
        try await makeProgram(own, at: hook.path)
        let said = try await project.play.call(["hook", "install"]).errorText
        #expect(said.contains("the hook that was there runs first"))
        #expect(try await project.play.call(["hook", "install"]).errorText.contains("renewed"))
        #expect(try await project.git("push", "origin", "main").status.isSuccess)
        let seen = try String(contentsOf: project.play.root.appending(path: "seen"), encoding: .utf8)
        #expect(seen.hasPrefix("refs/heads/main ") && seen.hasSuffix("origin\n"))
        try "".write(to: project.play.root.appending(path: "no"), atomically: true, encoding: .utf8)
        #expect(try await !project.git("push", "origin", "main:refs/heads/x").status.isSuccess)
        #expect(try await project.play.call(["hook", "uninstall"]).status.isSuccess)
        #expect(try String(contentsOf: hook, encoding: .utf8) == own)
    }

    @Test func `core.hooksPath and linked worktrees are honoured`() async throws {
        let project = try await Project()
        try await project.git("config", "core.hooksPath", "my hooks")
        try project.play.write(".git/info/exclude", "my hooks\n")
        #expect(try await project.play.call(["hook", "install"]).status.isSuccess)
        #expect(FileManager.default.fileExists(atPath: project.play.source.appending(path: "my hooks/pre-push").path))
        try await project.git("config", "--unset", "core.hooksPath")
        let tree = project.play.root.appending(path: "linked").path
        try await project.git("worktree", "add", "-q", "-b", "side", tree)
        let outcome = try await project.git("-C", tree, "push", "origin", "side")
        #expect(outcome.status.isSuccess, "\(outcome.errorText)")
        #expect(try await project.builds() == 1)
    }

    @Test(arguments: [".husky", "my hooks/deep"])
    func `a hooks folder that git would commit is left alone`(_ folder: String) async throws {
        let project = try await Project()
        try await project.git("config", "core.hooksPath", folder)
        let outcome = try await project.play.call(["hook", "install", "--branch", "release/*"])
        #expect(outcome.status.exitStatus == 73, "\(outcome.errorText)")
        #expect(outcome.text == #"buildspec hook run pre-push --branch 'release/*' "$@""#)
        #expect(!FileManager.default.fileExists(atPath: project.play.source.appending(path: folder).path))
    }

    @Test func `a hook of others that calls buildspec already is enough`() async throws {
        let project = try await Project()
        try await project.git("config", "core.hooksPath", ".husky")
        try project.play.write(".husky/pre-push", "# buildspec hook run pre-push\n")
        #expect(try await project.play.call(["hook", "install"]).status.exitStatus == 73)
        let text = "npm test\nbuildspec hook run pre-push \"$@\"\n"
        try project.play.write(".husky/pre-push", text)
        let outcome = try await project.play.call(["hook", "install"])
        #expect(outcome.status.isSuccess && outcome.text.isEmpty)
        #expect(outcome.errorText == "the hook `.husky/pre-push` calls buildspec already: nothing to do")
        let hook = project.play.source.appending(path: ".husky/pre-push")
        #expect(try String(contentsOf: hook, encoding: .utf8) == text)
    }

    @Test func `a bare search path is enough, and what is gone is said`() async throws {
        let project = try await Project()
        let bare = try await project.git("push", "origin", "main", environment: ["PATH": "/usr/bin:/bin"])
        #expect(bare.status.isSuccess, "\(bare.errorText)")
        let down: [String: String?] = ["DOCKER_HOST": "unix:///nowhere.sock"]
        let blocked = try await project.git("push", "origin", "main:refs/heads/x", environment: down)
        #expect(!blocked.status.isSuccess && blocked.errorText.contains("--if-no-engine allow"))
        _ = try await project.play.call(["hook", "install", "--if-no-engine", "allow"])
        let allowed = try await project.git("push", "origin", "main:refs/heads/x", environment: down)
        #expect(allowed.status.isSuccess && allowed.errorText.contains("pushed without a build"))
        let hook = project.play.source.appending(path: ".git/hooks/pre-push")
        let text = try String(contentsOf: hook, encoding: .utf8)
        try text.replacing(Playground.binary, with: "/nowhere/buildspec").replacing(
            "command -v buildspec", with: "false"
        )
        .write(to: hook, atomically: false, encoding: .utf8)
        #expect(try await project.git("push", "origin", "main:refs/heads/y").errorText.contains("is gone"))
    }

    @Test func `Ctrl-C stops the build and the push`() async throws {
        let project = try await Project()
        try project.play.write("check.sh", "sleep 60\n")
        try await project.commit("slow")
        let session = try await TerminalSession(in: project.play)
        try await session.type("git push origin main; echo ended with $?")
        try await session.waitFor("Running command sh check.sh")
        try await session.press("C-c")
        try await session.waitFor("ended with ")
        #expect(try await !project.remoteHas("refs/heads/main"))
        // git leaves at once; the hook still takes the container away.
        var left = try await Docker.containers(of: project.play)
        for _ in 0..<100 where !left.isEmpty {
            try await Task.sleep(for: .milliseconds(100))
            left = try await Docker.containers(of: project.play)
        }
        #expect(left.isEmpty)
    }

    @Test func `pre-commit calls it by its variables`() async throws {
        let project = try await Project()
        let commit = try await project.git("rev-parse", "HEAD").text
        let outcome = try await project.play.call(
            ["hook", "run", "pre-push"],
            environment: [
                "PRE_COMMIT": "1", "PRE_COMMIT_TO_REF": commit, "PRE_COMMIT_REMOTE_BRANCH": "refs/heads/main",
                "PRE_COMMIT_FROM_REF": String(repeating: "0", count: 40),
            ])
        #expect(outcome.status.isSuccess, "\(outcome.errorText)")
        #expect(try await project.builds() == 1)
    }

    @Test func `a wrong container name is found before the push`() async throws {
        let project = try await Project()
        try project.play.buildspec(
            "version: 0.2\nphases: {build: {commands: ['echo \"[{\\\"name\\\":\\\"web\\\",\\\"imageUri\\\":\\\"r:1\\\"}]\" > imagedefinitions.json']}}\nartifacts: {files: imagedefinitions.json}\n"
        )
        try project.play.write("task.json", #"{"containerDefinitions": [{"name": "webb", "image": "r"}]}"#)
        try project.play.write(
            "codebuild.yml", "environment: {image: \(debian)}\nx-buildspec: {task-definition: task.json}\n")
        try await project.commit("deploys")
        let blocked = try await project.git("push", "origin", "main")
        #expect(!blocked.status.isSuccess)
        #expect(blocked.errorText.contains("the task definition has no container `web`"), "\(blocked.errorText)")
        #expect(blocked.errorText.contains("help: did you mean `webb`?"))
        // By itself the build is a good one, as it is in the service.
        #expect(try await project.play.call(["run", "."]).status.isSuccess)
    }

    @Test func `husky and lefthook call it as a script of theirs`() async throws {
        let project = try await Project()
        let hook = project.play.source.appending(path: ".husky/pre-push").path
        try await makeProgram("#!/bin/sh\n\(Playground.binary) hook run pre-push \"$@\"\n", at: hook)
        try await project.git("config", "core.hooksPath", ".husky")
        #expect(try await project.git("push", "origin", "main").status.isSuccess)
        #expect(try await project.builds() == 1)
    }

    @Test(.enabled(if: Moto.isThere)) func `pre-commit runs it from this repository's own manifest`() async throws {
        let folder = try #require(ProcessInfo.processInfo.environment["BUILDSPEC_TEST_AWS"], "`make test` sets it")
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let manifest = try String(contentsOf: root.appending(path: ".pre-commit-hooks.yaml"), encoding: .utf8)
        let project = try await Project()
        _ = try await project.play.call(["hook", "uninstall"])
        let hooks = manifest.replacing("entry: buildspec ", with: "entry: \(Playground.binary) ")
            .split(separator: "\n").map { "      \($0)\n" }.joined()
        try project.play.write(".pre-commit-config.yaml", "repos:\n  - repo: local\n    hooks:\n\(hooks)")
        try await project.commit("pre-commit")
        let environment: [String: String?] = [
            "PRE_COMMIT_HOME": project.play.root.appending(path: "pre-commit").path,
            "PATH": "\(folder):\(ProcessInfo.processInfo.environment["PATH"] ?? "")",
        ]
        let install = try await Command(
            "\(folder)/pre-commit", ["install", "-t", "pre-push"],
            environment: environment.merging(["GIT_CONFIG_GLOBAL": "/dev/null"]) { $1 },
            workingDirectory: project.play.source.path
        ).collect()
        #expect(install.status.isSuccess, "\(install.errorText)")
        let pushed = try await project.git("push", "origin", "main", environment: environment)
        #expect(pushed.status.isSuccess, "\(pushed.errorText)\(pushed.text)")
        #expect(try await project.builds() == 1)
        try project.play.write("check.sh", "exit 1\n")
        try await project.commit("broken")
        #expect(try await !project.git("push", "origin", "main", environment: environment).status.isSuccess)
    }
}
