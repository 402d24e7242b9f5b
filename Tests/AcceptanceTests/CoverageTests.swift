import Foundation
import Testing

/// Documentation/codebuild-coverage.md is true of the tests it names.
@Suite struct CoverageTests {
    private let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private func document() throws -> String {
        try String(contentsOf: root.appending(path: "Documentation/codebuild-coverage.md"), encoding: .utf8)
    }

    /// Every Swift file of a folder, one text.
    private func swift(_ name: String) throws -> String {
        let folder = root.appending(path: name)
        let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
        return try files.compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }
            .map { try String(contentsOf: $0, encoding: .utf8) }.joined()
    }

    @Test func `every test it names exists`() throws {
        let tests = try swift("Tests")
        let sentences = try document().split(separator: "\n").filter { $0.hasPrefix("| ") }
            .flatMap { $0.matches(of: /"([^"]+)"/).map { String($0.1) } }
        #expect(sentences.count > 60)
        let missing = sentences.filter { sentence in
            let known = sentence.hasSuffix(" …") ? String(sentence.dropLast(2)) : sentence
            return !tests.contains("(\"\(known)") && !tests.contains("func `\(known)")
                && !tests.contains("    \"\(known)")
        }
        #expect(missing == [])
    }

    @Test func `every place behind a fact exists`() throws {
        let sources = try swift("Sources")
        let facts = try #require(try document().components(separatedBy: "## Facts nobody has stated").last)
        let places = facts.split(separator: "\n").filter { $0.hasPrefix("| ") }.compactMap {
            $0.split(separator: "|").last
        }
        let names = places.flatMap { $0.matches(of: /`\.?([A-Za-z.]+)/).map { String($0.1) } }
            .filter { !$0.hasSuffix(".swift") && !$0.hasSuffix(".sh") && $0.first?.isLetter == true }
        #expect(names.count > 40)
        let missing = names.filter { name in
            name.split(separator: ".").contains { !sources.contains("\($0)") }
        }
        #expect(missing == [])
    }

    @Test func `every fixture it names exists`() throws {
        let names = try document().matches(of: /corpus ((?:[a-z0-9]+-[a-z0-9-]+(?:, )?)+)/)
            .flatMap { $0.1.split(separator: ", ") }
        #expect(names.count > 15)
        for name in names {
            let file = root.appending(path: "Tests/Fixtures/corpus/\(name).yml")
            #expect(FileManager.default.fileExists(atPath: file.path), "no fixture `\(name)`")
        }
    }
}
