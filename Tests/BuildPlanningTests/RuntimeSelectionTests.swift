import BuildPlanning
import SpecParsing
import Testing

/// Which of an image's runtimes a buildspec gets (CODEBUILD-2026 A).
@Suite struct RuntimeSelectionTests {
    /// Shaped as AWS's own files: newest first here and last there, keys that are no numbers, an entry for all others.
    static let file = """
        version: 0.1
        runtimes:
          java:
            versions:
              corretto21: {commands: ['echo 21']}
              corretto17: {commands: ['echo 17', 'export JAVA_HOME="$JAVA_17_HOME"']}
              corretto8: {commands: ['echo 8']}
              default: {commands: ['echo "custom $VERSION"']}
          python:
            versions:
              3.9: {commands: [nine]}
              3.10: {commands: [ten]}
              3.14:
                commands:
                  - fourteen
              default: {commands: [custom]}
          dotnet: {versions: {10.0: {commands: [ten]}, 8.0: {commands: [eight]}, default: {commands: [custom]}}}
          nodejs: {versions: {10: {commands: [old]}, 12: {commands: [new]}}}
          android:
            versions:
              28: {requires: {java: [corretto8]}, commands: [a28]}
              29: {requires: {java: [corretto8, corretto17]}, commands: [a29]}
          docker: {versions: {20: {commands: [deprecated]}}}
        """

    private func select(_ asked: [(String, String)]) throws -> RuntimeSelection {
        RuntimeSelection(asked.map { (name: $0.0, version: $0.1) }, from: try RuntimeCatalog(Array(Self.file.utf8)))
    }

    @Test(
        arguments: [
            ("java", "corretto17", "corretto17", "corretto17", nil),
            ("java", "latest", "corretto21", "corretto21", nil),
            ("java", "corretto8.x", "corretto8", "corretto8", nil),
            ("java", "corretto15", "corretto15", "default", "15"),
            ("java", "openjdk11", "openjdk11", "default", "openjdk11"),
            ("python", "3.10", "3.10", "3.10", nil),
            ("python", "3.1", "3.1", "default", "3.1"),
            ("python", "3.x", "3.14", "3.14", nil),
            ("python", "latest", "3.14", "3.14", nil),
            ("python", "3.8.2", "3.8.2", "default", "3.8.2"),
            ("dotnet", "latest", "10.0", "10.0", nil),
            ("dotnet", "10.0", "10.0", "10.0", nil),
            ("dotnet", "8", "8", "default", "8"),
            ("dotnet", "8.x", "8.0", "8.0", nil),
            ("nodejs", "12", "12", "12", nil),
            ("nodejs", "12.x", "12", "12", nil),
            ("nodejs", "latest", "12", "12", nil),
            ("docker", "20", "20", "20", nil),
        ] as [(String, String, String, String, String?)])
    func `one version`(name: String, asked: String, version: String, key: String, variable: String?) throws {
        let selection = try select([(name, asked)])
        let choice = try #require(selection.choices.first)
        #expect(selection.problem == nil && selection.choices.count == 1)
        #expect(choice.version == version && choice.key == key && choice.variable == variable && choice.asked == asked)
        let resolved = asked == version ? [] : ["Resolved '\(name)' runtime alias '\(asked)' to '\(version)'."]
        #expect(
            selection.lines == resolved + [
                "Selecting '\(name)' runtime version '\(version)' based on manual selections..."
            ])
    }

    @Test(
        arguments: [
            (
                [("ruby", "3.4")],
                "Unknown runtime named 'ruby'. This build image has the following runtimes: android, docker, dotnet, java, "
                    + "nodejs, python"
            ),
            (
                [("nodejs", "18")],
                "Unknown runtime version named '18' of nodejs. This build image has the following versions: 10, 12"
            ),
            (
                [("nodejs", "18.x")],
                "Unknown runtime version named '18.x' of nodejs. This build image has the following versions: 10, 12"
            ),
            (
                [("python", "2.x")],
                "Unknown runtime version named '2.x' of python. This build image has the following versions: 3.10, 3.14, 3.9"
            ),
            (
                [("java", "corretto21"), ("android", "29")],
                "Runtime 'android' version '29' has a dependency on runtime 'java', but 'java' version 'corretto21' has already "
                    + "been manually selected. Not attempting to override."
            ),
        ] as [([(String, String)], String)])
    func `what the image cannot give is an error, and nothing is installed`(
        asked: [(String, String)], message: String
    ) throws {
        let selection = try select(asked)
        #expect(selection.problem == PhaseContext(statusCode: "YAML_FILE_ERROR", message: message))
        #expect(selection.choices.isEmpty)
        #expect(selection.lines.count >= asked.count)
    }

    @Test func `every line comes before the first error`() throws {
        let selection = try select([("docker", "19"), ("ruby", "3.4"), ("java", "latest")])
        #expect(
            selection.lines == [
                "Resolved 'java' runtime alias 'latest' to 'corretto21'.",
                "Selecting 'docker' runtime version '19' based on manual selections...",
                "Selecting 'ruby' runtime version '3.4' based on manual selections...",
                "Selecting 'java' runtime version 'corretto21' based on manual selections...",
            ])
        #expect(selection.problem?.message.hasPrefix("Unknown runtime version named '19' of docker.") == true)
    }

    @Test func `runtimes that require one another end somewhere`() throws {
        let file = """
            version: 0.1
            runtimes:
              a: {versions: {1: {requires: {b: [1]}, commands: [one]}}}
              b: {versions: {1: {requires: {a: [1]}, commands: [two]}}}
            """
        let catalog = try RuntimeCatalog(Array(file.utf8))
        #expect(RuntimeSelection([("a", "1")], from: catalog).choices.map(\.name) == ["b", "a"])
        #expect(RuntimeSelection([("a", "1"), ("b", "1")], from: catalog).choices.map(\.name) == ["b", "a"])
    }

    @Test func `what a runtime requires comes before it`() throws {
        #expect(try select([("android", "28")]).choices.map(\.key) == ["corretto8", "28"])
        #expect(try select([("android", "29"), ("java", "corretto17")]).choices.map(\.key) == ["corretto17", "29"])
        #expect(try select([("java", "corretto8"), ("android", "28")]).choices.map(\.key) == ["corretto8", "28"])
    }

    @Test func `without versions one line says so`() throws {
        #expect(try select([]).lines == ["No runtime version selected in buildspec."])
    }

    @Test(arguments: [
        ("runtimes: [", "1:"), ("a: b", "1:1: `runtimes` is missing"), ("runtimes: [java]", "1:11: here is a list"),
        ("runtimes:\n  java:\n    versions: {17: {commands: [{}]}}", "3:32: here is a mapping, and text is needed"),
        ("", "1:1: `runtimes` is missing"),
    ])
    func `a file that lists no runtimes is told with its place`(text: String, words: String) throws {
        let error = #expect(throws: RuntimeCatalog.Unreadable.self) { try RuntimeCatalog(Array(text.utf8)) }
        #expect(error?.description.hasPrefix(words) == true, "\(error?.description ?? "")")
    }

    @Test func `a file longer than a document may be is no list of runtimes`() {
        let error = #expect(throws: RuntimeCatalog.Unreadable.self) {
            try RuntimeCatalog(Array("runtimes: {}\n#".utf8) + Array(repeating: UInt8(ascii: "x"), count: 64 << 20))
        }
        #expect(error?.description == "1:1: it is longer than 64 MiB")
    }
}
