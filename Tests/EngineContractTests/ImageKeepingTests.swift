import ChildProcesses
import Engines
import Files
import TestSupport
import Testing

/// The promises of `ImageKeeping`.
@Suite struct ImageKeepingTests {
    typealias Keeper = Subject<any BuildEngine>

    /// Makes images of a container that has written `/kept` and, in memory, `/fleeting/x`; afterwards they are gone.
    private func withImages(
        _ subject: Keeper, _ count: Int = 1, _ body: @escaping @Sendable (_ images: [String]) async throws -> Void
    ) async throws {
        let images = (0..<count).map { "\(newName()):\($0)" }
        var spec = subject.spec(#"printf kept >"$0/kept"; printf x >"$0/fleeting/x"; echo up; cat"#)
        spec.arguments.append(subject.root(spec.name))
        spec.memoryMounts = ["/fleeting"]
        _ = try await subject.engine.withContainer(spec) { [spec] streams in
            try await Conversation.with(streams) { child in
                try await child.output.wait(for: "up\n")
                for image in images {
                    try await subject.engine.commit(spec.name, as: image, labels: [contractLabel: spec.name])
                }
            }
        }
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await body(images)) } catch { outcome = .failure(error) }
        for image in images { try await subject.engine.removeImage(image) }
        try outcome.get()
    }

    @Test(arguments: Subjects.keepingImages)
    func `an image is the container's files without those in memory`(_ subject: Keeper) async throws {
        try await withImages(subject) { images in
            var spec = subject.spec(#"cat "$0/kept"; ls "$0/fleeting" 2>/dev/null"#)
            spec.arguments.append(subject.root(spec.name))
            spec.image = images[0]
            let (heard, _) = try await subject.engine.withContainer(spec) { streams in
                try await Conversation.with(streams) { $0 }.output.text
            }
            #expect(heard == "kept")
        }
    }

    @Test(arguments: Subjects.keepingImages)
    func `an image has a size, an id and variables`(_ subject: Keeper) async throws {
        try await withImages(subject) { images in
            let size = try #require(try await subject.engine.imageSize(images[0]))
            #expect(size > 0)
            let id = try #require(try await subject.engine.imageID(images[0]))
            #expect(id != (try await subject.engine.imageID(subject.image)))
            let configuration = try #require(try await subject.engine.imageConfiguration(images[0]))
            #expect(configuration.id == id)
            #expect(configuration.variables.contains { $0.name == "PATH" && !$0.value.isEmpty })
            #expect(!configuration.architecture.isEmpty && configuration.digests.isEmpty)
            #expect(try await subject.engine.imageNames().contains(images[0]))
        }
    }

    @Test(arguments: Subjects.keepingImages)
    func `of an image that is not there nothing is known, and removing it is fine`(_ subject: Keeper) async throws {
        let name = newName()
        #expect(try await subject.engine.imageSize(name) == nil)
        #expect(try await subject.engine.imageID(name) == nil)
        #expect(try await subject.engine.imageConfiguration(name) == nil)
        try await subject.engine.removeImage(name)
    }

    @Test(arguments: Subjects.keepingImages)
    func `an image that is removed is gone`(_ subject: Keeper) async throws {
        try await withImages(subject) { images in
            try await subject.engine.removeImage(images[0])
            #expect(try await subject.engine.imageID(images[0]) == nil)
        }
    }

    @Test(arguments: Subjects.keepingImages)
    func `images go into a tar and come out of it, and the descriptors are closed`(_ subject: Keeper) async throws {
        try await withScratch { scratch in
            let file = scratch.appending("images.tar")
            try await withImages(subject, 2) { images in
                let engine = subject.engine
                let ids = [try await engine.imageID(images[0]), try await engine.imageID(images[1])]
                try await engine.saveImages(images, to: file.toWrite())
                for image in images { try await engine.removeImage(image) }
                try await engine.loadImages(from: file.open())
                #expect([try await engine.imageID(images[0]), try await engine.imageID(images[1])] == ids)

                let pipe = try Pipe()
                defer { close(pipe.readEnd) }
                await #expect(throws: EngineError.self) {
                    try await engine.saveImages([newName()], to: pipe.writeEnd)
                }
                #expect(try await eventually { pipe.hasLostItsWriter })
                let line = try SocketPair(sending: Array("this is no tar\n".utf8))
                await #expect(throws: EngineError.self) { try await engine.loadImages(from: line.readEnd) }
                #expect(try await eventually { line.hasLostItsReader })
            }
        }
    }

    @Test(arguments: Subjects.keepingImages)
    func `an image is not copied into a container without an engine`(_ subject: Keeper) async throws {
        let spec = subject.waiting()
        _ = try await subject.engine.withContainer(spec) { streams in
            try await Conversation.with(streams) { child in
                try await child.output.wait(for: "up\n")
                let error = await #expect(throws: EngineError.self) {
                    try await subject.engine.copyImage(subject.image, into: spec.name)
                }
                #expect(error?.code == .refused)
            }
        }
    }

    // MARK: What only an engine with layers and volumes has

    @Test(.enabled(if: Subjects.haveDocker), arguments: Subjects.complete)
    func `layers that several images have are in the tar once`(_ subject: Subject<any Engine>) async throws {
        try await withScratch { scratch in
            let engine = subject.engine, images = [newName(), newName()]
            // What cannot be compressed, and is in both.
            let base = newName()
            var spec = subject.spec("head -c 4000000 /dev/urandom >/big; echo up; cat")
            _ = try await engine.withContainer(spec) { [spec] streams in
                try await Conversation.with(streams) { child in
                    try await child.output.wait(for: "up\n")
                    try await engine.commit(spec.name, as: base, labels: [:])
                }
            }
            for image in images {
                spec = subject.spec("echo $0 >/own; echo up; cat", image)
                spec.image = base
                _ = try await engine.withContainer(spec) { [spec] streams in
                    try await Conversation.with(streams) { child in
                        try await child.output.wait(for: "up\n")
                        try await engine.commit(spec.name, as: image, labels: [:])
                    }
                }
            }
            let one = scratch.appending("one.tar"), both = scratch.appending("both.tar")
            try await engine.saveImages([images[0]], to: one.toWrite())
            try await engine.saveImages(images, to: both.toWrite())
            #expect(try both.bytes().count < one.bytes().count + 1_000_000)
            for image in images + [base] { try await engine.removeImage(image) }
        }
    }

    @Test(.enabled(if: Subjects.haveDocker), arguments: Subjects.complete)
    func `an image goes with its last name, and what lies in volumes is no part of it`(
        _ subject: Subject<any Engine>
    ) async throws {
        let engine = subject.engine, image = newName(), other = newName()
        var spec = subject.spec("printf x >/v/in-volume; printf kept >/kept; echo up; cat")
        spec.volumes = [Volume(name: nil, target: "/v")]
        _ = try await engine.withContainer(spec) { [spec] streams in
            try await Conversation.with(streams) { child in
                try await child.output.wait(for: "up\n")
                try await engine.commit(spec.name, as: image, labels: [contractLabel: spec.name])
            }
        }
        let id = try #require(try await engine.imageID(image))
        _ = try await engine.command(["tag", image, other]).collect()
        try await engine.removeImage(image)
        #expect(try await engine.imageID(image) == nil)
        #expect(try await engine.imageID(other) == id)
        spec = subject.spec("cat /kept; ls /v")
        spec.image = other
        let (heard, _) = try await engine.withContainer(spec) { streams in
            try await Conversation.with(streams) { $0 }.output.text
        }
        #expect(heard == "kept")
        try await engine.removeImage(other)
        #expect(try await engine.imageID(id) == nil)
    }
}
