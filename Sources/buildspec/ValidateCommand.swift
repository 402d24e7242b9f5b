internal import ArgumentParser
internal import ConsoleRendering
internal import SpecParsing

struct ValidateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Check buildspecs without running them.",
        discussion: """
            Prints every finding as `file:line:col: severity: message [code]` with the line and a way to mend it.
            Errors are what CodeBuild refuses, warnings what it accepts and what bites later:
            masked failures, bash in files for `sh`, patterns that match nothing, secrets,
            commands that the `sh` or `bash` of this machine cannot read. By their codes
            they are explained in Documentation/findings.md. `# buildspec:ignore CODE`
            silences a warning on its line or, alone on a line, on the next one.
            Exit status: 0 all are valid (warnings allowed), 65 one is not, 66 one does not exist.

              buildspec validate                 the buildspec.yml of this folder
              buildspec validate --strict ci/*.yml
            """)

    @Argument(help: "Buildspec files (default: buildspec.yml).")
    var files: [String] = []

    @Flag(help: "Treat warnings as errors.")
    var strict = false

    func run() async throws {
        try await FrontDoor.enter { [files, strict] places, terminal in
            let renderer = DiagnosticRenderer(color: terminal.outputUsesColor)
            var isValid = true
            let readings = try await CheckedSpecs.read(files.isEmpty ? ["buildspec.yml"] : files, places)
            for reading in readings {
                try terminal.write(Array(renderer.text(reading.diagnostics, source: reading.source).utf8))
                isValid = isValid && reading.isValid && !(strict && !reading.diagnostics.isEmpty)
            }
            return isValid ? .succeeded : .invalidBuildspec
        }
    }
}
