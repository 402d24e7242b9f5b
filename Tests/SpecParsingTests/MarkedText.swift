import Rendering
import SpecParsing
import Testing

/// A sample with the places where findings are due: `«comands»: []`.
struct MarkedText {
    let text: String
    /// One for each mark, in the order of the text.
    let places: [Place]

    struct Place: Equatable, CustomStringConvertible {
        let line: Int
        let column: Int
        let length: Int
        var description: String { "\(line):\(column)+\(length)" }
    }

    init(_ marked: String) {
        var text = "", places: [Place] = [], line = 1, column = 1, start = 0
        for scalar in marked.unicodeScalars {
            switch scalar {
            case "«": start = column
            case "»": places.append(Place(line: line, column: start, length: max(1, column - start)))
            default:
                text.unicodeScalars.append(scalar)
                (line, column) = scalar == "\n" ? (line + 1, 1) : (line, column + 1)
            }
        }
        self.text = text
        self.places = places
    }
}

/// Reads a sample under the name `b.yml`.
func read(_ text: String) -> SpecReading { readBuildSpec(Array(text.utf8), file: "b.yml") }

/// Reads a valid sample.
func spec(_ text: String, _ place: Testing.SourceLocation = #_sourceLocation) throws -> BuildSpec {
    let reading = read(text)
    #expect(reading.diagnostics.map(shown) == [], sourceLocation: place)
    return try #require(reading.spec, sourceLocation: place)
}

/// A finding without its place: `warning: unknown key … [unknown-key]`.
func shown(_ diagnostic: Diagnostic) -> String {
    "\(diagnostic.severity.rawValue): \(diagnostic.message) [\(diagnostic.code)]"
}

/// Expects the findings of a marked sample, in order, each at its mark.
@discardableResult
func expectFindings(
    _ marked: String, _ findings: [String], _ place: Testing.SourceLocation = #_sourceLocation
) -> SpecReading {
    let sample = MarkedText(marked), reading = read(sample.text)
    #expect(reading.diagnostics.map(shown) == findings, sourceLocation: place)
    let places = reading.diagnostics.map {
        MarkedText.Place(line: $0.location.line, column: $0.location.column, length: $0.length)
    }
    #expect(places == sample.places, sourceLocation: place)
    return reading
}

/// Expects the findings of a marked sample whose content is checked, each a code at its mark.
///
/// Notes are left out. The image is one that has the fewest features, so that whatever there is to say of a command is said.
@discardableResult
func expectChecks(
    _ marked: String, _ codes: [String], facts: ProjectFacts = ProjectFacts(image: "aws/codebuild/standard:7.0"),
    _ place: Testing.SourceLocation = #_sourceLocation
) -> [Diagnostic] {
    let sample = MarkedText(marked)
    let found = readBuildSpec(Array(sample.text.utf8), file: "b.yml", checksContent: true, facts: facts).diagnostics
        .filter { $0.severity != .note }
    #expect(found.map(\.code) == codes, "\(found.map(shown))", sourceLocation: place)
    let places = found.map {
        MarkedText.Place(line: $0.location.line, column: $0.location.column, length: $0.length)
    }
    #expect(places == sample.places, sourceLocation: place)
    // What is said is said in the house's form.
    for finding in found {
        #expect(finding.severity == .warning, sourceLocation: place)
        #expect(finding.help?.isEmpty == false, sourceLocation: place)
        #expect(!finding.message.hasSuffix("."), sourceLocation: place)
    }
    return found
}

/// A buildspec with one command, written as a block, in a phase of its own.
func buildspec(block: String, shell: String? = nil) -> String {
    let lines = block.split(separator: "\n", omittingEmptySubsequences: false).map { "        \($0)" }
    return "version: 0.2\n" + (shell.map { "env:\n  shell: \($0)\n" } ?? "")
        + "phases:\n  build:\n    commands:\n      - |\n" + lines.joined(separator: "\n") + "\n"
}

/// A buildspec with nothing to complain about, to be gone on with.
let goodHead = """
    version: 0.2
    phases:
      build:
        commands: [a]

    """
