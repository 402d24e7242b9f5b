import Foundation
import Recordings
import Testing

/// No secret is stored, and none is needed to find a recording.
@Suite struct SecretTests {
    private let secret = "s3cr3t"

    @Test func `of a request's headers only those that are matched by are stored`() throws {
        let folder = try StoreFolder()
        let names = [
            "Authorization", "Cookie", "Proxy-Authorization", "X-Amz-Security-Token", "X-JFrog-Art-Api",
            "PRIVATE-TOKEN",
        ]
        try folder.record(
            get("https://u:\(secret)@example.com/", names.map { ($0, secret) } + [("Accept", "a/b")]), "x")
        #expect(!folder.everything.contains(secret))
        #expect(folder.everything.contains("a/b"))
        #expect(try folder.answer(get("https://example.com/", [("Accept", "a/b")])) == "x")
    }

    @Test func `a response loses its cookies, its tokens and what is between two hops`() throws {
        let folder = try StoreFolder()
        let dropped = [
            "Set-Cookie", "set-cookie", "Proxy-Authenticate", "Proxy-Connection", "Connection", "Keep-Alive",
            "Transfer-Encoding", "Upgrade", "TE", "X-Hop", "X-Auth-Token", "X-Amz-Security-Token",
        ]
        let kept = [("WWW-Authenticate", "Basic realm=x"), ("Content-Type", "text/html"), ("ETag", "\"1\"")]
        let values = dropped.map { ($0, $0 == "Connection" ? "close, X-Hop" : secret) }
        try folder.record(get("https://example.com/"), "x", values + kept)
        let head = try #require(try folder.store.response(to: get("https://example.com/"))).head
        #expect(head.headers.map(\.name) == kept.map(\.0))
        #expect(!folder.everything.contains(secret))
    }

    @Test(
        "a known secret is stored nowhere, in whatever part of a URL and however it is escaped",
        arguments: [
            "/bot{}/send", "/a/{}", "/x?code={}", "/x?a=1&c={}&d=2", "/x?next=https%3A%2F%2Fh%2F{}",
        ], ["my secret/+ü", "my%20secret/+%C3%BC", "my%20secret%2F%2B%c3%bc", "my+secret%2f+%C3%BC"])
    func known(place: String, form: String) throws {
        let folder = try StoreFolder()
        var request = get("https://example.com" + place.replacing("{}", with: form))
        request.hidden = HiddenTexts([Array("my secret/+ü\n".utf8), Array("/x?a".utf8)])
        try folder.record(request, "x", [("Location", request.url), ("X-Other", "token my secret/+ü;")])
        for part in ["my secret", "my%20secret", "my+secret", "secret%2F"] {
            #expect(!folder.everything.contains(part))
        }
        #expect(try folder.answer(request) == "x")
        var other = request
        other.url = "https://example.com" + place.replacing("{}", with: "my%20secret%2f%2B%C3%Bc")
        #expect(try folder.answer(other) == "x")
        other.hidden = HiddenTexts()
        #expect(try folder.answer(other) == nil)
    }

    @Test(
        "signatures and tokens are part of no stored URL",
        arguments: [
            "X-Amz-Algorithm=A&X-Amz-Credential=s3cr3t%2F2026&X-Amz-Date=1&X-Amz-Expires=60&X-Amz-SignedHeaders=host"
                + "&X-Amz-Security-Token=s3cr3t&X-Amz-Signature=s3cr3t",
            "AWSAccessKeyId=s3cr3t&Signature=s3cr3t%3D&Expires=1764000000",
            "Expires=1764000000&Policy=s3cr3t&Key-Pair-Id=s3cr3t&Signature=s3cr3t",
            "X-Goog-Signature=s3cr3t&X-Goog-Credential=s3cr3t&X-Goog-Date=7",
            "sv=2024&se=2026-01-01&sr=b&sp=r&sig=s3cr3t&skoid=s3cr3t", "access_token=s3cr3t", "ACCESS_TOKEN=s3cr3t",
            "token=s3cr3t", "access%5Ftoken=s3cr3t", "private_token=s3cr3t&jwt=s3cr3t", "api_key=s3cr3t",
        ])
    func queries(signed: String) throws {
        let folder = try StoreFolder()
        let plain = "https://example.com/x?a=1&b=%2F"
        for url in ["https://example.com/x?\(signed)&a=1&b=%2f", "https://example.com/x?a=1&\(signed)&b=%2F"] {
            try folder.record(get(url), "x", [("Location", url), ("Link", "<\(url)>; rel=next, <\(url)>; rel=last")])
            #expect(try folder.store.entries().map(\.url) == [plain])
            #expect(!folder.everything.contains(secret))
            let found = try #require(try folder.store.response(to: get(plain)))
            // Whoever follows it asks for what was recorded.
            #expect(try folder.answer(get(try #require(found.head.value("location")))) == "x")
            #expect(found.head.value("link")?.hasSuffix("; rel=last") == true)
        }
        #expect(
            try folder.answer(get("https://example.com/x?a=1&b=%2F&" + signed.replacing("s3cr3t", with: "other")))
                == "x")
        try folder.record(get("https://example.com/y?\(signed)"), "y")
        #expect(try folder.answer(get("https://example.com/y")) == "y")
    }

    @Test(
        "a URL within a parameter loses its secrets, and nothing else of it changes",
        arguments: [
            (
                "to=https%3A%2F%2Fu%3As3cr3t%40b.example%2F%3Fa%3D1%26token%3Ds3cr3t&z=1",
                "to=https%3A%2F%2Fb.example%2F%3Fa%3D1&z=1"
            ),
            ("to=https://b.example/?sig=s3cr3t", "to=https%3A%2F%2Fb.example%2F"),
            ("to=https%3a%2f%2fb.example%2F%3Fa%3Db+c", "to=https%3A%2F%2Fb.example%2F%3Fa%3Db+c"),
            (
                "a=x%3A%2F%2Fh%2F%3Fb%3Dy%253A%252F%252Fs3cr3t%2540h%252F%253Fc%253D1",
                "a=x%3A%2F%2Fh%2F%3Fb%3Dy%253A%252F%252Fh%252F%253Fc%253D1"
            ),
            ("mail=someone@b.example", "mail=someone@b.example"),
            ("to=https%3A%2F%2Fb.example%2F%23id_token%3Ds3cr3t", "to=https%3A%2F%2Fb.example%2F"),
        ])
    func nested(written: String, stored: String) throws {
        let folder = try StoreFolder()
        try folder.record(
            get("https://example.com/x?\(written)"), "x", [("Location", "https://example.com/x?\(written)")])
        #expect(try folder.store.entries().map(\.url) == ["https://example.com/x?\(stored)"])
        #expect(!folder.everything.contains(secret))
        let head = try #require(try folder.store.response(to: get("https://example.com/x?\(written)"))).head
        #expect(try folder.answer(get(try #require(head.value("location")))) == "x")
    }

    @Test func `URLs nested a thousand deep are taken as they come`() throws {
        let folder = try StoreFolder()
        let url = "https://example.com/" + String(repeating: "?a=b://", count: 1000) + "s3cr3t"
        try folder.record(get(url), "x")
        #expect(!folder.everything.contains(secret))
        #expect(try folder.answer(get(url)) == "x")
    }

    @Test func `a redirect with a user in it loses the user and nothing else`() throws {
        let folder = try StoreFolder()
        let headers = [
            ("Location", "https://u:s3cr3t@example.com/a?x=1#part"), ("X-Mail", "someone@example.com"),
            ("X-OAuth", "https://example.com/#access_token=s3cr3t&state=a"), ("X-Anchor", "https://example.com/#token"),
            ("Refresh", "5; url=https://u:s3cr3t@example.com/?token=s3cr3t"), ("X-Text", "who? \"me?token=s3cr3t&a\""),
        ]
        try folder.record(get("https://example.com/"), "x", headers)
        let head = try #require(try folder.store.response(to: get("https://example.com/"))).head
        #expect(head.value("location") == "https://example.com/a?x=1#part")
        #expect(head.value("x-mail") == "someone@example.com")
        #expect(head.value("x-oauth") == "https://example.com/#state=a")
        #expect(head.value("x-anchor") == "https://example.com/#token")
        #expect(head.value("refresh") == "5; url=https://example.com/")
        #expect(head.value("x-text") == "who? \"me?a\"")
    }

    @Test(
        "tokens that are given out are stored as stars, as many as there were bytes",
        arguments: [
            (#"{"token":"s3cr3t"}"#, #"{"token":"******"}"#),
            (
                #" { "access_token" : "s3\"cr3t", "token":"s3cr3t" , "expires_in": 300,"issued_at":"2026-11-25T00:00:00Z"}"#,
                #" { "access_token" : "********", "token":"******" , "expires_in": 300,"issued_at":"2026-11-25T00:00:00Z"}"#
            ),
            (
                #"{"token_type":"Bearer","scope":null,"refresh_token":"s3cr3t","id_token":"s3cr3t"}"# + "\n",
                #"{"token_type":"Bearer","scope":null,"refresh_token":"******","id_token":"******"}"# + "\n"
            ),
        ])
    func tokens(body: String, stored: String) throws {
        let folder = try StoreFolder()
        try folder.record(get("https://auth.example.com/token?service=x"), body)
        #expect(try folder.answer(get("https://auth.example.com/token?service=x")) == stored)
        #expect(!folder.everything.contains(secret))
        #expect(folder.files(in: "drafts") == [])
    }

    @Test(
        "other documents are not touched, whatever they have in them",
        arguments: [
            #"{"name":"token","token":"x"}"#, #"{"token":{"a":"x"}}"#, #"[{"token":"x"}]"#, #"{"token":"x"} and more"#,
            #"{"token":"x""#, #"{"token":"x"#, #"{"token":1}"#, #"{"expires_in":1}"#, "{}", "{", "token",
            #"{"token":""}"#,
            #"{"token":"x",}"#, #"{"token" "x"}"#,
        ])
    func documents(body: String) throws {
        let folder = try StoreFolder()
        try folder.record(get("https://example.com/"), body)
        #expect(try folder.answer(get("https://example.com/")) == body)
    }

    @Test func `what is stored is for this user alone`() throws {
        let folder = try StoreFolder()
        try folder.record(get("https://example.com/"), "x")
        for file in folder.files + ["", "bodies", "entries"] {
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(folder.store.folder)/\(file)")
            let mode = try #require(attributes[.posixPermissions] as? Int)
            #expect(mode & 0o077 == 0, "\(file)")
        }
    }
}
