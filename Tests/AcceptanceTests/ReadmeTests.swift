import Foundation
import Testing

/// What README and guides say beside their sessions (``DocumentationTests``) is so.
@Suite(.tags(.docker), .enabled(if: Docker.isThere))
struct ReadmeTests {
    private let text: String
    private let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized

    init() throws {
        let folder = root.appending(path: "Documentation/guides")
        let guides = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        let reference = root.appending(path: "Documentation/reference")
        text = try
            ([root.appending(path: "README.md"), root.appending(path: "Documentation/contributing.md")] + guides
            + ["files", "exit-statuses", "differences"].map { reference.appending(path: "\($0).md") })
            .map { try String(contentsOf: $0, encoding: .utf8) }.joined(separator: "\n")
    }

    /// The fenced blocks of a language.
    private func blocks(_ language: String) -> [String] {
        text.components(separatedBy: "```\(language)\n").dropFirst().compactMap {
            $0.components(separatedBy: "\n```").first
        }
    }

    @Test func `the settings are good ones`() async throws {
        let play = try Playground()
        try play.buildspec("version: 0.2\nphases: {build: {commands: ['echo $PROFILE']}}")
        let settings = try #require(blocks("yaml codebuild.yml").first { $0.contains("environmentVariables") })
        try play.write("codebuild.yml", settings.replacing("buildspec/java17", with: debian))
        let result = try await play.call(["run"])
        #expect(result.printed == ["ci"])
        #expect(!result.errorText.contains("warning"), "\(result.errorText)")
    }

    @Test func `the settings for AWS on this machine are good ones`() async throws {
        let play = try Playground()
        try play.buildspec("version: 0.2\nphases: {build: {commands: ['echo $CODEBUILD_PROJECT_ARN']}}")
        try play.write(
            "codebuild.yml", try #require(blocks("yaml codebuild.yml").first { $0.hasPrefix("x-buildspec:") }))
        let result = try await play.run(["--region", "eu-west-1"])
        #expect(result.printed == ["arn:aws:codebuild:eu-west-1:123456789012:project/source"])
        #expect(!result.errorText.contains("warning"), "\(result.errorText)")
    }

    @Test func `what is carried to another machine arrives`() async throws {
        let commands = try #require(blocks("sh").first { $0.contains("cache export") })
            .matches(of: #/buildspec ([a-z ]+\S+)/#).map { $0.output.1.split(separator: " ").map(String.init) }
        #expect(commands.count == 2)
        let play = try Playground()
        try play.buildspec(
            "version: 0.2\nphases: {build: {commands: ['mkdir /k; echo 1 > /k/f']}}\ncache: {paths: [/k]}")
        try play.write("codebuild.yml", "environment: {image: \(busybox)}")
        #expect(try await play.call(["run"]).status.isSuccess)
        #expect(try await play.call(commands[0] + ["--no-images"]).status.isSuccess)
        let there = ["XDG_CACHE_HOME": play.root.appending(path: "there").path]
        let imported = try await play.call(commands[1], environment: there)
        #expect(imported.status.isSuccess, "\(imported.errorText)")
        #expect(try await play.call(["cache", "list"], environment: there).text.contains("\nsource-"))
    }

    @Test func `every make target it names exists`() throws {
        let makefile = try String(contentsOf: root.appending(path: "Makefile"), encoding: .utf8)
        for target in Set(text.matches(of: #/[`\n]make ([a-z-]+)/#).map { String($0.output.1) }) {
            #expect(makefile.contains("\n\(target):"), "\(target)")
        }
    }
}
