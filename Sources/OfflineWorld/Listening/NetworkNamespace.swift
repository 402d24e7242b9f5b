internal import CLinuxNamespaces
internal import Files

#if os(Linux)
    /// The network of another process, such as the first of a container. Sockets made there stay there, whoever holds them.
    ///
    /// So a program outside can be reached from inside a container that has no network at all, at its own loopback address,
    /// and nothing else can (network_namespaces(7), setns(2)).
    struct NetworkNamespace {
        /// `CLONE_NEWNET` of clone(2), which the C library's module does not show.
        private static let kind: Int32 = 0x4000_0000
        /// `IP_FREEBIND` of ip(7): an address that the machine does not have yet may be bound.
        private static let freeBind: Int32 = 15

        private let path: String

        init(ofProcess process: Int32) { path = "/proc/\(process)/ns/net" }

        /// Makes listening TCP sockets there, one for each address.
        ///
        /// - Parameter addresses: of IPv4; one the namespace does not have yet is listened on when it does.
        /// - Returns: descriptors, the caller's to close.
        /// - Throws: ``NetworkNamespaceError``
        func listen(on addresses: [String], port: UInt16) async throws -> [Int32] {
            try await withCheckedThrowingContinuation { continuation in
                // A thread of its own, which ends there: no other work ever finds itself in that network.
                let work = Work {
                    continuation.resume(with: Result { try enterAndListen(on: addresses, port: port) })
                }
                var thread = pthread_t()
                let status = pthread_create(
                    &thread, nil,
                    { pointer in
                        Unmanaged<Work>.fromOpaque(pointer!).takeRetainedValue().body()
                        return nil
                    }, Unmanaged.passRetained(work).toOpaque())
                guard status == 0 else {
                    Unmanaged.passUnretained(work).release()
                    return continuation.resume(throwing: NetworkNamespaceError("start a thread", errno: status))
                }
                pthread_detach(thread)
            }
        }

        private final class Work: Sendable {
            let body: @Sendable () -> Void
            init(_ body: @escaping @Sendable () -> Void) { self.body = body }
        }

        private func enterAndListen(on addresses: [String], port: UInt16) throws -> [Int32] {
            let namespace = open(path, O_RDONLY | O_CLOEXEC)
            guard namespace >= 0 else { throw NetworkNamespaceError("look at `\(path)`") }
            defer { close(namespace) }
            guard setns(namespace, Self.kind) == 0 else { throw NetworkNamespaceError("enter `\(path)`") }
            return try Self.listenHere(on: addresses, port: port)
        }

        /// As ``listen(on:port:)``, in the network this thread is in.
        static func listenHere(on addresses: [String], port: UInt16) throws -> [Int32] {
            var sockets: [Int32] = []
            do {
                for address in addresses { sockets.append(try listen(on: address, port: port)) }
                return sockets
            } catch {
                for socket in sockets { close(socket) }
                throw error
            }
        }

        private static func listen(on address: String, port: UInt16) throws -> Int32 {
            let doing = "listen on \(address):\(port) in the container"
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            guard descriptor >= 0 else { throw NetworkNamespaceError(doing) }
            var name = sockaddr_in(), on: Int32 = 1
            name.sin_family = sa_family_t(AF_INET)
            name.sin_port = port.bigEndian
            let size = socklen_t(MemoryLayout<Int32>.size)
            let isListening =
                inet_pton(AF_INET, address, &name.sin_addr) == 1
                && setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, size) == 0
                && setsockopt(descriptor, Int32(IPPROTO_IP), freeBind, &on, size) == 0
                && withUnsafePointer(to: &name) { pointer in
                    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                    }
                } && SystemCall.listen(descriptor, backlog: 512) == 0
            guard isListening else {
                let error = NetworkNamespaceError(doing)
                close(descriptor)
                throw error
            }
            return descriptor
        }
    }
#endif

/// A failure to enter another network, or to make sockets there.
struct NetworkNamespaceError: Error, CustomStringConvertible {
    /// "enter `/proc/77/ns/net`"
    let doing: String
    let reason: String
    /// Whether more rights would have helped.
    let isForbidden: Bool

    var description: String { "cannot \(doing): \(reason)" }

    init(_ doing: String, reason: String) {
        self.doing = doing
        self.reason = reason
        isForbidden = false
    }

    init(_ doing: String, errno code: Int32 = errno) {
        self.doing = doing
        reason = String(cString: strerror(code))
        isForbidden = code == EPERM || code == EACCES
    }
}
