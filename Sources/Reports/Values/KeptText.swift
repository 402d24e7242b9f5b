/// A text that comes in pieces, and is kept up to a limit.
struct KeptText {
    private(set) var bytes: [UInt8] = []
    private(set) var isCut = false

    mutating func add(_ piece: UnsafeRawBufferPointer) {
        let room = ReadingLimits.text - bytes.count
        if piece.count > room { isCut = true }
        if room > 0 { bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: piece.prefix(room))) }
    }

    mutating func add(_ piece: String) {
        var piece = piece
        piece.withUTF8 { add(UnsafeRawBufferPointer($0)) }
    }

    mutating func clear() {
        bytes.removeAll(keepingCapacity: bytes.capacity <= 1 << 16)
        isCut = false
    }

    /// The text without white space around it; `nil` where nothing else is in it.
    func trimmed() -> String? {
        let isBlank = { (byte: UInt8) in byte == 0x20 || (0x09...0x0d).contains(byte) }
        guard let first = bytes.firstIndex(where: { !isBlank($0) }), let last = bytes.lastIndex(where: { !isBlank($0) })
        else { return nil }
        return String(decoding: bytes[first...last], as: UTF8.self) + (isCut ? " …" : "")
    }
}
