internal import BuildPlanning
internal import Engines
internal import Files

/// Carries tar streams between this machine and a running container.
///
/// Where both see one folder and the image has GNU tar, the streams go through FIFOs in it, at the speed of `tar`. Elsewhere
/// the engine carries them (`docker cp`), which costs about as much again (Documentation/decisions/docker-cp.md).
struct TarCarrier: Sendable {
    private let context: StageContext
    /// The folder of this machine that FIFOs are made in; `nil` where the engine carries the streams.
    private let folder: String?

    private init(_ context: StageContext, folder: String?) {
        self.context = context
        self.folder = folder
    }

    /// Makes a carrier that uses the engine.
    init(throughEngine context: StageContext) { self.init(context, folder: nil) }

    /// Makes a carrier that uses FIFOs where these work, which is tried here, and the engine elsewhere.
    static func quickest(_ context: StageContext) async throws -> TarCarrier {
        guard let folder = context.job.surroundings.pipes, try await isShared(folder, context) else {
            return TarCarrier(throughEngine: context)
        }
        return TarCarrier(context, folder: folder)
    }

    /// Whether a byte that the container writes arrives here. Through a virtual machine only the FIFO's name does.
    private static func isShared(_ folder: String, _ context: StageContext) async throws -> Bool {
        #if os(Linux)
            // A folder in which no FIFO can be made is not shared.
            guard let pipe = try? StreamPipe(in: folder), let name = pipe.name else { return false }
            guard try await context.session.perform("try_pipe \(name)") == 0 else { return false }
            return pipe.events(within: 100) & Int16(POLLIN) != 0
        #else
            return false
        #endif
    }

    /// Whether the engine's containers see a folder of this machine, through which the streams go.
    var isThroughFolder: Bool { folder != nil }

    /// Whether holes of files stay holes on their way out of the container; an engine sends them as zeros.
    var keepsHoles: Bool { folder != nil }

    private func makePipe() throws -> StreamPipe { try folder.map { try StreamPipe(in: $0) } ?? StreamPipe() }

    /// Makes the stream of a file or a folder of the container.
    func outgoing(_ path: String) throws -> OutgoingStream {
        OutgoingStream(path, pipe: try makePipe(), carrier: self)
    }

    /// Makes the stream of some files and folders below a folder of the container, these without what lies in them; `nil`
    /// where the engine carries streams.
    func outgoing(_ paths: [[UInt8]], below folder: String) throws -> OutgoingStream? {
        guard self.folder != nil else { return nil }
        let words = Array(paths.map(\.shellQuoted).joined(separator: [UInt8(ascii: " ")]))
        return OutgoingStream(folder, words: words, pipe: try makePipe(), carrier: self)
    }

    /// Makes a stream that the container unpacks into one of its folders. Through a FIFO, that can only be `/`.
    func incoming(into target: String) async throws -> IncomingStream {
        let pipe = try makePipe()
        // The container opens it before anything is written: after a writer has closed it, its opening would never end.
        if let name = pipe.name, try await context.session.perform("open_pipe \(name)") != 0 {
            throw EngineError(
                .refused, doing: "copy into the container", reason: "its end of the FIFO cannot be opened")
        }
        return IncomingStream(into: target, pipe: pipe, carrier: self)
    }

    /// Has the container write a file or a folder into the pipe.
    func copyOut(_ path: String, into pipe: StreamPipe) async throws {
        guard let name = pipe.name else {
            let end = try pipe.writeEnd.duplicate()
            pipe.writeEnd.close()
            return try await context.engine.copyOut(path, of: context.container.name, to: end)
        }
        let status = try await context.session.perform("pack \(name) \(path.shellQuoted)")
        // 1: a file changed while it was read. That is up to the build.
        guard status == 0 || status == 1 else {
            throw EngineError(
                .refused, doing: "copy `\(path)` out of the container", reason: "`tar` ended with status \(status)")
        }
    }

    /// Has the container write some files below a folder into the pipe, by the quoted words of an order.
    func copyOut(_ words: [UInt8], below folder: String, into pipe: StreamPipe) async throws {
        let order = Array("pack_some \(pipe.name ?? "") \(folder.shellQuoted) ".utf8) + words
        let status = try await context.session.perform(order)
        guard status == 0 || status == 1 else {
            throw EngineError(
                .refused, doing: "copy files in `\(folder)` out of the container",
                reason: "`tar` ended with status \(status)")
        }
    }

    /// Has the container unpack the stream of the pipe.
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
