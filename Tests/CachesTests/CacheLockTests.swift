@testable import Caches
import TestSupport
@testable import Files
import Archives
import Testing

@Suite("locks of caches")
struct CacheLockTests {
    private static let name = CacheStore.lockName(CacheSample.key.name)

    private func hold(_ folder: FilePath, _ mode: FileLock.Mode) throws -> FileLock {
        let directory = try DirectoryHandle(opening: folder.appending("caches"))
        return try #require(try FileLock.tryAcquire(Self.name, in: directory, mode, purpose: "testing"))
    }

    private func restore(_ store: CacheStore, _ folder: FilePath) async throws -> CacheSummary {
        let output = folder.appending("out.tar")
        try output.write([])
        return try await store.restore(
            CacheSample.key, to: try FileDescriptor.open(output, .writeOnly).rawValue, allowed: CacheSample.allowed)
    }

    @Test("what a killed process was saving is swept, unless somebody has the lock")
    func drafts() async throws {
        try await withScratch { folder in
            let caches = folder.appending("caches"), name = CacheSample.key.name
            try await run("mkdir", "-p", caches.appending(name).string)
            try caches.appending(name).appending(".draft-tarball").write("half")
            let lock = try hold(folder, .exclusive)
            CacheStore(directory: caches).sweepDrafts()
            #expect(caches.appending(name).names() == [".draft-tarball"])
            lock.release()
            CacheStore(directory: caches).sweepDrafts()
            #expect(caches.names() == [])
        }
    }

    @Test("many may hold it shared, one alone")
    func modes() async throws {
        try await withScratch { folder in
            let directory = try DirectoryHandle(opening: folder)
            func acquire(_ mode: FileLock.Mode) throws -> FileLock? {
                try FileLock.tryAcquire([0x6c], in: directory, mode, purpose: "testing")
            }
            let one = try #require(try acquire(.shared))
            let other = try #require(try acquire(.shared))
            #expect(try acquire(.exclusive) == nil)
            one.release()
            one.release()
            #expect(try acquire(.exclusive) == nil)
            other.release()
            let alone = try #require(try acquire(.exclusive))
            #expect(try acquire(.shared) == nil)
            alone.release()
            #expect(try acquire(.shared) != nil)
        }
    }

    @Test("a lock whose file was removed meanwhile is not taken for one")
    func removed() async throws {
        try await withScratch { folder in
            let directory = try DirectoryHandle(opening: folder)
            let old = try #require(try FileLock.tryAcquire([0x6c], in: directory, .exclusive, purpose: "testing"))
            try directory.removeFile([0x6c])
            let new = try #require(try FileLock.tryAcquire([0x6c], in: directory, .exclusive, purpose: "testing"))
            old.release()
            #expect(try FileLock.tryAcquire([0x6c], in: directory, .shared, purpose: "testing") == nil)
            new.release()
        }
    }

    @Test("restoring goes on beside other restoring")
    func shared() async throws {
        try await withScratch { folder in
            try await CacheSample.save(in: folder)
            let lock = try hold(folder, .shared)
            let summary = try await restore(CacheStore(directory: folder.appending("caches")), folder)
            #expect(summary.entryCount == 6)
            lock.release()
        }
    }

    @Test(
        "saving waits for restoring, restoring for saving; who is waited for is said",
        arguments: [FileLock.Mode.shared, .exclusive])
    func waiting(mode: FileLock.Mode) async throws {
        try await withScratch { folder in
            try await CacheSample.save(in: folder)
            let lock = try hold(folder, mode)
            let told = Recorder<String>()
            // Only when the wait has begun is the lock given up.
            let store = CacheStore(directory: folder.appending("caches")) { holder in
                told.add(holder)
                lock.release()
            }
            if mode == .shared {
                let summary = try await store.save(
                    CacheSample.key, from: try tar([], folder), allowed: CacheSample.allowed,
                    metadata: CacheSample.metadata)
                #expect(summary.entryCount == 0)
            } else {
                #expect(try await restore(store, folder).entryCount == 6)
            }
            #expect(told.all == ["testing, process \(getpid())"])
        }
    }

    @Test("waiting ends when it is cancelled, and the streams are closed")
    func cancelling() async throws {
        try await withScratch { folder in
            try await CacheSample.save(in: folder)
            let lock = try hold(folder, .shared)
            let waits = AsyncStream<Void>.makeStream()
            let store = CacheStore(directory: folder.appending("caches")) { _ in waits.continuation.finish() }
            let (readEnd, writeEnd) = try makePipe()
            let pipe = try FileStatus.of(readEnd.rawValue)
            let task = Task {
                try await store.save(
                    CacheSample.key, from: readEnd.rawValue, allowed: CacheSample.allowed,
                    metadata: CacheSample.metadata)
            }
            for await _ in waits.stream {}
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            // The number may be somebody else's by now, but it is our pipe no more.
            #expect((try? FileStatus.of(readEnd.rawValue).inode) != pipe.inode)
            try writeEnd.close()
            lock.release()
        }
    }

    @Test("another process that holds the lock is waited for", .enabled(if: hasFlock, "needs util-linux's flock"))
    func otherProcess() async throws {
        try await withScratch { folder in
            try await CacheSample.save(in: folder)
            let lockFile = folder.appending("caches").appending("\(CacheSample.key.name).lock")
            let (held, go) = (folder.appending("held"), folder.appending("go"))
            try await run("mkfifo", held.string, go.string)
            async let holder = run(
                "sh", "-c",
                "exec 9>>'\(lockFile)'; flock -x 9; echo \"holding, process $$\" >&9; echo > '\(held)'; read x < '\(go)'"
            )
            // Opening a FIFO waits for its other end.
            try await BlockingThread.run { _ in try FileDescriptor.open(held, .readOnly).close() }
            let told = Recorder<String>()
            let store = CacheStore(directory: folder.appending("caches")) { text in
                told.add(text)
                // The other process is let go on; it needs somebody to read from.
                if let file = try? FileDescriptor.open(go, .writeOnly) {
                    _ = try? file.writeAll(Array("\n".utf8))
                    try? file.close()
                }
            }
            let summary = try await store.save(
                CacheSample.key, from: try tar([], folder), allowed: CacheSample.allowed, metadata: CacheSample.metadata
            )
            _ = try await holder
            #expect(summary.entryCount == 0)
            #expect(told.all.count == 1)
            #expect(told.all.first?.hasPrefix("holding, process ") == true)
        }
    }

    @Test("two that save at once leave one whole cache")
    func race() async throws {
        try await withScratch { folder in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<6 {
                    let samples = [Sample("root/.m2/f", String(repeating: "\(number)", count: 100_000))]
                    let stream = try tar(samples, folder, "\(number).tar")
                    group.addTask {
                        _ = try await CacheStore(directory: folder.appending("caches")).save(
                            CacheSample.key, from: stream, allowed: CacheSample.allowed, metadata: CacheSample.metadata)
                    }
                }
                try await group.waitForAll()
            }
            #expect(CacheSample.cacheFolder(in: folder).names().count == 2)
            #expect(try await CacheSample.restore(in: folder).samples.count == 1)
        }
    }
}

private let hasFlock = access("/usr/bin/flock", X_OK) == 0
