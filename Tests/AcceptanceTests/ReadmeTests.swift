import Foundation
import Testing

/// What the README says is what the program does.
@Suite(.tags(.docker), .enabled(if: Docker.isThere))
struct ReadmeTests {
    private let text: String
    private let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized

    init() throws { text = try String(contentsOf: root.appending(path: "README.md"), encoding: .utf8) }

    /// The fenced blocks of a language.
    private func blocks(_ language: String) -> [String] {
        text.components(separatedBy: "```\(language)\n").dropFirst().compactMap {
            $0.components(separatedBy: "\n```").first
        }
    }

    @Test func `the session is a real one`() async throws {
        let play = try Playground()
        let session = try #require(blocks("yaml").first { $0.hasPrefix("version:") })
        try play.buildspec(session)
        let shown = try #require(blocks("console").first { $0.contains("hello from") })
        let result = try await play.call(["run", "--image", debian])
        #expect(result.status.isSuccess)
        // Every line of the log that is shown, its stamp aside, is printed, in the same order.
        var rest = result.log[...]
        for line in shown.split(separator: "\n").map(String.init)
        where line.hasPrefix("[Container]") || line.hasPrefix("hello") {
            let wanted = line.replacing(#/^\[Container\] [0-9/]{10} [0-9:]{8}\.[0-9]{6} /#, with: "[Container] ")
            let place = rest.firstIndex(of: wanted)
            #expect(place != nil, "\(wanted)")
            if let place { rest = rest[(place + 1)...] }
        }
        #expect(play.files(in: play.source.appending(path: ".buildspec/out")) == ["artifacts/greeting.txt"])
    }

    @Test func `the settings are good ones`() async throws {
        let play = try Playground()
        try play.buildspec("version: 0.2\nphases: {build: {commands: ['echo $PROFILE']}}")
        let settings = try #require(blocks("yaml").first { $0.hasPrefix("environment:") })
        try play.write("codebuild.yml", settings.replacing("buildspec/java17", with: debian))
        let result = try await play.call(["run"])
        #expect(result.printed == ["ci"])
        #expect(!result.errorText.contains("warning"), "\(result.errorText)")
    }

    @Test func `the cache with a key works as it says`() async throws {
        let play = try Playground()
        let cache = try #require(blocks("yaml").first { $0.hasPrefix("cache:") })
        try play.buildspec(
            "version: 0.2\nphases: {build: {commands: ['ls /root/.m2/repository; mkdir -p /root/.m2/repository; touch /root/.m2/repository/x']}}\n"
                + cache)
        try play.write("pom.xml", "one")
        _ = try await play.call(["run", "--image", debian])
        let exact = try await play.call(["run", "--image", debian])
        #expect(exact.printed == ["x"])
        #expect(exact.log.contains { $0.hasPrefix("[Container] Found cache for key maven-") })
        try play.write("pom.xml", "two")
        let fallback = try await play.call(["run", "--image", debian])
        #expect(fallback.printed == ["x"])
        #expect(fallback.log.contains { $0.hasPrefix("[Container] Found cache for fallback key maven-: maven-") })
    }

    @Test func `the secrets file is a good one`() async throws {
        let play = try Playground()
        try play.buildspec(
            """
            version: 0.2
            env:
              parameter-store: {A: "/app/password:3", OTHER: /elsewhere}
              secrets-manager: {B: "ci/token:token::", C: ci/token}
            phases: {build: {commands: ['for v in "$A" "$B" "$C" "$OTHER"; do echo "$v" | tr a-z A-Z; done']}}
            """)
        try play.write("s.yml", try #require(blocks("yaml").first { $0.hasPrefix("parameter-store:") }))
        let result = try await play.run(["--secrets", "s.yml"])
        #expect(
            result.printed == [
                "CORRECT HORSE BATTERY", "ABC-DEF", #"{"USER":"BOT","TOKEN":"ABC-DEF"}"#,
                "BY THE VARIABLE'S OWN NAME, WHATEVER IT REFERS TO",
            ], "\(result.errorText)")
    }

    @Test func `the settings for AWS on this machine are good ones`() async throws {
        let play = try Playground()
        try play.buildspec("version: 0.2\nphases: {build: {commands: ['echo $CODEBUILD_PROJECT_ARN']}}")
        try play.write("codebuild.yml", try #require(blocks("yaml").first { $0.hasPrefix("x-buildspec:") }))
        let result = try await play.run(["--region", "eu-west-1"])
        #expect(result.printed == ["arn:aws:codebuild:eu-west-1:123456789012:project/source"])
        #expect(!result.errorText.contains("warning"), "\(result.errorText)")
    }

    @Test func `what is carried to another machine arrives`() async throws {
        let commands = try #require(blocks("console").first { $0.contains("cache export") })
            .matches(of: #/\$ buildspec ([a-z ]+\S+)/#).map { $0.output.1.split(separator: " ").map(String.init) }
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

    @Test func `every flag it names is in the help`() async throws {
        let play = try Playground()
        var help = ""
        let commands = [
            "run", "plan", "validate", "shell", "resume", "builds", "stats", "view", "show", "logs", "clean",
        ].map {
            [$0]
        }
        for command in commands + [["cache", "prune"], ["cache", "export"], ["hook", "install"], ["hook", "run"]] {
            help += try await play.call(command + ["--help"]).text
        }
        let named = Set(text.matches(of: #/`[^`\n]*?(--[a-z][a-z-]+)/#).map { String($0.output.1) })
        #expect(named.count > 10)
        // `tar --zstd`, and flags that the list of differences names as not there yet.
        for flag in named.subtracting(["--zstd"]) { #expect(help.contains(flag), "\(flag)") }
    }

    @Test func `every make target it names exists`() throws {
        let makefile = try String(contentsOf: root.appending(path: "Makefile"), encoding: .utf8)
        for target in Set(text.matches(of: #/make ([a-z-]+)/#).map { String($0.output.1) }) {
            #expect(makefile.contains("\n\(target):"), "\(target)")
        }
    }
}
