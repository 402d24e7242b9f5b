internal import ShellChecking
internal import SpecParsing

/// Buildspecs read for `validate`: with the warnings about their content, and what the shells of this machine say.
enum CheckedSpecs {
    /// Reads the files, several at a time.
    ///
    /// - Returns: a reading for each file, in the order of `files`.
    /// - Throws: ``Failure`` for a file that cannot be read.
    static func read(_ files: [String], _ places: Places) async throws -> [SpecReading] {
        // A task for each file would cost more than reading it.
        let size = max(16, (files.count + 7) / 8)
        var readings = try await withThrowingTaskGroup(of: (Int, [SpecReading]).self) { group in
            for start in stride(from: 0, to: files.count, by: size) {
                group.addTask {
                    let part = try files[start..<min(start + size, files.count)].map { file in
                        readBuildSpec(try Files.read(places.absolute(file)), file: file, checksContent: true)
                    }
                    return (start, part)
                }
            }
            return try await group.reduce(into: [(Int, [SpecReading])]()) { $0.append($1) }
        }.sorted { $0.0 < $1.0 }.flatMap(\.1)
        try await addShellFindings(to: &readings)
        return readings
    }

    /// Adds a warning for every command that its shell cannot read.
    ///
    /// All commands of all files are asked about at once, which costs one process for each kind of shell. What bash alone
    /// can read is no syntax error: other findings say so.
    private static func addShellFindings(to readings: inout [SpecReading]) async throws {
        let places = readings.indices.flatMap { reading in
            readings[reading].scripts.indices.map { (reading: reading, script: $0) }
        }
        let scripts = places.map { place in
            let script = readings[place.reading].scripts[place.script]
            return ShellSyntax.Script(
                script.text, shell: script.shell == .bash ? .bash : .sh, endsCleanly: script.endsCleanly)
        }
        for problem in try await ShellSyntax().problems(in: scripts) {
            let place = places[problem.index], script = readings[place.reading].scripts[place.script]
            guard !script.isTemplate, !(problem.isReadByBash ?? script.hasBashisms) else { continue }
            readings[place.reading].add([
                script.syntaxFinding(problem.words, line: problem.line, program: problem.shell.rawValue)
            ])
        }
    }
}
