internal import BuildPlanning

/// Reads files of `--env-file` as docker compose reads an `env_file` (compose-spec, "Syntax for environment files").
///
/// Several files are read one after the other: a value may use variables of the files before. The text is read by bytes: to a
/// `String` a line feed behind a carriage return, or an `=` with an accent behind it, would be another character.
struct EnvFile {
    /// The variables of this machine, which beat those of the files where a value names one.
    let environment: [String: String]
    /// The variables of all files so far, in the order of the files.
    private(set) var variables: [BuildPlan.Variable] = []
    /// What the user should know of the files: a line for each, without a line end.
    private(set) var notes: [String] = []
    /// The values of ``variables``, by their names.
    private var values: [String: String] = [:]

    init(environment: [String: String]) { self.environment = environment }

    /// Reads one file.
    ///
    /// - Parameter name: the file's name for messages.
    /// - Throws: ``Failure`` (64) with the line and column of what cannot be read.
    mutating func read(_ bytes: [UInt8], named name: String) throws {
        let text = try EnvText(bytes, name: name)
        var place = text.start, taken: [String] = []
        while let statement = try text.statement(from: &place) {
            let value: String
            switch statement.value {
            case .inherited:
                guard let inherited = environment[statement.name] else {
                    notes.append(
                        "warning: \(text.location(statement.place)): `\(statement.name)` has no value, neither here nor "
                            + "in your environment: it is left out")
                    continue
                }
                value = inherited
                taken.append(statement.name)
            case .literal(let units): value = text.string(units)
            case .expanded(let units):
                var expansion = EnvExpansion(text: text, environment: environment, values: values)
                value = text.string(try expansion.expanded(units[...]))
                taken += expansion.taken
                notes += expansion.notes
            }
            guard !value.utf8.contains(0) else {
                throw text.failure(statement.place, "the value of `\(statement.name)` has a NUL in it")
            }
            values[statement.name] = value
            variables.append(
                BuildPlan.Variable(
                    name: statement.name, value: value, origin: .flag, place: text.location(statement.place)))
        }
        if !taken.isEmpty {
            let names = taken.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
            notes.append(
                "note: `\(name)` takes \(names.map { "`\($0)`" }.joined(separator: ", ")) from your environment")
        }
    }

    /// Reads one assignment of `--env`, whose value is taken to the letter.
    static func variable(_ text: String) throws -> BuildPlan.Variable {
        guard let equals = text.utf8.firstIndex(of: UInt8(ascii: "=")), equals > text.startIndex else {
            throw Failure(
                .usage, "`--env` is `\(text)`, expected NAME=VALUE",
                help: text.contains("/") || text.hasSuffix(".env")
                    ? "a file of such lines is read by `--env-file \(text)`"
                    : "`--env \(text)=VALUE` sets it; `--env \"\(text)=$\(text)\"` takes the value from your shell")
        }
        return BuildPlan.Variable(
            name: String(decoding: text.utf8[..<equals], as: UTF8.self),
            value: String(decoding: text.utf8[text.utf8.index(after: equals)...], as: UTF8.self), origin: .flag,
            place: "--env")
    }
}
