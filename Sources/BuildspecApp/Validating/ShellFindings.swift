internal import ShellChecking
internal import SpecParsing

/// What the shells of this machine say of the commands of buildspecs.
enum ShellFindings {
    /// A file that was read, as far as it is needed later on: a thousand files are held at once.
    struct File: Sendable {
        let name: String
        private let facts: ProjectFacts
        let source: [UInt8]
        fileprivate(set) var diagnostics: [Diagnostic]
        fileprivate let scripts: [ShellSyntax.Script]

        init(_ bytes: [UInt8], name: String, of facts: ProjectFacts) {
            self.name = name
            self.facts = facts
            let reading = readBuildSpec(bytes, file: name, checksContent: true, facts: facts)
            source = reading.source
            diagnostics = reading.diagnostics
            scripts = reading.scripts.map { script in
                ShellSyntax.Script(
                    script.text, shell: script.shell == .bash ? .bash : .sh, endsCleanly: script.endsCleanly)
            }
        }

        /// The file, read once more.
        fileprivate var reading: SpecReading {
            readBuildSpec(source, file: name, checksContent: true, facts: facts)
        }
    }

    /// Adds a warning for every command that its shell cannot read.
    ///
    /// All commands of all files are asked about at once, which costs one process for each kind of shell. What bash alone
    /// can read is no syntax error: other findings say so.
    static func add(to files: inout [File]) async throws {
        let places = files.indices.flatMap { file in files[file].scripts.indices.map { (file: file, script: $0) } }
        let problems = try await ShellSyntax().problems(in: places.map { files[$0.file].scripts[$0.script] })
        for (file, problems) in Dictionary(grouping: problems, by: { places[$0.index].file }) {
            var reading = files[file].reading
            for problem in problems {
                let script = reading.scripts[places[problem.index].script]
                guard !script.isTemplate, !(problem.isReadByBash ?? script.hasBashisms) else { continue }
                reading.add([script.syntaxFinding(problem.words, line: problem.line, program: problem.shell.rawValue)])
            }
            files[file].diagnostics = reading.diagnostics
        }
    }
}
