internal import ShellChecking
internal import SpecParsing

/// What the shells of this machine say of the commands of buildspecs.
enum ShellFindings {
    /// Adds a warning for every command that its shell cannot read.
    ///
    /// All commands of all files are asked about at once, which costs one process for each kind of shell. What bash alone
    /// can read is no syntax error: other findings say so.
    static func add(to readings: inout [SpecReading]) async throws {
        let places = readings.indices.flatMap { reading in
            readings[reading].scripts.indices.filter { !readings[reading].scripts[$0].isPlain }
                .map { (reading: reading, script: $0) }
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
