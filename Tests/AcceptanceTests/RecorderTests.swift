import ChildProcesses
import Foundation
import Testing

/// What a build gets with `--record`, and gets again with `--offline`.
@Suite(.tags(.docker), .enabled(if: Docker.isThere))
struct RecorderTests {
    private static let java = "buildspec/java17"

    @Test func `what was recorded over TLS comes again without a network, and nothing else does`() async throws {
        let play = try Playground()
        try play.buildspec(
            """
            version: 0.2
            phases:
              build:
                commands:
                  - curl -sS --fail https://files.example.test/a.txt
                  - curl -sS --fail -o big https://files.example.test/big && sha256sum big
              post_build:
                commands:
                  - if [ -n "$MORE" ]; then curl -sS https://files.example.test/other; fi
            """)
        let files = play.root.appending(path: "files")
        try FileManager.default.createDirectory(at: files, withIntermediateDirectories: true)
        try Data("from the host\n".utf8).write(to: files.appending(path: "a.txt"))
        try Data((0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7 >> 3) }).write(
            to: files.appending(path: "big"))
        try await serving(files) { address in
            let recorded = try await play.run(
                ["--record", "--mirror", "https://files.example.test/=\(address)"], image: Self.java)
            #expect(recorded.status.isSuccess, "\(recorded.outputText)\(recorded.errorText)")
            #expect(recorded.printed.first == "from the host")
            #expect(
                try await networkUse(play).wholeMatch(of: /recorded 2, [0-9]{7} bytes, replayed 0, missed 0, failed 0/)
                    != nil)
        }
        let offline = try await play.run(["--offline", "-e", "MORE=yes"], image: Self.java)
        #expect(offline.status.isSuccess, "\(offline.outputText)\(offline.errorText)")
        #expect(offline.printed.first == "from the host")
        #expect(try await networkUse(play) == "recorded 0, 0 bytes, replayed 2, missed 1, failed 0")
        #expect(offline.printed.contains { $0.hasPrefix("GET https://files.example.test/other was not recorded") })
        #expect(
            offline.errorText.contains(
                "offline: GET https://files.example.test/other was not recorded (command: if [ -n \"$MORE\" ]"),
            "\(offline.errorText)")
        let sums = try await [play.run(["--offline"], image: Self.java)].map {
            $0.printed.filter { $0.contains("big") }
        }
        #expect(sums[0].count == 1)
    }

    /// What the newest build's events tell of its network, just before its end.
    private func networkUse(_ play: Playground) async throws -> String {
        let lines = try await play.call(["logs", "--format", "json"]).outputText.split(separator: "\n")
        let used = try #require(lines.dropLast().last), end = try #require(lines.last)
        #expect(end.contains(#""kind":"buildFinished""#))
        let event = try #require(try JSONSerialization.jsonObject(with: Data(used.utf8)) as? [String: Any])
        #expect(event["kind"] as? String == "networkUsed", "\(used)")
        func number(_ name: String) -> Int { event[name] as? Int ?? -1 }
        return "recorded \(number("recorded")), \(number("recordedBytes")) bytes, replayed \(number("replayed")), "
            + "missed \(number("missed")), failed \(number("failed"))"
    }

    @Test func `a shell in a kept container has what the build had`() async throws {
        let play = try Playground()
        try play.buildspec(
            """
            version: 0.2
            env: {secrets-manager: {TOKEN: token}}
            phases: {build: {commands: ['curl -sS --fail "https://files.example.test/buildspec.yml?v=$TOKEN"', exit 3]}}
            """)
        let file = play.root.appending(path: "secrets.yml"), secrets = ["--secrets", file.path]
        try Data("secrets-manager: {token: \"hunter-two\"}".utf8).write(to: file)
        try await serving(play.source) { address in
            let mirror = ["--mirror", "https://files.example.test/=\(address)"]
            let recorded = try await play.run(["--record"] + mirror + secrets, image: Self.java)
            #expect(recorded.status.exitStatus == 1, "\(recorded.errorText)")
        }
        #expect(
            try await play.run(["--offline", "--keep", "failure"] + secrets, image: Self.java).status.exitStatus == 1)
        let asks = "curl -sS --fail \"https://files.example.test/buildspec.yml?v=$TOKEN\" | head -n 1"
        let shell = try await play.call(["shell", "--command", asks])
        #expect(shell.text == "version: 0.2", "\(shell.errorText)")
        let other = try await play.call(["shell", "--command", "curl -sS https://files.example.test/other"])
        #expect(other.text.hasPrefix("GET https://files.example.test/other was not recorded"))
        #expect(other.errorText.contains("offline: GET https://files.example.test/other was not recorded"))
        #expect(try await play.call(["clean", "--kept"]).status.isSuccess)
    }

    @Test func `a build offline has no way out but the proxy`() async throws {
        let play = try Playground()
        try play.buildspec(
            """
            version: 0.2
            env: {shell: bash}
            phases:
              build:
                commands:
                  - grep -c ':' /proc/net/dev
                  - wc -l </proc/net/route
                  - for address in 172.17.0.1/22 10.0.0.1/443 8.8.8.8/53; do (exec 3<>/dev/tcp/$address) 2>/dev/null || echo closed; done
                  - start=$SECONDS; getent hosts example.com || echo unknown after $((SECONDS - start)) s
                  - curl -sS -6 --noproxy '*' --max-time 5 'http://[2001:db8::1]/' 2>/dev/null || echo no IPv6
                  - perl raw.pl
            """)
        try play.write(
            "raw.pl",
            #"""
            use Socket;
            socket(S, PF_INET, SOCK_RAW, 1) or die $!;
            my $echo = "\x08\0\xf7\xff\0\0\0\0";
            send(S, $echo, 0, pack_sockaddr_in(0, inet_aton("8.8.8.8"))) or print "no raw packet\n";
            """#)
        let store = play.cache.appending(path: "buildspec/recordings")
        // With anything recorded there is a proxy.
        try await serving(play.source) { address in
            let first = try await play.run(
                [
                    "--record", "--mirror", "http://files.example.test/=\(address)", "--buildspec",
                    "{version: 0.2, phases: {build: {commands: [curl -sS http://files.example.test/buildspec.yml]}}}",
                ],
                image: Self.java)
            #expect(first.status.isSuccess, "\(first.outputText)\(first.errorText)")
        }
        #expect(!play.files(in: store).isEmpty)
        let result = try await play.run(["--offline"], image: Self.java)
        #expect(
            result.printed == [
                "1", "1", "closed", "closed", "closed", "unknown after 0 s", "no IPv6", "no raw packet",
            ],
            "\(result.errorText)")
    }

    @Test(.enabled(if: getuid() == 0, "only root can be somebody else"))
    func `a user who is not root, but may use the engine, records and replays`() async throws {
        let play = try Playground()
        try play.buildspec(
            """
            version: 0.2
            phases: {build: {commands: [curl -sS --fail https://files.example.test/buildspec.yml | tail -n 1]}}
            """)
        // Where the program lies may be root's alone; and it must find itself.
        let program = play.root.appending(path: "buildspec").path
        try FileManager.default.copyItem(atPath: Playground.binary, toPath: program)
        let socket = try FileManager.default.attributesOfItem(atPath: "/var/run/docker.sock")
        let group = try #require(socket[.groupOwnerAccountID] as? NSNumber)
        _ = try await Command("chown", ["-R", "65534:65534", play.root.path]).collect()
        @Sendable func run(_ arguments: [String]) async throws -> CommandOutput {
            try await Command(
                "setpriv",
                ["--reuid=65534", "--regid=65534", "--groups=\(group)", program, "run", ".", "-i", Self.java]
                    + arguments,
                environment: [
                    "HOME": play.root.path, "XDG_CACHE_HOME": play.cache.path, "XDG_STATE_HOME": play.state.path,
                    "NO_COLOR": "1",
                ], workingDirectory: play.source.path
            ).collect()
        }
        try await serving(play.source) { address in
            let recorded = try await run(["--record", "--mirror", "https://files.example.test/=\(address)"])
            #expect(recorded.status.isSuccess, "\(recorded.outputText)\(recorded.errorText)")
            #expect(recorded.printed.first?.hasPrefix("phases: {build") == true, "\(recorded.printed)")
        }
        let offline = try await run(["--offline"])
        #expect(offline.status.isSuccess, "\(offline.outputText)\(offline.errorText)")
        #expect(offline.printed.first?.hasPrefix("phases: {build") == true)
        let left = try FileManager.default.contentsOfDirectory(atPath: "/tmp").filter {
            $0.hasPrefix("buildspec-sockets-")
        }
        #expect(left.isEmpty)
    }

    @Test func `a host with a wrong certificate is refused unless asked`() async throws {
        let play = try Playground()
        try play.buildspec(
            """
            version: 0.2
            phases: {build: {commands: [curl -sS --insecure https://files.example.test/]}}
            """)
        try await serving(play.source, isSelfSigned: true) { address in
            let arguments = ["--record", "--mirror", "https://files.example.test/=\(address)buildspec.yml"]
            let refused = try await play.run(arguments, image: Self.java)
            #expect(refused.printed.first?.hasSuffix("its certificate is signed by itself alone") == true)
            #expect(
                refused.errorText.contains("proxy: https://files.example.test/: its certificate is signed by itself"))
            let asked = try await play.run(arguments + ["--insecure"], image: Self.java)
            #expect(asked.printed.first == "version: 0.2", "\(asked.errorText)")
        }
        #expect(try await play.run(["--offline"], image: Self.java).printed.first == "version: 0.2")
    }

    @Test(
        arguments: [
            ("HTTPS_PROXY", "socks5://me:secret@127.0.0.1:9", "cannot go by your own proxy `socks5://127.0.0.1:9`: "),
            ("SSL_CERT_FILE", "/no/such/roots.pem", "cannot read the certificates to trust: "),
        ])
    func `a way out that cannot be taken is told of before the build`(name: String, value: String, words: String)
        async throws
    {
        let play = try Playground()
        try play.buildspec("{version: 0.2, phases: {build: {commands: [echo hello]}}}")
        let result = try await play.run(["--record"], image: Self.java, environment: [name: value])
        #expect(result.status.exitStatus == 78, "\(result.errorText)")
        #expect(result.errorText.contains(words), "\(result.errorText)")
        #expect(result.errorText.contains("help: "))
        #expect(!result.errorText.contains("secret"))
        #expect(result.printed.isEmpty)
    }

    @Test func `a machine without anything is told everything that is missing`() async throws {
        let play = try Playground()
        try play.buildspec(
            """
            version: 0.2
            phases: {build: {commands: [mvn package, curl https://example.com]}}
            cache: {paths: [/root/.m2/**/*]}
            """)
        let result = try await play.run(["--offline"], image: "no-such/image")
        #expect(result.status.exitStatus == 75)
        for line in [
            "image `no-such/image`: `docker pull no-such/image`",
            "cache of `/root/.m2/**/*`: `buildspec run` once with a network",
            "recordings, for `curl`, `mvn`: `buildspec run --record` once with a network",
        ] { #expect(result.errorText.contains(line), "\(result.errorText)") }
        let both = try await play.run(["--offline", "--record"])
        #expect(both.status.exitStatus == 64)
        let mirror = try await play.run(["--record", "--mirror", "nonsense"])
        #expect(mirror.errorText.contains("expected two URLs, PREFIX=BASE"))
    }
}
