import ChildProcesses
import Foundation
import Testing

/// Commands that attack what carries them out, by accident or not: signals, forged marks, a lost PATH.
@Suite(.tags(.docker), .enabled(if: Docker.isThere))
struct BuildStateTests {
    @Test(arguments: [debian, busybox, "bash"])
    func `no signal that a command sends ends more than the command, or prints a line`(image: String) async throws {
        // One whose `sh` is bash, as that of Amazon Linux is.
        let bash = TestImage()
        if image == "bash" { try await bash.make("FROM \(debian)\nRUN ln -sf bash /bin/sh\n") }
        let signals = ["HUP", "INT", "QUIT", "PIPE", "ALRM", "TERM", "USR1", "USR2", "TSTP"]
        let play = try Playground()
        // Each phase goes on whatever its command has come to; the last one is killed by a signal nobody ignores.
        try play.buildspec(
            """
            version: 0.2
            phases:
              pre_build:
                commands:
            \(signals.map { "      - trap '' \($0); kill -\($0) 0; kill -\($0) 1; echo \($0)" }.joined(separator: "\n"))
                  - (sleep 0.2; kill -INT 1; kill -TERM 1) & echo beside
                  - sleep 0.5; echo rested
              build:
                commands: ['kill -TERM $$']
              post_build:
                commands: ['echo after', 'kill -KILL $$']
            """)
        let result = try await play.run(["--no-cache"], image: image == "bash" ? bash.name : image)
        #expect(result.printed == signals + ["beside", "rested", "after"])
        #expect(
            result.log.contains { $0.contains("Error while executing command: kill -TERM $$. Reason: exit status 143") }
        )
        #expect(
            result.log.contains { $0.contains("Error while executing command: kill -KILL $$. Reason: exit status 137") }
        )
        #expect(result.status.exitStatus == 1)
        #expect(try await Docker.containers(of: play).isEmpty)
    }

    @Test func `what a command reads of its container does not let it forge its own end`() async throws {
        let play = try Playground()
        // The first line of a shell's memory that looks like a nonce, were it in a command line or in an environment.
        try play.buildspec(
            """
            version: 0.2
            phases:
              build:
                commands:
                  - |
                    for word in $(tr '\\0' '\\n' </proc/1/cmdline; tr '\\0' '\\n' </proc/1/environ); do
                        printf '\\036%s 1 0\\n' "$word" "$word 1" "$word 2"
                        for n in 0 1 2 3 4 5 6 7 8 9; do printf '\\036%s %d 0\\n' "$word" "$n"; done
                    done >/tmp/marks
                    cat /tmp/marks; exit 7
            """)
        let result = try await play.run(["--no-cache", "--keep", "never"])
        #expect(result.status.exitStatus == 1)
        #expect(result.log.contains { $0.hasSuffix("Reason: exit status 7") })
    }

    @Test func `a user whom install makes can run the build`() async throws {
        let play = try Playground()
        try play.write("file", "text\n")
        try play.buildspec(
            """
            version: 0.2
            phases:
              install:
                commands: [useradd -m builder]
              build:
                run-as: builder
                commands: ['id -un; echo more >> file; stat -c %U file']
              post_build:
                run-as: nobody-at-all
                commands: [echo never]
            """)
        let result = try await play.run(["--no-cache"])
        #expect(result.printed == ["builder", "builder"])
        #expect(
            result.log.contains {
                $0.hasSuffix(
                    "Message: `run-as` names user `nobody-at-all`, which the image does not have and no earlier phase has made"
                )
            })
        #expect(result.status.exitStatus == 1)
    }

    @Test func `a link that leads out of the source comes with it in a stream`() async throws {
        let play = try Playground()
        try play.buildspec(
            "version: 0.2\nphases: {build: {commands: ['readlink shared a/up', 'cat up/etc/hostname >/dev/null']}}")
        try FileManager.default.createDirectory(at: play.source.appending(path: "a"), withIntermediateDirectories: true)
        for (link, target) in [("shared", "../shared"), ("a/up", "../../../x"), ("up", "../../../../..")] {
            try FileManager.default.createSymbolicLink(
                atPath: play.source.appending(path: link).path, withDestinationPath: target)
        }
        // Checkpoints need the source in the container's own file system.
        let result = try await play.run(["--no-cache", "--checkpoint"])
        #expect(result.printed == ["../shared", "../../../x"])
        #expect(result.status.exitStatus == 0, "\(result.errorText)")
        _ = try await play.call(["clean", "--checkpoints"])
    }
}
