internal import ArgumentParser
internal import BuildPlanning
internal import Rendering

struct SchemaCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Print the JSON Schema of buildspec 0.2, for editors.",
        discussion: """
            Editors with a YAML language server then complete keys, explain them and mark mistakes as `validate` does:

              buildspec schema > .vscode/buildspec.schema.json
              # yaml-language-server: $schema=.vscode/buildspec.schema.json     the first line of a buildspec
            """)

    func run() async throws {
        await FrontDoor.enter { machine in
            try machine.terminal.write(BuildSpecSchema.json.lines)
            return .succeeded
        }
    }
}
