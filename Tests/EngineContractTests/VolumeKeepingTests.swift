import Archives
import ChildProcesses
import Engines
import Files
import TestSupport
import Testing

/// The promises of `VolumeKeeping`.
@Suite(.enabled(if: Subjects.haveDocker)) struct VolumeKeepingTests {
    typealias Keeper = Subject<any Engine>

    /// Runs `body` beside a container that has written `/v/file` in a volume; afterwards neither is there.
    private func withVolume(
        _ subject: Keeper, writing text: String = "printf kept >/v/file",
        _ body: @escaping @Sendable (_ volume: String, _ container: String) async throws -> Void
    ) async throws {
        let volume = newName()
        var spec = subject.spec("\(text); echo up; cat")
        spec.volumes = [Volume(name: volume, target: "/v", labels: [contractLabel: volume])]
        let outcome: Result<Void, any Error>
        do {
            _ = try await subject.engine.withContainer(spec) { [spec] streams in
                try await Conversation.with(streams) { child in
                    try await child.output.wait(for: "up\n")
                    try await body(volume, spec.name)
                }
            }
            outcome = .success(())
        } catch { outcome = .failure(error) }
        #expect(try await subject.engine.removeVolume(volume))
        try outcome.get()
    }

    @Test(arguments: Subjects.complete)
    func `a volume is there from its first use until it is removed, and found by its label`(
        _ subject: Keeper
    ) async throws {
        let engine = subject.engine
        let name = Name()
        try await withVolume(subject) { volume, container in
            await name.remember(volume)
            #expect(try await engine.hasVolume(volume))
            #expect(try await engine.volumes(withLabel: "\(contractLabel)=\(volume)") == [volume])
            // What the container says may be here before the engine calls it running.
            #expect(try await eventually { try await engine.containers(usingVolume: volume) == [container] })
            #expect(try await !engine.removeVolume(volume))
            let root = try await engine.volumeRoot()
            #expect(root?.hasPrefix("/") == (subject.isPodman ? nil : true))
        }
        let volume = await name.text
        #expect(try await !engine.hasVolume(volume))
        #expect(try await engine.volumes(withLabel: "\(contractLabel)=\(volume)").isEmpty)
        #expect(try await engine.containers(usingVolume: volume).isEmpty)
    }

    @Test(arguments: Subjects.complete)
    func `a volume goes into a tar and comes out of it, in place of the one before`(_ subject: Keeper) async throws {
        try await withScratch { scratch in
            let engine = subject.engine, file = scratch.appending("volume.tar"), copy = newName()
            try await withVolume(subject, writing: "mkdir /v/sub; printf one >/v/file; printf two >/v/sub/file") {
                volume, container in
                try await engine.saveVolume(
                    volume, to: file.toWrite(), container: subject.spec(), pausing: container)
            }
            let names = try untar(file).map { $0.entry.name.trimmingSlash }.sorted()
            #expect(names == ["volume", "volume/file", "volume/sub", "volume/sub/file"])
            for _ in 0..<2 {
                try await engine.loadVolume(
                    copy, labels: [contractLabel: copy], from: file.open(), container: subject.spec())
                var spec = subject.spec("cat /v/file /v/sub/file; ls /v; touch /v/new")
                spec.volumes = [Volume(name: copy, target: "/v")]
                let (heard, _) = try await engine.withContainer(spec) { streams in
                    try await Conversation.with(streams) { $0 }.output.text
                }
                #expect(heard == "onetwofile\nsub\n")
            }
            #expect(try await engine.volumes(withLabel: "\(contractLabel)=\(copy)") == [copy])
            #expect(try await engine.removeVolume(copy))
        }
    }

    @Test(arguments: Subjects.complete.filter { !$0.isRootless })
    func `who writes to a volume stands still while it is saved`(_ subject: Keeper) async throws {
        try await withVolume(subject, writing: "head -c 8000000 /dev/zero >/v/file") { volume, container in
            let engine = subject.engine, pipe = try Pipe()
            defer { close(pipe.readEnd) }
            let saving = Task {
                try await engine.saveVolume(
                    volume, to: pipe.writeEnd, container: subject.spec(), pausing: container)
            }
            func isPaused() async throws -> Bool {
                try await engine.command(["inspect", "--format", "{{.State.Paused}}", container]).collect().text
                    == "true"
            }
            // More than the pipe holds: the saving cannot be over before it is read.
            #expect(try await eventually { !pipe.isEmpty })
            #expect(try await isPaused())
            #expect(try await eventually { pipe.hasLostItsWriter })
            try await saving.value
            #expect(try await !isPaused())
        }
    }

    @Test(arguments: Subjects.complete)
    func `looking into a volume leaves no container`(_ subject: Keeper) async throws {
        let engine = subject.engine, spec = subject.spec()
        try await withVolume(subject) { volume, container in
            let pipe = try Pipe()
            defer { close(pipe.readEnd) }
            try await engine.saveVolume(volume, to: pipe.writeEnd, container: spec, pausing: container)
        }
        #expect(try await engine.containers(withLabel: "\(contractLabel)=\(spec.name)").isEmpty)
    }
}

private actor Name {
    private(set) var text = ""
    func remember(_ text: String) { self.text = text }
}

extension Pipe {
    /// Whether nothing is there to be read.
    fileprivate var isEmpty: Bool {
        var waiting = pollfd(fd: readEnd, events: Int16(POLLIN), revents: 0)
        return poll(&waiting, 1, 0) != 1
    }
}
