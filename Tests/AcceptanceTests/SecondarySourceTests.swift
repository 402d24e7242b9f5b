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

    @Test func `a kept build goes on with its sources`() async throws {
        let play = try await repositories()
        try play.buildspec(
            """
            version: 0.2
            phases:
              build:
                commands:
                  - cat $CODEBUILD_SRC_DIR_lib/l.txt
                  - test -e $CODEBUILD_SRC_DIR_lib/go
                  - cat $CODEBUILD_SRC_DIR_lib/l.txt
            """)
        let failed = try await play.run(["--keep", "failure", "--source", "lib=../lib"])
        #expect(failed.status.exitStatus == 1)
        #expect(try await play.call(["shell", "--command", "touch $CODEBUILD_SRC_DIR_lib/go"]).status.isSuccess)
        let resumed = try await play.call(["resume"])
        #expect(resumed.status.isSuccess, "\(resumed.errorText)")
        #expect(resumed.printed.last == "changed")
    }
}
