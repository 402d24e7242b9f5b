import BuildPlanning
import Foundation
import Testing

@Suite struct JSONLineTests {
    @Test func `a line has the members that have a value`() {
        var text = JSONLine()
        text.add("a", "x\"y")
        text.add("b", nil as String?)
        text.add("c", 7)
        text.add("d", 0.5)
        text.add("e", true)
        text.end()
        text.end()
        text.add("f", "")
        text.end()
        #expect(
            String(decoding: text.bytes, as: UTF8.self) == #"{"a":"x\"y","c":7,"d":0.5,"e":true}"#
                + "\n{}\n{\"f\":\"\"}\n")
        text.clear()
        #expect(text.bytes.isEmpty)
    }

    @Test func `every character is escaped wherever it stands, and read again`() throws {
        for scalar in (0..<0x300).compactMap(UnicodeScalar.init) {
            for place in 0..<17 {
                let text =
                    String(repeating: "é", count: place / 2) + String(repeating: "a", count: place % 2)
                    + String(scalar) + "12345678\(scalar)"
                let bytes = JSONText.array([.string(text)]).bytes
                #expect(!bytes.contains { $0 < 0x20 || $0 == 0x7f })
                let read = try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String])
                #expect(read.first.map { Array($0.utf8) } == Array(text.utf8), "U+\(scalar.value) at \(place)")
            }
        }
    }

    @Test func `a long text is escaped across the pieces it is written in`() throws {
        var chance = SystemRandomNumberGenerator()
        for length in [159, 160, 161, 320, 1_000, 5_000] {
            let scalars = (0..<length).map { _ in
                UnicodeScalar(
                    UInt8.random(in: 0...0x7f, using: &chance) % 3 == 0
                        ? 0x0a : UInt8.random(in: 0...0xff, using: &chance))
            }
            let text = String(String.UnicodeScalarView(scalars)) + "é"
            let bytes = JSONText.array([.string(text)]).bytes
            let read = try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String])
            #expect(read.first.map { Array($0.utf8) } == Array(text.utf8))
        }
    }

    @Test(arguments: [0, 7, -7, 10, 1_234_567_890, .max, .min]) func `a number has its digits`(number: Int) {
        #expect(String(decoding: JSONText.number(number).bytes, as: UTF8.self) == "\(number)")
    }

    @Test func `the key of a name is that of its line`() {
        var text = JSONLine()
        FailedTestLine.add("org.acme.A.\"b\"", to: &text)
        text.end()
        let key = text.bytes.dropLast().withUnsafeBytes { FailedTestLine.key(ofLine: $0) }
        #expect(FailedTestLine.key(of: "org.acme.A.\"b\"") == key)
        #expect(FailedTestLine.key(of: "org.acme.A.b") != key)
    }
}
