import Files
import TestSupport
import Archives
import Testing

@Suite("pipes, full disks, stopping")
struct StreamTests {
    init() { signal(SIGPIPE, SIG_IGN) }

    @Test("through a pipe, larger than the pipe")
    func pipes() async throws {
        let (readEnd, writeEnd) = try makePipe()
        let content = [UInt8](repeating: 9, count: 5 << 20)
        async let written: Void = BlockingThread.run { _ in
            try writeEnd.closeAfter {
                let writer = try ArchiveWriter(fileDescriptor: writeEnd.rawValue, format: .tar)
                try writer.begin(ArchiveEntry(path: [0x61], size: Int64(content.count)))
                try content.withUnsafeBytes { try writer.write($0) }
                try writer.end()
                try writer.close()
            }
        }
        let size = try await BlockingThread.run { _ in
            try readEnd.closeAfter {
                let reader = try ArchiveReader(fileDescriptor: readEnd.rawValue)
                var size = 0
                while try reader.next() != nil {
                    try reader.readBlocks { if case .bytes(let bytes) = $0 { size += bytes.count } }
                }
                return size
            }
        }
        try await written
        #expect(size == content.count)
    }

    @Test("the end of an archive lets its writer finish what it pads it with")
    func padding() async throws {
        let (readEnd, writeEnd) = try makePipe()
        async let written: Void = BlockingThread.run { _ in
            // Two blocks of zeros end it; what follows must still find a reader.
            try writeEnd.closeAfter { _ = try writeEnd.writeAll([UInt8](repeating: 0, count: 4 << 20)) }
        }
        let entry = try await BlockingThread.run { _ in
            try readEnd.closeAfter { try ArchiveReader(fileDescriptor: readEnd.rawValue).next() }
        }
        try await written
        #expect(entry == nil)
    }

    @Test("a reader that went away is an error, not the end of the process")
    func closedPipe() throws {
        let (readEnd, writeEnd) = try makePipe()
        try readEnd.close()
        try writeEnd.closeAfter {
            let writer = try ArchiveWriter(fileDescriptor: writeEnd.rawValue, format: .tar)
            #expect {
                try writer.begin(ArchiveEntry(path: [0x61], size: 4 << 20))
                try [UInt8](repeating: 1, count: 4 << 20).withUnsafeBytes { try writer.write($0) }
            } throws: { error in
                (error as? ArchiveError)?.code == .outputClosed
            }
        }
    }

    #if os(Linux)
        @Test(
            "a full disk is told in the system's words",
            arguments: [ArchiveWriter.Format.tar, .tarZstd(level: 1, threads: 2), .zip])
        func fullDisk(format: ArchiveWriter.Format) throws {
            let file = try FileDescriptor.open("/dev/full", .writeOnly)
            try file.closeAfter {
                let writer = try ArchiveWriter(fileDescriptor: file.rawValue, format: format)
                #expect {
                    try writer.begin(ArchiveEntry(path: [0x61], size: 3))
                    try [UInt8]([1, 2, 3]).withUnsafeBytes { try writer.write($0) }
                    try writer.end()
                    try writer.close()
                } throws: { error in
                    (error as? ArchiveError)?.code == .writeFailed
                        && "\(error)" == "cannot write the archive: No space left on device"
                }
            }
        }
    #endif

    @Test("a writer that is dropped leaves no end mark")
    func dropped() async throws {
        try await withScratch { folder in
            try write([Sample("a", "x")], to: folder.appending("archive"), .tar, closing: false)
            #expect(throws: ArchiveError.self) { try read(folder.appending("archive")) }
        }
    }

    @Test("too much or too little content is refused")
    func sizes() async throws {
        try await withScratch { folder in
            let file = try FileDescriptor.open(
                folder.appending("a"), .readWrite, options: .create, permissions: .ownerReadWrite)
            try file.closeAfter {
                let writer = try ArchiveWriter(fileDescriptor: file.rawValue, format: .tar)
                try writer.begin(ArchiveEntry(path: [0x61], size: 2))
                #expect { try [UInt8]([1, 2, 3]).withUnsafeBytes { try writer.write($0) } } throws: {
                    ($0 as? ArchiveError)?.code == .sizeMismatch
                }
                #expect { try writer.end() } throws: { ($0 as? ArchiveError)?.code == .sizeMismatch }
            }
        }
    }

    @Test("a raised flag ends reading and writing")
    func stopping() async throws {
        try await withScratch { folder in
            let content = String(repeating: "x", count: 4 << 20)
            try write([Sample("a", content)], to: folder.appending("archive"), .tar)
            let stop = StopFlag()
            let reader = try ArchiveReader(path: folder.appending("archive"), stop: stop)
            #expect(try reader.next() != nil)
            stop.raise()
            #expect { try reader.readBlocks { _ in } } throws: { ($0 as? ArchiveError)?.code == .stopped }
        }
    }

    @Test("cancelling a task stops its blocking thread, and is told as cancellation")
    func cancelling() async throws {
        let task = Task {
            try await BlockingThread.run { stop in
                while true { try stop.check() }
            }
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test("blocking threads do not take each other's place")
    func manyThreads() async throws {
        // More than any pool has: each waits for the next.
        let pipes = try (0..<64).map { _ in try makePipe() }
        let sum = try await withThrowingTaskGroup(of: Int.self) { group in
            for (index, pipe) in pipes.enumerated() {
                group.addTask {
                    try await BlockingThread.run { _ in
                        var byte: UInt8 = 0
                        if index > 0 {
                            _ = try withUnsafeMutableBytes(of: &byte) { try pipes[index - 1].readEnd.read(into: $0) }
                        }
                        _ = try pipe.writeEnd.writeAll([byte + 1])
                        return Int(byte) + 1
                    }
                }
            }
            return try await group.reduce(0, +)
        }
        for pipe in pipes {
            try pipe.readEnd.close()
            try pipe.writeEnd.close()
        }
        #expect(sum == 64 * 65 / 2)
    }
}
