internal import BuildPlanning
internal import Engines
internal import Files

/// Carries tar streams between this machine and a running container.
///
/// Where both see one folder and the image has GNU tar, they go through a FIFO in it, at the speed of `tar`; elsewhere
/// through the engine, `docker cp`, which costs about as much again (Documentation/decisions/docker-cp.md).
struct TarCarrier: Sendable {
    private let context: StageContext
    /// The folder of this machine that FIFOs are made in; `nil` where the engine has to do it.
    private let folder: String?

    private init(_ context: StageContext, folder: String?) {
        self.context = context
        self.folder = folder
    }

    /// Carries through the engine.
    init(throughEngine context: StageContext) { self.init(context, folder: nil) }

    /// Carries in the quickest way that works, which is found out here by trying.
    static func quickest(_ context: StageContext) async throws -> TarCarrier {
        guard let folder = context.job.surroundings.pipes, try await isShared(folder, context) else {
            return TarCarrier(throughEngine: context)
        }
        return TarCarrier(context, folder: folder)
    }

    /// Whether a byte written there arrives here; a virtual machine between us shows the FIFO's name and nothing more.
    private static func isShared(_ folder: String, _ context: StageContext) async throws -> Bool {
        #if os(Linux)
            // A folder that takes no FIFO is no way either.
            guard let pipe = try? StreamPipe(in: folder), let name = pipe.name else { return false }
            guard try await context.session.perform("try_pipe \(name)") == 0 else { return false }
            return pipe.events(within: 100) & Int16(POLLIN) != 0
        #else
            return false
        #endif
    }

    private func makePipe() throws -> StreamPipe { try folder.map { try StreamPipe(in: $0) } ?? StreamPipe() }

    /// The stream of a file or a folder of the container.
    func outgoing(_ path: String) throws -> OutgoingStream {
        OutgoingStream(path, pipe: try makePipe(), carrier: self)
    }

    /// The stream that the container unpacks into one of its folders; through a FIFO, that can only be `/`.
    func incoming(into target: String) async throws -> IncomingStream {
        let pipe = try makePipe()
        // Opened before anything is written: a writer that has come and gone would be waited for in vain.
        if let name = pipe.name, try await context.session.perform("open_pipe \(name)") != 0 {
            throw EngineError(
                .refused, doing: "copy into the container", reason: "its end of the FIFO cannot be opened")
        }
        return IncomingStream(into: target, pipe: pipe, carrier: self)
    }

    /// Lets the container write a file or a folder into the pipe.
    func copyOut(_ path: String, into pipe: StreamPipe) async throws {
        guard let name = pipe.name else {
            let end = try pipe.writeEnd.duplicate()
            pipe.writeEnd.close()
            return try await context.engine.copyOut(path, of: context.container.name, to: end)
        }
        let status = try await context.session.perform("pack \(name) \(path.shellQuoted)")
        // 1: a file changed while it was read, which is a build's own affair.
        guard status == 0 || status == 1 else {
            throw EngineError(
                .refused, doing: "copy `\(path)` out of the container", reason: "`tar` ended with status \(status)")
        }
    }

    /// Lets the container unpack what comes out of the pipe.
    func copyIn(from pipe: StreamPipe, to target: String) async throws {
        guard pipe.name != nil else {
            let end = try pipe.readEnd.duplicate()
            pipe.readEnd.close()
            return try await context.engine.copyIn(from: end, to: target, of: context.container.name)
        }
        let status = try await context.session.perform("unpack")
        guard status == 0 else {
            throw EngineError(
                .refused, doing: "copy into the container", reason: "`tar` ended with status \(status)")
        }
    }
}
