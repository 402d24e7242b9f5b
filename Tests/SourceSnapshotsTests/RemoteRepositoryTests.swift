import ChildProcesses
import Foundation
import Testing

@testable import SourceSnapshots

/// Addresses that come from a file, and that git is asked to fetch from.
@Suite struct RemoteRepositoryTests {
    @Test(
        "an address that could run a program, or name a file, is refused",
        arguments: [
            "ext::sh -c touch% /tmp/x", "file:///etc", "/etc", "../x", "--upload-pack=x", "fd::3", "git://host/x", "",
            "https://a b/c", "https://host/\"x", "host:path", "-oProxyCommand=x@host:y",
        ])
    func refused(address: String) { #expect(RemoteRepository(address, in: "/nowhere", inherited: []) == nil) }

    @Test func `a version that has a full id is pinned to that commit`() {
        let id = String(repeating: "0a", count: 20)
        #expect(VersionName.commit(in: id) == id)
        #expect(VersionName.commit(in: "refs/heads/main^{\(id)}") == id)
        #expect(VersionName.commit(in: "refs/heads/main") == nil)
        #expect(VersionName.commit(in: "main^{0a0a}") == nil)
        #expect(VersionName.commit(in: "main^{commit}") == nil)
    }

    /// Our repository of an address that stands for a test's repository.
    private func remote(of repository: TestRepository, in folder: String? = nil) throws -> RemoteRepository {
        var remote = try #require(
            RemoteRepository("https://host.example/r", in: folder ?? "\(repository.root)/ours", inherited: []))
        remote.git = remote.git.with([
            "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "url.file://\(repository.path).insteadOf",
            "GIT_CONFIG_VALUE_0": "https://host.example/r",
        ])
        return remote
    }

    private func reason(_ body: () async throws -> String) async throws -> String {
        do { return "found \(try await body())" } catch let error as SourceError { return error.reason }
    }

    @Test func `what is gone from the remote is not taken from what was fetched before`() async throws {
        try await TestRepository.with { repository in
            let remote = try remote(of: repository), id = try await repository.git("rev-parse", "HEAD")
            for name in ["refs/heads/side", "refs/tags/v1", "refs/pull/2/head"] {
                try await repository.git("update-ref", name, id)
            }
            for version in ["side", "refs/heads/side", "v1", "refs/tags/v1", "pr/2", "refs/pull/2/head"] {
                #expect(try await remote.fetch(nil, version: version, depth: nil) == id, "\(version)")
            }
            for name in ["refs/heads/side", "refs/tags/v1", "refs/pull/2/head"] {
                try await repository.git("update-ref", "-d", name)
            }
            for version in ["side", "refs/heads/side", "v1"] {
                #expect(
                    try await reason { try await remote.fetch(nil, version: version, depth: nil) }
                        == "the repository has no commit of that name", "\(version)")
            }
            for (version, name) in [("pr/2", "refs/pull/2/head"), ("refs/tags/v1", "refs/tags/v1")] {
                #expect(
                    try await reason { try await remote.fetch(nil, version: version, depth: nil) }.contains(
                        "couldn't find remote ref \(name)"), "\(version)")
            }
            let other = String(repeating: "0a", count: 20)
            let gone = try await reason { try await remote.fetch(other, version: "pr/2", depth: nil) }
            #expect(gone.contains("has that commit any more; couldn't find remote ref refs/pull/2/head"), "\(gone)")
            let wrong = try await reason { try await remote.fetch(nil, version: "refs/pull/../head", depth: nil) }
            #expect(wrong.contains("refs/pull/../head"), "\(wrong)")
            // A branch below the name of one that is gone.
            try await repository.git("update-ref", "refs/heads/side/deeper", id)
            #expect(try await remote.fetch(nil, version: "side/deeper", depth: nil) == id)
            // The default branch is there, whatever was pruned.
            #expect(try await remote.fetch(nil, version: nil, depth: nil) == id)
            #expect(try await remote.fetch(nil, version: "refs/remotes/origin/main", depth: nil) == id)
        }
    }

    @Test func `a repository that was half made is made whole, and none around it is asked`() async throws {
        try await TestRepository.with { repository in
            let id = try await repository.git("rev-parse", "HEAD")
            // As `git init` leaves it when it is killed before its last folder.
            try repository.write("ours/HEAD", "ref: refs/heads/main\n")
            try repository.write("ours/refs/heads/.keep", "")
            let remote = try remote(of: repository, in: "\(repository.path)/ours")
            #expect(try await !remote.has(id))
            #expect(try await remote.fetch(id, version: nil, depth: nil) == id)
            #expect(try await remote.has(id))
            #expect(try await remote.fetch(nil, version: "main", depth: nil) == id)
            #expect(try RemoteRepository.remove(remote.folder))
            #expect(!FileManager.default.fileExists(atPath: remote.folder))
        }
    }

    @Test(
        "every form of a provider's address is taken, without its password",
        arguments: [
            ("https://github.com/a/b.git", "https://github.com/a/b.git"),
            ("https://me:secret@github.com/a/b", "https://github.com/a/b"),
            ("ssh://git@host:22/a/b", "ssh://git@host:22/a/b"), ("git@github.com:a/b.git", "git@github.com:a/b.git"),
            ("codecommit::eu-west-1://b", "codecommit::eu-west-1://b"),
        ])
    func taken(address: String, url: String) {
        #expect(RemoteRepository(address, in: "/nowhere", inherited: [])?.url == url)
    }
}
