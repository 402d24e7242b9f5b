import ChildProcesses
import Foundation
import Testing

/// `buildspec view`.
@Suite(.tags(.docker), .enabled(if: Docker.isThere))
struct ViewTests {
    /// Runs `view` beside `body`, which gets its address, and ends it as Ctrl-C does.
    ///
    /// - Returns: how it ended, and what it said on standard error.
    private func view(
        _ play: Playground, _ arguments: [String] = [], environment: [String: String] = [:],
        _ body: (_ address: String, _ process: Process) async throws -> Void
    ) async throws -> (status: Int32, words: String) {
        let process = Process(), output = Pipe(), errors = Pipe()
        process.executableURL = URL(filePath: Playground.binary)
        process.arguments = ["view"] + arguments
        process.currentDirectoryURL = play.source
        let own = ["XDG_CACHE_HOME": play.cache.path, "XDG_STATE_HOME": play.state.path, "NO_COLOR": "1"]
        process.environment = ProcessInfo.processInfo.environment.merging(own) { $1 }.merging(environment) { $1 }
        (process.standardOutput, process.standardError) = (output, errors)
        try process.run()
        defer { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }
        var line: [UInt8] = []
        while line.last != 0x0a, let byte = try output.fileHandleForReading.read(upToCount: 1)?.first {
            line.append(byte)
        }
        let address = String(decoding: line.dropLast(), as: UTF8.self)
        try #require(address.hasPrefix("http://127.0.0.1:"), "\(address)")
        try await body(address, process)
        kill(process.processIdentifier, SIGINT)
        let words = try errors.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: words, as: UTF8.self))
    }

    /// - Returns: the status and the body.
    private func get(_ address: String, _ more: String...) async throws -> (status: String, text: String) {
        let answer = try await Command(
            "curl", ["-sS", "--max-time", "10", "-w", "\n%{http_code}"] + more + [address],
            environment: ["http_proxy": nil]
        ).collect()
        let text = answer.outputText
        return (String(text.suffix(3)), String(text.dropLast(4)))
    }

    @Test func `who has no token, or another name for the server, sees nothing`() async throws {
        let play = try Playground(), other = try Playground()
        try play.buildspec("version: 0.2\nphases: {build: {commands: [echo needle]}}")
        #expect(try await play.run(["--no-cache"]).status.isSuccess)
        try other.buildspec("version: 0.2\nphases: {build: {commands: [echo hay]}}")
        let elsewhere = try await other.call(
            ["run", ".", "--image", debian, "--no-cache"], environment: ["XDG_STATE_HOME": play.state.path])
        #expect(elsewhere.status.isSuccess)
        let ended = try await view(play) { address, process in
            let parts = address.split(separator: "/").map(String.init)
            let (host, token) = (parts[1], parts[2])
            #expect(token.wholeMatch(of: /[0-9a-f]{64}/) != nil)
            let list = try await get(address)
            let uuid = try #require(list.text.firstMatch(of: /href="builds\/([0-9a-f-]{36})\/"/)?.1)
            // The other folder's is not of the project.
            #expect(list.status == "200" && list.text.matches(of: /href="builds\//).count == 1)
            let page = try await get("\(address)builds/\(uuid)/")
            #expect(page.status == "200" && page.text.contains("needle") && page.text.contains("href=\"../../\""))
            let log = try await get("\(address)builds/\(uuid)/log.txt")
            #expect(log.status == "200" && log.text.contains("\nneedle\n"))
            #expect(try await get("\(address)builds/\(uuid)/changes").text.contains("event: end"))
            let head = try await get("\(address)builds/\(uuid)/", "-I").text.lowercased()
            for words in [
                "content-security-policy: default-src 'none'; ", "frame-ancestors 'none'",
                "referrer-policy: no-referrer",
                "x-content-type-options: nosniff", "cache-control: no-store",
            ] { #expect(head.contains(words), "\(words)") }

            for path in [
                "", "builds/\(uuid)/", "\(token.dropLast())\(token.last == "0" ? 1 : 0)/", "\(token)0/", "favicon.ico",
                "?\(token)", "../\(token)",
            ] {
                let refused = try await get("http://\(host)/\(path)", "--path-as-is")
                #expect(refused.status == "403" && !refused.text.contains("needle"), "\(path)")
            }
            #expect(try await get(address, "-H", "Host: evil.example").status == "403")
            #expect(try await get(address, "-H", "Host: evil.example:\(host.split(separator: ":")[1])").status == "403")
            #expect(try await get(address, "-H", "Host:").status == "403")
            #expect(try await get(address, "-X", "POST", "-d", "a").status == "405")
            for path in [
                "builds/\(uuid)", "builds/0/", "builds/../", "builds/%2e%2e/", "builds//", "x", "builds/\(uuid)/x",
            ] {
                #expect(try await get("\(address)\(path)", "--path-as-is").status == "404", "\(path)")
            }
            try requireLoopback(process.processIdentifier)
        }
        #expect(ended.status == 130)
        #expect(ended.words.contains("Ctrl-C ends it"))
        let all = try await view(play, ["--all"]) { address, _ async throws in
            #expect(try await get(address).text.matches(of: /href="builds\//).count == 2)
        }
        #expect(all.status == 130)
        #expect(try await play.call(["view", "--port", "70000"]).status.exitStatus == 64)
    }

    /// Requires that a process listens on one socket, which only this machine reaches.
    private func requireLoopback(_ process: Int32) throws {
        let folder = "/proc/\(process)/fd"
        let inodes = Set(
            try FileManager.default.contentsOfDirectory(atPath: folder).compactMap { name in
                (try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(name)"))?
                    .wholeMatch(of: /socket:\[([0-9]+)\]/).map { String($0.1) }
            })
        var listening: [String] = []
        for table in ["tcp", "tcp6", "udp", "udp6"] {
            let text = try String(contentsOfFile: "/proc/\(process)/net/\(table)", encoding: .utf8)
            for line in text.split(separator: "\n").dropFirst() {
                let fields = line.split(separator: " ")
                // 0A: LISTEN; UDP has no such state.
                if inodes.contains(String(fields[9])), fields[3] == "0A" || table.hasPrefix("udp") {
                    listening.append("\(table) \(fields[1].prefix { $0 != ":" })")
                }
            }
        }
        #expect(listening == ["tcp 0100007F"])
    }

    @Test func `the browser is led to the address by a file, not by a command line`() async throws {
        let play = try Playground()
        let opened = play.root.appending(path: "opened").path
        try await play.makeProgram("xdg-open", "cp \"$1\" '\(opened).new' && mv '\(opened).new' '\(opened)'")
        let path = try #require(ProcessInfo.processInfo.environment["PATH"])
        let bin = play.root.appending(path: "bin").path
        let ended = try await view(play, ["--open"], environment: ["PATH": "\(bin):\(path)"]) { address, _ in
            for _ in 0..<500 where !FileManager.default.fileExists(atPath: opened) {
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(try String(contentsOfFile: opened, encoding: .utf8).contains("url=\(address)\""))
        }
        #expect(ended.status == 130)
        #expect(play.files(in: play.state.appending(path: "buildspec/view")) == [])
    }

    @Test(.enabled(if: Chromium.isThere))
    func `of a large log pieces are loaded when they are opened`() async throws {
        let play = try Playground()
        try play.buildspec(
            """
            version: 0.2
            phases:
              build:
                commands:
                  - seq 1 100000
                  - seq 200000 400000
                  - seq 500000 600000
                  - echo last
            """)
        let build = try await play.run(["--no-cache", "--log-format", "quiet"])
        #expect(build.status.isSuccess)
        let part = "[...document.querySelectorAll('#log details')].find(one => one.textContent.includes('seq 200000'))"
        let matches = "document.getElementById('matches').textContent"
        let ended = try await view(play) { address, _ in
            let uuid = try #require(try await get(address).text.firstMatch(of: /href="builds\/([0-9a-f-]{36})\/"/)?.1)
            let page = "\(address)builds/\(uuid)/"
            let whole = try await get("\(page)log.txt").text
            let html = try await get(page).text
            #expect(html.utf8.count < 1_000_000 && whole.utf8.count > 2_000_000)
            // The pieces that are left out, and what is shown, are the whole log.
            let links = html.matches(of: /href="log\/([0-9]+)-([0-9]+)"/)
            #expect(links.count >= 2)
            for wrong in [
                "log/", "log/0-99999999999", "log/5-1", "log/99999999-99999999", "log/../build.json", "log/0-1/x",
            ] {
                let status = try await get("\(page)\(wrong)", "--path-as-is").status
                #expect(status == (wrong == "log/0-99999999999" ? "200" : "404"), "\(wrong)")
            }
            let visit = try await Chromium.visit(
                page,
                [
                    .evaluate("\(part).open"), .evaluate("!!\(part).querySelector('.more a')"),
                    .evaluate("\(part).querySelector('summary').click()"),
                    .until("\(part).querySelector('pre[data-end]')"),
                    .evaluate("\(part).textContent.includes('200001') || \(part).textContent.includes('250000')"),
                    .evaluate("\(part).textContent.includes('399000')"),
                    .evaluate("document.getElementById('query').focus()"), .type("333333"),
                    .until("\(matches) === 'not found in what is loaded'"),
                    // Each click loads the next piece.
                    .evaluate(
                        """
                        (async () => {
                          const part = \(part);
                          for (let link; (link = part.querySelector('.more a'));) {
                            link.click();
                            await new Promise(done => setTimeout(done, 20));
                          }
                          return [...part.querySelectorAll('pre')].map(one => one.textContent).join('');
                        })()
                        """),
                    .evaluate("document.getElementById('query').select()"), .type("333333"),
                    .until("\(matches).startsWith('1 of 1')"), .evaluate(Chromium.flaws),
                ])
            #expect(visit.results[0] as? Bool == false && visit.results[1] as? Bool == true)
            #expect(visit.results[5] as? Bool == false)
            let numbers = visit.text(9).split(separator: "\n").compactMap { Int($0) }
            #expect(numbers == Array(200_000...400_000))
            #expect(visit.texts(13) == [] && visit.console == [])
            #expect(visit.requests.allSatisfy { $0.hasPrefix(address) }, "\(visit.requests.prefix(3))")
        }
        #expect(ended.status == 130)
    }

    @Test(.enabled(if: Chromium.isThere))
    func `a page follows its build within a second, and a killed build shows as ended`() async throws {
        let play = try Playground()
        try play.buildspec(
            """
            version: 0.2
            phases:
              build:
                commands:
                  - while sleep 1; do echo "tick $(date +%s.%N)"; done
            """)
        let build = Process()
        build.executableURL = URL(filePath: Playground.binary)
        build.arguments = ["run", ".", "--image", debian, "--no-cache"]
        build.currentDirectoryURL = play.source
        let own = ["XDG_CACHE_HOME": play.cache.path, "XDG_STATE_HOME": play.state.path, "NO_COLOR": "1"]
        build.environment = ProcessInfo.processInfo.environment.merging(own) { $1 }
        (build.standardOutput, build.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
        let isOpen = play.root.appending(path: "open").path
        /// The seconds between a line of the build and its place on the page.
        let lag = """
            new Promise(done => {
              const ticks = () => [...document.querySelector('main').textContent.matchAll(/tick ([0-9.]+)/g)];
              const seen = ticks().length;
              setInterval(() => {
                const all = ticks();
                if (all.length > seen) done(Date.now() / 1000 - Number(all[all.length - 1][1]));
              }, 20);
            })
            """
        let status = "document.querySelector('h1').textContent"
        let ended = try await view(play) { address, _ in
            // The list knows of a build that begins.
            async let list = Chromium.visit(
                address,
                [
                    .touch(isOpen), .until("document.querySelector('main a')"),
                    .evaluate("document.querySelector('main a').href"),
                ])
            for _ in 0..<3000 where !FileManager.default.fileExists(atPath: isOpen) {
                try await Task.sleep(for: .milliseconds(20))
            }
            try build.run()
            let first = try await list
            let page = first.text(2)
            try #require(page.hasPrefix(address))
            #expect(first.console == [])
            try FileManager.default.removeItem(atPath: isOpen)
            async let followed = Chromium.visit(
                page,
                [
                    .until("/tick [0-9]/.test(document.querySelector('main').textContent)"), .evaluate(status),
                    .evaluate(lag),
                    .evaluate(lag), .touch(isOpen), .until("\(status).startsWith('LOST')"),
                    .evaluate("document.querySelector('.why').textContent"),
                ])
            for _ in 0..<3000 where !FileManager.default.fileExists(atPath: isOpen) {
                try await Task.sleep(for: .milliseconds(20))
            }
            kill(build.processIdentifier, SIGKILL)
            let visit = try await followed
            #expect(visit.text(1).hasPrefix("IN_PROGRESS"))
            #expect(visit.number(2) < 1 && visit.number(3) < 1, "\(visit.results)")
            #expect(visit.text(6) == "The program that ran the build was killed.")
            #expect(visit.console == [])
            #expect(visit.requests.allSatisfy { $0.hasPrefix(address) }, "\(visit.requests)")
            #expect(try await get(address).text.contains(">LOST</td>"))
        }
        #expect(ended.status == 130)
        for container in try await Docker.containers(of: play) { _ = try await Docker.call(["rm", "-f", container]) }
    }
}
