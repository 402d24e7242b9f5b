import Testing

@testable import SpecParsing

/// The images that Dockerfiles name, and the Dockerfiles that commands name.
@Suite struct DockerfileTests {
    private func images(_ text: String, _ arguments: [String: String] = [:]) -> [String] {
        Dockerfile(Array(text.utf8), arguments: arguments).images.map { "\($0.line) \($0.name)" }
    }

    @Test(
        "base images are found as Docker reads the file",
        arguments: [
            ("FROM debian:12", ["1 debian:12"]),
            ("\u{FEFF}from --platform=linux/amd64 a/b AS x\r\nFROM x\r\nFROM scratch\r\n", ["1 a/b"]),
            ("FROM a AS Build\nFROM b\nCOPY --from=build /x /y\nCOPY --from=0 /x /y", ["1 a", "2 b"]),
            ("FROM a\nCOPY --chown=1 --from=nginx:1 /x /y\nCOPY --from=$X /a /b", ["1 a", "2 nginx:1"]),
            ("FROM a\nRUN --mount=type=bind,from=tools,target=/t make", ["1 a", "2 tools"]),
            ("ARG V=12\nARG NAME=\"debian:${V}\"\nFROM ${NAME}-slim", ["3 debian:12-slim"]),
            ("ARG A B=b\nFROM ${A:-none}${B+:$B}${A:+x}", ["2 none:b"]),
            ("ARG A\nFROM $A", []),
            ("FROM a\nARG V=1\nFROM b:$V", ["1 a"]),
            ("FROM \\\n  # a comment\n\n  debian \\\n  AS x\nFROM b", ["1 debian", "6 b"]),
            ("# escape=`\nFROM a`\n:1\nFROM b", ["2 a:1", "4 b"]),
            ("# just a comment\n# escape=`\nFROM a\\\n:1", ["3 a:1"]),
            (
                "FROM a\nRUN <<EOF\nFROM no\nEOF\nFROM b\nCOPY <<-\"X\" <<Y /z/\nFROM no\n\tX\nFROM no\nY\nFROM c",
                ["1 a", "5 b", "11 c"]
            ),
            ("FROM a\nRUN echo 1 <<< x\nFROM b", ["1 a", "3 b"]),
            ("FROM a\nFROM a\nFROM", ["1 a"]),
            ("FROM ${A", []), ("", []),
        ])
    func bases(of text: String, are expected: [String]) { #expect(images(text) == expected) }

    @Test func `a build argument beats the file's own value`() {
        #expect(images("ARG BASE=a\nFROM $BASE", ["BASE": "b"]) == ["2 b"])
        #expect(images("ARG BASE\nFROM $BASE", ["BASE": "b"]) == ["2 b"])
        // One that the file does not declare before its first FROM means nothing there.
        #expect(images("FROM $BASE", ["BASE": "b"]) == [])
    }

    @Test(
        "names of Dockerfiles are known",
        arguments: [
            ("Dockerfile", true), ("dockerfile", true), ("Dockerfile.dev", true), ("web.Dockerfile", true),
            ("Dockerfile.dockerignore", false), ("Dockerfiles", false), ("MyDockerfile", false),
        ])
    func name(_ name: String, isOne: Bool) { #expect(Dockerfile.isNamedSo(name) == isOne) }

    private func builds(_ commands: [String], _ variables: [String: String] = [:]) -> [DockerBuildCommand] {
        let place = SourceLocation(file: "buildspec.yml", line: 1, column: 1)
        return DockerBuildCommand.all(
            in: commands.map { BuildSpec.Command(text: $0, location: place) }, variables: variables, root: "/src")
    }

    @Test(
        "the Dockerfile of a build command is found",
        arguments: [
            ("docker build .", ["Dockerfile"]),
            ("docker build -t a:b --no-cache --pull app", ["app/Dockerfile"]),
            ("docker build -f src/main/docker/Dockerfile -t x .", ["src/main/docker/Dockerfile"]),
            ("docker build --file=ci/x.docker .", ["ci/x.docker"]),
            ("docker build -fci/x.docker .", ["ci/x.docker"]),
            ("docker --context a image build -q ./a/../b/", ["b/Dockerfile"]),
            ("docker buildx build --push --platform linux/arm64 .", ["Dockerfile"]),
            ("if true; then DOCKER_BUILDKIT=1 docker build . | tee log; fi", ["Dockerfile"]),
            ("ID=$(docker build -q x)", ["x/Dockerfile"]),
            ("cd app && docker build .", ["app/Dockerfile", "Dockerfile"]),
            ("docker build $SRC/app", ["app/Dockerfile"]),
            ("docker build \"$FOLDER\"", ["a b/Dockerfile"]),
        ])
    func file(of command: String, is expected: [String]) {
        #expect(builds([command], ["SRC": "/src", "FOLDER": "a b"]).map(\.files) == [expected])
    }

    @Test(
        "what is no build with a known file is none",
        arguments: [
            "docker build - < Dockerfile", "docker build https://example.org/x.git", "docker build $UNKNOWN",
            "docker run a build .",
            "echo docker build .", "docker build", "docker builds .",
        ])
    func nothing(in command: String) { #expect(builds([command]).isEmpty) }

    @Test func `a folder changed by one command counts for the next, and not that of a subshell`() {
        #expect(
            builds(["cd a", "(cd b)", "docker build .", "cd $X", "docker build ."]).map(\.files) == [
                ["a/Dockerfile", "Dockerfile"], ["Dockerfile"],
            ])
    }

    @Test func `the names of what is built are known`() {
        let found = builds(["docker build -t a:b --tag=c/d --tag $X ."])
        #expect(found.map(\.tags) == [["a:b", "c/d"]])
    }

    @Test func `build arguments are read as far as they are known`() {
        let found = builds(
            ["docker build --build-arg A=$V --build-arg=B=2 --build-arg C --build-arg D=$(x) ."], ["V": "1"])
        #expect(found.map(\.arguments) == [["A": "1", "B": "2"]])
    }
}
