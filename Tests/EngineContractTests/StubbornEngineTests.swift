import Engines
import Files
import Synchronization
import TestSupport
import Testing

/// What is done about an engine that is busy, gone or silent. Its client is a script here.
@Suite(.timeLimit(.minutes(1))) struct StubbornEngineTests {
    /// A client whose answers are the cases of a shell's `case`. `turn NAME` says how often it was called so far.
    private func client(_ cases: String, in folder: FilePath) async throws -> String {
        let path = folder.appending("docker").string
        try await makeProgram(
            """
            #!/bin/sh
            turn() { echo x >>"\(folder)/$1"; wc -l <"\(folder)/$1"; }
            printf '%s\\n' "$*" >>"\(folder)/calls"
            case $1 in
            \(cases)
            esac
            exit 0

            """, at: path)
        return path
    }

    private func calls(in folder: FilePath) throws -> [String] {
        try folder.appending("calls").text().split(separator: "\n").map(String.init)
    }

    @Test func `a container is removed until the engine has neither it nor its layers`() async throws {
        try await withScratch { folder in
            let engine = DockerEngine(
                program: try await client(
                    """
                    rm) case $(turn rm) in
                        1) echo 'Error: removal of container c is already in progress' >&2; exit 1;;
                        *) echo 'Error: No such container: c' >&2; exit 1;;
                        esac;;
                    volume) [ $(turn volume) -ge 3 ] || { echo 'volume is in use' >&2; exit 1; };;
                    """, in: folder))
            #expect(try await !engine.remove("c"))
            let calls = try calls(in: folder)
            #expect(calls.filter { $0 == "volume rm --force c-upper c-work" }.count == 3)
            #expect(calls.last == "volume rm --force c-upper c-work")
        }
    }

    @Test func `podman is asked again for a list of which something was removed as it was read, and Docker is not`()
        async throws
    {
        try await withScratch { folder in
            let program = try await client(
                """
                ps|image|volume) [ $(turn "$1") -ge 3 ] || { echo 'Error: retrieving: no such thing' >&2; exit 125; }
                    echo left;;
                """, in: folder)
            let podman = DockerEngine(client: .podman, program: program)
            #expect(try await podman.containers(withLabel: "l") == ["left"])
            #expect(try await podman.imageNames() == ["left"])
            #expect(try await podman.volumes(withLabel: "l") == ["left"])
        }
        try await withScratch { folder in
            let program = try await client("ps) echo 'Error: no such thing' >&2; exit 125;;", in: folder)
            for (kind, count) in [(EngineClient.docker, 1), (.podman, 6)] {
                let engine = DockerEngine(client: kind, program: program)
                let error = await #expect(throws: EngineError.self) { try await engine.containers(withLabel: "l") }
                #expect(error?.code == .unreachable)
                #expect(try calls(in: folder).count == count)
            }
        }
    }

    @Test func `of words that the client does not understand its reason is said, not its usage`() async throws {
        try await withScratch { folder in
            let engine = DockerEngine(program: try await client("image) echo sha256:1;;", in: folder))
            let said = """
                invalid argument "3x" for "-m, --memory" flag: invalid suffix: 'x'

                Usage:  docker run [OPTIONS] IMAGE [COMMAND] [ARG...]

                Run 'docker run --help' for more information
                """
            let error = await engine.diagnose(ContainerSpec(name: "c", image: "i"), status: .exited(125), said: said)
            #expect(error.reason == #"invalid argument "3x" for "-m, --memory" flag: invalid suffix: 'x'"#)
        }
    }

    @Test func `the engine's own socket is that of its context, and there is none of an engine that is elsewhere`()
        async throws
    {
        try await withScratch { folder in
            let program = try await client(
                """
                context) cat "\(folder)/host";;
                info) cat "\(folder)/system";;
                """, in: folder)
            func socket(_ host: String, _ system: String = "Debian") async throws -> String {
                try folder.appending("host").write(host)
                try folder.appending("system").write(system)
                return try await DockerEngine(program: program).ownSocket()
            }
            #expect(try await socket("unix:///var/run/docker.sock") == "/var/run/docker.sock")
            #if os(Linux)
                #expect(try await socket("unix:///run/user/1000/docker.sock") == "/run/user/1000/docker.sock")
                #expect(
                    try await socket("unix:///home/me/.docker/desktop/docker.sock", "Docker Desktop")
                        == "/var/run/docker.sock")
            #endif
            for host in ["tcp://10.0.0.1:2376", "ssh://me@build", "npipe:////./pipe/docker_engine"] {
                let error = await #expect(throws: EngineError.self) { try await socket(host) }
                #expect(error?.reason.contains("the engine is reached by `\(host)`") == true)
            }
            func podman(_ answer: String) async throws -> String {
                try folder.appending("system").write(answer)
                return try await DockerEngine(client: .podman, program: program).ownSocket()
            }
            #expect(try await podman("true unix:///run/user/7/podman.sock") == "/run/user/7/podman.sock")
            #expect(try await podman("true /run/podman/podman.sock") == "/run/podman/podman.sock")
            await #expect(throws: EngineError.self) { try await podman("false /run/podman/podman.sock") }
        }
    }

    @Test func `what cannot be removed is an error that says why`() async throws {
        try await withScratch { folder in
            let engine = DockerEngine(
                program: try await client("rm) echo 'device or resource busy' >&2; exit 1;;", in: folder),
                limit: .seconds(3))
            let error = await #expect(throws: EngineError.self) { try await engine.remove("c") }
            #expect(error?.description == "cannot remove container `c`: device or resource busy")
        }
    }

    @Test func `a container whose client was stopped too early for it is not known to be gone`() async throws {
        try await withScratch { folder in
            let engine = DockerEngine(
                program: try await client(
                    """
                    run) exec sleep 600;;
                    rm) echo 'Error: No such container: c' >&2; exit 1;;
                    """, in: folder))
            var spec = ContainerSpec(name: "c", image: "i")
            let trace = ContainerTrace()
            spec.trace = trace
            let task = Task { [spec] in
                try await engine.withContainer(spec) { streams in try await streams.output.forEachChunk { _ in } }
            }
            while (try? calls(in: folder).isEmpty) ?? true { try await Task.sleep(for: .milliseconds(10)) }
            task.cancel()
            await #expect(throws: (any Error).self) { try await task.value }
            #expect(trace.mayBeThere)
        }
    }

    @Test(arguments: [("echo 'c'", false), ("echo 'no' >&2; exit 1", true)])
    func `after a container that came up, its trace says whether it is gone`(
        _ removal: String, mayBeThere: Bool
    ) async throws {
        try await withScratch { folder in
            let engine = DockerEngine(
                program: try await client("run) echo up; exec sleep 600;;\nrm) \(removal);;", in: folder))
            var spec = ContainerSpec(name: "c", image: "i")
            let trace = ContainerTrace()
            spec.trace = trace
            let (up, isUp) = AsyncStream.makeStream(of: Void.self)
            let task = Task { [spec] in
                try await engine.withContainer(spec) { streams in
                    try await streams.output.forEachChunk { _ in isUp.yield() }
                }
            }
            for await _ in up { break }
            task.cancel()
            await #expect(throws: (any Error).self) { try await task.value }
            #expect(trace.mayBeThere == mayBeThere)
        }
    }

    @Test func `a question that is not answered is given up, and the engine counts as unreachable`() async throws {
        try await withScratch { folder in
            let engine = DockerEngine(program: try await client("*) exec sleep 600;;", in: folder), limit: .seconds(1))
            let error = await #expect(throws: EngineError.self) { try await engine.imageID("i") }
            #expect(error?.code == .unreachable)
            #expect(error?.reason == "it has not answered for 1 s")
            #expect(error?.help?.contains("--engine-timeout") == true)
            // No second question has to wait as long.
            await #expect(throws: EngineError.self) { try await engine.volumeRoot() }
            #expect(try calls(in: folder).count == 1)
        }
    }

    @Test func `a start in silence is given up when the engine does not answer either`() async throws {
        try await withScratch { folder in
            let engine = DockerEngine(
                program: try await client("*) trap '' TERM; sleep 600 & wait;;", in: folder), limit: .seconds(1))
            let spec = ContainerSpec(name: "c", image: "i")
            let (_, status) = try await engine.withContainer(spec) { streams in
                try await streams.output.forEachChunk { _ in }
            }
            #expect(status == .signalled(SIGKILL))
            #expect(await engine.diagnose(spec, status: status, said: "").code == .unreachable)
        }
    }

    @Test func `after three seconds of silence one line says what is waited for`() async throws {
        try await withScratch { folder in
            let lines = Mutex<[String]>([])
            // It answers when the line is there, or else after 20 s: a busy machine's timers come late.
            let waiting =
                "n=0; until [ -e \(folder)/said-$said ] || [ $n = 200 ]; do n=$((n+1)); sleep 0.1; done; echo up"
            let engine = DockerEngine(
                program: try await client("image) said=1; \(waiting);; *) said=2; \(waiting);;", in: folder),
                onWait: { line in
                    let count = lines.withLock {
                        $0.append(line)
                        return $0.count
                    }
                    // Without the file the client answers in the end, and the test says which line is missing.
                    try? Folder.write("\(folder)/said-\(count)", [])
                })
            let start = ContinuousClock.now
            _ = try await engine.imageID("some/image")
            _ = try await engine.withContainer(ContainerSpec(name: "c", image: "i")) { streams in
                try await streams.output.forEachChunk { _ in }
            }
            #expect(
                lines.withLock { $0 } == [
                    "waiting for the engine: `docker image inspect some/image`",
                    "waiting for the engine to start a container of `i`",
                ])
            #expect(ContinuousClock.now - start >= .seconds(6))
        }
    }
}
