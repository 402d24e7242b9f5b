import BuildPlanning
import Engines
import SpecParsing
import Testing

/// `runtime-versions` in an image that has a list of runtimes as AWS's own have it.
@Suite(.enabled(if: HostPlayground.isPossible)) struct HostRuntimeTests {
    private static let runtimes = """
        version: 0.1
        runtimes:
          java:
            versions:
              corretto17:
                commands:
                  - echo "Installing Corretto(OpenJDK) version 17 ..."
                  - export JAVA_HOME="/opt/java17"
                  - |-
                    for tool in java javac; do
                      echo "$tool of $JAVA_HOME in ${PWD#"$ROOT"}" >> "$ROOT/tools"
                    done
              default:
                commands: ['echo "Installing custom version $VERSION ..."', 'export CUSTOM=$VERSION']
          python:
            versions:
              3.10: {commands: [echo "Installing Python version 3.10 ..."]}
              3.9: {commands: ['exit 3']}
        """

    private func run(_ versions: String, _ text: String = "", file: String? = runtimes) async throws -> HostBuild {
        try await HostPlayground.with { play in
            try play.engine.makeImage(
                "runtimes", files: file.map { ["/codebuild/image/config/runtimes.yml": $0] } ?? [:])
            var options = HostPlayground.Options()
            options.image = "runtimes"
            return try await play.run(
                "version: 0.2\n\(text)\nphases:\n  install:\n    runtime-versions: {\(versions)}\n  build:\n    commands:\n"
                    + "      - echo \"$JAVA_HOME ${CUSTOM-none} ${VERSION-none} ${PWD##*/} ${OLDPWD##*/}\"\n"
                    + "      - if [ -e \"$ROOT/tools\" ]; then cat \"$ROOT/tools\"; fi\n",
                options)
        }
    }

    /// The lines from the buildspec's place to the phases.
    private func middle(_ build: HostBuild) -> [String] {
        let log = build.log.filter { !$0.isEmpty }
        let start = log.firstIndex { $0.contains("Processing environment variables") } ?? 0
        let end = log.firstIndex { $0.contains("Moving to directory") || $0.contains("Phase complete") } ?? log.count
        return Array(log[(start + 1)..<end])
    }

    @Test(arguments: ["sh", "bash"]) func `commands of the image select a version, and the build has it`(
        shell: String
    ) async throws {
        let build = try await run("java: corretto17, python: \"3.10\"", "env: {shell: \(shell)}")
        #expect(
            middle(build) == [
                "[Container] Selecting 'java' runtime version 'corretto17' based on manual selections...",
                "[Container] Selecting 'python' runtime version '3.10' based on manual selections...",
                "[Container] Running command echo \"Installing Corretto(OpenJDK) version 17 ...\"",
                "Installing Corretto(OpenJDK) version 17 ...",
                "[Container] Running command export JAVA_HOME=\"/opt/java17\"",
                "[Container] Running command for tool in java javac; do",
                "  echo \"$tool of $JAVA_HOME in ${PWD#\"$ROOT\"}\" >> \"$ROOT/tools\"",
                "done",
                "[Container] Running command echo \"Installing Python version 3.10 ...\"",
                "Installing Python version 3.10 ...",
            ])
        #expect(
            build.printed.suffix(3) == [
                "/opt/java17 none none src readonly", "java of /opt/java17 in /codebuild/readonly",
                "javac of /opt/java17 in /codebuild/readonly",
            ])
        #expect(build.status == .succeeded)
        #expect(
            build.events.contains {
                $0.kind
                    == .runtimesSelected([
                        .init(name: "java", asked: "corretto17", version: "corretto17", key: "corretto17"),
                        .init(name: "python", asked: "3.10", version: "3.10", key: "3.10"),
                    ])
            })
    }

    /// A list with what AWS's own have: keys that YAML would take for numbers, requirements, runtimes without `default`.
    private static let standIn = """
        version: 0.1
        runtimes:
          java:
            versions:
              corretto21: {commands: ['export JAVA=21']}
              corretto8: {commands: ['export JAVA=8']}
              default: {commands: ['export JAVA="custom $VERSION"']}
          python:
            versions:
              3.9: {commands: ['export PYTHON=3.9']}
              3.10: {commands: ['export PYTHON=3.10']}
              default: {commands: ['export PYTHON="custom $VERSION"']}
          dotnet: {versions: {10.0: {commands: ['export DOTNET=10.0']}, 8.0: {commands: ['export DOTNET=8.0']}, default: {commands: ['export DOTNET="custom $VERSION"']}}}
          nodejs: {versions: {10: {commands: ['export NODE=10']}, 12: {commands: ['export NODE=12']}, 9: {commands: ['exit 4']}}}
          android: {versions: {29: {requires: {java: [corretto8]}, commands: ['export ANDROID="29 on $JAVA"']}}}
        """

    /// What is asked for; what is selected, in the log's order; and the variables that the build then has, or the failure's message.
    private static let combinations: [(asked: String, selected: [String], outcome: String)] = [
        ("java: corretto21", ["java corretto21"], "JAVA=21"),
        ("java: corretto8", ["java corretto8"], "JAVA=8"),
        ("java: latest", ["java corretto21"], "JAVA=21"),
        ("java: corretto8.x", ["java corretto8"], "JAVA=8"),
        ("java: corretto15", ["java corretto15"], "JAVA=custom 15"),
        ("java: $JDK", ["java corretto8"], "JAVA=8"),
        ("java: \"${JDK}\"", ["java corretto8"], "JAVA=8"),
        ("python: 3.10", ["python 3.10"], "PYTHON=3.10"),
        ("python: \"3.10\"", ["python 3.10"], "PYTHON=3.10"),
        ("python: 3.9", ["python 3.9"], "PYTHON=3.9"),
        ("python: 3.x", ["python 3.10"], "PYTHON=3.10"),
        ("python: latest", ["python 3.10"], "PYTHON=3.10"),
        ("python: 3.1", ["python 3.1"], "PYTHON=custom 3.1"),
        ("python: 3.8.2", ["python 3.8.2"], "PYTHON=custom 3.8.2"),
        ("dotnet: 10.0", ["dotnet 10.0"], "DOTNET=10.0"),
        ("dotnet: latest", ["dotnet 10.0"], "DOTNET=10.0"),
        ("dotnet: 8.x", ["dotnet 8.0"], "DOTNET=8.0"),
        ("dotnet: 8", ["dotnet 8"], "DOTNET=custom 8"),
        ("nodejs: 12", ["nodejs 12"], "NODE=12"),
        ("nodejs: 10.x", ["nodejs 10"], "NODE=10"),
        ("nodejs: latest", ["nodejs 12"], "NODE=12"),
        (
            "java: latest, python: 3.9, nodejs: 10", ["java corretto21", "python 3.9", "nodejs 10"],
            "JAVA=21 NODE=10 PYTHON=3.9"
        ),
        ("nodejs: 10, java: corretto8", ["nodejs 10", "java corretto8"], "JAVA=8 NODE=10"),
        ("android: 29, java: corretto8", ["android 29", "java corretto8"], "ANDROID=29 on 8 JAVA=8"),
        (
            "java: corretto21, android: 29", ["java corretto21", "android 29"],
            "Runtime 'android' version '29' has a dependency on runtime 'java', but 'java' version 'corretto21' has already been "
                + "manually selected. Not attempting to override."
        ),
        (
            "ruby: 3.4", ["ruby 3.4"],
            "Unknown runtime named 'ruby'. This build image has the following runtimes: android, dotnet, java, nodejs, python"
        ),
        (
            "docker: 20, java: corretto8", ["docker 20", "java corretto8"],
            "Unknown runtime named 'docker'. This build image has the following runtimes: android, dotnet, java, nodejs, python"
        ),
        (
            "nodejs: 18", ["nodejs 18"],
            "Unknown runtime version named '18' of nodejs. This build image has the following versions: 10, 12, 9"
        ),
        (
            "java: latest, nodejs: 18.x", ["java corretto21", "nodejs 18.x"],
            "Unknown runtime version named '18.x' of nodejs. This build image has the following versions: 10, 12, 9"
        ),
        ("nodejs: 9", ["nodejs 9"], "Error while executing command: exit 4. Reason: exit status 4"),
    ]

    @Test(arguments: combinations) func `what is asked for is selected, and the build has it, or fails`(
        asked: String, selected: [String], outcome: String
    ) async throws {
        let build = try await HostPlayground.with { play in
            try play.engine.makeImage("stand-in", files: ["/codebuild/image/config/runtimes.yml": Self.standIn])
            var options = HostPlayground.Options()
            options.image = "stand-in"
            return try await play.run(
                "version: 0.2\nenv: {variables: {JDK: corretto8}}\nphases:\n  install:\n    runtime-versions: {\(asked)}\n"
                    + "  build:\n    commands:\n      - env | grep -E '^(ANDROID|DOTNET|JAVA|NODE|PYTHON)=' | sort | tr '\\n' ' '\n",
                options)
        }
        let lines = build.log.filter { $0.contains("Selecting '") }
        #expect(
            lines
                == selected.map { text in
                    let words = text.split(separator: " ")
                    return
                        "[Container] Selecting '\(words[0])' runtime version '\(words[1])' based on manual selections..."
                })
        if outcome.contains("=") {
            #expect(build.status == .succeeded && build.printed.last == outcome + " ", "\(build.log)")
        } else {
            #expect(build.phases == [.downloadSource: .failed])
            #expect(build.log.contains { $0.hasSuffix("Message: \(outcome)") }, "\(build.log)")
        }
    }

    @Test func `a version that the image does not name is installed by its own commands`() async throws {
        let build = try await run("java: $WANTED", "env: {variables: {WANTED: corretto15, VERSION: mine}}")
        #expect(middle(build).contains("Installing custom version 15 ..."))
        #expect(build.printed.contains(" 15 mine src readonly"))
        let without = try await run("java: corretto15")
        #expect(without.printed.contains(" 15 none src readonly"))
    }

    @Test func `a command of the image that fails, fails DOWNLOAD_SOURCE`() async throws {
        let build = try await run("python: 3.9")
        #expect(build.phases == [.downloadSource: .failed])
        #expect(build.status == .failed)
        #expect(
            build.log.contains(
                "[Container] Phase context status code: COMMAND_EXECUTION_ERROR Message: Error while executing command: exit 3. "
                    + "Reason: exit status 3"))
    }

    @Test func `a runtime that the image does not have fails DOWNLOAD_SOURCE before any command`() async throws {
        let build = try await run("java: corretto17, docker: 20")
        #expect(build.phases == [.downloadSource: .failed])
        #expect(
            build.log.contains(
                "[Container] Phase context status code: YAML_FILE_ERROR Message: Unknown runtime named 'docker'. This build "
                    + "image has the following runtimes: java, python"))
        #expect(build.commandedPhases.isEmpty)
    }

    @Test func `an image with a broken list is told so, and builds what asks for no runtime`() async throws {
        let asked = try await run("java: latest", file: "runtimes: [")
        #expect(asked.phases == [.downloadSource: .failed])
        #expect(
            asked.log.contains {
                $0.contains("CLIENT_ERROR Message: /codebuild/image/config/runtimes.yml of the image cannot be")
            })
        let plain = try await HostPlayground.with { play in
            try play.engine.makeImage("broken", files: ["/codebuild/image/config/runtimes.yml": "runtimes: ["])
            var options = HostPlayground.Options()
            options.image = "broken"
            return try await play.run("version: 0.2\nphases: {build: {commands: [echo built]}}", options)
        }
        #expect(plain.status == .succeeded && plain.notices.count == 1)
    }

    @Test func `without versions the log says whether the image has any`() async throws {
        let build = try await HostPlayground.with { play in
            try play.engine.makeImage("runtimes", files: ["/codebuild/image/config/runtimes.yml": Self.runtimes])
            var options = HostPlayground.Options()
            options.image = "runtimes"
            return try await play.run("version: 0.2\nphases: {build: {commands: [echo built]}}", options)
        }
        #expect(middle(build) == ["[Container] No runtime version selected in buildspec."])
    }
}
