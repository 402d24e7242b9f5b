internal import BuildPlanning
internal import ChildProcesses
internal import Engines
internal import Files

/// Carries tar streams between this machine and a running container.
///
/// Where both see one folder and the image has GNU tar, they go through a FIFO in it, at the speed of `tar`; elsewhere
/// through the engine, `docker cp`, which costs about as much again (Documentation/decisions/docker-cp.md).
struct TarCarrier: Sendable {
    private let engine: any BuildEngine
    private let container: String
    private let session: DriverSession
    /// `nil` where the engine has to do it.
    private let folder: String?

    /// - Parameter folder: of this machine, mounted at ``ContainerLayout/pipes``; whether that worked is tried here.
    init(engine: any BuildEngine, container: String, session: DriverSession, folder: String?) async throws {
        self.engine = engine
        self.container = container
        self.session = session
        var shared: String?
        if let folder, try await Self.isShared(folder, session) { shared = folder }
        self.folder = shared
    }

    /// Whether a byte written there arrives here; a virtual machine between us shows the FIFO's name and nothing more.
    private static func isShared(_ folder: String, _ session: DriverSession) async throws -> Bool {
        #if os(Linux)
            let name = "trial", path = "\(folder)/\(name)"
            unlink(path)
            // A folder that takes no FIFO is no way either.
            guard let pipe = try? Pipe(named: path) else { return false }
            defer {
                close(pipe.readEnd)
                close(pipe.writeEnd)
                unlink(path)
            }
            guard try await session.perform("try_pipe \(name)") == 0 else { return false }
            var waiting = pollfd(fd: pipe.readEnd, events: Int16(POLLIN), revents: 0)
            return poll(&waiting, 1, 100) == 1
        #else
            return false
        #endif
    }

    /// A stream of a file or a folder of the container, named by its last component, and what fills it.
    ///
    /// - Returns: the end to read from, the caller's to close; and the carrying, which must run beside the reading.
    func outgoing(_ path: String) throws -> (readEnd: Int32, carry: @Sendable () async throws -> Void) {
        guard let folder else {
            let pipe = try Pipe()
            return (pipe.readEnd, { try await engine.copyOut(path, of: container, to: pipe.writeEnd) })
        }
        let fifo = try NamedPipe(in: folder)
        return (
            fifo.pipe.readEnd,
            {
                defer { fifo.finish(closing: fifo.pipe.writeEnd) }
                let status = try await session.perform("pack \(fifo.name) \(path.shellQuoted)")
                // 1: a file changed while it was read, which is a build's own affair.
                guard status == 0 || status == 1 else {
                    throw EngineError(
                        .refused, doing: "copy `\(path)` out of the container",
                        reason: "`tar` ended with status \(status)")
                }
            }
        )
    }

    /// A stream to be unpacked at the top of the container's file system, and what does that.
    ///
    /// - Returns: the end to write to, the caller's to close; and the carrying, which must run beside the writing.
    func incoming() async throws -> (writeEnd: Int32, carry: @Sendable () async throws -> Void) {
        guard let folder else {
            let pipe = try Pipe()
            return (pipe.writeEnd, { try await engine.copyIn(from: pipe.readEnd, to: "/", of: container) })
        }
        let fifo = try NamedPipe(in: folder)
        // Opened before anything is written: a writer that has come and gone would be waited for in vain.
        guard try await session.perform("open_pipe \(fifo.name)") == 0 else {
            close(fifo.pipe.writeEnd)
            fifo.finish(closing: fifo.pipe.readEnd)
            throw EngineError(
                .refused, doing: "copy into the container", reason: "its end of the FIFO cannot be opened")
        }
        return (
            fifo.pipe.writeEnd,
            {
                defer { fifo.finish(closing: fifo.pipe.readEnd) }
                let status = try await session.perform("unpack")
                guard status == 0 else {
                    throw EngineError(
                        .refused, doing: "copy into the container", reason: "`tar` ended with status \(status)")
                }
            }
        )
    }
}

/// A FIFO of one transfer.
private struct NamedPipe: Sendable {
    let name: String
    let pipe: Pipe
    private let path: String

    init(in folder: String) throws {
        name = "\(UInt64.random(in: .min ... .max))"
        path = "\(folder)/\(name)"
        pipe = try Pipe(named: path)
    }

    func finish(closing end: Int32) {
        close(end)
        unlink(path)
    }
}
