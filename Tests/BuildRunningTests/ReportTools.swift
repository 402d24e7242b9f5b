import BuildPlanning
import BuildRunning
import ChildProcesses
import Files

/// The tools that write reports, as far as this machine has them.
enum ReportTools {
    /// Whether a command ends well.
    static func has(_ words: String...) async -> Bool { await has(words) }

    private static func has(_ words: [String]) async -> Bool {
        let outcome = try? await Command("/usr/bin/env", words).collect()
        return outcome?.status.isSuccess == true
    }

    /// The first Python that has these modules: Debian's packages are Debian's own Python's only.
    static func python(with modules: String...) async -> String? {
        for python in ["/usr/bin/python3", "python3"] {
            if await has([python, "-c", "import " + modules.joined(separator: ", ")]) { return python }
        }
        return nil
    }

    /// Whether there is a compiler for Java beside these libraries of Debian's.
    static func hasJava(_ libraries: String...) async -> Bool {
        libraries.allSatisfy { Folder.exists("/usr/share/java/\($0).jar") } ? await has("javac", "-version") : false
    }

    /// A class path of Debian's libraries.
    static func classPath(_ libraries: String...) -> String {
        libraries.map { "/usr/share/java/\($0).jar" }.joined(separator: ":")
    }
}

extension HostPlayground {
    /// Runs commands, each by itself, and reads the report groups whose files they write, and nothing beside them.
    func report(_ commands: [String], to groups: [String]) async throws -> HostBuild {
        let all = ["export CODEBUILD_CONFIG_AUTO_DISCOVER=false PYTHONDONTWRITEBYTECODE=1"] + commands
        return try await run(
            "version: 0.2\nphases:\n  build:\n    commands:\n" + all.map { "      - |\n        \($0)\n" }.joined()
                + "reports:\n" + groups.map { "  \($0)\n" }.joined())
    }

    /// The source files of the coverage reports, as the record has them: path, covered lines, missed lines.
    func coverages() throws -> [String] {
        let text = String(decoding: try Folder.read("\(record)/\(ReportFiles.coverages)"), as: UTF8.self)
        return text.matches(of: #/"filePath":"([^"]*)".*?"linesCovered":(\d+),"linesMissed":(\d+)/#).map {
            "\($0.1) \($0.2) \($0.3)"
        }
    }
}

extension HostBuild {
    /// What stands at the pattern's group in each printed line that matches.
    func printed(_ pattern: Regex<(Substring, Substring)>) -> [String] {
        printed.compactMap { $0.firstMatch(of: pattern).map { String($0.1) } }
    }

    /// The number that a tool printed last; 0 where it printed none.
    func printedNumber(_ pattern: Regex<(Substring, Substring)>) -> Double {
        printed(pattern).last.flatMap { Double($0) } ?? 0
    }
}

extension ReportFacts {
    var failedNames: [String] { failedTests.map(\.name).sorted() }

    /// The places of the failed tests, as compilers write them.
    var failedPlaces: [String] { failedTests.map { "\($0.file ?? "?"):\($0.line ?? 0)" }.sorted() }

    /// The number of cases of each status, those included that the report has none of.
    func count(_ status: String) -> Double { Double(testSummary?.statusCounts[status] ?? 0) }
}
