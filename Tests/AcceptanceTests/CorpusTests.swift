import Foundation
import Testing

/// One shared fixture: a buildspec and what must be seen of it (Tests/Fixtures/corpus/README.md).
struct CorpusCase: Sendable, CustomTestStringConvertible {
    struct Expectation: Decodable, Sendable {
        let valid: Bool
        var error_contains: String?
        var phases: [String: String]?
        var phases_not_run: [String]?
        var stdout_in_order: [String]?
        var stdout_absent: [String]?
        var build_status: String?
        var artifacts: [String]?
        var artifacts_absent: [String]?
        var secondary_artifacts: [String: [String]]?
        var exported_variables: [String: String]?
        var validate_only: Bool?
    }

    let name: String
    let text: Data
    let expectation: Expectation
    var testDescription: String { name }

    static let all: [CorpusCase] = {
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

@Suite(.tags(.docker), .enabled(if: Docker.isThere))
struct CorpusTests {
    @Test func `the fixtures are there`() { #expect(CorpusCase.all.count == 45) }

    @Test(arguments: CorpusCase.all)
    func `a shared fixture is seen as expected`(fixture: CorpusCase) async throws {
        let play = try Playground(), want = fixture.expectation
        try fixture.text.write(to: play.source.appending(path: "buildspec.yml"))
        let checked = try await play.call(["validate", "buildspec.yml"])
        #expect(checked.status.exitStatus == (want.valid ? 0 : 65))
        if !want.valid {
            #expect(checked.outputText.contains("buildspec.yml:"))
            if let part = want.error_contains { #expect(checked.outputText.contains(part)) }
        }
        guard want.validate_only != true else { return }

        let record = play.root.appending(path: "build.json")
        let ran = try await play.run(["--no-cache", "--build-json", record.path, "--log-format", "json"])
        let json = try JSONSerialization.jsonObject(with: Data(contentsOf: record)) as? [String: Any]
        let build = try #require((json?["builds"] as? [[String: Any]])?.first)
        guard want.valid else {
            #expect(ran.status.exitStatus == 65)
            #expect(build["buildStatus"] as? String == "FAILED")
            return
        }
        let phases = (build["phases"] as? [[String: Any]] ?? []).reduce(into: [String: String]()) {
            $0[$1["phaseType"] as? String ?? ""] = $1["phaseStatus"] as? String
        }
        if let status = want.build_status {
            #expect(build["buildStatus"] as? String == status)
            #expect(ran.status.exitStatus == (status == "SUCCEEDED" ? 0 : 1))
        }
        for (phase, status) in want.phases ?? [:] { #expect(phases[phase] == status) }
        let events = ran.outputText.split(separator: "\n").compactMap {
            try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
        }
        let commanded = Set(
            events.filter { $0["kind"] as? String == "commandStarted" }.compactMap { $0["phase"] as? String })
        for phase in want.phases_not_run ?? [] { #expect(!commanded.contains(phase)) }
        let printed = events.filter { $0["kind"] as? String == "output" }.compactMap { $0["text"] as? String }.joined()
            .split(separator: "\n").map(String.init)
        var rest = printed[...]
        for line in want.stdout_in_order ?? [] {
            let place = rest.firstIndex(of: line)
            #expect(place != nil, "lacks, in order: \(line)")
            if let place { rest = rest[(place + 1)...] }
        }
        for line in want.stdout_absent ?? [] { #expect(!printed.contains(line)) }
        let collected = play.files(in: play.out.appending(path: "artifacts"))
        for name in want.artifacts ?? [] { #expect(collected.contains(name)) }
        for name in want.artifacts_absent ?? [] { #expect(!collected.contains(name)) }
        for (identifier, names) in want.secondary_artifacts ?? [:] {
            let files = play.files(in: play.out.appending(path: identifier))
            for name in names { #expect(files.contains(name)) }
        }
        let exported = (build["exportedEnvironmentVariables"] as? [[String: String]] ?? []).reduce(
            into: [String: String]()
        ) {
            $0[$1["name"] ?? ""] = $1["value"]
        }
        for (name, value) in want.exported_variables ?? [:] { #expect(exported[name] == value) }
    }
}
