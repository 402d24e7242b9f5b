import OfflineWorld
import Foundation
import Testing

/// What lets somebody in is in no file of the store, and in nothing that is told.
@Suite struct SecretStoreTests {
    private static let secret = "Sesame0penY0urself"

    @Test(
        "a secret is not stored",
        arguments: [
            ["-H", "Authorization: Bearer \(secret)", "ORIGIN/informative"],
            ["-u", "user:\(secret)", "ORIGIN/login"], ["--anyauth", "-u", "user:\(secret)", "ORIGIN/login"],
            ["-H", "Cookie: session=\(secret)", "ORIGIN/informative"], ["ORIGIN/cookie?value=x&token=\(secret)"],
            ["-H", "X-Amz-Security-Token: \(secret)", "ORIGIN/informative"],
            ["ORIGIN/informative?X-Amz-Signature=\(secret)&X-Amz-Credential=\(secret)&a=1"],
            ["ORIGIN/informative?token=\(secret)"], ["ORIGIN/informative?a=1&Access%5FToken=\(secret)"],
            ["http://user:\(secret)@PLACE/informative"], ["-H", "Private-Token: \(secret)", "ORIGIN/informative"],
            ["-d", "password=\(secret)", "ORIGIN/hash"],
            ["-H", "Proxy-Authorization: Basic \(secret)", "ORIGIN/informative"],
            ["ORIGIN/missing?sig=\(secret)"], ["ORIGIN/garbage?sig=\(secret)"],
            ["http://127.0.0.1:1/?token=\(secret)"],
        ])
    func stored(arguments: [String]) async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        try await play.withHost { origin async throws in
            try await play.withProxy(.record) { proxy async throws in
                let arguments = arguments.map {
                    $0.replacing("ORIGIN", with: origin.url).replacing("PLACE", with: "127.0.0.1:\(origin.port)")
                }
                #expect(try await !play.get(proxy, arguments.last ?? "", arguments.dropLast()).status.isEmpty)
            }
        }
        #expect(!play.events.withLock { $0 }.isEmpty)
        #expect(!"\(play.events.withLock { $0 })".contains(Self.secret))
        try expectNothing(of: Self.secret, in: play)
    }

    @Test(
        "a secret that a host gives out is not stored", arguments: ["cookie", "token"])
    func givenOut(path: String) async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        // By a mirror, so that the origin knows the secret and the recorded URL does not.
        try await play.withHost { origin async throws in
            let mirror = try #require(
                ProxyMirror("http://a.invalid/\(path)=\(origin.url)/\(path)?value=\(Self.secret)"))
            try await play.withProxy(.record, { $0.mirrors = [mirror] }) { proxy async throws in
                let output = try await play.curl(proxy, "-i", "http://a.invalid/\(path)")
                #expect(output.text.contains(Self.secret))
            }
        }
        try expectNothing(of: Self.secret, in: play)
        try await play.withProxy(.replay) { proxy async throws in
            let output = try await play.curl(proxy, "-i", "http://a.invalid/\(path)")
            #expect(output.text.contains("200 OK") && !output.text.contains(Self.secret))
        }
    }

    @Test("a redirect to a URL with a secret leads to what was recorded, without it")
    func redirect() async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        let url = try await play.withHost { origin async throws in
            let target = "/informative%3Fa=1%26token=\(Self.secret)%26b=2"
            let mirror = try #require(
                ProxyMirror("http://a.invalid/go=\(origin.url)/redirect/302?to=\(origin.url)\(target)"))
            try await play.withProxy(.record, { $0.mirrors = [mirror] }) { proxy async throws in
                #expect(try await play.get(proxy, "http://a.invalid/go", ["-L"]) == ("200", "at last"))
            }
            return origin.url
        }
        try expectNothing(of: Self.secret, in: play)
        try await play.withProxy(.replay) { proxy async throws in
            let output = try await play.curl(proxy, "-i", "http://a.invalid/go")
            #expect(output.text.contains("Location: \(url)/informative?a=1&b=2\r\n"), "\(output.text)")
            #expect(try await play.get(proxy, "http://a.invalid/go", ["-L"]) == ("200", "at last"))
        }
    }

    @Test("a signed URL is found again with another signature")
    func signature() async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        let url = try await play.withHost { origin async throws in
            try await play.withProxy(.record) { proxy async throws in
                #expect(
                    try await play.get(proxy, "\(origin.url)/informative?a=1&X-Amz-Signature=one&X-Amz-Date=1").text
                        == "at last")
            }
            return origin.url
        }
        try await play.withProxy(.replay) { proxy async throws in
            #expect(
                try await play.get(proxy, "\(url)/informative?a=1&X-Amz-Date=2&X-Amz-Signature=two").text == "at last")
        }
    }

    /// In any file's name or bytes.
    private func expectNothing(of secret: String, in play: ProxyPlay) throws {
        let folder = play.store.folder
        let encoded = Data(secret.utf8).base64EncodedString().prefix(20)
        for case let name as String in FileManager.default.enumerator(atPath: folder) ?? .init() {
            #expect(!name.contains(secret))
            guard let data = FileManager.default.contents(atPath: "\(folder)/\(name)") else { continue }
            #expect(data.firstRange(of: Data(secret.utf8)) == nil, "\(name)")
            #expect(data.firstRange(of: Data(encoded.utf8)) == nil, "\(name)")
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)")
            let mode = try #require(attributes[.posixPermissions] as? Int)
            #expect(mode & 0o077 == 0 || attributes[.type] as? FileAttributeType == .typeDirectory, "\(name): \(mode)")
        }
    }
}
