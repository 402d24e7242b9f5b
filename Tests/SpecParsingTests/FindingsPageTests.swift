import Foundation
import Testing

@testable import SpecParsing

/// Documentation/findings.md against the codes there are.
@Suite struct FindingsPageTests {
    private let text: String

    init() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        text = try String(contentsOf: root.appendingPathComponent("Documentation/findings.md"), encoding: .utf8)
    }

    @Test("every code has a section of its own, and every section a code")
    func codes() {
        let headings = text.split(separator: "\n").filter { $0.hasPrefix("### ") }.map { String($0.dropFirst(4)) }
        #expect(headings.sorted() == FindingCode.allCases.map(\.rawValue).sorted())
    }

    @Test("every example has the finding that it is an example of")
    func examples() throws {
        for section in text.components(separatedBy: "\n### ").dropFirst() {
            let code = try #require(section.split(separator: "\n").first)
            guard
                let example = section.components(separatedBy: "```yaml\n").dropFirst().first?
                    .components(separatedBy: "```").first
            else {
                // A shell's word, too much to print, bytes that are no text.
                #expect(
                    [
                        "shell-syntax", "too-deep", "too-large", "too-many-findings", "not-utf8", "not-supported",
                        "empty-file", "deploy-mistake", "unresolved-value", "unknown-runtime-version",
                    ].contains(String(code)))
                continue
            }
            let reading = readBuildSpec(Array(example.utf8), file: "b.yml", checksContent: true)
            #expect(reading.diagnostics.contains { $0.code == code }, "\(code): \(reading.diagnostics.map(shown))")
        }
    }
}
