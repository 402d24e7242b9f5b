import ChildProcesses
import Foundation
import Testing

/// Caches that lie under the container as a layer of its image (Documentation/decisions/cache-images.md).
@Suite(.tags(.docker), .enabled(if: Docker.isThere))
struct CacheImageTests {
    /// More files than a cache has that is unpacked sooner than an image is looked for, and of every kind.
    private static let making = #"""
        mkdir -p /opt/k/d1/e /opt/k/d2 /opt/k/many /opt/k/closed "/opt/k/ü b"
        cd /opt/k/many && seq 1 2100 | xargs touch
        cd /opt/k
        for n in 1 2 3 4 5 6; do echo "$n" >"d1/f$n"; echo "$n" >"d1/e/g$n"; echo "$n" >"d2/h$n"; done
        echo old >old; touch -d '1999-12-31 23:59:59.123456789' old d1/e
        echo young >young; touch -d '2031-01-01 00:00:00.987654321' young
        echo set >set; chmod 4755 set; chmod 0700 closed; chmod 1777 d2; chown -R 1000:1001 closed d1/f1
        echo x >"ü b/$(printf 'n\303\244me')"; ln -s ../old d1/link; ln -s nowhere broken; : >empty
        """#

    /// Lists the tree, does to it what builds do, and lists it again.
    private static let looking = #"""
        list() { find /opt/k -printf "%P %y %m %U %G $1 %s %n %l\n" | sort; find /opt/k -type f -exec sha256sum {} + | sort | sha256sum; }
        cd /opt/k; stat -c '%n %f %u %g' /opt
        list %T@
        [ -n "$CHANGE" ] || exit 0
        find . -newer d1/f1 ! -path './many*' | sort
        perl -e 'print rename("old", "renamed") ? "renamed\n" : "$!\n"'
        perl -e 'print rename("d1/f2", "d1/f3") ? "renamed\n" : "$!\n"'
        mv d1 moved; ls moved moved/e
        ln moved/f4 linked; echo more >>linked; cat moved/f4; stat -c %h moved/f4 linked
        ln moved/f5 other; rm moved/f5; cat other; stat -c %h other
        rm -rf d2; mkdir d2; ls -A d2; echo new >d2/h1
        rm -rf many; mkdir many; touch many/7; ls many
        chmod 0600 young; touch -r renamed empty; cp -a moved/e copied; chown 7 closed; rm broken
        ln -sf young broken; mkdir moved/deep; mv moved/e moved/deep/e
        cat moved/f1 >/dev/null; sed -i s/6/7/ moved/f6
        list ''
        """#

    private static let buildspec = """
        version: 0.2
        phases: {build: {commands: ['[ -d /opt/k ] || sh -e make.sh', sh look.sh]}}
        cache: {paths: ['/opt/k/**/*']}
        """

    private struct Case {
        let play: Playground
        var kept = "kept"

        func folder(_ name: String) -> String { play.root.appending(path: name).path }

        func run(_ arguments: [String] = [], image: String = debian) async throws -> CommandOutput {
            try await play.run(["--verbose", "--cache", folder(kept)] + arguments, image: image)
        }

        /// What `plan` says of the cache's way into the container.
        func way(image: String = debian) async throws -> String {
            let plan = try await play.call([
                "plan", ".", "--image", image, "--cache-images", "--cache", folder(kept), "--format", "json",
            ])
            let view = try JSONSerialization.jsonObject(with: Data(plan.output)) as? [String: Any]
            return (view?["cache"] as? [String: Any])?["restoring"] as? String ?? plan.outputText + plan.errorText
        }

        /// Waits for the image that a build has had made.
        func image(_ image: String = debian) async throws -> String {
            for _ in 0..<200 {
                let way = try await way(image: image)
                if let name = way.firstMatch(of: /as image (buildspec-cache:\S+)/) { return String(name.1) }
                try await Task.sleep(for: .milliseconds(100))
            }
            Issue.record("no image was made: \(try await way(image: image))")
            return ""
        }

        var images: [String] {
            get async throws {
                let records = play.state.appending(path: "buildspec/cache-images")
                let texts = try play.files(in: records).filter { $0.hasSuffix(".json") }.map {
                    String(decoding: try Data(contentsOf: records.appending(path: $0)), as: UTF8.self)
                }
                let all = try await Docker.call(["images", "--format", "{{.Repository}}:{{.Tag}}", "buildspec-cache"])
                    .text
                return all.split(separator: "\n").map(String.init).filter { name in texts.contains { $0.contains(name) }
                }
            }
        }
    }

    private func withCase(_ body: (Case) async throws -> Void) async throws {
        let play = try Playground()
        try play.write("make.sh", Self.making)
        try play.write("look.sh", Self.looking)
        try play.buildspec(Self.buildspec)
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await body(Case(play: play))) } catch { outcome = .failure(error) }
        _ = try await play.call(["clean", "--cache-images"])
        try outcome.get()
    }

    private func isLaid(_ build: CommandOutput) -> Bool {
        build.errorText.contains("cache: laid under the container as buildspec-cache:")
    }

    @Test func `a build that begins with the cache in its image finds and does what one that unpacks it does`()
        async throws
    {
        try await withCase { play in
            let first = try await play.run(["--cache-images"])
            #expect(first.status.isSuccess, "\(first.errorText)")
            let second = try await play.run(["--cache-images"])
            #expect(!isLaid(second))
            #expect(try await !play.image().isEmpty)
            let third = try await play.run(["--cache-images"])
            #expect(isLaid(third), "\(third.errorText)")
            #expect(Self.steps(third) == Self.steps(second))
            #expect(third.printed == second.printed)
            #expect(third.errorText.contains("unchanged"))

            var other = play
            other.kept = "other"
            try FileManager.default.copyItem(atPath: play.folder("kept"), toPath: play.folder("other"))
            let plain = try await other.run(["--no-cache-images", "-e", "CHANGE=1"])
            let laid = try await play.run(["--cache-images", "-e", "CHANGE=1"])
            #expect(isLaid(laid))
            #expect(!isLaid(plain))
            #expect(laid.printed.count > 2100)
            #expect(laid.printed.map(Self.withoutLinkCount) == plain.printed.map(Self.withoutLinkCount))
            // What was saved out of it is the same, too.
            let (after, afterPlain) = (try await play.run(["--cache-images"]), try await other.run())
            #expect(!isLaid(after))
            #expect(Self.withoutTimes(after.printed) == Self.withoutTimes(afterPlain.printed))
        }
    }

    /// The lines of the service but for folders and times.
    private static func steps(_ build: CommandOutput) -> [String] {
        build.log.filter { $0.hasPrefix("[Container] ") && !$0.contains("/src") && !$0.contains(" took ") }
    }

    /// overlayfs counts no subfolders of a folder that two layers have.
    private static func withoutLinkCount(_ line: String) -> String {
        line.replacing(#/ d (.* )[0-9]+ $/#) { " d \($0.1)" }
    }

    /// The sixth of nine words is a time.
    private static func withoutTimes(_ lines: [String]) -> [String] {
        lines.map { withoutLinkCount($0).replacing(#/ [0-9]{9,}\.[0-9]{10} /#, with: " ") }
    }

    @Test
    func `a small change of a laid cache becomes a tarball on top, and another cache or image makes the image useless`()
        async throws
    {
        try await withCase { play in
            _ = try await play.run(["--cache-images"])
            _ = try await play.run(["--cache-images"])
            let image = try await play.image()
            #expect(try await play.images == [image])
            let other = TestImage()
            try await other.make("FROM \(debian)\nRUN echo 1 >/one\n")
            #expect(!isLaid(try await play.run(["--cache-images"], image: other.name)))

            try play.play.write("look.sh", "echo changed >>/opt/k/old; rm /opt/k/young\n")
            let changed = try await play.run(["--cache-images"])
            #expect(isLaid(changed))
            let name = try #require(
                try await play.play.call(["cache", "list", "--cache", play.folder("kept")]).text.firstMatch(
                    of: #/source-\S+/#)
            ).output
            let page = try await play.play.call(["cache", "show", String(name), "--cache", play.folder("kept")]).text
            #expect(page.matches(of: #/tarball /#).count == 2, "\(page)")
            #expect(page.contains("image      \(image) (of \(debian))"))
            #expect(try await play.way().contains("it has changed since its image was made"))

            try play.play.write("look.sh", "cat /opt/k/old; ls /opt/k/young\n")
            let next = try await play.run(["--cache-images"])
            #expect(!isLaid(next))
            #expect(next.printed.prefix(2) == ["old", "changed"])
            // The old one is gone with the making of the new one.
            let new = try await play.image()
            #expect(new != image)
            #expect(try await play.images == [new])
            #expect(isLaid(try await play.run(["--cache-images"])))
            #expect(!isLaid(try await play.run(["--no-cache-images"])))
            #expect(!isLaid(try await play.run()))
        }
    }

    @Test func `an image goes when the one below it is another, by prune and by clean`() async throws {
        try await withCase { play in
            let base = TestImage()
            try await base.make("FROM \(debian)\nRUN echo 1 >/one\n")
            _ = try await play.run(["--cache-images"], image: base.name)
            _ = try await play.run(["--cache-images"], image: base.name)
            let first = try await play.image(base.name)
            try await base.make("FROM \(debian)\nRUN echo 2 >/one\n")
            let missed = try await play.run(["--cache-images"], image: base.name)
            #expect(!isLaid(missed))
            #expect(missed.errorText.contains("image `\(base.name)` is another one now"))
            let second = try await play.image(base.name)
            #expect(first != second)
            let all = try await Docker.call(["images", "--format", "{{.Repository}}:{{.Tag}}", "buildspec-cache"]).text
            #expect(!all.contains(first))
            let none = try await play.play.call(["cache", "prune", "--cache", play.folder("kept")])
            #expect(none.text.isEmpty, "\(none.text)")
            let pruned = try await play.play.call([
                "cache", "prune", "--max-megabytes", "0", "--cache", play.folder("kept"),
            ])
            #expect(pruned.text.contains("removed image \(second)"), "\(pruned.text)\(pruned.errorText)")
            let left = try await Docker.call(["images", "--format", "{{.Repository}}:{{.Tag}}", "buildspec-cache"]).text
            #expect(!left.contains(second))
        }
    }

    @Test func `what cannot lie under a container is unpacked, and plan says why`() async throws {
        try await withCase { play in
            try play.play.write("make.sh", Self.making + "\nln old linked\n")
            _ = try await play.run(["--cache-images"])
            _ = try await play.run(["--cache-images"])
            for _ in 0..<300 where try await !play.way().contains("hard links") {
                try await Task.sleep(for: .milliseconds(100))
            }
            #expect(try await play.way().contains("it has hard links (`opt/k/"))
            #expect(try await play.images.isEmpty)

            func way(_ cache: String, _ arguments: [String] = []) async throws -> String {
                try play.play.buildspec("version: 0.2\nphases: {build: {commands: ['true']}}\ncache: \(cache)\n")
                return try await play.play.call(
                    ["plan", ".", "--image", debian, "--cache-images"] + arguments
                ).text
            }
            #expect(try await way("{paths: ['node_modules/**/*']}").contains("lies in the source"))
            #expect(try await way("{paths: ['$HOME/x']}").contains("only the build knows"))
            #expect(try await way("{paths: ['/opt/k'], action: save}").contains("only saves it"))
            #expect(try await way("{paths: ['/opt/k']}", ["--pull", "always"]).contains("--pull always"))
            #expect(try await way("{paths: ['/opt/k']}", ["--checkpoint"]).contains("checkpoints"))
            #expect(try await way("{paths: ['/opt/k']}", ["--cache", "s3://bucket/x"]).contains("in S3"))
            #expect(try await !way("{paths: ['/opt/k']}", ["--no-cache"]).contains("unpacked"))
            let mount = play.folder("mounted")
            try FileManager.default.createDirectory(atPath: mount, withIntermediateDirectories: true)
            #expect(try await way("{paths: ['/opt/k']}").contains("an image is made after a build"))
            #expect(try await play.play.call(["run", "--cache-images", "--no-cache-images"]).status.exitStatus == 64)
        }
    }

    @Test func `a cache with a key is laid while its key is the same`() async throws {
        try await withCase { play in
            try play.play.buildspec(
                Self.buildspec.replacing("cache: {", with: "cache: {key: 'k-$(cat key)', "))
            try play.play.write("key", "one\n")
            _ = try await play.run(["--cache-images"])
            _ = try await play.run(["--cache-images"])
            _ = try await play.image()
            let same = try await play.run(["--cache-images"])
            #expect(isLaid(same))
            #expect(same.log.contains("[Container] Found cache for key k-one"))
            try play.play.write("key", "two\n")
            try play.play.write("look.sh", "ls -A /opt/k; ls /opt\n")
            try play.play.write("make.sh", "mkdir /opt/k; echo two >/opt/k/two\n")
            let other = try await play.run(["--cache-images"])
            #expect(other.log.contains("[Container] No cache found for key k-two"))
            #expect(other.printed == ["two", "k"])
            let again = try await play.run(["--cache-images"])
            #expect(again.printed == ["two", "k"])
        }
    }

    @Test
    func `where a key may change, what the build's image has at the cache's paths keeps an image from being made`()
        async throws
    {
        try await withCase { play in
            let base = TestImage()
            try await base.make("FROM \(debian)\nRUN mkdir /opt/k; echo base >/opt/k/own\n")
            try play.play.write("look.sh", "cat /opt/k/own; ls -d /opt/k/many\n")
            func run(_ key: String) async throws -> [String] {
                try play.play.buildspec(
                    """
                    version: 0.2
                    phases: {build: {commands: ['[ -d /opt/k/many ] || sh -e make.sh', sh look.sh]}}
                    cache: {\(key)paths: ['/opt/k/**/*']}
                    """)
                return try await play.run(["--cache-images"], image: base.name).printed
            }
            for key in ["one", "one", "two", "two"] {
                try play.play.write("key", "\(key)\n")
                #expect(try await run("key: 'k-$(cat key)', ") == ["base", "/opt/k/many"])
            }
            #expect(try await play.way(image: base.name).contains("an image is made after a build"))
            // A key that cannot change brings the same content each time.
            for _ in 0..<2 { #expect(try await run("key: fixed, ") == ["base", "/opt/k/many"]) }
            _ = try await play.image(base.name)
            #expect(try await run("key: fixed, ") == ["base", "/opt/k/many"])
        }
    }

    @Test func `a maker that is killed leaves nothing, and the next one finishes`() async throws {
        try await withCase { play in
            _ = try await play.run(["--cache-images"])
            _ = try await play.run(["--cache-images"])
            let image = try await play.image()
            let folder = play.play.state.appending(path: "buildspec/cache-images")
            let file = try #require(play.play.files(in: folder).first { $0.hasSuffix(".json") })
            for delay in [0, 30, 80, 150, 300] {
                _ = try await Docker.call(["rmi", "-f", image])
                // As it was before the image was made.
                let text = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
                try text.replacing(#/"imageID":"[^"]*",?/#, with: "").replacing(
                    #/"attempts":\d+/#, with: #""attempts":0"#
                )
                .write(to: folder.appending(path: file), atomically: true, encoding: .utf8)
                _ = try await play.play.command(["make-cache-image", String(file.dropLast(5))]).stream { streams in
                    try await Task.sleep(for: .milliseconds(delay))
                    streams.terminate()
                    async let said: Void = streams.errorOutput.forEachChunk { _ in }
                    try await streams.output.forEachChunk { _ in }
                    try await said
                }
                #expect(play.play.files(in: folder).allSatisfy { !$0.hasSuffix(".tar") })
            }
            #expect(try await play.run(["--cache-images"]).status.isSuccess)
            #expect(try await play.image() == image)
            #expect(isLaid(try await play.run(["--cache-images"])))
            // One that no record knows.
            _ = try await Docker.call(["tag", debian, image + "0"])
            _ = try await play.play.call(["clean"])
            let all = try await Docker.call(["images", "--format", "{{.Repository}}:{{.Tag}}", "buildspec-cache"]).text
            #expect(all.contains(image))
            #expect(!all.contains(image + "0"))
        }
    }
}
