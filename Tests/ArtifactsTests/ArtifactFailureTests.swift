import TestSupport
@testable import Artifacts
@testable import Files
import Archives
import Testing

@Suite("storing that fails leaves the old artifact, and nothing else")
struct ArtifactFailureTests {
    private let chosen = ArtifactSelection(
        files: [.init(source: [0x61], stored: [0x61])], foundCount: 1, invalidPatterns: [], directoryPatterns: [],
        collisions: [],
        keepsLinks: false, leftOutGit: false)

    private func expectOld(_ folder: FilePath) throws {
        #expect(folder.appending("out").names() == ["artifacts"])
        #expect(try folder.appending("out/artifacts/a").text() == "old")
    }

    private func storeOld(_ folder: FilePath) async throws {
        _ = try await ArtifactStore(directory: folder.appending("out")).store(
            "artifacts", from: try tar([Sample("a", "old")], folder), selection: chosen, asZip: false)
    }

    private func store(
        _ folder: FilePath, _ descriptor: Int32, confirm: @escaping @Sendable () async throws -> Void
    ) async throws -> StoredArtifact {
        try await ArtifactStore(directory: folder.appending("out")).store(
            "artifacts", from: TarStreams([TarStream(descriptor)], confirm: confirm), selection: chosen, asZip: false)
    }

    @Test("what a killed process was storing is swept, and nothing else")
    func drafts() async throws {
        try await withScratch { folder in
            try await storeOld(folder)
            let out = folder.appending("out"), mine = ".a.draft-\(UniqueName.make())"
            // No process has this number.
            for name in [mine, ".a.draft-2147483647-0a", ".a.draft-notes", "a.draft-2147483647-0a"] {
                try await run("mkdir", out.appending(name).string)
            }
            ArtifactStore(directory: out).sweepDrafts()
            #expect(Set(out.names()) == [mine, ".a.draft-notes", "a.draft-2147483647-0a", "artifacts"])
        }
    }

    @Test("a stream that breaks off")
    func broken() async throws {
        try await withScratch { folder in
            try await storeOld(folder)
            close(try tar([Sample("a", String(repeating: "n", count: 5000))], folder, "new.tar"))
            try folder.appending("part.tar").write(Array(try folder.appending("new.tar").bytes().prefix(2000)))
            await #expect {
                try await ArtifactStore(directory: folder.appending("out")).store(
                    "artifacts", from: try folder.appending("part.tar").open(), selection: chosen, asZip: false)
            } throws: { ($0 as? FileError)?.code == .damaged }
            try expectOld(folder)
        }
    }

    @Test("a producer that failed in the end", arguments: [false, true])
    func refused(asZip: Bool) async throws {
        try await withScratch { folder in
            try await storeOld(folder)
            await #expect(throws: Refusal.self) {
                try await ArtifactStore(directory: folder.appending("out")).store(
                    "artifacts",
                    from: TarStreams([TarStream(try tar([Sample("a", "new")], folder))]) { throw Refusal() },
                    selection: chosen, asZip: asZip)
            }
            try expectOld(folder)
        }
    }

    /// As `docker cp` fails: it has written nothing, or not all, when it ends.
    @Test("of a stream that is empty or cut short the producer's reason is told", arguments: [0, 2000])
    func producerFailed(length: Int) async throws {
        try await withScratch { folder in
            close(try tar([Sample("a", String(repeating: "n", count: 5000))], folder, "new.tar"))
            let part = folder.appending("part.tar")
            try part.write(Array(try folder.appending("new.tar").bytes().prefix(length)))
            await #expect(throws: Refusal.self) { try await store(folder, try part.open()) { throw Refusal() } }
            let error = await #expect(throws: FileError.self) { try await store(folder, try part.open()) {} }
            #expect(error?.code == .damaged)
        }
    }

    @Test("a producer of which nothing is read any more is told so, and not waited for in vain")
    func producerGoesOn() async throws {
        try await withScratch { folder in
            signal(SIGPIPE, SIG_IGN)
            let (readEnd, writeEnd) = try makePipe()
            // More than a pipe holds, and no archive.
            let producing = Task {
                try await BlockingThread.run { _ in
                    defer { try? writeEnd.close() }
                    _ = try writeEnd.writeAll([UInt8](repeating: 0x61, count: 4 << 20))
                }
            }
            let error = await #expect(throws: FileError.self) {
                try await store(folder, readEnd.rawValue) { try await producing.value }
            }
            #expect(error?.code == .damaged)
        }
    }

    @Test("cancellation")
    func cancelled() async throws {
        try await withScratch { folder in
            let (readEnd, writeEnd) = try makePipe()
            signal(SIGPIPE, SIG_IGN)
            let started = AsyncStream<Void>.makeStream()
            let task = Task {
                try await ArtifactStore(directory: folder.appending("out")).store(
                    "artifacts",
                    from: TarStreams(
                        [TarStream(readEnd.rawValue)], progress: { if $0 > 1 << 20 { started.continuation.finish() } }),
                    selection: chosen, asZip: false)
            }
            let feeding = Task {
                try await BlockingThread.run { _ in
                    try writeEnd.closeAfter {
                        let writer = try ArchiveWriter(fileDescriptor: writeEnd.rawValue, format: .tar)
                        try writer.begin(ArchiveEntry(path: [0x61], size: .max / 2))
                        let piece = [UInt8](repeating: 1, count: 1 << 20)
                        while true { try piece.withUnsafeBytes { try writer.write($0) } }
                    }
                }
            }
            for await _ in started.stream {}
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            await #expect { try await feeding.value } throws: { ($0 as? ArchiveError)?.code == .outputClosed }
            #expect(folder.names() == [])
        }
    }

    @Test(
        "a full disk", .enabled(if: SmallDisk.isPossible, "needs the right to mount a small disk"),
        arguments: [false, true])
    func fullDisk(asZip: Bool) async throws {
        try await SmallDisk.with(size: "300k") { disk in
            try await withScratch { folder in
                var numbers = SeededNumbers(seed: 5)
                let noise = (0..<1_000_000).map { _ in UInt8.random(in: 0...255, using: &numbers) }
                let stream = try tar([Sample(ArchiveEntry("a"), noise)], folder)
                await #expect {
                    try await ArtifactStore(directory: disk.appending("out")).store(
                        "artifacts", from: stream, selection: chosen, asZip: asZip)
                } throws: { error in
                    (error as? FileError)?.code == .cannotWrite
                        && "\(error)"
                            == "cannot store the artifact `artifacts` in `\(disk)/out`: No space left on device"
                }
                #expect(disk.names() == [])
            }
        }
    }

    @Test("what a killed process left is swept up; what a living one is making is not")
    func abandoned() async throws {
        try await withScratch { folder in
            // No process has this number: it is above the largest there can be.
            let dead = ".artifacts.draft-4999999-1", alive = ".artifacts.draft-\(getppid())-1"
            try await run("mkdir", "-p", "\(folder)/out/\(dead)/content", "\(folder)/out/\(alive)")
            try await storeOld(folder)
            #expect(folder.appending("out").names() == [alive, "artifacts"])
        }
    }
}

/// What a caller throws that does not want the artifact after all.
private struct Refusal: Error {}
