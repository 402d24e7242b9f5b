/// Stands in for swift-crypto's: what is tested is what goes into the hash, and BoringSSL would be most of the build.
///
/// FNV-1a in four lanes; enough to tell any two inputs of a fuzz run apart, and no more.
public struct SHA256 {
    private var lanes: [UInt64] = [0xcbf2_9ce4_8422_2325, 1, 2, 3]

    public init() {}

    public mutating func update(bufferPointer bytes: UnsafeRawBufferPointer) {
        for byte in bytes {
            for lane in lanes.indices { lanes[lane] = (lanes[lane] ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        }
    }

    public static func hash(data: [UInt8]) -> [UInt8] {
        var hash = SHA256()
        data.withUnsafeBytes { hash.update(bufferPointer: $0) }
        return hash.finalize()
    }

    public func finalize() -> [UInt8] {
        lanes.flatMap { lane in (0..<8).map { UInt8(truncatingIfNeeded: lane >> ($0 * 8)) } }
    }
}
