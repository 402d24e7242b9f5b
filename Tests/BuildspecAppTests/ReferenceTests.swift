import ArgumentParser
import Foundation
import Testing

@testable import BuildspecApp

/// The pages of the reference are what the program's own declarations say, and examples in all pages are commands that it takes.
///
/// `make reference` runs this suite with BUILDSPEC_WRITE_REFERENCE set, which writes the pages anew.
@Suite struct ReferenceTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized
    private static let note = "<!-- Made from the program's declarations: `make reference` writes it anew. -->"

    private struct Tree: Decodable { let command: Node }
    private struct Node: Decodable {
        let commandName: String
        let abstract: String?
        let shouldDisplay: Bool?
        let arguments: [Flag]?
        let subcommands: [Node]?
    }
    private struct Flag: Decodable {
        struct Name: Decodable {
            let kind: String
            let name: String
        }
        let kind: String
        let names: [Name]?
        let valueName: String?
        let abstract: String?
        let discussion: String?

        /// All that its help says.
        var words: String { [abstract, discussion].compactMap { $0 }.joined(separator: " ") }

        var isOwn: Bool { !(names ?? []).contains { ["help", "version"].contains($0.name) } }

        var shown: String {
            let value = valueName?.uppercased() ?? "VALUE"
            guard kind != "positional" else { return "`\(value)`" }
            let names = (names ?? []).map { ($0.kind == "short" ? "-" : "--") + $0.name }.sorted {
                ($0.count, $0) < ($1.count, $1)
            }
            return names.enumerated().map { index, name in
                kind == "flag" || index < names.count - 1 ? "`\(name)`" : "`\(name) \(value)`"
            }.joined(separator: ", ")
        }
    }

    private static func cell(_ text: String?) -> String {
        (text ?? "").split { $0.isWhitespace }.joined(separator: " ").replacing("|", with: "\\|")
    }

    private static func commands(_ node: Node, after path: [String] = []) -> [(path: [String], node: Node)] {
        guard node.shouldDisplay ?? true, node.commandName != "help" else { return [] }
        let own = path + [node.commandName]
        return [(own, node)] + (node.subcommands ?? []).flatMap { commands($0, after: own) }
    }

    private static func tree() throws -> [(path: [String], node: Node)] {
        let json = BuildspecCommand._dumpHelp()
        return commands(try JSONDecoder().decode(Tree.self, from: Data(json.utf8)).command)
    }

    /// Compares a page with what it should be, or writes it where that is asked for.
    private func check(_ name: String, is text: String) throws {
        let file = Self.root.appending(path: "Documentation/reference/\(name)")
        if ProcessInfo.processInfo.environment["BUILDSPEC_WRITE_REFERENCE"] != nil {
            try Data(text.utf8).write(to: file)
        }
        let there = try String(contentsOf: file, encoding: .utf8)
        #expect(there == text, "\(name) is not what the program says; write it anew with: make reference")
    }

    @Test func `the page of commands has every flag`() throws {
        var page = ["# Commands and flags", "", Self.note, ""]
        for (path, node) in try Self.tree() where path.count > 1 {
            page += ["## \(path.joined(separator: " "))", "", Self.cell(node.abstract), ""]
            let flags = (node.arguments ?? []).filter(\.isOwn)
            guard !flags.isEmpty else { continue }
            page +=
                ["| flag | does |", "| --- | --- |"] + flags.map { "| \($0.shown) | \(Self.cell($0.words)) |" } + [
                    ""
                ]
        }
        try check("commands.md", is: page.joined(separator: "\n"))
    }

    @Test func `the page of settings has every key`() throws {
        let run = try #require(try Self.tree().first { $0.path.count == 2 && $0.path.last == "run" })
        var help: [String: String] = [:]
        for flag in run.node.arguments ?? [] {
            for name in flag.names ?? [] where name.kind == "long" { help[name.name] = Self.cell(flag.words) }
        }
        var page = [
            "# Settings", "", Self.note, "",
            "Most flags of `run` can be given in three places. A flag beats the variable of the environment, and that beats the settings file",
            "(`codebuild.yml`, under `x-buildspec`; [more](../guides/settings.md)). Keys that reach for what is yours are refused in that file:",
            "it may come from a stranger's repository ([why](../security.md)).", "",
            "| flag | variable | key under `x-buildspec` | does |", "| --- | --- | --- | --- |",
        ]
        for name in Settings.fileKeys.sorted() {
            let isRefused = SettingsLayers.usersAlone.contains(name)
            page.append(
                "| \(help[name] == nil ? "-" : "`--\(name)`") | `\(Places.variableName(of: name))` | "
                    + "\(isRefused ? "refused" : "`\(name)`") | \(help[name] ?? Self.withoutFlag[name] ?? "") |")
            #expect(help[name] != nil || Self.withoutFlag[name] != nil, "\(name)")
        }
        try check("settings.md", is: page.joined(separator: "\n") + "\n")
    }

    /// What the keys mean that no flag has.
    private static let withoutFlag = [
        "images": "Images beside the build's own that `cache export` takes along and the build's Docker gets.",
        "repositories": "ECR repositories that `--aws-local` creates when they are missing.",
    ]

    @Test func `the page of exit statuses has those of the program`() throws {
        let text = try String(
            contentsOf: Self.root.appending(path: "Documentation/reference/exit-statuses.md"), encoding: .utf8)
        let listed = text.matches(of: #/\n\| ([0-9]+) \|/#).compactMap { Int32($0.output.1) }
        let known: [BuildspecApp.ExitStatus] = [
            .succeeded, .buildFailed, .usage, .invalidBuildspec, .noSuchFile, .noEngine, .internal, .cannotWriteOutput,
            .inputOutput, .offlineMissing, .invalidSettings,
        ]
        #expect(listed == known.map(\.code).sorted())
    }

    static let pages: [String] = {
        let folder = root.appending(path: "Documentation")
        let all = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
        return ["README.md"]
            + all.filter { $0.hasSuffix(".md") && !$0.hasPrefix("decisions") }.map { "Documentation/\($0)" }.sorted()
    }()

    @Test(arguments: pages)
    func `every command that is shown is one the program takes`(page: String) throws {
        let text = try String(contentsOf: Self.root.appending(path: page), encoding: .utf8)
        for block in text.components(separatedBy: "\n```").enumerated() where block.offset % 2 == 1 {
            for line in block.element.split(separator: "\n") {
                guard let match = line.firstMatch(of: #/^(?:\$ |\s*- run: |\s*- )?buildspec( [^|>#;]*)?/#),
                    let words = Self.words(String(match.output.1 ?? ""))
                else { continue }
                #expect(throws: Never.self, "\(page): \(line)") {
                    do {
                        _ = try BuildspecCommand.parseAsRoot(words)
                    } catch {
                        Issue.record("\(page): \(line): \(BuildspecCommand.message(for: error))")
                    }
                }
            }
        }
    }

    /// The words of a command line as a shell splits it; `nil` where quotes do not end on the line.
    private static func words(_ text: String) -> [String]? {
        var words: [String] = []
        var word: String?
        var quote: Character?
        for character in text {
            if let open = quote {
                if character == open { quote = nil } else { word = (word ?? "") + String(character) }
            } else if character == "'" || character == "\"" {
                quote = character
                word = word ?? ""
            } else if character == " " {
                if let word { words.append(word) }
                word = nil
            } else {
                word = (word ?? "") + String(character)
            }
        }
        if let word { words.append(word) }
        return quote == nil ? words : nil
    }
}
