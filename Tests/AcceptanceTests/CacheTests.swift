import ChildProcesses
import Foundation
import Testing

/// The cache between builds (CODEBUILD.md 7), in real containers.
@Suite(.tags(.docker), .enabled(if: Docker.isThere))
struct CacheTests {
    private let counting = """
        version: 0.2
        phases:
          build:
            commands:
              - mkdir -p /root/.m2/repo node_modules && N=$(cat /root/.m2/repo/count 2>/dev/null || echo 0)
              - echo "found $N, $(cat node_modules/count 2>/dev/null || echo none)"
              - echo $((N + 1)) | tee /root/.m2/repo/count > node_modules/count; [ -z "$FAIL" ]
        cache:
          paths:
            - '/root/.m2/**/*'
            - 'node_modules/**/*'
        """

    @Test(arguments: [debian, busybox])
    func `what a build leaves in its cache paths is there for the next`(image: String) async throws {
        let play = try Playground()
        try play.buildspec(counting)
        let first = try await play.run(image: image)
        #expect(first.printed == ["found 0, none"])
        #expect(first.log.contains("[Container] Expanded cache path /root/.m2/**/*"))
        #expect(first.log.contains("[Container] Downloading local cache..."))
        #expect(!first.log.contains("[Container] Unarchiving cache..."))
        let log = first.log
        let saved = try #require(log.firstIndex(of: "[Container] Uploading local cache..."))
        #expect(log[saved + 1] == "[Container] Phase complete: POST_BUILD State: SUCCEEDED")

        let second = try await play.run(["--offline"], image: image)
        #expect(second.printed == ["found 1, 1"])
        #expect(second.log.contains("[Container] Unarchiving cache..."))
        #expect(try await play.run(["--no-cache"], image: image).printed == ["found 0, none"])
        #expect(try await play.run(image: image).printed == ["found 2, 2"])
    }

    @Test func `a failed build saves, one that fails before the build does not`() async throws {
        let play = try Playground()
        try play.buildspec(counting)
        #expect(try await play.run(["-e", "FAIL=1"]).status.exitStatus == 1)
        #expect(try await play.run().printed == ["found 1, 1"])
        try play.buildspec(counting.replacing("build:\n", with: "pre_build:\n", maxReplacements: 1))
        #expect(try await play.run(["-e", "FAIL=1"]).printed == ["found 2, 2"])
        #expect(try await play.run().printed == ["found 2, 2"])
    }

    @Test func `tarballs are plain ones, and cache list, show and prune know them`() async throws {
        let play = try Playground()
        try play.buildspec(counting)
        let kept = play.root.appending(path: "kept").path
        _ = try await play.run(["--cache", kept])
        let tarballs = play.files(in: URL(filePath: kept)).filter { $0.hasSuffix(".tar.zst") }
        #expect(tarballs.count == 1)
        let listing = try await Command("tar", ["--zstd", "-tf", "\(kept)/\(tarballs[0])"]).collect()
        #expect(listing.text.contains("root/.m2/repo/count"))
        #expect(listing.text.contains("codebuild/source/node_modules/count"))

        let list = try await play.call(["cache", "list", "--cache", kept])
        let name = try #require(list.text.split(separator: "\n").last?.split(separator: " ").first.map(String.init))
        let page = try await play.call(["cache", "show", name, "--cache", kept])
        #expect(page.text.contains("/root/.m2/**/*"))
        #expect(page.text.contains("image      \(debian)"))
        for command in ["show", "verify"] {
            let short = try await play.call(["cache", command, String(name.dropLast(3)), "--cache", kept])
            #expect(short.text.contains(name), "\(short.errorText)")
        }
        try FileManager.default.copyItem(atPath: "\(kept)/\(name)", toPath: "\(kept)/\(name)-other")
        let several = try await play.call(["cache", "show", String(name.dropLast(3)), "--cache", kept])
        #expect(several.status.exitStatus == 66)
        #expect(
            several.errorText.contains("several names begin with `\(name.dropLast(3))`: `\(name)`, `\(name)-other`"))
        try FileManager.default.removeItem(atPath: "\(kept)/\(name)-other")
        #expect(try await play.call(["cache", "show", "none", "--cache", kept]).status.exitStatus == 66)
        #expect(try await play.call(["cache", "prune", "--cache", kept]).text.isEmpty)
        #expect(
            try await play.call(["cache", "prune", "--unused-for", "0", "--cache", kept]).text.hasPrefix(
                "removed \(name)"))
        #expect(try await play.call(["cache", "list", "--cache", kept]).errorText == "there are no caches")
    }

    @Test func `cache verify names what is damaged and sets it aside`() async throws {
        let play = try Playground()
        try play.buildspec(counting)
        #expect(try await play.call(["cache", "verify"]).errorText == "there are no caches")
        _ = try await play.run()
        let sound = try await play.call(["cache", "verify"])
        #expect(sound.status.isSuccess)
        let name = try #require(sound.text.split(separator: " ").first.map(String.init))
        #expect(sound.text.hasPrefix("\(name)  sound  "))
        #expect(try await play.call(["cache", "verify", "none"]).status.exitStatus == 66)

        let file = try #require(play.files(in: play.cache).first { $0.hasSuffix(".tar.zst") })
        let tarball = play.cache.appending(path: file)
        var bytes = try Data(contentsOf: tarball)
        bytes[bytes.count / 2] ^= 1
        try bytes.write(to: tarball)
        let damaged = try await play.call(["cache", "verify"])
        #expect(damaged.status.exitStatus == 74)
        #expect(damaged.text.hasPrefix("\(name)  damaged: its tarball `"))
        #expect(damaged.text.hasSuffix("; it is set aside as `\(play.cache.path)/buildspec/caches/\(name).damaged`"))
        let aside = tarball.path.replacing("/\(name)/", with: "/\(name).damaged/")
        #expect(try Data(contentsOf: URL(filePath: aside)) == bytes)
        let again = try await play.call(["cache", "verify"])
        #expect(again.status.isSuccess)
        #expect(again.text.hasPrefix("\(name).damaged  set aside earlier"))
        #expect(try await play.call(["cache", "prune"]).text.contains("\(name).damaged"))
    }

    @Test func `nothing changed, nothing written`() async throws {
        let play = try Playground()
        try play.buildspec(
            "version: 0.2\nphases: {build: {commands: ['[ -e /opt/k/x ] || (mkdir -p /opt/k; echo 1 > /opt/k/x)']}}\ncache: {paths: [/opt/k]}"
        )
        _ = try await play.run()
        func stamp() throws -> Date? {
            let file = try #require(play.files(in: play.cache).first { $0.hasSuffix(".tar.zst") })
            return try FileManager.default.attributesOfItem(atPath: play.cache.appending(path: file).path)[
                .creationDate] as? Date
        }
        let first = try stamp()
        let second = try await play.run()
        #expect(second.errorText.contains("unchanged"))
        #expect(try stamp() == first)
    }

    @Test func `what has changed becomes a tarball on top, and plain tar restores them in order`() async throws {
        let play = try Playground()
        func text(_ command: String) -> String {
            "version: 0.2\nphases: {build: {commands: ['\(command)']}}\ncache: {paths: ['/opt/k/**/*']}\n"
        }
        try play.buildspec(
            text(
                "mkdir -p /opt/k/d; head -c 900000 /dev/urandom > /opt/k/large; echo 1 > /opt/k/d/x; echo 1 > /opt/k/y")
        )
        _ = try await play.run()
        try play.buildspec(
            text("ls /opt/k/d; echo 2 > /opt/k/d/x; rm /opt/k/y; cat /proc/sys/kernel/random/uuid > /opt/k/z"))
        _ = try await play.run()
        let name = try #require(
            try await play.call(["cache", "list"]).text.firstMatch(of: /source-\S+/).map { String($0.output) })
        let page = try await play.call(["cache", "show", name]).text
        let tarballs = page.matches(of: #/tarball    (\S+) \(.*?\)/#).map { String($0.0) }
        #expect(tarballs.count == 2)
        #expect(tarballs.last?.contains("removes 1 path") == true)
        let folder = play.cache.appending(path: "buildspec/caches/\(name)").path
        let files = page.matches(of: #/tarball    (\S+) /#).map { "'\(folder)/\($0.1)'" }
        let back = play.cache.appending(path: "back").path
        let plain = try await Command(
            "sh",
            [
                "-c",
                "mkdir '\(back)' && cd '\(back)' && for f in \(files.joined(separator: " ")); do tar --zstd -xf $f; done; cat opt/k/d/x",
            ]
        ).collect()
        #expect(plain.text == "2")
        try play.buildspec(text("cat /opt/k/d/x; ls /opt/k"))
        let third = try await play.run()
        #expect(third.printed == ["2", "d", "large", "z"])
        #expect(third.errorText.contains("unchanged"))
        #expect(try await play.call(["cache", "verify"]).status.isSuccess)
    }

    @Test func `owners, modes, times and links survive`() async throws {
        let play = try Playground()
        try play.buildspec(
            """
            version: 0.2
            phases:
              build:
                commands:
                  - |
                    if [ ! -e /opt/k ]; then
                      mkdir -p /opt/k/d && echo x > /opt/k/f && chown 1234:56 /opt/k/f && chmod 4750 /opt/k/f
                      touch -d @1000000000 /opt/k/f && ln /opt/k/f /opt/k/hard && ln -s f /opt/k/soft && chmod 700 /opt/k/d
                    fi
                  - stat -c '%n %a %u %g %h %Y' /opt/k/f; readlink /opt/k/soft; stat -c %a /opt/k/d
            cache: {paths: ['/opt/k/**/*']}
            """)
        for _ in 1...2 {
            let lines = try await play.run().printed.suffix(3)
            #expect(lines == ["/opt/k/f 4750 1234 56 2 1000000000", "f", "700"])
        }
    }

    @Test func `a damaged cache is named, set aside and counts as missing`() async throws {
        let play = try Playground()
        try play.buildspec(counting)
        _ = try await play.run()
        let file = try #require(play.files(in: play.cache).first { $0.hasSuffix(".tar.zst") })
        let handle = try FileHandle(forUpdating: play.cache.appending(path: file))
        try handle.seek(toOffset: 40)
        try handle.write(contentsOf: Data([0, 1, 2, 3, 4, 5]))
        try handle.close()
        let next = try await play.run()
        #expect(next.status.isSuccess)
        #expect(next.printed == ["found 0, none"])
        #expect(next.log.contains { $0.hasPrefix("[Container] Unable to download cache: the cache is damaged") })
        #expect(try await play.run().printed == ["found 1, 1"])
    }
}
