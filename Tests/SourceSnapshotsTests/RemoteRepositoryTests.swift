import SourceSnapshots
import Testing

/// Addresses that come from a file, and that git is asked to fetch from.
@Suite struct RemoteRepositoryTests {
    @Test(
        "an address that could run a program, or name a file, is refused",
        arguments: [
            "ext::sh -c touch% /tmp/x", "file:///etc", "/etc", "../x", "--upload-pack=x", "fd::3", "git://host/x", "",
            "https://a b/c", "https://host/\"x", "host:path", "-oProxyCommand=x@host:y",
        ])
    func refused(address: String) { #expect(RemoteRepository(address, in: "/nowhere", inherited: []) == nil) }

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
