internal import BuildPlanning

/// A file of `--env-file`: a `NAME=VALUE` on each line, as `docker run --env-file` reads it.
///
/// Empty lines and those that begin with `#` are left out; lines may end as on Windows; a byte-order mark is no part of the
/// first name. The text is read by bytes: to a `String` a line feed behind a carriage return, or an `=` with an accent behind
/// it, would be another character.
enum EnvFile {
    /// - Parameter name: the file's name for messages.
    /// - Throws: ``Failure`` (64) with the line that is no assignment or no UTF-8.
    static func variables(_ bytes: [UInt8], named name: String) throws -> [BuildPlan.Variable] {
        guard !bytes.starts(with: [0xff, 0xfe]), !bytes.starts(with: [0xfe, 0xff]) else {
            throw Failure(.usage, "`\(name)` is in UTF-16, expected UTF-8", help: "save it as UTF-8")
        }
        let text = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? bytes.dropFirst(3) : bytes[...]
        var variables: [BuildPlan.Variable] = []
        for (number, line) in text.split(separator: 0x0a, omittingEmptySubsequences: false).enumerated() {
            let line = line.last == 0x0d ? line.dropLast() : line, place = "\(name):\(number + 1)"
            guard !line.allSatisfy({ $0 == 0x20 || $0 == 0x09 }), line.first != UInt8(ascii: "#") else { continue }
            guard let text = String(validating: line, as: UTF8.self) else {
                throw Failure(.usage, "`\(place)` is not UTF-8", help: "save the file as UTF-8")
            }
            variables.append(try variable(text, at: place))
        }
        return variables
    }

    /// Reads one assignment.
    ///
    /// - Parameter place: what it is called in messages: `--env`, or a line of a file.
    static func variable(_ text: String, at place: String) throws -> BuildPlan.Variable {
        guard let equals = text.utf8.firstIndex(of: UInt8(ascii: "=")), equals > text.startIndex else {
            throw Failure(.usage, "`\(place)` has `\(text)`, expected NAME=VALUE")
        }
        return BuildPlan.Variable(
            name: String(decoding: text.utf8[..<equals], as: UTF8.self),
            value: String(decoding: text.utf8[text.utf8.index(after: equals)...], as: UTF8.self), origin: .flag,
            place: place)
    }
}
