import Files
import Foundation
import Testing

extension ProxyPlay {
    /// Runs `body` beside a socket that takes connections and never says a word.
    ///
    /// - Parameter body: gets the port.
    func withSilence(_ body: (Int) async throws -> Void) async throws {
        let (descriptor, port) = try Self.listener()
        defer { close(descriptor) }
        // The system takes the connections: nobody accepts them.
        try await body(port)
    }

    private static func listener() throws -> (descriptor: Int32, port: Int) {
        #if canImport(Glibc)
            let kind = Int32(SOCK_STREAM.rawValue)
        #else
            let kind = SOCK_STREAM
        #endif
        let descriptor = socket(AF_INET, kind, 0)
        try #require(descriptor >= 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && listen(descriptor, 64) == 0
                    && getsockname(descriptor, $0, &length) == 0
            }
        }
        try #require(isBound)
        return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
    }
}
