import Testing

@testable import SpecParsing

@Suite struct DockerCallTests {
    @Test(
        "a command that asks a daemon is found, and nothing else",
        arguments: [
            ("docker build -t x .", "docker build"), ("cd app && docker push $REPO:latest", "docker push"),
            ("aws ecr get-login-password | docker login --username AWS --password-stdin $R", "docker login"),
            ("sudo -E docker run x", "docker run"), ("/usr/bin/docker --debug ps", "docker ps"),
            ("docker -H tcp://x:1 pull y", "docker pull"), ("docker compose -f a.yml up -d", "docker compose up"),
            ("docker-compose up", "docker-compose up"), ("docker buildx build .", "docker buildx build"),
            ("if true; then docker info; fi", "docker info"),
            ("docker --version", nil), ("docker", nil), ("docker compose version", nil), ("docker context use x", nil),
            ("echo docker build", nil), ("mvn docker:build", nil), ("cat docker/build", nil), ("ls", nil),
            ("docker $COMMAND", nil), ("ls docker; d\"ock\"er build .", "docker build"), ("docker-compose config", nil),
            ("# docker build", nil),
        ])
    func names(_ text: String, _ name: String?) {
        #expect(Array(text.utf8).withUnsafeBufferPointer { DockerCall.name(in: $0) } == name)
    }

    @Test("the first counts, and a build that starts a daemon itself asks for none")
    func first() {
        func command(_ text: String, _ line: Int) -> BuildSpec.Command {
            .init(text: text, location: .init(file: "f", line: line, column: 1))
        }
        let commands = [command("ls", 1), command("docker build .", 2), command("docker push x", 3)]
        #expect(DockerCall.first(in: commands)?.location.line == 2)
        #expect(DockerCall.first(in: commands + [command("nohup dockerd &", 4)]) == nil)
        #expect(DockerCall.first(in: []) == nil)
    }

    private func codes(_ text: String, _ facts: ProjectFacts = ProjectFacts()) -> [String] {
        readBuildSpec(Array(text.utf8), file: "b.yml", checksContent: true, facts: facts).diagnostics
            .filter { $0.code == "docker-daemon" }.map { "\($0.severity) \($0.location)" }
    }

    @Test("a note tells of it once, unless the project has a daemon")
    func note() {
        let text = "version: 0.2\nphases:\n  build:\n    commands:\n      - docker build .\n      - docker push x\n"
        #expect(codes(text) == ["note b.yml:5:9"])
        var facts = ProjectFacts()
        facts.hasDocker = true
        #expect(codes(text, facts).isEmpty)
        #expect(codes(text + "      - dockerd &\n").isEmpty)
        let batch = "batch:\n  build-list:\n    - identifier: a\n      env: {privileged-mode: true}\n"
        #expect(codes(text + batch).isEmpty)
        #expect(codes(text.replacing("docker", with: "podman")).isEmpty)
    }
}
