internal import ChildProcesses
internal import Engines
internal import Files

#if os(Linux)
    /// Makes sockets in a container's network for a user who may not enter it, but may use the engine.
    ///
    /// For a moment a second container is in the same network, as root. It has this machine's files, and runs nothing of an image
    /// but chroot(1): this very program, as the machine has it, makes the sockets and sends them back.
    public struct ListeningHelper: Sendable {
        let engine: any EngineCommanding
        let container: String
        /// An image that has chroot(1); the one of the container is on the engine already.
        let image: String

        func listen(on addresses: [String], port: UInt16) async throws -> [Int32] {
            let program = ThisProgram.path
            var folder = Array("/tmp/buildspec-sockets-XXXXXX".utf8CString)
            guard mkdtemp(&folder) != nil else { throw NetworkNamespaceError("make a folder in /tmp") }
            let path = folder.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
            let inboxPath = "\(path)/inbox"
            defer {
                unlink(inboxPath)
                rmdir(path)
            }
            let inbox = try SocketTransfer.makeInbox(at: inboxPath)
            defer { close(inbox) }
            let words = [
                "run", "--rm", "--pull", "never", "--network", "container:\(container)", "--user", "0:0",
                // To use what is the user's alone, and the machine's files as they are.
                "--cap-drop", "ALL", "--cap-add", "SYS_CHROOT", "--cap-add", "DAC_OVERRIDE",
                "--security-opt", "label=disable", "--userns", "host", "--volume", "/:/host:ro",
                "--entrypoint", "chroot", image, "/host", program, Self.command, inboxPath, "\(port)",
            ]
            let outcome = try await engine.command(words + addresses).collect()
            guard outcome.status.isSuccess else {
                throw NetworkNamespaceError(
                    "listen there by way of a container of `\(image)`", reason: outcome.errorText)
            }
            return try SocketTransfer.receive(from: inbox)
        }

        /// The name of the program's own command that ``makeSockets(arguments:)`` serves.
        public static let command = "make-sockets"

        /// Makes sockets and sends them to an inbox: what the program does in the second container.
        ///
        /// - Parameter arguments: the path of an inbox, a port, and addresses of IPv4.
        /// - Throws: an error with a description.
        public static func makeSockets(arguments: [String]) throws {
            guard arguments.count > 2, let port = UInt16(arguments[1]) else {
                throw NetworkNamespaceError("make sockets for another process", errno: EINVAL)
            }
            let sockets = try NetworkNamespace.listenHere(on: Array(arguments.dropFirst(2)), port: port)
            try SocketTransfer.send(sockets, to: arguments[0])
        }
    }
#endif
