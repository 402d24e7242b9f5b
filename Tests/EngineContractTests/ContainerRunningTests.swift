import ChildProcesses
import Engines
import TestSupport
import Testing

/// The promises of `ContainerRunning`.
@Suite struct ContainerRunningTests {
    typealias Runner = Subject<any ContainerRunning & EngineFinding>

    @Test(arguments: Subjects.running)
    func `a container lives as long as the body`(_ subject: Runner) async throws {
        let engine = subject.engine, spec = subject.waiting()
        #expect(try await !engine.isRunning(spec.name))
        let wasRunning = try await engine.withContainer(spec) { streams in
            try await Conversation.with(streams) { child in
                try await child.output.wait(for: "up\n")
                // What it says may be here before the engine calls it running.
                return try await eventually { try await engine.isRunning(spec.name) }
            }
        }
        #expect(wasRunning.result)
        #expect(wasRunning.status == .exited(0))
        #expect(try await !engine.isRunning(spec.name))
        #expect(try await engine.containers(withLabel: "\(contractLabel)=\(spec.name)").isEmpty)
    }

    @Test(arguments: Subjects.running)
    func `a container goes with a body that fails, whose error comes through`(_ subject: Runner) async throws {
        struct Failure: Error {}
        let engine = subject.engine, spec = subject.waiting()
        await #expect(throws: Failure.self) {
            try await engine.withContainer(spec) { streams in
                try await Conversation.with(streams) { child in
                    try await child.output.wait(for: "up\n")
                    throw Failure()
                }
            }
        }
        #expect(try await engine.containers(withLabel: "\(contractLabel)=\(spec.name)").isEmpty)
    }

    @Test(arguments: Subjects.running)
    func `a container goes with a task that is cancelled`(_ subject: Runner) async throws {
        let engine = subject.engine, spec = subject.spec("trap '' HUP INT TERM; echo up; while :; do sleep 1; done")
        let (ups, up) = AsyncStream.makeStream(of: Void.self)
        let task = Task {
            // One that does not start ends the waiting, too.
            defer { up.finish() }
            _ = try await engine.withContainer(spec) { streams in
                try await Conversation.with(streams) { child in
                    try await child.output.wait(for: "up\n")
                    up.yield()
                    try await Task.sleep(for: .seconds(3600))
                }
            }
        }
        for await _ in ups { break }
        #expect(try await eventually { try await engine.isRunning(spec.name) })
        task.cancel()
        await #expect(throws: (any Error).self) { try await task.value }
        #expect(try await engine.containers(withLabel: "\(contractLabel)=\(spec.name)").isEmpty)
    }

    @Test(arguments: Subjects.running)
    func `a container whose client was terminated stays if it outlives its input, until it is removed`(
        _ subject: Runner
    ) async throws {
        let engine = subject.engine, spec = subject.spec("echo up; cat >/dev/null; sleep 3600")
        _ = try await engine.withContainer(spec) { streams in
            try await Conversation.with(streams) { child in
                try await child.output.wait(for: "up\n")
                streams.terminate()
            }
        }
        #expect(try await eventually { try await engine.isRunning(spec.name) })
        #expect(try await engine.containers(withLabel: contractLabel).contains(spec.name))
        try await engine.remove(spec.name)
        #expect(try await !engine.isRunning(spec.name))
        #expect(try await engine.containers(withLabel: "\(contractLabel)=\(spec.name)").isEmpty)
    }

    @Test(arguments: Subjects.running)
    func `a container whose client was terminated goes when it ends with its input`(_ subject: Runner) async throws {
        let engine = subject.engine, spec = subject.waiting()
        _ = try await engine.withContainer(spec) { streams in
            try await Conversation.with(streams) { child in
                try await child.output.wait(for: "up\n")
                streams.terminate()
            }
        }
        let isGone = try await eventually {
            try await engine.containers(withLabel: "\(contractLabel)=\(spec.name)").isEmpty
        }
        #expect(isGone)
    }

    @Test(arguments: Subjects.running)
    func `both outputs arrive apart and unchanged`(_ subject: Runner) async throws {
        let spec = subject.spec(#"printf 'a\000\377\r\nno end'; printf '\036\n\n\201' >&2"#)
        let (heard, _) = try await subject.engine.withContainer(spec) { streams in
            let child = try await Conversation.with(streams) { $0 }
            return await (child.output.bytes, child.errors.bytes)
        }
        #expect(heard.0 == [0x61, 0, 0xff, 0x0d, 0x0a] + Array("no end".utf8))
        #expect(heard.1 == [0x1e, 0x0a, 0x0a, 0x81])
    }

    @Test(arguments: Subjects.running)
    func `what is written arrives at once, and so does what is read`(_ subject: Runner) async throws {
        let spec = subject.spec("echo one; read x; echo $x >&2; read x; echo $x")
        let (heard, _) = try await subject.engine.withContainer(spec) { streams in
            try await Conversation.with(streams) { child in
                try await child.output.wait(for: "one\n")
                try await child.say("two\n")
                try await child.errors.wait(for: "two\n")
                try await child.say("three\n")
                try await child.output.wait(for: "three\n")
                return await child.output.text
            }
        }
        #expect(heard == "one\nthree\n")
    }

    @Test(arguments: Subjects.running)
    func `much output arrives whole`(_ subject: Runner) async throws {
        let spec = subject.spec("yes 0123456789abcdef | head -c 3000000; yes fedcba9876543210 | head -c 3000000 >&2")
        let (heard, _) = try await subject.engine.withContainer(spec) { streams in
            let child = try await Conversation.with(streams) { $0 }
            return await (child.output.bytes.count, child.errors.bytes.count)
        }
        #expect(heard == (3_000_000, 3_000_000))
    }

    @Test(arguments: Subjects.running, [(text: "exit 7", status: 7), (text: "kill -9 $$", status: 137)])
    func `the status is that of the first process, as a shell shows it`(
        _ subject: Runner, _ end: (text: String, status: Int32)
    ) async throws {
        // Process 1 of a container is deaf to signals from its inside.
        let text = end.status > 128 ? "sh -c '\(end.text)'; exit $?" : end.text
        let (_, status) = try await subject.engine.withContainer(subject.spec(text)) { streams in
            try await Conversation.with(streams) { _ in }
        }
        #expect(status == .exited(end.status))
    }

    @Test(arguments: Subjects.running)
    func `the first process gets its words and variables`(_ subject: Runner) async throws {
        var spec = subject.spec(#"printf '%s\n' "$0" "$#" "$2" "$ONE" "$MORE""#, "zero", "a  b", "it's $HOME")
        spec.environment = [(name: "ONE", value: "1 = one"), (name: "MORE", value: "two\nlines")]
        let (heard, _) = try await subject.engine.withContainer(spec) { streams in
            try await Conversation.with(streams) { $0 }.output.text
        }
        #expect(heard == "zero\n2\nit's $HOME\n1 = one\ntwo\nlines\n")
    }

    @Test(arguments: Subjects.running.filter { !$0.isRootless })
    func `files of this machine are seen where they are mounted`(_ subject: Runner) async throws {
        try await withScratch { folder in
            try folder.appending("x").write("mounted")
            var spec = subject.spec(#"cat "$0/a/folder/x""#)
            spec.arguments.append(subject.root(spec.name))
            spec.readOnlyMounts = [(host: folder.string, container: "/a/folder")]
            let (heard, _) = try await subject.engine.withContainer(spec) { streams in
                try await Conversation.with(streams) { $0 }.output.text
            }
            #expect(heard == "mounted")
        }
    }

    @Test(arguments: Subjects.running)
    func `a further shell runs in the container, with its files and without its input`(_ subject: Runner) async throws {
        let engine = subject.engine
        var spec = subject.spec(#"printf kept >"$0/tmp/file"; echo up; cat"#)
        spec.arguments.append(subject.root(spec.name))
        let (heard, _) = try await engine.withContainer(spec) { [name = spec.name] streams in
            try await Conversation.with(streams) { first in
                try await first.output.wait(for: "up\n")
                let text = #"cat "$1/tmp/file"; read x; printf ' %s %s ' "$0" "$x"; id -u"#
                return try await engine.withShell(in: name, [text, "zero", subject.root(name)]) { streams in
                    try await Conversation.with(streams) { child in
                        try await child.say("said\n")
                        try await child.output.wait(for: "\n")
                        return await child.output.text
                    }
                }
            }
        }
        #expect(heard == "kept zero said \(subject.userID)\n")
    }

    @Test(arguments: Subjects.running)
    func `removing a container that is not there is fine`(_ subject: Runner) async throws {
        try await subject.engine.remove(newName())
    }

    @Test(arguments: Subjects.running)
    func `a container is removed whatever it is doing`(_ subject: Runner) async throws {
        let engine = subject.engine, spec = subject.spec("trap '' HUP INT TERM; echo up; while :; do sleep 1; done")
        let (_, status) = try await engine.withContainer(spec) { streams in
            try await Conversation.with(streams) { child in
                try await child.output.wait(for: "up\n")
                try await engine.remove(spec.name)
            }
        }
        #expect(!status.isSuccess)
        #expect(try await !engine.isRunning(spec.name))
        #expect(try await engine.containers(withLabel: "\(contractLabel)=\(spec.name)").isEmpty)
    }

    @Test(arguments: Subjects.running)
    func `an image that is not there is told as missing, whatever the client said`(_ subject: Runner) async throws {
        var spec = subject.spec("echo never")
        spec.image = "buildspec/no-such-image"
        let (heard, status) = try await subject.engine.withContainer(spec) { streams in
            let child = try await Conversation.with(streams) { $0 }
            return await (child.output.bytes, child.errors.bytes)
        }
        #expect(heard.0.isEmpty && !heard.1.isEmpty && !status.isSuccess)
        let error = await subject.engine.diagnose(spec, status: status, said: "nonsense")
        #expect(error.code == .imageMissing)
        #expect("\(error)".contains("buildspec/no-such-image"))
    }

    @Test(arguments: Subjects.running)
    func `what the engine would not do is told in its own last words`(_ subject: Runner) async throws {
        var spec = subject.spec("echo never")
        spec.readOnlyMounts = [(host: "/no/such/folder", container: "/x")]
        let (heard, status) = try await subject.engine.withContainer(spec) { [spec] streams in
            let child = try await Conversation.with(streams) { $0 }
            #expect(await child.output.bytes.isEmpty, "\(spec.name) ran")
            return await child.errors.text
        }
        let error = await subject.engine.diagnose(spec, status: status, said: heard)
        #expect(error.code == .refused)
        #expect(error.reason.contains("/no/such/folder"))
    }

    // MARK: What only a complete engine has

    @Test(.enabled(if: Subjects.haveDocker), arguments: Subjects.complete)
    func `no log is kept`(_ subject: Subject<any Engine>) async throws {
        let engine = subject.engine, spec = subject.waiting()
        let (log, _) = try await engine.withContainer(spec) { streams in
            try await Conversation.with(streams) { child in
                try await child.output.wait(for: "up\n")
                return try await engine.command(["logs", spec.name]).collect()
            }
        }
        #expect(!log.status.isSuccess && log.output.isEmpty)
    }

    @Test(.enabled(if: Subjects.haveDocker), arguments: Subjects.complete)
    func `a volume without a name goes with its container`(_ subject: Subject<any Engine>) async throws {
        var spec = subject.waiting()
        spec.volumes = [Volume(name: nil, target: "/v", labels: [contractLabel: spec.name])]
        let engine = subject.engine, label = "\(contractLabel)=\(spec.name)"
        let (volumes, _) = try await engine.withContainer(spec) { streams in
            try await Conversation.with(streams) { child in
                try await child.output.wait(for: "up\n")
                return try await engine.volumes(withLabel: label)
            }
        }
        #expect(volumes.count == (subject.isPodman ? 0 : 1))
        #expect(try await engine.volumes(withLabel: label).isEmpty)
    }

    @Test(.enabled(if: Subjects.haveDocker), arguments: Subjects.complete)
    func `a mount takes no changes, and an offline container has no network but loopback`(
        _ subject: Subject<any Engine>
    ) async throws {
        var spec = subject.spec("touch /x/new 2>/dev/null || echo closed; ls /sys/class/net")
        spec.readOnlyMounts = [(host: "/tmp", container: "/x")]
        spec.isOffline = true
        let (heard, _) = try await subject.engine.withContainer(spec) { streams in
            try await Conversation.with(streams) { $0 }.output.text
        }
        #expect(heard == "closed\nlo\n")
    }

    @Test(.enabled(if: Subjects.haveDocker))
    func `nobody at the other end is told as unreachable`() async throws {
        let engine = DockerEngine(context: "buildspec-no-such-context")
        let spec = ContainerSpec(name: newName(), image: "buildspec/busybox")
        #expect(await engine.diagnose(spec, status: .exited(1), said: "").code == .unreachable)
        #expect(try await !engine.answers())
        await #expect(throws: EngineError.self) { try await engine.isRunning(spec.name) }
        let absent = DockerEngine(program: "buildspec-no-such-program")
        await #expect(throws: EngineError.self) { try await absent.withContainer(spec) { _ in } }
    }
}
