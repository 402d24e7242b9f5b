internal import ArgumentParser
internal import ConsoleRendering
internal import SpecParsing

struct ValidateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Check buildspecs without running them.",
        discussion: """
            Prints every finding as `file:line:col: severity: message [code]` with the line and a way to mend it.
            Exit status: 0 all are valid (warnings allowed), 65 one is not, 66 one does not exist.

              buildspec validate                 the buildspec.yml of this folder
              buildspec validate --strict ci/*.yml
            """)

    @Argument(help: "Buildspec files (default: buildspec.yml).")
    var files: [String] = []

    @Flag(help: "Treat warnings as errors.")
    var strict = false

    func run() async throws {
        await FrontDoor.enter { [files, strict] places, terminal in
            let renderer = DiagnosticRenderer(color: terminal.outputUsesColor)
            var isValid = true
            for file in files.isEmpty ? ["buildspec.yml"] : files {
                let bytes = try Files.read(places.absolute(file))
                let reading = readBuildSpec(bytes, file: file)
                for diagnostic in reading.diagnostics {
                    try terminal.write(Array(renderer.text(diagnostic, source: bytes).utf8))
                }
                isValid = isValid && reading.isValid && !(strict && !reading.diagnostics.isEmpty)
            }
            return isValid ? .succeeded : .invalidBuildspec
        }
    }
}
