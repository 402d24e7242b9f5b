import Foundation
import Testing

/// One shared fixture: a buildspec, and what must be seen of it (Tests/Fixtures/corpus/README.md).
public struct CorpusCase: Sendable, CustomTestStringConvertible {
    public struct Expectation: Decodable, Sendable {
        public let valid: Bool
        public var error_contains: String?
        public var phases: [String: String]?
        public var phases_not_run: [String]?
        public var stdout_in_order: [String]?
        public var stdout_absent: [String]?
        public var build_status: String?
        public var artifacts: [String]?
        public var artifacts_absent: [String]?
        public var secondary_artifacts: [String: [String]]?
        public var exported_variables: [String: String]?
        public var validate_only: Bool?
    }

    public let name: String
    public let text: Data
    public let expectation: Expectation
    public var testDescription: String { name }

    public static let all: [CorpusCase] = {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fixtures/corpus")
            .standardized
        let files = (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? []
        return files.filter { $0.pathExtension == "yml" }.sorted { $0.path < $1.path }.compactMap { file in
            let expected = file.deletingPathExtension().appendingPathExtension("expect.json")
            guard let text = try? Data(contentsOf: file), let json = try? Data(contentsOf: expected),
                let expectation = try? JSONDecoder().decode(Expectation.self, from: json)
            else { return nil }
            return CorpusCase(
                name: file.deletingPathExtension().lastPathComponent, text: text, expectation: expectation)
        }
    }()
}

/// What a build showed, for ``CorpusCase/Expectation`` to judge.
public struct CorpusOutcome: Sendable {
    /// By the API's names, as are their statuses.
    public var phases: [String: String] = [:]
    public var commandedPhases: Set<String> = []
    /// What the commands printed, line by line.
    public var printed: [String] = []
    public var buildStatus = ""
    /// The files collected, by the artifact's identifier; `artifacts` is the primary one's.
    public var artifacts: [String: [String]] = [:]
    public var exportedVariables: [String: String] = [:]

    public init() {}
}

extension CorpusCase.Expectation {
    /// Holds an outcome against the expectation.
    public func expect(_ outcome: CorpusOutcome) {
        if let status = build_status { #expect(outcome.buildStatus == status) }
        for (phase, status) in phases ?? [:] { #expect(outcome.phases[phase] == status, "\(phase)") }
        for phase in phases_not_run ?? [] { #expect(!outcome.commandedPhases.contains(phase)) }
        var rest = outcome.printed[...]
        for line in stdout_in_order ?? [] {
            let place = rest.firstIndex(of: line)
            #expect(place != nil, "lacks, in order: \(line)")
            if let place { rest = rest[(place + 1)...] }
        }
        for line in stdout_absent ?? [] { #expect(!outcome.printed.contains(line)) }
        let collected = outcome.artifacts["artifacts"] ?? []
        for name in artifacts ?? [] { #expect(collected.contains(name)) }
        for name in artifacts_absent ?? [] { #expect(!collected.contains(name)) }
        for (identifier, names) in secondary_artifacts ?? [:] {
            for name in names { #expect(outcome.artifacts[identifier]?.contains(name) == true) }
        }
        for (name, value) in exported_variables ?? [:] { #expect(outcome.exportedVariables[name] == value) }
    }
}
