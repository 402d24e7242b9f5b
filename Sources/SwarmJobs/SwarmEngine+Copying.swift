public import Engines
internal import Files

/// Tar streams between this machine and jobs: a connection for each, which the job makes when it is told to.
extension SwarmEngine {
    public func copyOut(_ path: String, of container: String, to descriptor: Int32) async throws {
        let target = OwnedDescriptor(descriptor), doing = "copy `\(path)` out of the job"
        let (stream, status) = try await order("give", path, of: container, doing: doing)
        let socket = await stream.value()
        try await socket?.copy(to: target)
        target.close()
        switch await status.value() {
        // 1: a file changed while it was read. That is up to the build.
        case 0 where socket != nil, 1 where socket != nil: return
        case 0, 1: throw Self.failure(nil, doing)
        case 66: throw EngineError(.absent, doing: doing, reason: "there is no such file or folder")
        case let status: throw Self.failure(status, doing)
        }
    }

    public func copyIn(from descriptor: Int32, to folder: String, of container: String) async throws {
        let source = OwnedDescriptor(descriptor), doing = "copy into `\(folder)` of the job"
        let (stream, status) = try await order("take", folder, of: container, doing: doing)
        if let socket = await stream.value() { try await socket.copy(from: source) }
        source.close()
        let reached = await status.value()
        guard reached == 0 else { throw Self.failure(reached, doing) }
    }

    private static func failure(_ status: Int?, _ doing: String) -> EngineError {
        switch status {
        case nil: EngineError(.refused, doing: doing, reason: "its connection has ended")
        case 69:
            EngineError(
                .refused, doing: doing, reason: "the image has no `tar`, which builds on a swarm need",
                help: "install it in the image, or name another with --image")
        case let status?: EngineError(.refused, doing: doing, reason: "`tar` ended with status \(status)")
        }
    }

    /// Tells a job to make a connection for a tar stream.
    private func order(
        _ verb: String, _ path: String, of container: String, doing: String
    ) async throws -> (stream: Expected<JobSocket>, status: Expected<Int>) {
        guard let link = port.link(of: container), let control = await link.control.value() else {
            throw EngineError(.refused, doing: doing, reason: "it does not run")
        }
        let id = JobToken.random(), expected = link.expect(verb, id)
        let order = "\(verb) \(id) \(Self.quoted(path))\n"
        guard try await control.write(Array(order.utf8)) else {
            throw EngineError(.refused, doing: doing, reason: "its connection has ended")
        }
        return expected
    }

    /// A word of the shell on one line: a line feed in it is the job's `$N`.
    static func quoted(_ text: String) -> String {
        "'"
            + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
            .split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "'\"$N\"'") + "'"
    }
}
