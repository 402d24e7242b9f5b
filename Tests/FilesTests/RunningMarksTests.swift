import Files
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct RunningMarksTests {
    private func sweep(_ marks: RunningMarks) async -> [String] {
        var removed: [String] = []
        await marks.sweep {
            removed.append($0)
            return true
        }
        return removed
    }

    @Test func `what a dead process has left is swept, once; what a living one has is not`() async throws {
        try await withScratch { folder in
            let marks = RunningMarks(folder: folder.string)
            let mark = try await marks.mark("living")
            try folder.appending("dead").write("")
            #expect(await sweep(marks) == ["dead"])
            #expect(folder.names() == ["living"])
            mark.release()
            #expect(await sweep(marks) == [])
            #expect(folder.names() == [])
        }
    }

    @Test func `what cannot be removed keeps its mark`() async throws {
        try await withScratch { folder in
            try folder.appending("dead").write("")
            await RunningMarks(folder: folder.string).sweep { _ in throw Errno.ioError }
            #expect(folder.names() == ["dead"])
        }
    }

    @Test func `a mark that was left, or whose removal is not certain, is swept again`() async throws {
        try await withScratch { folder in
            let marks = RunningMarks(folder: folder.string)
            try await marks.mark("left").leave()
            await marks.sweep { _ in false }
            #expect(folder.names() == ["left"])
            #expect(await sweep(marks) == ["left"])
            #expect(folder.names() == [])
        }
    }

    /// As many as that would fill the tasks' pool of any machine, and nobody could let them in.
    @Test func `waiting for marks that others sweep stops nobody`() async throws {
        try await withScratch { folder in
            let marks = RunningMarks(folder: folder.string), names = (0..<200).map { "m\($0)" }
            let directory = try DirectoryHandle(opening: folder)
            let sweeping = try names.map { name in
                try #require(
                    try FileLock.tryAcquire(Array(name.utf8), in: directory, .exclusive, purpose: "sweeping"))
            }
            try await withThrowingTaskGroup(of: RunningMarks.Mark.self) { group in
                for name in names { group.addTask { try await marks.mark(name) } }
                try await Task.sleep(for: .milliseconds(50))
                for lock in sweeping { lock.release() }
                for try await mark in group { mark.release() }
            }
            #expect(folder.names() == [])
        }
    }

    @Test func `cancelling ends the wait for a mark`() async throws {
        try await withScratch { folder in
            let directory = try DirectoryHandle(opening: folder)
            let sweeping = try FileLock.tryAcquire(Array("m".utf8), in: directory, .exclusive, purpose: "sweeping")
            let task = Task { try await RunningMarks(folder: folder.string).mark("m") }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            sweeping?.release()
        }
    }

    @Test func `a folder that is missing is named`() async throws {
        let error = await #expect(throws: FileError.self) { try await RunningMarks(folder: "/nonexistent").mark("m") }
        #expect(error?.doing == "mark the build as running in `/nonexistent/m`")
    }
}
