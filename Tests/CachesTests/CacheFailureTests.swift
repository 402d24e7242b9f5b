import TestSupport
@testable import Caches
@testable import Files
import Archives
import Testing

@Suite("saving that fails leaves what was there, and nothing else")
struct CacheFailureTests {
    init() { signal(SIGPIPE, SIG_IGN) }

    private func store(_ folder: FilePath) -> CacheStore { CacheStore(directory: folder.appending("caches")) }

    private func save(_ folder: FilePath, _ descriptor: Int32, confirm: (@Sendable () async throws -> Void)? = nil)
        async throws -> CacheSummary
    {
        try await store(folder).save(
            CacheSample.key, from: TarStreams([TarStream(descriptor)], confirm: confirm),
            taking: CacheScope(allowed: CacheSample.allowed), by: CacheSaving(metadata: CacheSample.metadata))
    }

    struct Refusal: Error {}

    @Test("a stream that breaks off, without and with an older cache", arguments: [false, true])
    func brokenStream(hasOld: Bool) async throws {
        try await withScratch { folder in
            if hasOld { try await CacheSample.save(in: folder) }
            let before = folder.appending("caches").names()
            close(try tar([Sample("root/.m2/x", String(repeating: "x", count: 5000))], folder, "new.tar"))
            let part = folder.appending("part.tar")
            try part.write(Array(try folder.appending("new.tar").bytes().prefix(3000)))
            await #expect {
                try await save(folder, try part.open())
            } throws: { error in
                (error as? FileError)?.code == .damaged
                    && "\(error)".hasPrefix("cannot save the cache `\(CacheSample.key.name)` in `\(folder)/caches`: ")
            }
            #expect(folder.appending("caches").names() == before)
            #expect(folder.names().contains("caches") == hasOld)
            if hasOld { #expect(try await CacheSample.restore(in: folder).samples == CacheSample.samples) }
        }
    }

    @Test("a producer that failed in the end", arguments: [false, true])
    func refused(hasOld: Bool) async throws {
        try await withScratch { folder in
            if hasOld { try await CacheSample.save(in: folder) }
            await #expect(throws: Refusal.self) {
                try await save(folder, try tar([Sample("root/.m2/x", "new")], folder)) { throw Refusal() }
            }
            #expect(folder.names().contains("caches") == hasOld)
            if hasOld {
                #expect(try await CacheSample.restore(in: folder).samples == CacheSample.samples)
                #expect(CacheSample.cacheFolder(in: folder).names().count == 2)
            }
        }
    }

    /// As `docker cp` fails: it has written nothing, or not all, when it ends.
    @Test("of a stream that is empty or cut short the producer's reason is told", arguments: [0, 2000])
    func producerFailed(length: Int) async throws {
        try await withScratch { folder in
            close(try tar([Sample("root/.m2/x", String(repeating: "n", count: 5000))], folder, "new.tar"))
            let part = folder.appending("part.tar")
            try part.write(Array(try folder.appending("new.tar").bytes().prefix(length)))
            await #expect(throws: Refusal.self) { try await save(folder, try part.open()) { throw Refusal() } }
            let error = await #expect(throws: FileError.self) { try await save(folder, try part.open()) {} }
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
                try await save(folder, readEnd.rawValue) { try await producing.value }
            }
            #expect(error?.code == .damaged)
        }
    }

    @Test("cancellation in the middle")
    func cancelled() async throws {
        try await withScratch { folder in
            let (readEnd, writeEnd) = try makePipe()
            let started = AsyncStream<Void>.makeStream()
            let task = Task {
                try await store(folder).save(
                    CacheSample.key,
                    from: TarStreams(
                        [TarStream(readEnd.rawValue)], progress: { if $0 > 1 << 20 { started.continuation.finish() } }),
                    taking: CacheScope(allowed: CacheSample.allowed), by: CacheSaving(metadata: CacheSample.metadata))
            }
            // A file that never ends: only cancelling ends this.
            let feeding = Task {
                try await BlockingThread.run { _ in
                    try writeEnd.closeAfter {
                        let writer = try ArchiveWriter(fileDescriptor: writeEnd.rawValue, format: .tar)
                        try writer.begin(ArchiveEntry(path: Array("root/.m2/endless".utf8), size: .max / 2))
                        let piece = [UInt8](repeating: 1, count: 1 << 20)
                        while true { try piece.withUnsafeBytes { try writer.write($0) } }
                    }
                }
            }
            for await _ in started.stream {}
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            // Our end is closed, so the other one notices.
            await #expect { try await feeding.value } throws: { ($0 as? ArchiveError)?.code == .outputClosed }
            #expect(!folder.names().contains("caches"))
        }
    }

    @Test("a full disk", .enabled(if: SmallDisk.isPossible, "needs the right to mount a small disk"))
    func fullDisk() async throws {
        try await SmallDisk.with(size: "300k") { disk in
            let caches = disk.appending("caches")
            try await withScratch { folder in
                var numbers = SeededNumbers(seed: 1)
                let noise = (0..<1_000_000).map { _ in UInt8.random(in: 0...255, using: &numbers) }
                let stream = try tar([Sample(ArchiveEntry("root/.m2/x"), noise)], folder)
                await #expect {
                    try await CacheStore(directory: caches).save(
                        CacheSample.key, from: stream, allowed: CacheSample.allowed, metadata: CacheSample.metadata)
                } throws: { error in
                    (error as? FileError)?.code == .cannotWrite
                        && "\(error)".hasSuffix(": No space left on device")
                }
                #expect(disk.names() == [])
            }
        }
    }

    @Test(
        "a read-only disk: saving says so, restoring works",
        .enabled(if: SmallDisk.isPossible, "needs the right to mount a small disk"))
    func readOnly() async throws {
        try await SmallDisk.with(size: "2m") { disk in
            try await CacheSample.save(in: disk)
            try await run("rm", disk.appending("caches").appending("\(CacheSample.key.name).lock").string)
            try await run("mount", "-o", "remount,ro", disk.string)
            try await withScratch { folder in
                let store = CacheStore(directory: disk.appending("caches"))
                await #expect {
                    try await store.save(
                        CacheSample.key, from: try tar([], folder), allowed: CacheSample.allowed,
                        metadata: CacheSample.metadata)
                } throws: { error in
                    (error as? FileError)?.code == .cannotWrite && "\(error)".hasSuffix(": Read-only file system")
                }
                let output = folder.appending("out.tar")
                try output.write([])
                _ = try await store.restore(
                    CacheSample.key, to: try FileDescriptor.open(output, .writeOnly).rawValue,
                    allowed: CacheSample.allowed)
                #expect(try untar(output) == CacheSample.samples)
            }
        }
    }

    @Test("a receiver that went away is an error of its own")
    func closedOutput() async throws {
        try await withScratch { folder in
            try await CacheSample.save(
                [Sample(ArchiveEntry("root/.m2/x"), [UInt8](repeating: 1, count: 8 << 20))], in: folder)
            let (readEnd, writeEnd) = try makePipe()
            try readEnd.close()
            await #expect {
                try await store(folder).restore(CacheSample.key, to: writeEnd.rawValue, allowed: CacheSample.allowed)
            } throws: { ($0 as? FileError)?.code == .outputClosed }
        }
    }

    @Test("a file in the way of the cache folder is named")
    func fileInTheWay() async throws {
        try await withScratch { folder in
            try folder.appending("caches").write("a file")
            await #expect { try await save(folder, try tar([], folder)) } throws: { error in
                (error as? FileError)?.code == .cannotWrite && "\(error)".hasSuffix(": Not a directory")
            }
        }
    }
}
