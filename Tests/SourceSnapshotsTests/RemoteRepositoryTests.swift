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
