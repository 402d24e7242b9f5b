import Testing

@testable import SpecParsing

@Suite struct SourceTextTests {
    @Test(
        "a scalar's place counts lines by LF, CRLF and CR, and columns by scalars",
        arguments: [
            ("ab\ncd", 3, "f:2:1"), ("ab\r\ncd", 4, "f:2:1"), ("ab\rcd", 3, "f:2:1"), ("a\r\r\nb", 4, "f:3:1"),
            ("é日\n\tx", 4, "f:2:2"), ("\u{feff}ab", 1, "f:1:2"), ("e\u{301}x", 2, "f:1:3"),
            ("a\u{85}b\u{2028}c", 4, "f:1:5"), ("", 0, "f:1:1"), ("ab", 2, "f:1:3"),
        ])
    func place(text: String, scalar: Int, place: String) {
        #expect(SourceText(Array(text.utf8), file: "f").location(ofScalar: scalar).description == place)
    }

    @Test("the place behind the last line end is the end of the last line", arguments: ["ab\n", "ab\r\n", "ab\r"])
    func end(text: String) {
        let source = SourceText(Array(text.utf8), file: "f")
        #expect(source.location(ofScalar: text.unicodeScalars.count).description == "f:1:3")
        #expect(source.location(ofScalar: 99).description == "f:1:3")
    }

    @Test("a length ends with the line, without its blanks and its line end")
    func length() {
        let source = SourceText(Array("key: a \t\r\nb: é\n".utf8), file: "f")
        #expect(source.length(ofScalars: 0..<3) == 3)
        #expect(source.length(ofScalars: 0..<14) == 6)
        #expect(source.length(ofScalars: 5..<5) == 1)
        #expect(source.length(ofScalars: 10..<40) == 4)
    }

    @Test("bytes that are no UTF-8 count by their leading bytes")
    func brokenText() {
        let source = SourceText([0x61, 0xe9, 0x0a, 0x62, 0x80, 0x63], file: "f")
        #expect(source.location(ofScalar: 3).description == "f:2:1")
        #expect(source.scalarIndex(ofByte: 3) == 3)
    }

    @Test("UTF-16 is converted, in either order", arguments: [false, true])
    func utf16(isLittle: Bool) {
        let units = Array("\u{feff}aé\n🙂b".utf16)
        let bytes = units.flatMap { unit in
            isLittle ? [UInt8(unit & 0xff), UInt8(unit >> 8)] : [UInt8(unit >> 8), UInt8(unit & 0xff)]
        }
        let source = SourceText(bytes, file: "f")
        #expect(String(decoding: source.utf8, as: UTF8.self) == "aé\n🙂b")
        #expect(source.location(ofScalar: 4).description == "f:2:2")
    }

    @Test("the text of a range is found behind characters of several bytes")
    func rangeText() {
        let source = SourceText(Array("\u{feff}a\né日x: y\n".utf8), file: "f")
        #expect(source.text(ofScalars: 3..<5) == "日x")
        #expect(source.scalar(at: 2) == "é")
        #expect(source.scalar(at: 99) == nil)
    }

    @Test("a line end or wide character is seen wherever it stands", arguments: 0..<20)
    func anywhere(before: Int) {
        for special in ["\n", "\r", "\r\n", "é", "\u{b}", "\u{8d}", "日", "🙂", "\n\n", "é\r"] {
            for after in 0..<20 {
                let head = String(repeating: "x", count: before) + special
                let text = Array((head + String(repeating: "y", count: after) + "z").utf8)
                let source = SourceText(text, file: "f")
                // Counted plainly.
                var line = 1, column = 1, index = 0
                let scalars = Array(String(decoding: text, as: UTF8.self).unicodeScalars)
                while index < scalars.count - 1 {
                    let isPair = scalars[index] == "\r" && scalars[index + 1] == "\n"
                    let isEnd = !isPair && (scalars[index] == "\n" || scalars[index] == "\r")
                    (line, column) = isEnd ? (line + 1, 1) : (line, column + 1)
                    index += 1
                }
                #expect(source.scalarCount == scalars.count)
                #expect(source.location(ofScalar: index).description == "f:\(line):\(column)", "\(special.utf8)")
                #expect(source.text(ofScalars: index..<index + 1) == "z")
            }
        }
    }

    @Test("the text far along a line is found from the nearest milestone", arguments: [0, 4095, 4096, 4097, 20_000])
    func milestones(distance: Int) {
        let filler = String(repeating: "é", count: distance)
        let source = SourceText(Array("a\n\(filler)日本\nb".utf8), file: "f")
        #expect(source.text(ofScalars: distance + 2..<distance + 4) == "日本")
        #expect(source.text(ofScalars: distance + 5..<distance + 6) == "b")
        #expect(source.text(ofScalars: 0..<1) == "a")
    }
}
