import Archives
import ChildProcesses
import Engines
import Files
import TestSupport
import Testing

/// The promises of `ContainerCopying`.
@Suite struct ContainerCopyingTests {
    typealias Copier = Subject<any ContainerRunning & ContainerCopying>

    /// Runs `body` beside a container with a file, a folder and a link.
    private func withFiles(
        _ subject: Copier, _ body: @escaping @Sendable (_ container: String) async throws -> Void
    ) async throws {
        let text = #"""
            mkdir -p "$0/data/folder/sub" && cd "$0/data" && printf one >folder/a && printf two >folder/sub/b
            chmod 640 folder/a; ln -s a folder/link; echo up; cat
            """#
        var spec = subject.spec(text)
        spec.arguments.append(subject.root(spec.name))
        _ = try await subject.engine.withContainer(spec) { [spec] streams in
            try await Conversation.with(streams) { child in
                try await child.output.wait(for: "up\n")
                try await body(spec.name)
            }
        }
    }

    @Test(arguments: Subjects.copying)
    func `a folder comes out with all below it, named by its last component`(_ subject: Copier) async throws {
        try await withScratch { scratch in
            let file = scratch.appending("out.tar")
            try await withFiles(subject) { container in
                try await subject.engine.copyOut("/data/folder", of: container, to: file.toWrite())
            }
            let samples = try untar(file).sorted { $0.entry.name < $1.entry.name }
            #expect(
                samples.map { $0.entry.name.trimmingSlash } == [
                    "folder", "folder/a", "folder/link", "folder/sub", "folder/sub/b",
                ])
            #expect(samples.map { String(decoding: $0.content, as: UTF8.self) } == ["", "one", "", "", "two"])
            #expect(samples[1].entry.mode & 0o777 == 0o640)
            #expect(samples[2].entry.kind == .symbolicLink(target: Array("a".utf8)))
        }
    }

    @Test(arguments: Subjects.copying)
    func `a file comes out alone, named by its last component`(_ subject: Copier) async throws {
        try await withScratch { scratch in
            let file = scratch.appending("out.tar")
            try await withFiles(subject) { container in
                try await subject.engine.copyOut("/data/folder/sub/b", of: container, to: file.toWrite())
            }
            let samples = try untar(file)
            #expect(samples.map(\.entry.name) == ["b"])
            #expect(samples.map(\.content) == [Array("two".utf8)])
        }
    }

    @Test(arguments: Subjects.copying)
    func `the descriptor is closed, and that of a path that is not there as well`(_ subject: Copier) async throws {
        try await withFiles(subject) { container in
            for path in ["/data/folder", "/data/nothing"] {
                let pipe = try Pipe()
                defer { close(pipe.readEnd) }
                do { try await subject.engine.copyOut(path, of: container, to: pipe.writeEnd) } catch let error
                    as EngineError
                {
                    #expect(path.hasSuffix("nothing") && error.code == .absent, "\(path): \(error)")
                }
                #expect(try await eventually { pipe.hasLostItsWriter })
            }
        }
    }

    @Test(arguments: Subjects.copying)
    func `a stream is unpacked into a folder, and its descriptor closed`(_ subject: Copier) async throws {
        try await withScratch { scratch in
            let samples = [
                Sample("a", "one", mode: 0o750), Sample("sub/b", "two"), Sample(.link("sub/link", to: "b")),
            ]
            let stream = try tar(samples, scratch), back = scratch.appending("back.tar")
            try await withFiles(subject) { container in
                try await subject.engine.copyIn(from: stream, to: "/data", of: container)
                let line = try SocketPair(sending: [UInt8](repeating: 0, count: 10_240))
                do { try await subject.engine.copyIn(from: line.readEnd, to: "/data", of: container) } catch let error
                    as EngineError where subject.isPodman
                { #expect(error.reason.contains("must be a (compressed) tar")) }
                #expect(try await eventually { line.hasLostItsReader })
                try await subject.engine.copyOut("/data", of: container, to: back.toWrite())
            }
            let found = try untar(back).filter { $0.entry.kind != .directory }
            let names = found.map(\.entry.name).sorted()
            #expect(
                names == [
                    "data/a", "data/folder/a", "data/folder/link", "data/folder/sub/b", "data/sub/b", "data/sub/link",
                ])
            let file = try #require(found.first { $0.entry.name == "data/a" })
            #expect(file.content == Array("one".utf8) && file.entry.mode & 0o777 == 0o750)
        }
    }

    @Test(arguments: Subjects.copying)
    func `a stream that cannot be unpacked is refused`(_ subject: Copier) async throws {
        try await withScratch { scratch in
            let path = scratch.appending("noise")
            try path.write(String(repeating: "this is no tar\n", count: 200))
            try await withFiles(subject) { container in
                let noise = try path.open()
                await #expect(throws: EngineError.self) {
                    try await subject.engine.copyIn(from: noise, to: "/data", of: container)
                }
            }
        }
    }
}

extension FilePath {
    /// Opened for writing, and made; whoever gets it closes it.
    func toWrite() throws -> Int32 {
        try FileDescriptor.open(
            self, .writeOnly, options: [.create, .truncate, .closeOnExec], permissions: .ownerReadWrite
        )
        .rawValue
    }
}

extension Pipe {
    /// Whether nobody can write any more. What was written is read and forgotten.
    var hasLostItsWriter: Bool {
        var waiting = pollfd(fd: readEnd, events: Int16(POLLIN), revents: 0)
        while poll(&waiting, 1, 0) == 1, waiting.revents & Int16(POLLIN) != 0 {
            var bytes = [UInt8](repeating: 0, count: 65_536)
            guard read(readEnd, &bytes, bytes.count) > 0 else { return true }
        }
        return waiting.revents & Int16(POLLHUP) != 0
    }
}

/// A descriptor to read something from, and a look from the other side at whether anybody still has it.
final class SocketPair: Sendable {
    let readEnd: Int32
    private let otherEnd: Int32

    init(sending bytes: [UInt8]) throws {
        var ends: [Int32] = [-1, -1]
        #if os(Linux)
            let kind = Int32(SOCK_STREAM.rawValue)
        #else
            let kind = SOCK_STREAM
        #endif
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw Errno(rawValue: errno) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        (readEnd, otherEnd) = (ends[0], ends[1])
        write(otherEnd, bytes, bytes.count)
        shutdown(otherEnd, Int32(SHUT_WR))
    }

    deinit { close(otherEnd) }

    /// Whether nobody can read any more.
    var hasLostItsReader: Bool {
        var waiting = pollfd(fd: otherEnd, events: 0, revents: 0)
        return poll(&waiting, 1, 0) == 1 && waiting.revents & Int16(POLLHUP) != 0
    }
}

extension String {
    var trimmingSlash: String { hasSuffix("/") ? String(dropLast()) : self }
}
