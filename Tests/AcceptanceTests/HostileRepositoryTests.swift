import ChildProcesses
import Foundation
import Testing

/// What comes from a repository (files, links, settings) never makes the program write or read outside the source
/// (Documentation/security.md).
@Suite(.tags(.docker), .enabled(if: Docker.isThere))
struct HostileRepositoryTests {
    /// A user's folder with a key in it, beside a source that is a stranger's.
    private struct Victim {
        let play: Playground
        var key: URL { play.root.appending(path: ".ssh/id_rsa") }

        init(artifact: String = "artifacts") throws {
            play = try Playground()
            let secondary = artifact == "artifacts" ? "" : "\n  secondary-artifacts: {\(artifact): {files: ['**/*']}}"
            try play.buildspec(
                "version: 0.2\nphases: {build: {commands: ['echo stranger > file']}}\nartifacts:\n  files: [file]\(secondary)\n"
            )
            try FileManager.default.createDirectory(
                at: key.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data("secret key".utf8).write(to: key)
        }

        func link(_ path: String, to target: String) throws {
            let link = play.source.appending(path: path)
            try FileManager.default.createDirectory(
                at: link.deletingLastPathComponent(), withIntermediateDirectories: true)
            try FileManager.default.createSymbolicLink(atPath: link.path, withDestinationPath: target)
        }

        func run(_ arguments: [String] = []) async throws -> CommandOutput {
            try await play.call(["run", ".", "--image", debian, "--no-cache"] + arguments)
        }

        /// Everything beside the source and the folders of ours.
        func untouched() throws -> Bool {
            let names = try FileManager.default.contentsOfDirectory(atPath: play.root.path).sorted()
            let text = try String(contentsOf: key, encoding: .utf8)
            let keys = try FileManager.default.contentsOfDirectory(atPath: key.deletingLastPathComponent().path)
            return text == "secret key" && keys == ["id_rsa"]
                && names.allSatisfy { [".ssh", "cache", "source", "state"].contains($0) }
        }
    }

    @Test(arguments: [(".buildspec/out", "../.."), (".buildspec", ".."), (".buildspec", "nowhere")])
    func `a link in the place of our folder is not followed`(_ path: String, _ target: String) async throws {
        let victim = try Victim(artifact: ".ssh")
        try victim.link(path, to: target)
        let outcome = try await victim.run()
        #expect(outcome.status.exitStatus == 73, "\(outcome.errorText)")
        #expect(outcome.errorText.contains("is a link") && outcome.errorText.contains("--artifacts"))
        #expect(outcome.printed.isEmpty, "it is refused before anything runs")
        #expect(try victim.untouched())
    }

    @Test func `a folder of our name that we did not make is left alone`() async throws {
        let victim = try Victim()
        try victim.play.write(".buildspec/out/artifacts/mine", "mine")
        let outcome = try await victim.run()
        #expect(outcome.status.exitStatus == 73, "\(outcome.errorText)")
        #expect(FileManager.default.fileExists(atPath: victim.play.source.path + "/.buildspec/out/artifacts/mine"))
    }

    @Test func `what others have put into the folder for artifacts is not replaced, even when a user names it`()
        async throws
    {
        let victim = try Victim(artifact: ".ssh")
        let refused = try await victim.run(["--artifacts", victim.play.root.path])
        #expect(refused.status.exitStatus == 73, "\(refused.errorText)")
        #expect(refused.errorText.contains("no build has made it"))
        #expect(try victim.untouched())
        // Our own are, build after build.
        for _ in 1...2 { #expect(try await victim.run(["--artifacts", victim.play.out.path]).status.isSuccess) }
        #expect(victim.play.files(in: victim.play.out).contains("artifacts/file"))
    }

    @Test(
        arguments: ["artifacts", "build-json", "secrets", "task-definition", "cache"],
        ["../x", "/tmp/x", "link/x", ".git/x", "a/../../x"])
    func `a settings file names no path outside of its source`(_ key: String, _ path: String) async throws {
        let victim = try Victim()
        try victim.link("link", to: "../.ssh")
        try victim.play.write("codebuild.yml", "x-buildspec: {\(key): '\(path)'}\n")
        let outcome = try await victim.run()
        #expect(outcome.status.exitStatus == 78, "\(outcome.errorText)")
        #expect(outcome.errorText.contains("--\(key)") && outcome.errorText.contains("codebuild.yml:1:"))
        #expect(try victim.untouched())
    }

    @Test(arguments: [
        ("context", "prod"), ("aws", "yes"), ("profile", "admin"), ("cache", "s3://bucket/prefix"),
    ])
    func `a settings file chooses neither engines nor accounts`(_ key: String, _ value: String) async throws {
        let victim = try Victim()
        try victim.play.write("codebuild.yml", "x-buildspec: {\(key): '\(value)'}\n")
        let outcome = try await victim.run()
        #expect(outcome.status.exitStatus == 78, "\(outcome.errorText)")
        #expect(outcome.errorText.contains("--\(key)"))
        // What the user says himself counts, whatever the file says.
        if key == "aws" { #expect(try await victim.run(["--aws"]).status.isSuccess) }
    }

    @Test(arguments: ["codebuild.yml", "buildspec.yml"])
    func `a settings file or buildspec that is a link out of the source is not read`(_ name: String) async throws {
        let victim = try Victim()
        try? FileManager.default.removeItem(at: victim.play.source.appending(path: name))
        try victim.link(name, to: "../.ssh/id_rsa")
        let outcome = try await victim.run()
        #expect(outcome.status.exitStatus == 78, "\(outcome.errorText)")
        #expect(outcome.errorText.contains("outside of the source"))
        #expect(!(outcome.errorText + outcome.outputText).contains("secret key"))
    }

    @Test func `a buildspec that the settings place outside of the source is not read`() async throws {
        let victim = try Victim()
        try victim.play.write("codebuild.yml", "source: {buildspec: ../.ssh/id_rsa}\n")
        let outcome = try await victim.run()
        #expect(outcome.status.exitStatus == 78, "\(outcome.errorText)")
        #expect(!outcome.errorText.contains("secret key"))
    }

    @Test func `paths within the source are the settings file's to name`() async throws {
        let victim = try Victim()
        try victim.play.write("codebuild.yml", "x-buildspec: {artifacts: target/out, build-json: target/build.json}\n")
        let outcome = try await victim.run()
        #expect(outcome.status.isSuccess, "\(outcome.errorText)")
        #expect(FileManager.default.fileExists(atPath: victim.play.source.path + "/target/out/artifacts/file"))
        #expect(FileManager.default.fileExists(atPath: victim.play.source.path + "/target/build.json"))
    }
}
