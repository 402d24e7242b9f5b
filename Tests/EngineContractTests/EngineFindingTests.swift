import ChildProcesses
import Engines
import Files
import TestSupport
import Testing

/// The promises of `EngineFinding` and `EngineCommanding` that no other suite holds the engines to.
@Suite struct EngineFindingTests {
    @Test(arguments: Subjects.running)
    func `an engine that is there answers`(_ subject: Subject<any ContainerRunning & EngineFinding>) async throws {
        #expect(try await subject.engine.answers())
        #expect(["amd64", "arm64"].contains(try await subject.engine.architecture()))
    }

    @Test(.enabled(if: Subjects.haveDocker), arguments: Subjects.complete)
    func `containers that do not run are found by their label, too`(_ subject: Subject<any Engine>) async throws {
        let name = newName()
        let made = try await subject.engine.command([
            "create", "--name", name, "--label", "\(contractLabel)=\(name)", subject.image, "sh",
        ]).collect()
        #expect(made.status.isSuccess)
        #expect(try await subject.engine.containers(withLabel: "\(contractLabel)=\(name)") == [name])
        #expect(try await !subject.engine.isRunning(name))
        try await subject.engine.remove(name)
        #expect(try await subject.engine.containers(withLabel: "\(contractLabel)=\(name)").isEmpty)
    }

    @Test(arguments: [
        (
            "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock",
            "group"
        ),
        ("Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is it running?", "start the engine"),
    ])
    func `an engine that does not let us in is not to be started`(words: String, help: String) async throws {
        try await withProgram("echo '\(words)' >&2; exit 1") { engine in
            var refusal: EngineError?
            do { _ = try await engine.isRunning("x") } catch let error as EngineError { refusal = error }
            #expect(refusal?.help?.contains(help) == true)
            let spec = ContainerSpec(name: "x", image: "y")
            let diagnosis = await engine.diagnose(spec, status: .exited(125), said: "docker: \(words)")
            #expect(diagnosis.code == .unreachable && diagnosis.help?.contains(help) == true)
        }
    }

    @Test func `lists and variables are told apart by bytes`() async throws {
        try await withProgram(#"printf 'one\r\ntwo\nthr\314\201ee\n'"#) { engine in
            let names = try await engine.containers(withLabel: "l")
            #expect(names == ["one\r", "two", "thr\u{301}ee"])
        }
        try await withProgram(#"printf 'id\namd64\n["a/b@sha256:1"]\n"A=\314\201x"\n"B=b=c"\n'"#) { engine in
            let image = try #require(try await engine.imageConfiguration("i"))
            #expect(image.id == "id" && image.architecture == "amd64" && image.digests == ["a/b@sha256:1"])
            let variables = image.variables
            #expect(variables.map(\.name) == ["A", "B"])
            #expect(variables.map { Array($0.value.utf8) } == [[0xcc, 0x81, 0x78], Array("b=c".utf8)])
        }
    }

    /// Runs `body` with an engine whose client is a script.
    private func withProgram(_ text: String, _ body: (DockerEngine) async throws -> Void) async throws {
        try await withScratch { folder in
            let program = folder.appending("docker").string
            try await makeProgram("#!/bin/sh\n\(text)\n", at: program)
            try await body(DockerEngine(program: program))
        }
    }

    @Test func `a command is for the engine that the value means`() {
        let command = DockerEngine(program: "podman", context: "far").command(["exec", "x"])
        #expect(command.executable == "podman")
        #expect(command.arguments == ["--context", "far", "exec", "x"])
    }
}

/// What the host's shell has of its own.
@Suite struct HostShellEngineTests {
    @Test func `what the first process left running ends with it`() async throws {
        try await HostShellEngine.with { engine in
            var spec = ContainerSpec(name: "a", image: HostShellEngine.emptyImage)
            spec.arguments = ["sleep 3600 & echo $!"]
            let (heard, _) = try await engine.withContainer(spec) { streams in
                try await Conversation.with(streams) { $0 }.output.text
            }
            let process = try #require(pid_t(heard.dropLast()))
            #expect(try await eventually { kill(process, 0) != 0 || isZombie(process) })
        }
    }

    @Test func `nothing of this machine's variables reaches a container`() async throws {
        try await HostShellEngine.with { engine in
            var spec = ContainerSpec(name: "a", image: HostShellEngine.emptyImage)
            spec.arguments = [#"env | cut -d = -f 1 | sort | tr '\n' ' '; pwd"#]
            let (heard, _) = try await engine.withContainer(spec) { streams in
                try await Conversation.with(streams) { $0 }.output.text
            }
            #expect(heard.hasSuffix(engine.root(of: "a") + "\n"))
            #expect(
                Set(heard.split(separator: " ").dropLast()).subtracting(["_", "OLDPWD"]) == ["HOME", "PATH", "PWD"])
        }
    }

    @Test func `what takes a kernel's help is refused`() async throws {
        try await HostShellEngine.with { engine in
            var specs = (0..<3).map { ContainerSpec(name: "c\($0)", image: HostShellEngine.emptyImage) }
            specs[0].volumes = [Volume(name: "v", target: "/v")]
            specs[1].privilege = .full
            specs[2].isOffline = true
            for spec in specs {
                let (_, status) = try await engine.withContainer(spec) { streams in
                    try await Conversation.with(streams) { _ in }
                }
                #expect(status == .exited(125))
                #expect(await engine.diagnose(spec, status: status, said: "").code == .refused)
            }
        }
    }

    private func isZombie(_ process: pid_t) -> Bool {
        system("grep -q '^State:.Z' /proc/\(process)/status 2>/dev/null") == 0
    }
}
