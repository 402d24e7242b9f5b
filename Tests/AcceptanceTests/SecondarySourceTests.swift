import ChildProcesses
import Foundation
import Testing

/// Several sources in one build, and builds that hand artifacts to one another.
@Suite(.tags(.docker), .enabled(if: Docker.isThere))
struct SecondarySourceTests {
    /// A project with git, and a library with git beside it.
    private func repositories() async throws -> Playground {
        let play = try Playground()
        try play.write("p.txt", "primary")
        try play.write("../lib/l.txt", "committed")
        try play.write("../lib/.gitignore", "*.o\n")
        try play.write("../lib/buildspec.yml", "no: buildspec of this build\n")
        try play.write("../lib/junk.o", "o")
        for folder in [play.source.path, play.root.appending(path: "lib").path] {
            let text = """
                git init -q -b main . && git add -A && git -c user.name=t -c user.email=t@example.org commit -q -m first
                """
            let made = try await Command("sh", ["-c", text], workingDirectory: folder).collect()
            try #require(made.status.isSuccess, "\(made.errorText)")
        }
        try play.write("../lib/l.txt", "changed")
        return play
    }

    @Test func `a git source beside the primary one is a snapshot with its own git, for every user`() async throws {
        let play = try await repositories()
        try play.buildspec(
            """
            version: 0.2
            phases:
              build:
                run-as: nobody
                commands:
                  - ls -A; cd $CODEBUILD_SRC_DIR_lib; ls -A; cat l.txt
                  - echo x >made; stat -c %U . made l.txt | sort -u; env | sed -n "s/^\\(CODEBUILD_SOURCE_.*_lib=\\)/\\1/p"
                  - head -c 5 $CODEBUILD_SRC_DIR_old/.git/HEAD; cat $CODEBUILD_SRC_DIR_old/l.txt
            artifacts:
              files: made
              base-directory: $CODEBUILD_SRC_DIR_lib
            """)
        let json = play.root.appending(path: "b.json").path
        let result = try await play.run(
            ["--source", "lib=../lib", "-s", "old=../lib#git:main", "--build-json", json])
        #expect(result.status.isSuccess, "\(result.outputText)\(result.errorText)")
        #expect(
            result.printed == [
                ".git", "buildspec.yml", "p.txt", ".git", ".gitignore", "buildspec.yml", "l.txt", "changed", "nobody",
                "CODEBUILD_SOURCE_REPO_URL_lib=", "CODEBUILD_SOURCE_VERSION_lib=main", "ref: committed",
            ])
        #expect(play.files(in: play.out) == ["artifacts/made"])
        #expect(try String(contentsOfFile: json, encoding: .utf8).contains(#""sourceIdentifier":"old""#))
        // Nothing was written outside, and nothing is left of what was checked out for the build.
        #expect(try String(contentsOf: play.root.appending(path: "lib/l.txt"), encoding: .utf8) == "changed")
        let plan = try await play.call(["plan", "--source", "lib=../lib"])
        #expect(
            plan.outputText.contains("source      lib: \(play.root.path)/lib, in the container /codebuild/output/src"))
    }

    @Test func `settings with a source that is not here end the run before it begins`() async throws {
        let play = try await repositories()
        try play.buildspec("version: 0.2\nphases: {build: {commands: ['cat $CODEBUILD_SRC_DIR_lib/l.txt']}}\n")
        try play.write("codebuild.yml", "secondarySources: [{sourceIdentifier: lib, type: S3, location: /etc/}]\n")
        let refused = try await play.run()
        #expect(refused.status.exitStatus == 78)
        #expect(refused.errorText.contains("help: --source lib=FOLDER brings it in"))
        #expect(refused.log.contains { $0.hasPrefix("[Container] Phase complete: DOWNLOAD_SOURCE State: FAILED") })
        let plan = try await play.call(["plan"])
        #expect(plan.outputText.contains("source      lib: not here (--source lib=FOLDER)  codebuild.yml:1:"))
        let answered = try await play.run(environment: ["BUILDSPEC_SOURCE_lib": "../lib"])
        #expect(answered.printed == ["changed"])
    }

    @Test func `a kept build goes on with its sources, and with what has changed in them`() async throws {
        let play = try await repositories()
        try play.write("../lib/gone", "g")
        try play.buildspec(
            """
            version: 0.2
            phases:
              build:
                commands:
                  - cat $CODEBUILD_SRC_DIR_lib/l.txt
                  - test -e $CODEBUILD_SRC_DIR_lib/go
                  - cd $CODEBUILD_SRC_DIR_lib && cat l.txt && ls
            """)
        let failed = try await play.run(["--keep", "failure", "--source", "lib=../lib"])
        #expect(failed.status.exitStatus == 1)
        #expect(try await play.call(["shell", "--command", "touch $CODEBUILD_SRC_DIR_lib/made"]).status.isSuccess)
        try play.write("../lib/l.txt", "again")
        try play.write("../lib/go", "")
        try FileManager.default.removeItem(at: play.root.appending(path: "lib/gone"))
        let resumed = try await play.call(["resume"])
        #expect(resumed.status.isSuccess, "\(resumed.errorText)")
        #expect(resumed.errorText.contains("bringing in 2 changed and 1 deleted files"))
        #expect(resumed.printed == ["againbuildspec.yml", "go", "l.txt", "made"])
    }

    @Test func `the output of a pipeline's build of two sources is the input of the next, by two commands`()
        async throws
    {
        let play = try await repositories()
        try play.buildspec(
            """
            version: 0.2
            env: {exported-variables: [TAG]}
            phases:
              build:
                commands:
                  - ls -A; ls -A $CODEBUILD_SRC_DIR_Config
                  - cat p.txt $CODEBUILD_SRC_DIR_Config/c.txt >out.txt; chmod 700 out.txt; TAG=v7
                  - echo "$CODEBUILD_INITIATOR $CODEBUILD_SOURCE_VERSION $CODEBUILD_SOURCE_REPO_URL."
            artifacts:
              files: out.txt
            """)
        try play.write("../pipe/Config/c.txt", " and configuration")
        try play.write(
            "deploy.yml", "version: 0.2\nphases: {build: {commands: ['ls -lA; cat out.txt; echo; echo $TAG']}}\n")
        let zip = play.root.appending(path: "pipe/SourceArtifact.zip").path
        let made = try await Command(
            "git", ["-C", play.source.path, "archive", "-o", zip, "--add-file=buildspec.yml", "main"]
        ).collect()
        try #require(made.status.isSuccess, "\(made.errorText)")

        let first = try await play.call([
            "run", "--image", debian, "--pipeline", "../pipe", "--input", "SourceArtifact", "--input", "Config",
            "--output",
            "BuildArtifact", "--namespace", "Built",
        ])
        #expect(first.status.isSuccess, "\(first.outputText)\(first.errorText)")
        #expect(
            first.printed == [
                "buildspec.yml", "p.txt", "c.txt",
                "codepipeline/pipe arn:aws:s3:::codepipeline-us-east-1-000000000000/pipe/SourceArti/SourceArtifact.zip .",
            ])
        let pipe = play.root.appending(path: "pipe")
        #expect(
            play.files(in: pipe) == ["BuildArtifact.zip", "Built.variables.json", "Config/c.txt", "SourceArtifact.zip"])

        let second = try await play.call([
            "run", "--image", debian, "--pipeline", "../pipe", "--input", "BuildArtifact", "-f", "deploy.yml",
            "--env", "TAG=#{Built.TAG}",
        ])
        #expect(second.status.isSuccess, "\(second.outputText)\(second.errorText)")
        #expect(second.printed.suffix(2) == ["primary and configuration", "v7"])
        #expect(second.printed.contains { $0.hasPrefix("-rwx------ 1 root root 25 ") && $0.hasSuffix(" out.txt") })
        // What was unpacked is gone, and nothing was written into the project.
        #expect(
            play.files(in: play.cache.appending(path: "buildspec/sources")).filter { !$0.hasPrefix(".marks") } == [])
        #expect(!FileManager.default.fileExists(atPath: play.source.appending(path: ".buildspec").path))
    }
}
