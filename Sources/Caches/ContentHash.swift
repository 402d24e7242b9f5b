internal import Files

/// A fast 64-bit checksum of content (XXH64, seed 0). At several gigabytes a second it costs nothing beside zstd.
///
/// Good for noticing a change, not for withstanding an enemy; what must withstand one is hashed by SHA-256.
/// Algorithm: https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md
struct ContentHash {
    private static let prime1: UInt64 = 0x9E37_79B1_85EB_CA87
    private static let prime2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
    private static let prime3: UInt64 = 0x1656_67B1_9E37_79F9
    private static let prime4: UInt64 = 0x85EB_CA77_C2B2_AE63
    private static let prime5: UInt64 = 0x27D4_EB2F_1656_67C5
    private static let stripe = 32

    private var lanes: SIMD4<UInt64> = [prime1 &+ prime2, prime2, 0, 0 &- prime1]
    private var count: UInt64 = 0
    private var tail: [UInt8] = []

    init() { tail.reserveCapacity(Self.stripe) }

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        count &+= UInt64(bytes.count)
        var rest = bytes
        if !tail.isEmpty {
            let taken = min(Self.stripe - tail.count, rest.count)
            tail.append(contentsOf: rest[..<taken])
            rest = UnsafeRawBufferPointer(rebasing: rest[taken...])
            guard tail.count == Self.stripe else { return }
            let full = tail
            full.withUnsafeBytes { consumeStripes($0) }
            tail.removeAll(keepingCapacity: true)
        }
        let whole = rest.count / Self.stripe * Self.stripe
        consumeStripes(UnsafeRawBufferPointer(rebasing: rest[..<whole]))
        tail.append(contentsOf: rest[whole...])
    }

    /// ``value`` as 16 hexadecimal digits.
    var text: String { withUnsafeBytes(of: value.bigEndian) { hexadecimal($0) } }

    private mutating func consumeStripes(_ bytes: UnsafeRawBufferPointer) {
        var (one, two, three, four) = (lanes[0], lanes[1], lanes[2], lanes[3])
        for offset in stride(from: 0, to: bytes.count, by: Self.stripe) {
            one = Self.round(one, Self.word(bytes, offset))
            two = Self.round(two, Self.word(bytes, offset + 8))
            three = Self.round(three, Self.word(bytes, offset + 16))
            four = Self.round(four, Self.word(bytes, offset + 24))
        }
        lanes = [one, two, three, four]
    }

    var value: UInt64 {
        var hash: UInt64
        if count >= UInt64(Self.stripe) {
            hash =
                Self.rotate(lanes[0], 1) &+ Self.rotate(lanes[1], 7) &+ Self.rotate(lanes[2], 12)
                &+ Self.rotate(lanes[3], 18)
            for lane in 0..<4 { hash = (hash ^ Self.round(0, lanes[lane])) &* Self.prime1 &+ Self.prime4 }
        } else {
            hash = Self.prime5
        }
        hash &+= count
        tail.withUnsafeBytes { bytes in
            var offset = 0
            while offset + 8 <= bytes.count {
                hash = Self.rotate(hash ^ Self.round(0, Self.word(bytes, offset)), 27) &* Self.prime1 &+ Self.prime4
                offset += 8
            }
            if offset + 4 <= bytes.count {
                let half = UInt64(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
                hash = Self.rotate(hash ^ half &* Self.prime1, 23) &* Self.prime2 &+ Self.prime3
                offset += 4
            }
            while offset < bytes.count {
                hash = Self.rotate(hash ^ UInt64(bytes[offset]) &* Self.prime5, 11) &* Self.prime1
                offset += 1
            }
        }
        hash = (hash ^ hash >> 33) &* Self.prime2
        hash = (hash ^ hash >> 29) &* Self.prime3
        return hash ^ hash >> 32
    }

    @inline(__always)
    private static func round(_ lane: UInt64, _ input: UInt64) -> UInt64 {
        rotate(lane &+ input &* prime2, 31) &* prime1
    }

    @inline(__always)
    private static func rotate(_ value: UInt64, _ count: UInt64) -> UInt64 { value << count | value >> (64 &- count) }

    @inline(__always)
    private static func word(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
        UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
}
