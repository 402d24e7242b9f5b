import BuildPlanning
import Caches
import Files
import Foundation
import Testing

@testable import BuildRunning

/// Caches to which builds add what they change, on the host's shell.
@Suite(.enabled(if: HostPlayground.isPossible)) struct HostCacheHistoryTests {
    private static let names = ["a", "b", "c d", #"e\\n"#, "f'g", "ä", "h\ni", ".j"]

    /// Lists all that a cache keeps of a tree, a line each; the times of folders among it.
    private static func list(_ mark: String) -> String {
        """
        cd "$ROOT/data" && { find . \\( -type d -printf '%P %y %m %T@ \\0' \\) -o -printf '%P %y %m %T@ %l %n %s\\0' | sort -z;
        find . -type f -print0 | sort -z | xargs -0 -r sha256sum -z; } | tr '\\n\\0' '~\\n' | sed 's/^/\(mark) /'
        """
    }

    private static func quoted(_ name: String) -> String { "'" + name.replacing("'", with: #"'\''"#) + "'" }

    /// One change by chance, as a command of the shell that may fail.
    private static func change(_ random: inout SystemRandomNumberGenerator) -> String {
        func path() -> String {
            let depth = Int.random(in: 1...3)
            return quoted((0..<depth).map { _ in names.randomElement()! }.joined(separator: "/"))
        }
        let (one, other, number) = (path(), path(), Int.random(in: 0...99_999))
        let below = "mkdir -p \"$(dirname \(one))\""
        return [
            "\(below); echo \(number) > \(one)", "echo \(number) >> \(one)", "rm -rf \(one)", "mkdir -p \(one)",
            "mv -T \(one) \(other)", "chmod 7\(number % 8)5 \(one)", "ln -sfnT \(other) \(one)",
            "ln -fT \(other) \(one)",
            "[ ! -s \(one) ] || { touch -r \(one) .ref; printf X | dd of=\(one) conv=notrunc bs=1; touch -r .ref \(one); rm -f .ref; }",
            "touch -h -d @\(number) \(one)", "rm -rf \(one); \(below); echo \(number) > \(one)",
            "cp -a \(other) \(one)",
            "touch .gone; rm .gone", "sed -i s/1/2/ \(one)",
        ].randomElement()!
    }

    private static func text(_ commands: [String]) -> String {
        """
        version: 0.2
        phases:
          build:
            commands:
              - |
        \(commands.joined(separator: "\n").split(separator: "\n").map { "        \($0)" }.joined(separator: "\n"))
        cache: {paths: ['/data/**/*']}
        """
    }

    /// Much that never changes, so that changes are worth a layer.
    private static let beginning =
        "mkdir -p \"$ROOT/data/kept\"; cd \"$ROOT/data\"; for n in 1 2 3 4 5 6 7 8; do head -c 40000 /dev/urandom > kept/$n; done"

    /// - Parameter exact: whether times have fractions of a second.
    private static func lines(_ build: HostBuild, _ mark: String, exact: Bool) -> [String] {
        build.printed.filter { $0.hasPrefix(mark + " ") }.map {
            let line = String($0.dropFirst(mark.count + 1))
            return exact ? line : line.replacing(#/\.[0-9]{10} /#, with: " ")
        }
    }

    private func layerCount(_ play: HostPlayground) throws -> Int {
        try CacheStore(directory: play.caches).list().first?.manifest?.layers.count ?? 0
    }

    @Test(arguments: [true, false])
    func `what is restored equals what was there, whatever has changed`(sharingFolders: Bool) async throws {
        let count = Int(ProcessInfo.processInfo.environment["BUILDSPEC_TEST_HISTORY"] ?? "") ?? 24
        try await HostPlayground.with { play in
            var options = HostPlayground.Options()
            options.usesCache = true
            options.sharesFolders = sharingFolders
            var random = SystemRandomNumberGenerator()
            var (expected, layers): ([String], [Int]) = ([], [])
            for step in 0..<count {
                var commands = step == 0 ? [Self.beginning] : [Self.list("START"), "cd \"$ROOT/data\""]
                var changes = (0..<Int.random(in: 1...12)).map { _ in Self.change(&random) + " || true" }
                changes.append("echo \(step) > step")
                commands.append("{ " + changes.joined(separator: "\n") + "\n} >/dev/null 2>&1")
                commands.append(Self.list("END"))
                let build = try await play.run(Self.text(commands), options)
                try #require(build.status == .succeeded, "\(build.log)")
                let found = Self.lines(build, "START", exact: sharingFolders)
                if step > 0, found != expected {
                    Issue.record(
                        "step \(step), layers \(layers): \(Set(found).symmetricDifference(expected).sorted()), after \(changes)"
                    )
                    return
                }
                expected = Self.lines(build, "END", exact: sharingFolders)
                layers.append(try layerCount(play))
            }
            if sharingFolders { #expect(layers.contains { $0 > 2 }) } else { #expect(layers.allSatisfy { $0 == 1 }) }
        }
    }

    @Test(arguments: [true, false])
    func `nothing changed, nothing read and nothing written`(sharingFolders: Bool) async throws {
        try await HostPlayground.with { play in
            var options = HostPlayground.Options()
            options.usesCache = true
            options.sharesFolders = sharingFolders
            _ = try await play.run(Self.text([Self.beginning]), options)
            let second = try await play.run(
                Self.text([
                    "touch \"$ROOT/data/gone\"; rm \"$ROOT/data/gone\"; find \"$ROOT/data\" -type f -exec chmod 0 {} +"
                ]),
                options)
            let third = try await play.run(Self.text(["ls \"$ROOT/data\" >/dev/null"]), options)
            func saved(_ build: HostBuild) -> [Bool] {
                build.events.compactMap { if case .cacheSaved(_, _, _, let changed) = $0.kind { changed } else { nil } }
            }
            #expect(saved(second) == [true])
            #expect(saved(third) == [false])
            #expect(try layerCount(play) == 1)
        }
    }

    @Test func `files of the image in a cached folder are saved with it`() async throws {
        try await HostPlayground.with { play in
            var options = HostPlayground.Options()
            options.usesCache = true
            options.sharesFolders = true
            try Folder.make(play.source.appending("k").string)
            try Data("own".utf8).write(to: URL(filePath: play.source.appending("k/own").string))
            func text(_ command: String) -> String {
                "version: 0.2\nphases: {build: {commands: ['\(command)']}}\ncache: {paths: ['k/**/*']}\n"
            }
            _ = try await play.run(text("head -c 9000 /dev/urandom > k/made"), options)
            try Data("later".utf8).write(to: URL(filePath: play.source.appending("k/later").string))
            _ = try await play.run(text("true"), options)
            try Folder.remove(play.source.appending("k/later").string)
            let third = try await play.run(text("ls k"), options)
            #expect(third.printed == ["later", "made", "own"])
        }
    }
}
