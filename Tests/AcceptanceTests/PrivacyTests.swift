import ChildProcesses
import Foundation
import Testing

/// What builds leave on this machine is for their user alone.
@Suite(.tags(.docker), .enabled(if: Docker.isThere))
struct PrivacyTests {
    /// The modes of all files and folders below a folder, itself included, that others have any right to; links have none.
    private func open(below folder: URL, without skipped: [String] = []) throws -> [String] {
        let all = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
        return try ([""] + all).filter { path in
            guard !skipped.contains(where: { path.hasPrefix($0) }) else { return false }
            let attributes = try FileManager.default.attributesOfItem(atPath: folder.appending(path: path).path)
            let mode = (attributes[.posixPermissions] as? NSNumber)?.intValue ?? 0
            return attributes[.type] as? FileAttributeType != .typeSymbolicLink && mode & 0o077 != 0
        }
    }

    @Test(arguments: ["000", "022", "077"])
    func `records and caches are for their user alone, whatever the umask`(umask: String) async throws {
        let play = try Playground()
        try play.buildspec(
            """
            version: 0.2
            env: {secrets-manager: {TOKEN: t}}
            phases: {build: {commands: [mkdir -p /c, echo x > /c/f, echo y > made, "[ -f made ]"]}}
            cache: {paths: [/c/**/*]}
            artifacts: {files: made}
            """)
        let secrets = play.root.appending(path: "secrets.yml")
        try Data("secrets-manager: {t: hunter-two}".utf8).write(to: secrets)
        // As an earlier version has left them.
        let state = play.state.appending(path: "buildspec"), cache = play.cache.appending(path: "buildspec")
        for folder in [state, cache] {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: folder.path)
        }
        let made = try await Command("git", ["init", "-q"], workingDirectory: play.source.path).collect()
        #expect(made.status.isSuccess)
        let run = play.command([
            "run", ".", "--image", debian, "--artifacts", play.out.path, "--keep", "always", "--secrets", secrets.path,
        ])
        let result = try await Command(
            "sh", ["-c", "umask \(umask); exec \"$@\"", "sh", run.executable] + run.arguments,
            environment: run.environment, workingDirectory: play.source.path
        ).collect()
        #expect(result.status.isSuccess, "\(result.errorText)")
        #expect(try open(below: state) == [])
        // These are mounted into containers, where other users read them; the folder above is closed.
        #expect(try open(below: cache, without: ["snapshots/", "programs/"]) == [])
        #expect(play.files(in: cache).contains { $0.hasSuffix(".tar.zst") })
        // Artifacts are the user's: his umask counts.
        let artifact = play.out.appending(path: "artifacts/made").path
        let mode = try FileManager.default.attributesOfItem(atPath: artifact)[.posixPermissions] as? NSNumber
        #expect(mode?.intValue == 0o644)
        #expect(try await play.call(["clean", "--kept"]).status.isSuccess)
    }

    @Test func `a secret in a cached file is named, and a changed one is hidden in the log`() async throws {
        let play = try Playground()
        try play.buildspec(
            """
            version: 0.2
            env: {secrets-manager: {TOKEN: t, OTHER: o}}
            phases:
              build:
                commands:
                  - mkdir -p /c/deep
                  - printf %s "$TOKEN" | base64; printf %s "$TOKEN" | sed 's, ,%20,g;s,/,%2F,g'; echo
                  - printf 'user:%s' "$TOKEN" | base64
                  - echo "_auth=$TOKEN" > /c/deep/.npmrc; head -c 300000 /dev/zero > /c/big; printf %s "$TOKEN" >> /c/big
            cache: {paths: [/c/**/*]}
            """)
        let secrets = play.root.appending(path: "secrets.yml")
        try Data("secrets-manager: {t: hunter two/three, o: never seen}".utf8).write(to: secrets)
        let result = try await play.run(["--secrets", secrets.path])
        #expect(result.status.isSuccess, "\(result.errorText)")
        #expect(result.printed == ["***", "***", "dXNlcjp***"], "\(result.printed)")
        for file in ["/c/big", "/c/deep/.npmrc"] {
            #expect(
                result.errorText.contains("warning: the cache has the value of `TOKEN` in `\(file)`"),
                "\(result.errorText)")
        }
        #expect(!result.errorText.contains("OTHER"))
        for file in play.files(in: play.state) {
            let text = try String(contentsOf: play.state.appending(path: file), encoding: .utf8)
            for form in ["aHVudGVyIHR3by90aHJlZQ", "hunter%20two%2Fthree", "dW50ZXIgdHdvL3Ro"] {
                #expect(!text.contains(form), "\(file)")
            }
        }
    }
}
