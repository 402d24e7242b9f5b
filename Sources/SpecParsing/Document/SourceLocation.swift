/// A place in a file, counted as editors count.
public struct SourceLocation: Hashable, Sendable, Codable {
    /// The path as it was handed to the reader.
    public let file: String
    /// 1-based. LF, CRLF and a lone CR end a line.
    public let line: Int
    /// 1-based, in Unicode scalars: neither bytes nor cells of a terminal. A byte-order mark does not count.
    public let column: Int

    public init(file: String, line: Int, column: Int) {
        self.file = file
        self.line = line
        self.column = column
    }
}

extension SourceLocation: CustomStringConvertible {
    /// `buildspec.yml:12:5`.
    public var description: String { "\(file):\(line):\(column)" }

    /// Reads what ``description`` wrote; the file's name may have colons.
    public init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count > 2, let line = Int(parts[parts.count - 2]), let column = Int(parts[parts.count - 1]) else {
            return nil
        }
        self.init(file: parts.dropLast(2).joined(separator: ":"), line: line, column: column)
    }
}

/// A value together with the place it was read from.
public struct Located<Value: Sendable>: Sendable {
    public let value: Value
    /// Where the value begins; for a value that came by an alias, the place of its anchor.
    public let location: SourceLocation

    public init(_ value: Value, at location: SourceLocation) {
        self.value = value
        self.location = location
    }
}

extension Located: Equatable where Value: Equatable {}
extension Located: Hashable where Value: Hashable {}
extension Located: Encodable where Value: Encodable {}
extension Located: Decodable where Value: Decodable {}
