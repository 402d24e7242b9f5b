public import Engines
internal import ChildProcesses
internal import Files

/// Listens inside running containers, so that the proxy can be reached from there.
public struct ContainerListening: Sendable {
    private let engine: any EngineCommanding

    public init(_ engine: any EngineCommanding) { self.engine = engine }

    /// Listens inside a running container, at addresses of its own network, in this process.
    ///
    /// - Parameters:
    ///   - addresses: of IPv4; one the container does not have yet is listened on when it does.
    ///   - what: what is listening, for errors.
    /// - Returns: listening sockets, one for each address, the caller's to close.
    /// - Throws: ``EngineError`` with code `refused` where the container is not a process of this machine, or we may not.
    ///
    /// Only root may enter another network. For other users a container beside it does (``ListeningHelper``).
    public func listen(
        in container: String, on addresses: [String], port: UInt16, for what: String = "the proxy"
    ) async throws -> [Int32] {
        let doing = "open \(what) in container `\(container)`"
        let outcome = try await engine.command([
            "container", "inspect", "--format", "{{.State.Pid}} {{.Id}} {{.Image}}", container,
        ]).collect()
        let words = outcome.text.split(separator: " ")
        guard outcome.status.isSuccess, words.count == 3, let process = Int32(words[0]), process > 0 else {
            throw EngineError(.absent, doing: doing, reason: "it does not run")
        }
        #if os(Linux)
            guard Self.isProcessHere(process, ofContainer: String(words[1])) else {
                throw EngineError(
                    .refused, doing: doing, reason: "the engine is on another machine, or in a virtual one",
                    help: Self.localOnly)
            }
            do {
                return try await NetworkNamespace(ofProcess: process).listen(on: addresses, port: port)
            } catch let error as NetworkNamespaceError where error.isForbidden {
                let helper = ListeningHelper(engine: engine, container: String(words[1]), image: String(words[2]))
                do { return try await helper.listen(on: addresses, port: port) } catch let error
                    as NetworkNamespaceError
                {
                    throw EngineError(
                        .refused, doing: doing, reason: "cannot \(error.doing): \(error.reason)",
                        help: "`sudo -E` does without the container that failed")
                }
            } catch let error as NetworkNamespaceError {
                throw EngineError(.refused, doing: doing, reason: "cannot \(error.doing): \(error.reason)")
            }
        #else
            throw EngineError(
                .refused, doing: doing, reason: "its engine runs in a virtual machine", help: Self.localOnly)
        #endif
    }

    private static let localOnly = "use an engine that runs on this Linux machine itself"

    /// Whether a process of this machine belongs to the container. A process of another machine may have the same number.
    private static func isProcessHere(_ process: Int32, ofContainer id: String) -> Bool {
        guard let file = fopen("/proc/\(process)/cgroup", "re") else { return false }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 4096)
        while fgets(&line, Int32(line.count), file) != nil {
            if strstr(line, id) != nil { return true }
        }
        return false
    }
}
