internal import OfflineWorld
internal import ArgumentParser
internal import BuildPlanning
internal import Rendering
internal import Engines

struct ImagesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "images",
        abstract: "List and make the images that builds run in, and pushed ones.",
        discussion: """
              buildspec images                   CodeBuild's images, and which are here
              buildspec images build standard    a stand-in for aws/codebuild/standard:7.0
              buildspec images list              what builds with --aws-local pushed

            Without a subcommand: CodeBuild's own images, and which of them this engine has. `list`, `pull` and `serve` are \
            about the images that builds pushed with --aws-local.
            """,
        subcommands: [Known.self, Build.self, List.self, Pull.self, Serve.self], defaultSubcommand: Known.self)

    struct ProjectOptions: ParsableArguments {
        @Option(help: ArgumentHelp("The project's folder.", discussion: "Default: this one.", valueName: "dir"))
        var project: String?

        @Option(help: "The docker context to use.")
        var context: String?

        /// Runs `body` beside the project's cloud, made to its settings.
        func withCloud(
            on machine: Machine, _ body: @Sendable (LocalCloud) async throws -> Void
        ) async throws -> ExitStatus {
            var asked = Asked(path: self.project)
            asked.awsLocal = true
            asked.context = context
            var project = try await Project.find(asked, on: machine)
            defer { project.release() }
            let cloud = machine.localCloud(
                of: project.identity, project.settings.network, machine.engine(of: project.settings))
            do {
                try await cloud.whileRunning { running in
                    machine.sayLocalAWS(running.notes)
                    try await body(cloud)
                }
            } catch let error as EngineError where error.code == .absent {
                throw Failure(.noSuchFile, error.description, help: error.help)
            }
            return .succeeded
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List pushed images with their digests, sizes and times.",
            discussion: "  buildspec images list")
        @OptionGroup var project: ProjectOptions

        func run() async throws {
            await FrontDoor.enter { [project] machine in
                try await project.withCloud(on: machine) { cloud in
                    let images = try await cloud.images()
                    if images.isEmpty { machine.say("nothing was pushed yet\n") }
                    var table = TextTable(["NAME", "SIZE", "PUSHED", "DIGEST"])
                    for image in images {
                        table.add([
                            image.name, CacheText.megabytes(Int64(image.size)), "\(image.pushedAt)", image.digest,
                        ])
                    }
                    try machine.terminal.write(Array(table.text.utf8))
                }
            }
        }
    }

    struct Pull: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "pull", abstract: "Give pushed images to the engine, under their ECR names.",
            discussion: """
                  buildspec images pull app:1        where only one repository is named so
                  buildspec images pull 123456789012.dkr.ecr.us-east-1.amazonaws.com/app:1
                """)
        @OptionGroup var project: ProjectOptions
        @Argument(help: "The images, as `images list` names them.")
        var names: [String]

        func run() async throws {
            await FrontDoor.enter { [project, names] machine in
                try await project.withCloud(on: machine) { cloud in
                    for name in names { try machine.terminal.write(Array((try await cloud.load(name) + "\n").utf8)) }
                }
            }
        }
    }

    struct Serve: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "serve", abstract: "Open the registry to plain docker, on loopback, until Ctrl-C.",
            discussion: """
                  buildspec images serve

                Prints the name under which `docker pull` on the engine's machine finds each image. A push goes to \
                127.0.0.1:PORT/ECR-NAME.
                """)
        @OptionGroup var project: ProjectOptions

        func run() async throws {
            await FrontDoor.enter { [project] machine in
                try await project.withCloud(on: machine) { cloud in
                    try await cloud.open { registry in
                        for image in try await cloud.images() {
                            try machine.terminal.write(Array("docker pull \(registry)/\(image.name)\n".utf8))
                        }
                        machine.say("the registry is open at \(registry) until Ctrl-C\n")
                        while true { try await Task.sleep(for: .seconds(3600)) }
                    }
                }
            }
        }
    }
}
