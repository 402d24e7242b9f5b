import ChildProcesses
import Foundation
import Testing

/// What the README and the guides show is what the program does: each page is a session that is played from top to bottom.
///
/// A fenced block whose first line names a file (```` ```yaml buildspec.yml ````) is written to that file of the page's source. The
/// commands of a `console` block (lines that begin with `$ `) run in one shell in the source, and must print what stands below them:
/// `…` alone on a line stands for any lines, elsewhere for any text; stamps, ids and durations are not compared. Commands that need an
/// account of AWS, a browser or minutes stand in blocks of `sh`; the tests of the application read those alone.
@Suite(.tags(.docker), .enabled(if: Docker.isThere))
struct DocumentationTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized

    private struct Block {
        let language: String
        let file: String?
        let lines: [String]
    }

    static let pages =
        ["README.md"]
        + ["first-project", "debugging", "cache", "batches", "reports", "secrets", "hook"].map {
            "Documentation/guides/\($0).md"
        }

    private static func blocks(of page: String) throws -> [Block] {
        var blocks: [Block] = []
        var open: (head: [String], lines: [String])?
        for line in try String(contentsOf: root.appending(path: page), encoding: .utf8).components(separatedBy: "\n") {
            if line.hasPrefix("```") {
                if let (head, lines) = open {
                    blocks.append(
                        Block(language: head.first ?? "", file: head.dropFirst().first, lines: lines))
                    open = nil
                } else {
                    open = (line.dropFirst(3).split(separator: " ").map(String.init), [])
                }
            } else {
                open?.lines.append(line)
            }
        }
        return blocks
    }

    @Test(arguments: pages)
    func `a page's session is a real one`(page: String) async throws {
        let play = try Playground()
        let project = play.root.appending(path: "project")
        try FileManager.default.moveItem(at: play.source, to: project)
        // A page about git begins in a repository with a commit, and a place to push to.
        if page.hasSuffix("hook.md") { try await Self.makeRepository(in: project) }
        var played = 0
        for block in try Self.blocks(of: page) {
            if let file = block.file {
                try Data((block.lines.joined(separator: "\n") + "\n").utf8).write(to: project.appending(path: file))
            }
            guard block.language == "console" else { continue }
            let session = Self.commands(of: block.lines)
            played += session.count
            let outputs = try await Self.play(session.map(\.command), in: project, play)
            for (step, output) in zip(session, outputs) {
                let differs = Self.difference(between: step.shown, and: output)
                #expect(differs == nil, "\(page): `\(step.command)` does not print \(differs ?? ""), but:\n\(output)")
            }
        }
        #expect(played > 0)
        // Pages that keep a container do so in this test's own state.
        _ = try await Self.play(["buildspec clean --kept"], in: project, play)
    }

    /// Commands of a block, each with the lines that are shown below it.
    private static func commands(of lines: [String]) -> [(command: String, shown: [String])] {
        var commands: [(command: String, shown: [String])] = []
        for line in lines {
            if line.hasPrefix("$ ") {
                commands.append((String(line.dropFirst(2)), []))
            } else if !commands.isEmpty {
                commands[commands.count - 1].shown.append(line)
            }
        }
        return commands
    }

    /// Runs commands in one shell.
    ///
    /// - Returns: what each of them printed, on both streams.
    private static func play(_ commands: [String], in folder: URL, _ play: Playground) async throws -> [String] {
        let mark = "@@@ \(UUID().uuidString)"
        let script = commands.map { "\($0)\nprintf '\\n%s\\n' '\(mark)'\n" }.joined()
        let bin = play.root.appending(path: "bin")
        try FileManager.default.createDirectory(at: bin, withIntermediateDirectories: true)
        let link = bin.appending(path: "buildspec")
        if !FileManager.default.fileExists(atPath: link.path) {
            try FileManager.default.createSymbolicLink(
                at: link, withDestinationURL: URL(filePath: Playground.binary).resolvingSymlinksInPath())
        }
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        let result = try await Command(
            "/bin/sh", ["-c", "exec 2>&1\n" + script],
            environment: [
                "XDG_CACHE_HOME": play.cache.path, "XDG_STATE_HOME": play.state.path, "NO_COLOR": "1",
                "PATH": "\(bin.path):\(path)", "GIT_CONFIG_GLOBAL": "/dev/null",
                "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a",
                "GIT_COMMITTER_EMAIL": "a@b",
            ], workingDirectory: folder.path
        ).collect()
        return result.text.components(separatedBy: "\n\(mark)\n").dropLast().map { $0 }
    }

    /// - Returns: the first shown line that was not printed where it should be; `nil` when all were.
    private static func difference(between shown: [String], and output: String) -> String? {
        let printed = output.isEmpty ? [] : output.trimmingSuffix { $0 == "\n" }.components(separatedBy: "\n")
        var rest = printed[...]
        var maySkip = false
        for line in shown.joined(separator: "\n").trimmingSuffix(while: { $0 == "\n" }).components(separatedBy: "\n")
        where !(shown.allSatisfy(\.isEmpty)) {
            if line == "…" {
                maySkip = true
                continue
            }
            let pattern = Self.pattern(of: line)
            let place =
                maySkip
                ? rest.firstIndex { matches($0, pattern) }
                : rest.first.flatMap { matches($0, pattern) ? rest.startIndex : nil }
            guard let place else { return "`\(line)`" }
            rest = rest[(place + 1)...]
            maySkip = false
        }
        return maySkip || rest.allSatisfy(\.isEmpty) ? nil : "an end before `\(rest.first ?? "")`"
    }

    private static func matches(_ line: String, _ pattern: String) -> Bool {
        line.range(of: "^\(pattern)$", options: .regularExpression) != nil
    }

    /// A shown line as a regular expression.
    private static func pattern(of line: String) -> String {
        // What is not compared is found in the plain line, and stands as one character of its own while the rest is escaped.
        let classes = [
            ("[0-9]{4}/[0-9]{2}/[0-9]{2} [0-9:]{8}\\.[0-9]{6}", "\u{e000}", "[0-9/]+ [0-9:.]+"),
            ("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "\u{e001}", "[0-9a-f-]{36}"),
            ("[0-9]+\\.[0-9] s", "\u{e002}", "[0-9.]+ s"), (" *…", "\u{e003}", ".*"),
        ]
        var line = line
        for (shown, mark, _) in classes {
            line = line.replacingOccurrences(of: shown, with: mark, options: .regularExpression)
        }
        var pattern = NSRegularExpression.escapedPattern(for: line)
        for (_, mark, meant) in classes { pattern = pattern.replacingOccurrences(of: mark, with: meant) }
        return pattern
    }

    private static func makeRepository(in folder: URL) async throws {
        let script = """
            set -e
            printf 'environment: {image: "debian:bookworm-slim"}\\n' >codebuild.yml
            printf 'version: 0.2\\nphases:\\n  build:\\n    commands: [pwd, sh ./check.sh]\\n' >buildspec.yml
            mkdir -p src
            echo 'exit 3' >check.sh
            cp check.sh src/check.sh
            git init -q -b main .
            git add .
            git -c user.name=a -c user.email=a@b commit -q -m one
            git init -q --bare ../upstream.git
            git remote add origin ../upstream.git
            """
        let result = try await Command("/bin/sh", ["-c", script], workingDirectory: folder.path).collect()
        #expect(result.status.isSuccess, "\(result.errorText)")
    }

    @Test func `every page that is linked is there`() throws {
        let files =
            FileManager.default.enumerator(atPath: Self.root.appending(path: "Documentation").path)?
            .compactMap { $0 as? String }.filter { $0.hasSuffix(".md") }.map { "Documentation/\($0)" } ?? []
        for page in files + ["README.md", "Sources/README.md", "CHANGELOG.md"] {
            let text = try String(contentsOf: Self.root.appending(path: page), encoding: .utf8)
            let folder = Self.root.appending(path: page).deletingLastPathComponent()
            for link in text.matches(of: #/\]\(([^)\s]+)\)/#).map({ String($0.output.1) }) where !link.contains("://") {
                let parts = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
                let target = parts[0].isEmpty ? Self.root.appending(path: page) : folder.appending(path: parts[0])
                #expect(FileManager.default.fileExists(atPath: target.standardized.path), "\(page): \(link)")
                guard parts.count > 1, target.pathExtension == "md" else { continue }
                #expect(try Self.anchors(in: target).contains(parts[1]), "\(page): \(link)")
            }
        }
    }

    /// The anchors of a page's headings, as GitHub makes them.
    private static func anchors(in page: URL) throws -> Set<String> {
        let text = try String(contentsOf: page, encoding: .utf8)
        return Set(
            text.components(separatedBy: "\n").filter { $0.hasPrefix("#") }.map { line in
                line.drop { $0 == "#" || $0 == " " }.lowercased()
                    .filter { $0.isLetter || $0.isNumber || $0 == " " || $0 == "-" || $0 == "_" }
                    .replacingOccurrences(of: " ", with: "-")
            })
    }

    @Test func `the first screen of the README has at most 60 lines`() throws {
        let text = try String(contentsOf: Self.root.appending(path: "README.md"), encoding: .utf8)
        let lines = text.components(separatedBy: "\n")
        let tasks = try #require(lines.firstIndex(of: "## Tasks"))
        #expect(tasks <= 60)
        #expect(lines.count <= 130)
    }
}

extension String {
    fileprivate func trimmingSuffix(while isLeftOut: (Character) -> Bool) -> String {
        var text = self[...]
        while let last = text.last, isLeftOut(last) { text = text.dropLast() }
        return String(text)
    }
}
