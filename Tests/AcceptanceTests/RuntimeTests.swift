import ChildProcesses
import Foundation
import Testing

/// `runtime-versions` in images shaped as AWS's own are (CODEBUILD-2026 A.4).
@Suite(.tags(.docker), .enabled(if: Docker.isThere))
struct RuntimeTests {
    /// Makes a stand-in for a curated image, whose `sh` is dash or bash.
    private func standIn(bash: Bool) async throws -> TestImage {
        let runtimes = """
            version: 0.1
            runtimes:
              java:
                versions:
                  corretto17:
                    commands:
                      - echo "Installing Corretto(OpenJDK) version 17 ..."
                      - export JAVA_HOME="$JAVA_17_HOME"
                      - |-
                        for tool in java javac; do
                          ln -sf "$JAVA_HOME/bin/$tool" "/usr/bin/$tool"
                        done
                  default:
                    commands:
                      - echo "Installing custom Corretto(OpenJDK) version $VERSION ..."
                      - rm -rf /tmp/*
                      - export JAVA_HOME="/usr/lib/jvm/java-$VERSION"
              python:
                versions:
                  3.10: {commands: ['echo "Installing Python version 3.10 ..."', pyenv global $PYTHON_310_VERSION]}
                  3.9: {commands: ['echo "Installing Python version 3.9 ..."', pyenv global $PYTHON_39_VERSION]}
            """
        let program = "#!/bin/sh\\nif [ $# = 2 ]; then echo $2 >/root/.version; else cat /root/.version; fi\\n"
        let text = """
            FROM \(debian)
            ENV JAVA_17_HOME=/opt/java17 PYTHON_310_VERSION=3.10.14 PYTHON_39_VERSION=3.9.19 PATH=/root/shims:$PATH
            RUN mkdir -p /codebuild/image/config /root/shims && echo '{}' >/codebuild/global.json \\
                && echo \(Data(runtimes.utf8).base64EncodedString()) | base64 -d >/codebuild/image/config/runtimes.yml \\
                && printf '\(program)' >/root/shims/pyenv && chmod 755 /root/shims/pyenv \(bash ? "&& ln -sf bash /bin/sh" : "")

            """
        let image = TestImage()
        try await image.make(text)
        return image
    }

    @Test(arguments: [false, true]) func `the image's own commands switch`(isBash: Bool) async throws {
        let image = try await standIn(bash: isBash)
        let play = try Playground()
        try play.buildspec(
            """
            version: 0.2
            env: {shell: bash}
            phases:
              install:
                runtime-versions: {python: 3.10, java: corretto17}
              build:
                commands:
                  - pyenv; readlink /usr/bin/javac; echo "$JAVA_HOME $PWD"; pwd
            """)
        let result = try await play.run(["--no-cache"], image: image.name)
        #expect(result.status.exitStatus == 0, "\(result.errorText)")
        let source = try #require(result.log.first { $0.contains("Moving to directory ") })
            .replacing("[Container] Moving to directory ", with: "")
        #expect(
            result.printed.filter { !$0.contains("for tool") && !$0.contains("ln -sf") && $0 != "done" } == [
                "Installing Python version 3.10 ...", "Installing Corretto(OpenJDK) version 17 ...", "3.10.14",
                "/opt/java17/bin/javac", "/opt/java17 \(source)", source,
            ])
    }

    @Test func `a plan says what the versions select, and reads an image once`() async throws {
        let image = try await standIn(bash: false)
        let play = try Playground()
        try play.buildspec(
            """
            version: 0.2
            env: {variables: {JAVA: corretto15}}
            phases:
              install: {runtime-versions: {python: latest, java: $JAVA}}
              build: {commands: [make]}
            """)
        let text = try await play.call(["plan", "--image", image.name]).outputText
        #expect(text.contains("  python latest: 3.10  buildspec.yml:4:32\n"))
        #expect(
            text.contains("  java $JAVA: corretto15, which the image installs from the network  buildspec.yml:4:48\n"))
        let memory = play.state.appending(path: "buildspec/runtimes"), files = play.files(in: memory)
        let file = memory.appending(path: try #require(files.first))
        #expect(files.count == 1)
        // The second time nothing but the memory is asked.
        try Data("runtimes: {python: {versions: {3.7: {}}}}".utf8).write(to: file)
        let json = try await play.call(["plan", "--image", image.name, "--format", "json"]).outputText
        #expect(
            json.contains(
                "YAML_FILE_ERROR: Unknown runtime named 'java'. This build image has the following runtimes: python"))
        let other = try await play.call(["plan", "--image", debian]).outputText
        #expect(other.contains("  skipped: the image has no list of runtimes\n"))
        func unreached(_ image: String) async throws -> String {
            try await play.call(["plan", "--image", image], environment: ["DOCKER_HOST": "unix:///no/engine"])
                .outputText
        }
        #expect(try await unreached("a/b").contains("  what they select is not known: no engine answers\n"))
        let expected = try await unreached("aws/codebuild/standard:8.0")
        #expect(expected.contains("  python latest: 3.14  buildspec.yml:4:32\n"))
        #expect(expected.contains("  as AWS's image was in September 2026; it is not on this engine"))
    }

    @Test func `an installer that empties tmp takes nothing of the build with it`() async throws {
        let image = try await standIn(bash: false)
        let play = try Playground()
        try play.buildspec(
            """
            version: 0.2
            phases:
              install: {runtime-versions: {java: corretto15}}
              build: {commands: [echo $JAVA_HOME]}
            artifacts: {files: buildspec.yml}
            """)
        let result = try await play.run(["--no-cache"], image: image.name)
        #expect(result.printed == ["Installing custom Corretto(OpenJDK) version 15 ...", "/usr/lib/jvm/java-15"])
        #expect(result.status.exitStatus == 0)
    }
}
