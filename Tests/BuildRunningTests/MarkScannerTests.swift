import Testing

@testable import BuildRunning

@Suite struct MarkScannerTests {
    private let nonce = "abc-123"

    /// All output and all statuses of a stream fed in the given chunks.
    private func scan(_ chunks: [[UInt8]]) -> (text: [UInt8], statuses: [Int]) {
        var scanner = MarkScanner(nonce: nonce), text: [UInt8] = [], statuses: [Int] = []
        for chunk in chunks {
            for piece in scanner.feed(chunk) {
                switch piece {
                case .bytes(let bytes): text += bytes
                case .mark(let order, let status): statuses.append(order * 1000 + status)
                }
            }
        }
        return (text + scanner.finish(), statuses)
    }

    @Test func `any chunking of a stream gives the same output and marks`() {
        let stream = Array("one\n\u{1e}abc-123 0 0\ntwo\u{1e}\u{1e}abc-12 \u{1e}abc-123 17 137\nthree".utf8)
        let expected = Array("one\ntwo\u{1e}\u{1e}abc-12 three".utf8)
        for first in 0...stream.count {
            for second in first...stream.count {
                let chunks = [Array(stream[..<first]), Array(stream[first..<second]), Array(stream[second...])]
                let found = scan(chunks)
                #expect(found.text == expected)
                #expect(found.statuses == [0, 17_137])
            }
        }
    }

    @Test func `a status of ten digits is read however the stream is cut`() {
        let stream = Array("\u{1e}abc-123 0 9999999999\n".utf8)
        for cut in 0...stream.count {
            #expect(scan([Array(stream[..<cut]), Array(stream[cut...])]).statuses == [9_999_999_999])
        }
    }

    @Test func `output shows at once although no line has ended`() {
        var scanner = MarkScanner(nonce: nonce)
        #expect(scanner.feed(Array("Password: ".utf8)) == [.bytes(Array("Password: ".utf8))])
    }

    @Test(arguments: [
        "\u{1e}abc-123 \n", "\u{1e}abc-123 x\n", "\u{1e}abc-124 0 0\n", "\u{1e}abc-123 0 99999999999\n",
        "\u{1e}abc-123 0\n", "\u{1e}abc-123 0 x\n", "\u{1e}abc-123 0  0\n", "\u{1e}abc-123 99999999999 0\n",
    ])
    func `what only resembles a mark is output`(text: String) {
        let found = scan([Array(text.utf8)])
        #expect(found.text == Array(text.utf8))
        #expect(found.statuses.isEmpty)
    }

    @Test func `bytes that are no UTF-8 pass through`() {
        let bytes: [UInt8] = [0xff, 0x00, 0x1e, 0xfe]
        #expect(scan([bytes, [0x80]]).text == bytes + [0x80])
    }

    @Test(arguments: [
        ("plain", 0), ("é", 0), ("", 0), ("😀", 0),
    ])
    func `a whole character is never held back`(text: String, length: Int) {
        #expect(incompleteCharacterLength(Array(text.utf8)) == length)
    }

    @Test func `the beginning of a character is held back`() {
        for (text, whole) in [("é", 2), ("€", 3), ("😀", 4)] {
            for length in 1..<whole {
                #expect(incompleteCharacterLength(Array(("a" + text).utf8.prefix(1 + length))) == length)
            }
        }
        #expect(incompleteCharacterLength([0x80, 0x80, 0x80, 0x80]) == 0)
    }

    @Test func `an order is one line whatever its words hold`() {
        let order = DriverSession.onOneLine(Array("put /f 'a\nb'".utf8))
        #expect(String(decoding: order, as: UTF8.self) == "put /f 'a'\"$N\"'b'")
    }
}
