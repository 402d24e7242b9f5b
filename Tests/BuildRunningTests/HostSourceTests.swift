import BuildPlanning
import BuildRunning
import Files
import Testing

/// Sources beside the primary one, on the host's shell. `SecondarySourceTests` shows them in real containers.
@Suite(.enabled(if: HostPlayground.isPossible)) struct HostSourceTests {
    @Test(arguments: [SourceStaging.Way.copy, .stream])
    func `each source lies in a folder of its own, and commands begin in the primary one`(
        way: SourceStaging.Way
    ) async throws {
        try await HostPlayground.with { play in
            try play.write("p.txt", "primary")
            for name in ["lib", "data"] {
                try Folder.make(play.other(name).appending(".buildspec").string, mode: 0o755)
                try Folder.make(play.other(name).appending("sub dir").string, mode: 0o755)
                try play.other(name).appending("sub dir/\(name).txt").write(name)
                try play.other(name).appending(".buildspec/old").write("old")
            }
            var options = HostPlayground.Options()
            options.ways = [way]
            options.others = ["lib", "data"]
            let id = HostPlayground.newID(), directories = ContainerLayout.sourceDirectories(of: id, count: 3)
            options.variables = ["LIBRARY": directories[1]]
            let build = try await play.run(
                """
                version: 0.2
                phases:
                  build:
                    commands:
                      - echo ${PWD#$ROOT}; ls -A
                      - cd $CODEBUILD_SRC_DIR_lib && find . -type f; cat "sub dir/lib.txt" >made
                      - pwd | sed "s,$ROOT,,"; (cd $CODEBUILD_SRC_DIR_data && find . -type f)
                artifacts:
                  files: ['**/*']
                  base-directory: $LIBRARY
                """, options, as: id)
            #expect(build.status == .succeeded)
            #expect(
                build.printed == [
                    directories[0], "p.txt", "./sub dir/lib.txt", directories[1], "./sub dir/data.txt",
                ])
            #expect(try await play.files(in: play.out.appending("artifacts")) == ["made", "sub dir/lib.txt"])
            #expect(
                Array(build.log.filter { $0.hasPrefix("[Container] CODEBUILD_SRC_DIR") }) == [
                    "[Container] CODEBUILD_SRC_DIR=\(directories[0])",
                    "[Container] CODEBUILD_SRC_DIR_lib=\(directories[1])",
                    "[Container] CODEBUILD_SRC_DIR_data=\(directories[2])",
                ])
        }
    }
}
