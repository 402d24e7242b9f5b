/// A part of a build's log, by the bytes before it and those up to its end, as the address of a server names it.
public struct LogPiece: Sendable, Equatable {
    public let from: Int
    public let to: Int

    /// How much of it is shown at once, at most.
    public static let limit = 1 << 18

    init(from: Int, to: Int) {
        self.from = from
        self.to = to
    }

    /// Reads `FROM-TO`.
    public init?(_ name: String) {
        let parts = name.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        // Numbers as they are written here alone: no sign, and few enough digits to be added up.
        guard parts.count == 2, parts.allSatisfy({ (1...15).contains($0.count) && $0.allSatisfy(Self.isDigit) }),
            let from = Int(Substring(parts[0])), let to = Int(Substring(parts[1])), from <= to
        else { return nil }
        self.init(from: from, to: to)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    /// How many bytes are to be read of it.
    public var count: Int { min(to - from, Self.limit) }

    /// A page with the first bytes of the part, and a link to the rest.
    ///
    /// - Parameter bytes: what was read, at most ``count`` bytes from its beginning on.
    public func html(_ bytes: [UInt8]) -> [UInt8] {
        let shown = from + bytes.count < to ? Self.wholeLines(bytes) : bytes[...]
        var page = Markup()
        page.element("html", ["lang": "en"]) { page in
            page.head(title: "Log", connects: true)
            page.element("body") { page in
                page.element("pre", ["tabindex": "0", "data-end": "\(from + shown.count)"]) { page in
                    var terminal = TerminalText()
                    terminal.write(Array(shown), to: &page)
                }
                if !shown.isEmpty { LogPiece(from: from + shown.count, to: to).link(below: "", in: &page) }
            }
        }
        page.text("\n")
        return page.bytes
    }

    /// The bytes up to the end of the last line, or of the last character where the line has no end.
    private static func wholeLines(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
        if let end = bytes.lastIndex(of: 0x0a) { return bytes[...end] }
        let rest = bytes.suffix(4).lastIndex { $0 & 0xc0 != 0x80 }
        guard let start = rest, start > 0, bytes[start] >= 0xc0 else { return bytes[...] }
        return bytes[..<start]
    }

    /// Writes a link to the part, unless nothing is in it.
    ///
    /// - Parameter folder: what goes before its name in an address.
    func link(below folder: String, in page: inout Markup) {
        guard to > from else { return }
        page.element("p", ["class": "more"]) { page in
            page.element("a", ["href": "\(folder)\(from)-\(to)"], text: "Load the next of \((to - from).sizeWords)")
        }
    }
}
