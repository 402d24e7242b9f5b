/// Whether the beginning of a file is that of a buildspec: `version: 0.…`, with `phases` or `batch`, at the left margin.
///
/// Nothing is parsed, so that a file with mistakes counts too. A file of another kind that has all of it is hard to find.
public func looksLikeBuildSpec(_ bytes: [UInt8]) -> Bool {
    var hasVersion = false, hasContent = false
    for line in convertedToUTF8(bytes).split(separator: UInt8(ascii: "\n")) {
        let line = line.starts(with: [0xef, 0xbb, 0xbf]) ? line.dropFirst(3) : line
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
        let isQuote = { (byte: UInt8) in byte == "'" || byte == "\"" }
        let key = line[..<colon].drop(while: isQuote).prefix { !isQuote($0) && !$0.isBlank }
        let value = line[line.index(after: colon)...].drop { $0.isBlank || isQuote($0) }
        if key.equals("version") {
            hasVersion = value.first == UInt8(ascii: "0") && value.dropFirst().first == UInt8(ascii: ".")
        } else if key.equals("phases") || key.equals("batch") {
            hasContent = true
        }
    }
    return hasVersion && hasContent
}
