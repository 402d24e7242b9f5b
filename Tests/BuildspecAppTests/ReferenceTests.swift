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

    private static func cell(_ text: String) -> String {
        text.split { $0.isWhitespace }.joined(separator: " ").replacing("|", with: "\\|")
    }

    /// The names of a flag with its value, as a table shows them.
    private static func names(of flag: CommandTree.Flag) -> String {
        let value = flag.valueName.uppercased()
        guard flag.kind != .positional else { return "`\(value)`" }
        return flag.names.map { $0 == flag.name && flag.kind == .option ? "`\($0) \(value)`" : "`\($0)`" }
            .joined(separator: ", ")
    }

    /// All that the help says of a flag.
    private static func words(of flag: CommandTree.Flag) -> String { cell("\(flag.abstract) \(flag.discussion)") }

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
        for command in try CommandTree.ofProgram().all where command.path.count > 1 {
            page += ["## \(command.path.joined(separator: " "))", "", Self.cell(command.abstract), ""]
            guard !command.flags.isEmpty else { continue }
            page += ["| flag | does |", "| --- | --- |"]
            page += command.flags.map { "| \(Self.names(of: $0)) | \(Self.words(of: $0)) |" } + [""]
        }
        try check("commands.md", is: page.joined(separator: "\n"))
    }

    @Test func `the page of settings has every key`() throws {
        let run = try #require(try CommandTree.ofProgram().subcommand("run"))
        var help: [String: String] = [:]
        for flag in run.flags where flag.name.hasPrefix("--") {
            help[String(flag.name.dropFirst(2))] = Self.words(of: flag)
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

    /// Documentation/security.md says of each key who may name it, and what may be in it.
    @Test func `the table of what a repository may say has every key`() throws {
        let page = try String(contentsOf: Self.root.appending(path: "Documentation/security.md"), encoding: .utf8)
        let table = page.split(separator: "\n").filter { $0.hasPrefix("|") }.joined(separator: "\n")
        for name in Settings.fileKeys { #expect(table.contains("`\(name)"), "\(name)") }
    }

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
                do {
                    _ = try BuildspecCommand.parseAsRoot(words)
                } catch {
                    Issue.record("\(page): \(line): \(BuildspecCommand.message(for: error))")
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
