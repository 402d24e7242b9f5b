internal import Files

#if os(Linux)
    /// Sends open sockets from one process to another (unix(7), `SCM_RIGHTS`).
    enum SocketTransfer {
        /// The most sockets that can be sent at once.
        static let limit = 16
        private static let headerSize = MemoryLayout<cmsghdr>.size

        /// Makes a place where sockets can be sent to: a Unix socket at `path`, which nobody may take already.
        ///
        /// - Returns: its descriptor, the caller's to close.
        static func makeInbox(at path: String) throws -> Int32 {
            try withAddress(path) { address, length in
                let inbox = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
                guard inbox >= 0 else { throw NetworkNamespaceError("make a socket") }
                guard bind(inbox, address, length) == 0, listen(inbox, 1) == 0 else {
                    let error = NetworkNamespaceError("make the socket `\(path)`")
                    close(inbox)
                    throw error
                }
                return inbox
            }
        }

        /// Sends sockets to an inbox, whose owner need not be receiving yet.
        static func send(_ sockets: [Int32], to path: String) throws {
            let doing = "send sockets to `\(path)`"
            let carrier = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            guard carrier >= 0 else { throw NetworkNamespaceError(doing) }
            defer { close(carrier) }
            try withAddress(path) { address, length in
                guard connect(carrier, address, length) == 0 else { throw NetworkNamespaceError(doing) }
            }
            try withMessage(of: sockets.count) { message, header in
                header.pointee.cmsg_len = headerSize + sockets.count * MemoryLayout<Int32>.size
                header.pointee.cmsg_level = SOL_SOCKET
                header.pointee.cmsg_type = Int32(SCM_RIGHTS)
                let place = UnsafeMutableRawPointer(header) + headerSize
                sockets.withUnsafeBytes { place.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
                guard sendmsg(carrier, &message, Int32(MSG_NOSIGNAL)) == 1 else {
                    throw NetworkNamespaceError(doing)
                }
            }
        }

        /// Receives the sockets that were sent to an inbox already.
        ///
        /// - Returns: the sockets, the caller's to close.
        static func receive(from inbox: Int32) throws -> [Int32] {
            let doing = "receive sockets"
            guard fcntl(inbox, F_SETFL, O_NONBLOCK) == 0 else { throw NetworkNamespaceError(doing) }
            let carrier = accept(inbox, nil, nil)
            guard carrier >= 0 else { throw NetworkNamespaceError(doing) }
            defer { close(carrier) }
            return try withMessage(of: limit) { message, header in
                let flags = Int32(MSG_CMSG_CLOEXEC) | Int32(MSG_DONTWAIT)
                guard recvmsg(carrier, &message, flags) == 1, message.msg_controllen >= headerSize else {
                    throw NetworkNamespaceError(doing)
                }
                let count = (header.pointee.cmsg_len - headerSize) / MemoryLayout<Int32>.size
                let place = UnsafeRawPointer(header) + headerSize
                return (0..<count).map { place.load(fromByteOffset: $0 * MemoryLayout<Int32>.size, as: Int32.self) }
            }
        }

        /// Runs `body` with a message of one byte, and with room beside it for `count` sockets.
        private static func withMessage<Result>(
            of count: Int, _ body: (inout msghdr, UnsafeMutablePointer<cmsghdr>) throws -> Result
        ) throws -> Result {
            let size = headerSize + (count * MemoryLayout<Int32>.size + 7) / 8 * 8
            let control = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: MemoryLayout<cmsghdr>.alignment)
            defer { control.deallocate() }
            control.initializeMemory(as: UInt8.self, repeating: 0, count: size)
            var byte: UInt8 = 0
            return try withUnsafeMutablePointer(to: &byte) { pointer in
                var piece = iovec(iov_base: pointer, iov_len: 1)
                return try withUnsafeMutablePointer(to: &piece) { pieces in
                    var message = msghdr()
                    message.msg_iov = pieces
                    message.msg_iovlen = 1
                    message.msg_control = control
                    message.msg_controllen = size
                    return try body(&message, control.assumingMemoryBound(to: cmsghdr.self))
                }
            }
        }

        private static func withAddress<Result>(
            _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) throws -> Result
        ) throws -> Result {
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            let room = MemoryLayout.size(ofValue: address.sun_path)
            guard path.utf8.count < room else {
                throw NetworkNamespaceError("use the socket `\(path)`", errno: ENAMETOOLONG)
            }
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
            return try withUnsafePointer(to: &address) { pointer in
                try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    try body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
        }
    }
#endif
