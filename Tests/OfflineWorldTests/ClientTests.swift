import OfflineWorld
import ChildProcesses
import Foundation
import Testing

/// The programs of builds: what they fetched once they get again when their hosts are gone.
///
/// Their hosts have invented names, and are one origin on this machine.
@Suite struct ClientTests {
    @Test("curl and wget, plain and within TLS")
    func downloads() async throws {
        try await comesAgain { folder in
            try Data("the file".utf8).write(to: URL(filePath: "\(folder)/file.txt"))
        } fetching: { scene in
            var texts = ""
            for scheme in ["http", "https"] {
                let url = "\(scheme)://packages.invalid/file.txt"
                texts += try await scene.run("curl", ["-fsSL", "--cacert", scene.authority, "-x", scene.proxy, url])
                texts += try await scene.run(
                    "wget",
                    [
                        "-q", "-O", "-", "--ca-certificate", scene.authority, "-e", "use_proxy=yes", "-e",
                        "http_proxy=\(scene.proxy)", "-e", "https_proxy=\(scene.proxy)", url,
                    ])
            }
            #expect(texts == String(repeating: "the file", count: 4))
            return texts
        }
    }

    @Test("git clones over HTTPS, whole and shallow")
    func git() async throws {
        try await comesAgain { folder in
            let script = """
                set -eu
                export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
                git init -q -b main work && cd work
                git config user.name Tester && git config user.email tester@example.invalid
                seq 1 20000 > numbers && git add . && git commit -q -m one
                echo more >> numbers && git commit -q -a -m two
                git tag v1
                mkdir ../git && git clone -q --bare . ../git/demo.git
                """
            try await Self.shell(script, in: folder)
        } fetching: { scene in
            let options = ["-c", "http.proxy=\(scene.proxy)", "-c", "http.sslCAInfo=\(scene.authority)"]
            var texts = ""
            for depth in [["--depth", "1"], []] {
                let clone = "\(scene.folder)/clone\(depth.count)"
                _ = try await scene.run(
                    "git",
                    options + ["clone", "-q"] + depth + ["https://packages.invalid/git/demo.git", clone])
                texts += try await scene.run("git", ["-C", clone, "log", "--format=%H %s", "--decorate=no"])
                #expect(
                    try await scene.run("git", ["-C", clone, "fsck", "--strict", "--no-progress"]).isEmpty)
                #expect(
                    try String(contentsOfFile: "\(clone)/numbers", encoding: .utf8).hasSuffix("\n20000\nmore\n"))
            }
            let remote = try await scene.run(
                "git", options + ["ls-remote", "--tags", "https://packages.invalid/git/demo.git"])
            #expect(remote.hasSuffix("refs/tags/v1"))
            return texts + remote
        }
    }

    @Test("pip installs from an index")
    func pip() async throws {
        try await comesAgain { folder in
            let script = #"""
                import os, zipfile
                os.makedirs("simple/demo")
                open("simple/demo/index.html", "w").write(
                    '<!DOCTYPE html><html><body><a href="/files/demo-1.0-py3-none-any.whl">demo-1.0-py3-none-any.whl</a></body></html>')
                os.makedirs("files")
                with zipfile.ZipFile("files/demo-1.0-py3-none-any.whl", "w") as wheel:
                    wheel.writestr("demo.py", "print('from the wheel')\n")
                    wheel.writestr("demo-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n")
                    wheel.writestr("demo-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
                    wheel.writestr("demo-1.0.dist-info/RECORD", "demo.py,,\n")
                """#
            try await Self.run("python3", ["-c", script], in: folder)
        } fetching: { scene in
            let target = "\(scene.folder)/site"
            _ = try await scene.run(
                "python3",
                [
                    "-m", "pip", "--isolated", "install", "-q", "--no-cache-dir", "--disable-pip-version-check",
                    "--root-user-action=ignore", "--retries", "0", "--timeout", "300", "--proxy", scene.proxy, "--cert",
                    scene.authority,
                    "--index-url", "https://packages.invalid/simple/", "--target", target, "demo==1.0",
                ], ["PIP_CONFIG_FILE": "/dev/null"])
            let text = try await scene.run("python3", ["-c", "import demo"], ["PYTHONPATH": target])
            #expect(text == "from the wheel")
            return text
        }
    }

    #if os(Linux)
        @Test("apt-get updates and downloads, plain and within TLS", arguments: ["http", "https"])
        func apt(scheme: String) async throws {
            try await comesAgain { folder in
                let script = """
                    set -eu
                    mkdir -p demo/DEBIAN demo/usr/share/demo debian
                    printf 'Package: demo\\nVersion: 1.0\\nArchitecture: all\\nMaintainer: T <t@example.invalid>\\nDescription: demo\\n' \
                        > demo/DEBIAN/control
                    echo "from the package" > demo/usr/share/demo/file
                    dpkg-deb --build --root-owner-group demo debian/demo_1.0_all.deb
                    cd debian
                    { dpkg-deb -f demo_1.0_all.deb
                      echo "Filename: ./demo_1.0_all.deb"
                      echo "Size: $(wc -c < demo_1.0_all.deb)"
                      echo "SHA256: $(sha256sum demo_1.0_all.deb | cut -d ' ' -f 1)"
                      echo; } > Packages
                    gzip -kn Packages
                    printf 'Date: %s\\nSHA256:\\n' "$(date -Ru)" > Release.new
                    for file in Packages Packages.gz; do
                        printf ' %s %s %s\\n' "$(sha256sum $file | cut -d ' ' -f 1)" "$(wc -c < $file)" $file
                    done >> Release.new
                    mv Release.new Release
                    """
                try await Self.shell(script, in: folder)
            } fetching: { scene in
                let folder = scene.folder
                try await Self.shell(
                    "mkdir -p state/lists/partial cache/archives/partial etc/apt.conf.d etc/preferences.d etc/sources.list.d"
                        + " && touch status && echo 'deb [trusted=yes] \(scheme)://packages.invalid/debian ./' > sources.list",
                    in: folder)
                let options = [
                    "Dir::State=\(folder)/state", "Dir::State::status=\(folder)/status", "Dir::Cache=\(folder)/cache",
                    "Dir::Etc=\(folder)/etc", "Dir::Etc::sourcelist=\(folder)/sources.list", "APT::Sandbox::User=root",
                    "Acquire::http::Proxy=\(scene.proxy)", "Acquire::https::Proxy=\(scene.proxy)",
                    "Acquire::https::CaInfo=\(scene.authority)", "Acquire::Retries=0", "Acquire::http::Timeout=300",
                    "Acquire::https::Timeout=300", "Acquire::Languages=none",
                ].flatMap { ["-o", $0] }
                let environment = ["APT_CONFIG": "/dev/null"]
                _ = try await scene.run("apt-get", options + ["-qq", "update"], environment)
                // Once more, with what it has: most is unchanged.
                _ = try await scene.run("apt-get", options + ["-qq", "update"], environment)
                _ = try await scene.run("apt-get", options + ["-qq", "download", "demo"], environment)
                let text = try await scene.run(
                    "sh", ["-c", "dpkg-deb --fsys-tarfile demo_1.0_all.deb | tar -xO ./usr/share/demo/file"])
                #expect(text == "from the package")
                return text
            }
        }
    #endif

    @Test("npm installs from a registry", .enabled(if: Self.hasProgram("npm"), "npm is not installed"))
    func npm() async throws {
        try await comesAgain { folder in
            let script = """
                set -eu
                mkdir -p package files
                echo '{"name":"demo","version":"1.0.0","main":"index.js"}' > package/package.json
                echo 'console.log("from the tarball")' > package/index.js
                tar -czf files/demo-1.0.0.tgz package
                sum=$(openssl dgst -sha512 -binary files/demo-1.0.0.tgz | base64 | tr -d '\\n')
                tarball=https://packages.invalid/files/demo-1.0.0.tgz
                cat > demo <<END
                {"name":"demo","dist-tags":{"latest":"1.0.0"},"versions":{"1.0.0":{"name":"demo","version":"1.0.0",
                "dist":{"tarball":"$tarball","integrity":"sha512-$sum"}}}}
                END
                """
            try await Self.shell(script, in: folder)
        } fetching: { scene in
            _ = try await scene.run(
                "npm",
                [
                    "install", "--silent", "--no-audit", "--no-fund", "--no-update-notifier", "--fetch-retries=0",
                    "--registry=https://packages.invalid/", "--cafile=\(scene.authority)",
                    "--https-proxy=\(scene.proxy)", "--proxy=\(scene.proxy)", "--cache=\(scene.folder)/npm-cache",
                    "--userconfig=/dev/null", "--prefix=\(scene.folder)", "demo@1.0.0",
                ], ["HOME": scene.folder])
            let text = try await scene.run("node", ["-e", "require('demo')"])
            #expect(text == "from the tarball")
            return text
        }
    }

    @Test("go downloads a module", .enabled(if: Self.hasProgram("go"), "go is not installed"))
    func goModules() async throws {
        try await comesAgain { folder in
            // An upper-case letter is an exclamation mark and its lower-case one in the protocol (go.dev/ref/mod).
            let script = """
                import os, zipfile
                place = "example.invalid/!demo/@v"
                os.makedirs(place)
                open(f"{place}/list", "w").write("v1.0.0\\n")
                open(f"{place}/v1.0.0.info", "w").write('{"Version":"v1.0.0","Time":"2026-01-02T03:04:05Z"}')
                open(f"{place}/v1.0.0.mod", "w").write("module example.invalid/Demo\\n")
                with zipfile.ZipFile(f"{place}/v1.0.0.zip", "w") as module:
                    top = "example.invalid/Demo@v1.0.0"
                    module.writestr(f"{top}/go.mod", "module example.invalid/Demo\\n")
                    module.writestr(f"{top}/demo.go", "package demo // from the module\\n")
                """
            try await Self.run("python3", ["-c", script], in: folder)
        } fetching: { scene in
            let home = "\(scene.folder)/go"
            _ = try await scene.run(
                "go", ["mod", "download", "-json", "example.invalid/Demo@latest"],
                [
                    "GOPROXY": "https://packages.invalid", "GOSUMDB": "off", "GOFLAGS": "-modcacherw", "GOPATH": home,
                    "GOCACHE": "\(scene.folder)/cache", "HOME": scene.folder, "SSL_CERT_FILE": scene.authority,
                    "HTTPS_PROXY": scene.proxy,
                ])
            let text = try String(
                contentsOfFile: "\(home)/pkg/mod/example.invalid/!demo@v1.0.0/demo.go", encoding: .utf8)
            #expect(text.contains("from the module"))
            return text
        }
    }

    // MARK: -

    /// What a client has to work with.
    private struct Scene: Sendable {
        let proxy: String
        let authority: String
        /// Empty.
        let folder: String

        /// Runs a program in the folder; it must succeed.
        ///
        /// - Returns: what it printed.
        func run(_ program: String, _ arguments: [String], _ environment: [String: String] = [:]) async throws
            -> String
        {
            try await ClientTests.run(program, arguments, environment, in: folder)
        }
    }

    /// Serves what `make` puts into a folder, records what is fetched, and fetches it again when nobody serves it.
    private func comesAgain(
        _ make: @Sendable (String) async throws -> Void,
        fetching fetch: @escaping @Sendable (Scene) async throws -> String
    ) async throws {
        let play = try ProxyPlay()
        defer { play.clean() }
        let root = "\(play.folder)/root", authority = try play.authorityFile()
        @Sendable func scene(_ proxy: String, _ name: String) throws -> Scene {
            let folder = "\(play.folder)/\(name)"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            return Scene(proxy: proxy, authority: authority, folder: folder)
        }
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        try await make(root)
        let first = try await play.withHost(root: root) { origin async throws in
            let mirrors = ["http", "https"].compactMap { ProxyMirror("\($0)://packages.invalid/=\(origin.url)/") }
            return try await play.withProxy(.record, { $0.mirrors = mirrors }) { proxy async throws in
                try await fetch(try scene(proxy, "first"))
            }
        }
        #expect(!first.isEmpty)
        #expect(play.failures.isEmpty)
        let again = try await play.withProxy(.replay) { proxy async throws in
            try await fetch(try scene(proxy, "again"))
        }
        #expect(again == first)
        let missing = play.events.withLock { events in
            events.filter { event in
                switch event {
                case .recorded, .replayed: false
                default: true
                }
            }
        }
        #expect(missing == [])
    }

    private static func shell(_ script: String, in folder: String) async throws {
        try await run("sh", ["-c", script], in: folder)
    }

    @discardableResult
    private static func run(
        _ program: String, _ arguments: [String], _ environment: [String: String] = [:], in folder: String
    ) async throws -> String {
        var changes: [String: String?] = [
            "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0",
        ]
        for name in ["http_proxy", "https_proxy", "no_proxy", "all_proxy"] {
            changes.updateValue(nil, forKey: name)
            changes.updateValue(nil, forKey: name.uppercased())
        }
        // Some of these go before what the arguments say.
        for name in [
            "CURL_CA_BUNDLE", "GIT_SSL_CAINFO", "NODE_EXTRA_CA_CERTS", "PIP_CERT", "REQUESTS_CA_BUNDLE", "SSL_CERT_DIR",
            "SSL_CERT_FILE",
        ] { changes.updateValue(nil, forKey: name) }
        for (name, value) in environment { changes[name] = value }
        let output = try await Command(
            program, arguments, environment: changes, workingDirectory: folder
        ).collect()
        try #require(output.status.isSuccess, "\(program): \(output.text) \(output.errorText)")
        return output.text
    }

    private static func hasProgram(_ name: String) -> Bool {
        let folders = ProcessInfo.processInfo.environment["PATH"]?.split(separator: ":") ?? []
        return folders.contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(name)") }
    }
}
