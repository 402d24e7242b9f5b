internal import ArgumentParser
internal import BuildPlanning
internal import Rendering

struct SchemaCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Print the JSON Schema of buildspec 0.2, for editors.",
        discussion: """
              buildspec schema > .vscode/buildspec.schema.json

            Editors with a YAML language server then complete keys, explain them and mark mistakes as `validate` does, in a \
            buildspec with this first line:

              # yaml-language-server: $schema=.vscode/buildspec.schema.json
            """)

    func run() async throws {
        await FrontDoor.enter { machine in
            try machine.terminal.write(BuildSpecSchema.json.lines)
            return .succeeded
        }
    }
}
