public import Engines
internal import Files
internal import Synchronization

/// A port of this machine that jobs of a swarm call back at.
///
/// Who calls has to prove that it knows the token of a job that is expected, within some seconds and some hundred bytes; everybody else
/// is hung up on. What is said then is not encrypted (Documentation/security.md).
public final class SwarmPort: Sendable {
    /// The address that jobs call, in digits.
    public let host: String
    public let port: UInt16
    private let listener: OwnedDescriptor
    private let links = Mutex<[String: JobLink]>([:])
    private let strangers = Atomic<Int>(0)

    /// How many may be proving at once who they are.
    private static let strangerLimit = 256
    private static let patience = 10

    /// - Parameters:
    ///   - host: an address or a name of this machine.
    ///   - port: 0 for any that is free.
    /// - Throws: ``EngineError`` where this machine has no such address, or the port is taken.
    public init(host: String, port: UInt16) throws {
        let doing = "listen for the jobs of the swarm at \(host):\(port)"
        var hints = addrinfo(), found: UnsafeMutablePointer<addrinfo>?
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = SystemCall.streamKind
        let status = getaddrinfo(host, "\(port)", &hints, &found)
        guard status == 0, let found else {
            throw EngineError(
                .refused, doing: doing, reason: String(cString: gai_strerror(status)), help: Self.help)
        }
        defer { freeaddrinfo(found) }
        let address = found.pointee
        let socket = socket(address.ai_family, address.ai_socktype, 0)
        guard socket >= 0 else { throw EngineError(.refused, doing: doing, reason: String(cString: strerror(errno))) }
        let listener = OwnedDescriptor(socket)
        _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
        var on: Int32 = 1
        setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        guard bind(socket, address.ai_addr, address.ai_addrlen) == 0, SystemCall.listen(socket, backlog: 512) == 0
        else {
            throw EngineError(.refused, doing: doing, reason: String(cString: strerror(errno)), help: Self.help)
        }
        guard let (host, port) = Self.name(of: socket) else {
            throw EngineError(.refused, doing: doing, reason: "the port has no number")
        }
        (self.host, self.port, self.listener) = (host, port, listener)
        try BlockingThread.start { [self] in listen() }
    }

    private static let help =
        "`--swarm-address HOST[:PORT]` names the address of this machine that the swarm's nodes reach"

    /// The address and the port of a bound socket, in digits.
    private static func name(of socket: Int32) -> (String, UInt16)? {
        var storage = sockaddr_storage(), length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        var host = [CChar](repeating: 0, count: 256), service = [CChar](repeating: 0, count: 32)
        let isKnown = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                getsockname(socket, address, &length) == 0
                    && getnameinfo(
                        address, length, &host, socklen_t(host.count), &service, socklen_t(service.count),
                        NI_NUMERICHOST | NI_NUMERICSERV) == 0
            }
        }
        func text(_ characters: [CChar]) -> String {
            String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        guard isKnown, let port = UInt16(text(service)) else { return nil }
        return (text(host), port)
    }

    /// Stops listening, and ends what is open.
    public func close() {
        listener.close { _ = shutdown($0, Int32(SHUT_RDWR)) }
        let open = links.withLock { links in
            defer { links = [:] }
            return Array(links.values)
        }
        for link in open { link.finish(.unwanted) }
    }

    func admit(_ link: JobLink) { links.withLock { $0[link.name] = link } }

    /// Withdraws the token of a job: who comes with it from now on is a stranger.
    func withdraw(_ name: String) { _ = links.withLock { $0.removeValue(forKey: name) } }

    func link(of name: String) -> JobLink? { links.withLock { $0[name] } }

    private func listen() {
        while true {
            let socket = accept(listener.rawValue, nil, nil)
            guard socket >= 0 else {
                if [EINTR, ECONNABORTED].contains(errno) { continue }
                guard [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(errno) else { return }
                usleep(100_000)
                continue
            }
            _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
            let caller = JobSocket(socket)
            guard strangers.add(1, ordering: .relaxed).newValue <= Self.strangerLimit else {
                strangers.subtract(1, ordering: .relaxed)
                continue
            }
            do {
                try BlockingThread.start { [self] in
                    receive(caller)
                    strangers.subtract(1, ordering: .relaxed)
                }
            } catch { strangers.subtract(1, ordering: .relaxed) }
        }
    }

    /// Finds out who calls, and gives the connection to the job.
    private func receive(_ caller: JobSocket) {
        caller.limit(seconds: Self.patience)
        let challenge = JobToken.random()
        guard caller.writeAll("\(challenge)\n"), let line = caller.line(limit: 512) else { return }
        let words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard words.count == 4, let link = link(of: words[0]) else { return }
        let (job, purpose, own) = (words[0], words[1], words[2])
        let proof = link.token.mark("client", job, purpose, challenge, own)
        guard own.utf8.count == 64, JobToken.areEqual(proof, words[3]) else { return }
        guard let expected = link.claim(purpose) else { return }
        caller.limit(seconds: 0)
        caller.keepAlive()
        guard caller.writeAll(link.token.mark("server", job, purpose, challenge, own) + "\n") else {
            expected.settle(nil)
            return
        }
        link.take(caller, for: purpose, by: expected)
    }
}
