import OfflineWorld
import ChildProcesses
import Foundation
import Testing

/// Whom the proxy believes, and what it says of those it does not.
@Suite struct CertificateTests {
    @Test(
        "a host with a wrong certificate is refused, and it is said what is wrong",
        arguments: [
            ("wrong-host", "its certificate is for another host: elsewhere.test"),
            ("expired", "its certificate expired on 2021-02-03"),
            ("early", "its certificate is valid from 2044-05-06 on"),
            ("self-signed", "its certificate is signed by itself alone"),
            ("unknown", "its certificate is signed by `CN=stranger of a test`, which is not trusted"),
        ])
    func wrong(certificate: String, reason: String) async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        try await play.makeCertificates()
        try await play.withHost(certificate: certificate) { origin async throws in
            try await play.withProxy(.record, { $0.trustedRootsFile = "\(play.certificates)/ca.pem" }) {
                proxy async throws in
                let answer = try await play.get(proxy, "\(origin.url)/informative")
                #expect(answer.status == "502", "\(answer)")
                #expect(answer.text.contains("got no answer from localhost:\(origin.port): \(reason)"), "\(answer)")
            }
            #expect(play.failures == [reason])
            #expect(try play.store.entries().isEmpty)
            // Asked to, it does not look.
            try await play.withProxy(.record, { $0.allowsWrongCertificates = true }) { proxy async throws in
                #expect(try await play.get(proxy, "\(origin.url)/informative") == ("200", "at last"))
            }
        }
        #expect(try play.store.entries().count == 1)
    }

    @Test("a right certificate is believed, for a name and for an address", arguments: ["good", "address"])
    func right(certificate: String) async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        try await play.makeCertificates()
        let url = try await play.withHost(certificate: certificate) { origin async throws in
            try await play.withProxy(.record, { $0.trustedRootsFile = "\(play.certificates)/ca.pem" }) {
                proxy async throws in
                #expect(try await play.get(proxy, "\(origin.url)/informative") == ("200", "at last"))
            }
            // The same authority, unknown: it is not the name that is wrong.
            try await play.withProxy(.passThrough) { proxy async throws in
                let answer = try await play.get(proxy, "\(origin.url)/informative")
                #expect(answer.text.contains("signed by `CN=ca of a test`, which is not trusted"), "\(answer)")
            }
            return origin.url
        }
        try await play.withProxy(.replay) { proxy async throws in
            #expect(try await play.get(proxy, "\(url)/informative") == ("200", "at last"))
        }
    }

    @Test("a host that speaks no TLS where it should is told of")
    func plain() async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        try await play.withHost { origin async throws in
            try await play.withProxy(.record) { proxy async throws in
                let answer = try await play.get(proxy, "https://127.0.0.1:\(origin.port)/informative")
                #expect(answer.status == "502" && !answer.text.contains("certificate"), "\(answer)")
            }
        }
        #expect(play.failures.count == 1)
    }

    @Test("authorities to trust that cannot be read are told of before anything else", arguments: ["", "no PEM"])
    func roots(text: String) throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        let path = "\(play.folder)/roots.pem"
        if !text.isEmpty { try Data(text.utf8).write(to: URL(filePath: path)) }
        let authority = try CertificateAuthority(in: "\(play.folder)/authority", project: "test", now: Date())
        var settings = ProxySettings(mode: .record, authority: authority, store: play.store)
        settings.trustedRootsFile = path
        let error = try #require(throws: ProxyError.self) { try ForwardProxy(settings) }
        #expect(error.description.hasPrefix("cannot read the certificates to trust: "))
        #expect(error.help == "look at `\(path)`: it must be PEM")
    }

    @Test("the authority's key is its user's alone, and used again until its time is nearly up")
    func authority() throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        let folder = "\(play.folder)/authority", now = Date()
        let first = try CertificateAuthority(in: folder, project: "test", now: now)
        let attributes = try FileManager.default.attributesOfItem(atPath: "\(folder)/authority.pem")
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["authority.pem"])
        let month = 86400.0 * 30
        #expect(
            try CertificateAuthority(in: folder, project: "test", now: now + month).certificatePEM
                == first.certificatePEM)
        #expect(
            try CertificateAuthority(in: folder, project: "test", now: now + 11.8 * month).certificatePEM
                != first.certificatePEM)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["authority.pem"])
        try Data("nothing".utf8).write(to: URL(filePath: "\(folder)/authority.pem"))
        let error = try #require(throws: ProxyError.self) {
            try CertificateAuthority(in: folder, project: "test", now: now)
        }
        #expect(error.reason == "it is no key with its certificate")
    }

    @Test("a client that does not know the authority refuses the proxy, and harms nobody")
    func unbelieved() async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        try await play.makeCertificates()
        try await play.withHost(certificate: "good") { origin async throws in
            try await play.withProxy(.record, { $0.trustedRootsFile = "\(play.certificates)/ca.pem" }) {
                proxy async throws in
                #expect(try await play.curl(proxy, "\(origin.url)/informative").status == .exited(60))
                #expect(try await play.get(proxy, "\(origin.url)/informative") == ("200", "at last"))
            }
        }
    }
}
