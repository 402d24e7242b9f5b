/// A place in a file, by line and column as editors count them.
public struct SourceLocation: Hashable, Sendable, Codable {
    /// The path of the file, as it was given to the reader.
    public let file: String
    /// The 1-based line. LF, CRLF and a lone CR end a line.
    public let line: Int
    /// The 1-based column, counted in Unicode scalars. A byte-order mark does not count.
    public let column: Int

    public init(file: String, line: Int, column: Int) {
        self.file = file
        self.line = line
        self.column = column
    }
}

extension SourceLocation: CustomStringConvertible {
    /// The location as `buildspec.yml:12:5`.
    public var description: String { "\(file):\(line):\(column)" }

    /// Parses a text that ``description`` wrote. The file's name may contain colons.
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
    /// The start of the value; for a value that came from an alias, the place of its anchor.
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
