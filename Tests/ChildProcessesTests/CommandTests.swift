import Files
import ChildProcesses
import Testing

@Suite struct CommandTests {
    @Test func `a non-zero exit is a result`() async throws {
        let output = try await Command("sh", ["-c", "echo out; echo err >&2; exit 3"]).collect()
        #expect(output.status == .exited(3))
        #expect(output.text == "out")
        #expect(output.errorText == "err")
    }

    @Test func `death by signal shows as a shell shows it`() async throws {
        let output = try await Command("sh", ["-c", "kill -9 $$"]).collect()
        #expect(output.status == .signalled(9))
        #expect(output.status.exitStatus == 137)
    }

    @Test func `a program that does not exist is named`() async throws {
        let error = await #expect(throws: ChildProcessError.self) {
            try await Command("no-such-program-here", []).collect()
        }
        #expect(error?.code == .notFound)
        #expect(error?.description == "cannot run `no-such-program-here`: there is no such program in PATH")
    }

    @Test func `variables are set and taken away`() async throws {
        let output = try await Command(
            "sh", ["-c", "echo ${A-none} ${HOME-none}"], environment: ["A": "x", "HOME": nil]
        ).collect()
        #expect(output.text == "x none")
    }

    @Test func `both streams are read while input is written`() async throws {
        let megabyte = [UInt8](repeating: 0x61, count: 1 << 20)
        let command = Command("sh", ["-c", "cat; head -c 1000000 /dev/zero >&2"])
        let (counts, status) = try await command.stream { streams in
            try await withThrowingTaskGroup(of: Int.self) { group in
                group.addTask {
                    var count = 0
                    try await streams.output.forEachChunk { count += $0.count }
                    return count
                }
                group.addTask {
                    var count = 0
                    try await streams.errorOutput.forEachChunk { count += $0.count }
                    return count
                }
                #expect(try await streams.input.write(megabyte))
                try await streams.input.finish()
                return try await group.reduce(into: [Int]()) { $0.append($1) }.sorted()
            }
        }
        #expect(counts == [1_000_000, 1 << 20])
        #expect(status.isSuccess)
    }

    @Test func `writing to a child that no longer reads is no error`() async throws {
        signal(SIGPIPE, SIG_IGN)
        _ = try await Command("true", []).stream { streams in
            try await streams.output.forEachChunk { _ in }
            try await streams.errorOutput.forEachChunk { _ in }
            var couldWrite = true
            for _ in 0..<8 where couldWrite {
                couldWrite = try await streams.input.write([UInt8](repeating: 0, count: 1 << 20))
            }
            #expect(!couldWrite)
        }
    }

    @Test func `cancelling kills the child`() async throws {
        let task = Task {
            try await Command("sleep", ["600"]).stream { streams in
                try await streams.output.forEachChunk { _ in }
            }
        }
        try await Task.sleep(for: .milliseconds(50))
        let start = ContinuousClock.now
        task.cancel()
        _ = await task.result
        #expect(ContinuousClock.now - start < .seconds(300))
    }

    @Test func `a descriptor carries output past us`() async throws {
        let pipe = try Pipe()
        async let output = Command("sh", ["-c", "printf abc"]).run(outputTo: pipe.writeEnd)
        var buffer = [UInt8](repeating: 0, count: 16)
        #expect(try await output.status.isSuccess)
        #expect(read(pipe.readEnd, &buffer, 16) == 3)
        #expect(read(pipe.readEnd, &buffer, 16) == 0)
        close(pipe.readEnd)
    }
}
