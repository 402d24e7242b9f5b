import ChildProcesses
import Foundation
import Testing

/// The `help:` line of the closing table, for failures in real containers.
@Suite(.tags(.docker), .enabled(if: Docker.isThere))
struct FailureHelpTests {
    /// The closing table's words about a command that fails.
    private func help(
        _ command: String, _ arguments: [String] = [], image: String = debian,
        files: [(path: String, text: String, mode: Int)] = []
    ) async throws -> (status: Int, table: String, play: Playground) {
        let play = try Playground()
        for file in files {
            try play.write(file.path, file.text)
            try FileManager.default.setAttributes(
                [.posixPermissions: file.mode], ofItemAtPath: play.source.appending(path: file.path).path)
        }
        let text = try JSONSerialization.data(withJSONObject: [command])
        try play.buildspec(
            "version: 0.2\nphases: {build: {commands: \(String(decoding: text, as: UTF8.self))}}")
        let result = try await play.run(["--no-cache", "--keep", "never"] + arguments, image: image)
        return (Int(result.status.exitStatus), result.errorText, play)
    }

    @Test(arguments: [debian, busybox])
    func `126 tells what is not executable`(image: String) async throws {
        let (status, table, _) = try await help("./go.sh", image: image, files: [("go.sh", "echo hi\n", 0o644)])
        #expect(status == 1)
        #expect(
            table.contains("exit status 126 (found, but not executable)\n  help:    `./go.sh` is not executable: `git ")
        )
    }

    @Test(arguments: [(debian, "pearl", "perl"), (debian, "tuoch x", "touch"), (busybox, "wgett", "wget")])
    func `127 names the near program of the image`(image: String, command: String, near: String) async throws {
        let (_, table, play) = try await help(command, image: image)
        let line = "  help:    the image has no `\(command.prefix { $0 != " " })`: did you mean `\(near)`?\n"
        #expect(table.contains(line), "\(table)")
        // The record tells it as the run did.
        #expect(try await play.call(["show"]).outputText.contains(line))
    }

    @Test func `127 tells of a script with Windows line ends`() async throws {
        let (_, table, _) = try await help(
            "cd sub && ./go.sh", files: [("sub/go.sh", "#!/bin/sh\r\necho hi\r\n", 0o755)])
        #expect(table.contains("  help:    `./go.sh` has Windows line ends"), "\(table)")
    }

    @Test func `137 by lack of memory is told from any other kill`() async throws {
        let greedy = try await help("tail /dev/zero", ["--memory", "32m"])
        #expect(
            greedy.table.contains(
                "exit status 137 (killed)\n  help:    the kernel killed a process of this build for lack of memory; the build may use 32m"
            ), "\(greedy.table)")
        let killed = try await help("kill -9 $$", ["--memory", "32m"])
        #expect(killed.table.contains("killed by SIGKILL, but not for lack of memory"), "\(killed.table)")
    }

    @Test func `bash's words under dash point to env.shell`() async throws {
        let (_, table, _) = try await help("[[ 1 = 1 ]] && echo yes")
        #expect(
            table.contains(
                "  help:    `sh` is dash here, which does not know `[[`: set `env: shell: bash` in the buildspec\n"),
            "\(table)")
    }

    @Test func `a name that cannot be looked up under --offline is the flag's doing`() async throws {
        let (_, table, _) = try await help("bash -c 'exec 3<>/dev/tcp/repo.acme.org/80'", ["--offline"])
        #expect(table.contains("  help:    `--offline` gives the build no network, so "), "\(table)")
    }

    @Test func `failed tests are named`() async throws {
        let (_, table, _) = try await help(
            "cat out.txt; exit 1",
            files: [
                (
                    "out.txt",
                    "[ERROR] Failures: \n[ERROR]   OwnerTest.finds:34 expected:<1>\n"
                        + String(repeating: "[ERROR] some more words of Maven\n", count: 200), 0o644
                )
            ])
        #expect(table.contains("  tests    OwnerTest.finds:34 expected:<1>\n"), "\(table)")
    }

    @Test(arguments: [
        (
            "foreign", "exec format error",
            "help: the image is made for another processor: name its platform with --platform"
        ),
        ("empty", "executable file not found", "help: the image has no `sh`, and a build needs one"),
    ])
    func `an image that cannot be started says what is wrong with it`(
        kind: String, reason: String, words: String
    ) async throws {
        let play = try Playground(), folder = play.root.appending(path: "image")
        try FileManager.default.createDirectory(at: folder.appending(path: "bin"), withIntermediateDirectories: true)
        if kind == "foreign" {
            // The head of a program for AArch64, or for x86-64 where the tests run on the other.
            var machine = utsname()
            uname(&machine)
            let isARM = withUnsafeBytes(of: &machine.machine) { $0.starts(with: "aarch64".utf8) }
            var head: [UInt8] = [0x7f] + Array("ELF".utf8) + [2, 1, 1, 0] + [UInt8](repeating: 0, count: 8)
            head += [2, 0, isARM ? 62 : 183, 0, 1, 0, 0, 0] + [UInt8](repeating: 0, count: 100)
            let shell = folder.appending(path: "bin/sh")
            try Data(head).write(to: shell)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: shell.path)
        }
        let name = "buildspec-test-\(kind)-image", tar = play.root.appending(path: "image.tar").path
        _ = try await Command("tar", ["-C", folder.path, "-cf", tar, "."]).collect()
        _ = try await Docker.call(["import", "--change", "ENV PATH=/bin", tar, name])
        try play.buildspec("version: 0.2\nphases: {build: {commands: [echo never]}}")
        let result = try await play.run(["--pull", "never"], image: name)
        _ = try await Docker.call(["rmi", "-f", name])
        #expect(result.status.exitStatus == 69)
        #expect(result.errorText.contains(reason) && result.errorText.contains(words), "\(result.errorText)")
    }

    @Test func `a failure without a cause in sight gets no help line`() async throws {
        let (_, table, _) = try await help("echo wrong; false")
        #expect(!table.contains("help:"), "\(table)")
    }
}
