import TestSupport
@testable import SourceSnapshots
import Foundation
import Testing

@Suite struct GitCredentialTests {
    @Test(arguments: [
        ("https://github.com/acme/x.git", "https", "github.com"),
        ("http://localhost:3000/x", "http", "localhost:3000"),
        ("HTTPS://me@git.example.com/x", "https", "git.example.com"),
        ("https://me:p%40ss@git.example.com:8443", "https", "git.example.com:8443"),
    ])
    func `an http remote has a scheme and a host`(url: String, scheme: String, host: String) throws {
        let remote = try #require(GitRemote(url))
        #expect(remote.scheme == scheme)
        #expect(remote.host == host)
    }

    @Test(arguments: [
        "git@github.com:x.git", "ssh://git@h/x", "/srv/x.git", "file:///x", "", "https://", "https://h/x\nhost=other",
    ])
    func `any other remote has no credentials of this kind`(url: String) {
        #expect(GitRemote(url) == nil)
    }

    @Test func `a credential prints without its password`() throws {
        let credential = GitCredential(
            remote: try #require(GitRemote("https://h/x")), username: "bot", password: "hunter2")
        for text in ["\(credential)", String(reflecting: credential), "\([credential])"] {
            #expect(!text.contains("hunter2"))
        }
        #expect(credential.lines == "protocol=https\nhost=h\nusername=bot\npassword=hunter2\n")
    }

    @Test func `nobody is asked for a password, and nothing is stored`() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "buildspec-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let calls = folder.appending(path: "calls")
        func git(_ arguments: [String]) throws {
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/env")
            process.arguments = ["git", "-C", folder.path] + arguments
            try process.run()
            process.waitUntilExit()
            try #require(process.terminationStatus == 0)
        }
        try git(["init", "-q", "."])
        // Whatever helpers the machine has come first and are taken away by the empty one.
        try git(["config", "--add", "credential.helper", ""])
        try git([
            "config", "--add", "credential.https://known.example.com.helper",
            "!f() { echo $1 >>'\(calls.path)'; echo username=bot; echo password=a=b; }; f",
        ])
        let asker = Git(folder: folder.path, inherited: ["GIT_ASKPASS", "SSH_ASKPASS"])
        let known = try await asker.credential(for: try #require(GitRemote("https://known.example.com/x.git")))
        #expect(known?.username == "bot")
        #expect(known?.password == "a=b")
        #expect(try await asker.credential(for: try #require(GitRemote("https://other.example.com/x.git"))) == nil)
        #expect(try String(contentsOf: calls, encoding: .utf8) == "get\n")
    }
}
