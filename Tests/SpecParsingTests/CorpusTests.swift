import Rendering
import Foundation
import SpecParsing
import Testing

/// The shared fixtures: what must be accepted, and what a refusal must name.
@Suite struct CorpusTests {
    struct Fixture: CustomTestStringConvertible {
        let name: String
        let bytes: [UInt8]
        let expected: Expectation
        var testDescription: String { name }
    }

    struct Expectation: Decodable {
        let valid: Bool
        let errorContains: String?
        let batchIdentifiers: [String]?

        enum CodingKeys: String, CodingKey {
            case valid
            case errorContains = "error_contains"
            case batchIdentifiers = "batch_identifiers"
        }
    }

    static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Fixtures/corpus")

    static let fixtures: [Fixture] = {
        let files = (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? []
        return files.filter { $0.pathExtension == "yml" }.sorted { $0.path < $1.path }.compactMap { file in
            let expectation = file.deletingPathExtension().appendingPathExtension("expect.json")
            guard let bytes = try? Data(contentsOf: file), let json = try? Data(contentsOf: expectation),
                let expected = try? JSONDecoder().decode(Expectation.self, from: json)
            else { return nil }
            return Fixture(name: file.lastPathComponent, bytes: Array(bytes), expected: expected)
        }
    }()

    @Test("the fixtures are there")
    func present() { #expect(Self.fixtures.count >= 44) }

    @Test("a fixture is accepted or refused as it says", arguments: fixtures)
    func fixture(_ fixture: Fixture) {
        let reading = readBuildSpec(fixture.bytes, file: "buildspec.yml")
        let text = DiagnosticRenderer(color: false).text(reading.diagnostics, source: fixture.bytes)
        #expect(reading.isValid == fixture.expected.valid, "\(text)")
        #expect((reading.spec != nil) == fixture.expected.valid)
        #expect((reading.failure == nil) == fixture.expected.valid)
        if fixture.expected.valid {
            #expect(text == "")
        } else {
            #expect(text.contains("buildspec.yml:"))
        }
        if let name = fixture.expected.errorContains {
            #expect(text.contains(name))
        }
        // The warnings of our own leave it as it is; these files are made to be right, but for one version.
        let checked = readBuildSpec(fixture.bytes, file: "buildspec.yml", checksContent: true)
        #expect(checked.isValid == fixture.expected.valid)
        if fixture.expected.valid {
            let codes = fixture.name == "runtime-versions-only-install.yml" ? ["unquoted-version"] : []
            #expect(checked.diagnostics.map(\.code) == codes)
        }
        if let identifiers = fixture.expected.batchIdentifiers {
            #expect(reading.spec?.batch?.builds.map(\.identifier.value) == identifiers)
        }
    }
}
