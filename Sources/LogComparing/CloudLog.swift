#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Reads a log downloaded from CloudWatch, in any of the usual formats.
public enum CloudLog {
    /// The reason why a file is not a log.
    public enum Problem: Error, Sendable, Equatable {
        case empty
        case compressed
        /// The file is JSON, but without the members that the AWS command line writes.
        case foreignJSON(String)
        /// The file describes builds, as `batch-get-builds` does, and holds no log.
        case buildJSON
        /// No line has the prefix of CodeBuild's agent.
        case noAgentLine

        /// The reason as a clause for a message.
        public var reason: String {
            switch self {
            case .empty: "it is empty"
            case .compressed: "it is compressed"
            case .foreignJSON(let missing): "it is JSON, but \(missing)"
            case .buildJSON: "it describes a build, and holds no log"
            case .noAgentLine: "no line in it begins with `[Container]` and a time"
            }
        }

        /// A suggestion of what to do.
        public var help: String {
            switch self {
            case .compressed: "`gunzip` it first"
            case .buildJSON:
                "name the build by the beginning of its id; `--aws --diff PROJECT:UUID` reads the log of one in CodeBuild"
            case .empty, .foreignJSON, .noAgentLine:
                "get it with `aws logs get-log-events --start-from-head --log-group-name … --log-stream-name …`, "
                    + "or as plain text"
            }
        }
    }

    /// Reads plain text, the JSON of `aws logs get-log-events` and `filter-log-events` (several pages may follow one
    /// another), the text of `aws logs tail`, and the console's CSV.
    ///
    /// - Parameter knownCommands: see ``BuildLog/init(text:knownCommands:)``.
    public static func read(_ file: [UInt8], knownCommands: [String] = []) throws(Problem) -> BuildLog {
        let bytes = file.starts(with: [0xef, 0xbb, 0xbf]) ? Array(file.dropFirst(3)) : file
        guard let first = bytes.first(where: { !Self.isBlank($0) }) else { throw .empty }
        if bytes.starts(with: [0x1f, 0x8b]) { throw .compressed }
        let text: [UInt8]
        if first == UInt8(ascii: "{") || first == UInt8(ascii: "["), AgentLine.parts(of: firstLine(bytes)) == nil {
            text = try messages(json: bytes)
        } else if let rows = CommaSeparated.rows(bytes), let column = rows.first?.firstIndex(of: "message") {
            text = joined(rows.dropFirst().filter { $0.count > column }.map { $0[column] })
        } else {
            text = withoutTailPrefix(bytes)
        }
        let log = BuildLog(text: text, knownCommands: knownCommands)
        guard !log.phases.isEmpty else { throw .noAgentLine }
        return log
    }

    private static func isBlank(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0a, 0x0d].contains(byte) }

    private static func firstLine(_ bytes: [UInt8]) -> String {
        String(decoding: bytes.drop(while: isBlank).prefix { $0 != 0x0a }, as: UTF8.self)
    }

    /// Joins events to lines, whether or not they end in a line feed.
    private static func joined(_ messages: [String]) -> [UInt8] {
        messages.flatMap { message in Array(message.utf8) + (message.utf8.last == 0x0a ? [] : [0x0a]) }
    }

    // MARK: JSON

    /// One page of an answer. Both commands print `events`, each with a `message`; a `--query` may have extracted the
    /// list.
    private struct Page: Decodable {
        let messages: [String]

        private enum Key: CodingKey { case events, builds }
        private struct Event: Decodable { let message: String }

        init(from decoder: any Decoder) throws {
            let single = try decoder.singleValueContainer()
            // A format that does not fit is not an error here; the last attempt reports what is missing.
            if let texts = try? single.decode([String].self) {
                messages = texts
            } else if let events = try? single.decode([Event].self) {
                messages = events.map(\.message)
            } else {
                let page = try decoder.container(keyedBy: Key.self)
                if page.contains(.builds), !page.contains(.events) { throw Problem.buildJSON }
                messages = try page.decode([Event].self, forKey: .events).map(\.message)
            }
        }
    }

    private static func messages(json: [UInt8]) throws(Problem) -> [UInt8] {
        var texts: [String] = []
        for document in documents(json) {
            do {
                texts += try JSONDecoder().decode(Page.self, from: Data(document)).messages
            } catch let problem as Problem {
                throw problem
            } catch DecodingError.dataCorrupted {
                throw .foreignJSON("it is damaged or cut off")
            } catch {
                throw .foreignJSON("it has no `events` with a `message` each")
            }
        }
        return joined(texts)
    }

    /// Splits a sequence of JSON texts, each an object or a list.
    private static func documents(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        var documents: [ArraySlice<UInt8>] = [], start = bytes.startIndex, depth = 0
        var isInString = false, isEscaped = false
        for (place, byte) in bytes.enumerated() {
            if isInString {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isInString = true
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                guard depth == 0 else { continue }
                documents.append(bytes[start...place])
                start = place + 1
            default: break
            }
        }
        let rest = bytes[start...]
        return rest.allSatisfy(isBlank) ? documents : documents + [rest]
    }

    // MARK: aws logs tail

    /// Removes the prefix that `aws logs tail` writes before each event: a time and, in its long format, the name of
    /// the stream.
    private static func withoutTailPrefix(_ bytes: [UInt8]) -> [UInt8] {
        let time = #/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?(?: |$)/#
        let head = firstLine(bytes)
        guard let start = head.prefixMatch(of: time) else { return bytes }
        let rest = head[start.range.upperBound...]
        let stream = rest.hasPrefix("[") ? "" : rest.prefix { $0 != " " } + " "
        guard AgentLine.parts(of: String(rest.dropFirst(stream.count)))?.before.isEmpty == true else { return bytes }
        let lines = LogLines.split(bytes).map { line -> Substring in
            guard let match = line.prefixMatch(of: time) else { return line[...] }
            let rest = line[match.range.upperBound...]
            if stream.isEmpty { return rest }
            // An event that is an empty line ends after the name of the stream.
            return rest.hasPrefix(stream) ? rest.dropFirst(stream.count) : rest == stream.dropLast() ? "" : line[...]
        }
        return lines.flatMap { Array($0.utf8) + [0x0a] }
    }
}

/// Reads comma-separated values (RFC 4180).
private enum CommaSeparated {
    /// Splits a text into rows and fields.
    ///
    /// - Returns: `nil` when the first line is not the header that the CloudWatch console writes.
    static func rows(_ bytes: [UInt8]) -> [[String]]? {
        guard bytes.starts(with: Array("timestamp,".utf8)) || bytes.starts(with: Array("\"timestamp\",".utf8)) else {
            return nil
        }
        var rows: [[String]] = [], row: [String] = [], field: [UInt8] = []
        var isQuoted = false, place = bytes.startIndex
        func endField() {
            row.append(String(decoding: field, as: UTF8.self))
            field = []
        }
        while place < bytes.endIndex {
            let byte = bytes[place]
            place += 1
            if isQuoted {
                if byte != UInt8(ascii: "\"") {
                    field.append(byte)
                } else if place < bytes.endIndex, bytes[place] == UInt8(ascii: "\"") {
                    field.append(byte)
                    place += 1
                } else {
                    isQuoted = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isQuoted = true
            case UInt8(ascii: ","): endField()
            case 0x0a:
                endField()
                rows.append(row)
                row = []
            case 0x0d: break
            default: field.append(byte)
            }
        }
        if !field.isEmpty || !row.isEmpty {
            endField()
            rows.append(row)
        }
        return rows
    }
}
