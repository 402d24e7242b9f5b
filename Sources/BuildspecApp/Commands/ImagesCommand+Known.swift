internal import ArgumentParser
internal import BuildPlanning
internal import Engines
internal import SpecParsing

extension ImagesCommand {
    struct Known: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "known", abstract: "List CodeBuild's own images, and which of them are here.",
            discussion: "  buildspec images known --all")

        @Flag(help: "Also those for Lambda, and those AWS no longer keeps.")
        var all = false

        @Option(help: "The docker context to use.")
        var context: String?

        func run() async throws {
            await FrontDoor.enter { [all, context] machine in
                let engine = try machine.engine(context: context)
                let names = try await engine.imageNames()
                let images = CuratedImage.all.filter { $0.kind == .linux || $0.kind == .lambda }
                let rows = images.map { Row($0, among: names) }.filter { $0.isHere || all || $0.isUsual }
                let width = rows.map(\.name.count).max() ?? 0
                for row in rows {
                    let padding = String(repeating: " ", count: width - row.name.count)
                    try machine.terminal.write(Array("\(row.name)\(padding)  \(row.words)\n".utf8))
                }
                return .succeeded
            }
        }

        /// A line of the list.
        private struct Row {
            let name: String
            let words: String
            let isHere: Bool
            /// Whether AWS still keeps the image, and it is for usual builds.
            let isUsual: Bool

            init(_ image: CuratedImage, among names: [String]) {
                name = image.name
                isUsual = image.kind == .linux && (image.state == .maintained || image.state == .listed)
                let choice = ImageChoice(of: image.name, among: names)
                isHere = names.contains(choice.name) && choice.relation != .standIn
                let place =
                    switch choice.relation {
                    case .same, .nowhere:
                        isHere ? "on this engine" : "published nowhere; AWS's sources build it"
                    case .standIn: "published nowhere; \(choice.name), which is on this engine, stands in for it"
                    case .alias, .release: "on this engine as \(choice.name)"
                    case .published: "to be pulled as \(choice.name)"
                    }
                words = "\(image.state.rawValue)\(image.kind == .lambda ? ", for Lambda compute" : "")  \(place)"
            }
        }
    }

    struct Build: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "build", abstract: "Make an image that no registry has.",
            discussion: """
                  buildspec images build standard
                  buildspec images build aws/codebuild/standard:7.0 --from DIR

                `standard` is our own stand-in for aws/codebuild/standard:7.0, of Debian's packages and PyPI's: several versions of \
                Java, Node.js, Go and Python, with a runtimes.yml of its own. It takes some minutes and gigabytes.

                One of CodeBuild's names is AWS's own image, by `docker build` in DIR, a checkout of the repository \
                aws/aws-codebuild-docker-images on GitHub. It takes hours, and downloads from many places.
                """)

        @Argument(help: "`standard`, or one of CodeBuild's names.")
        var image: String

        @Option(help: ArgumentHelp("For one of CodeBuild's names: AWS's repository.", valueName: "dir"))
        var from: String?

        @Option(help: ArgumentHelp("For `standard`: the Debian image to begin with.", valueName: "image"))
        var base = ImageMaking.base

        @Option(help: "The docker context to use.")
        var context: String?

        func run() async throws {
            await FrontDoor.enter { [image, from, base, context] machine in
                let making = ImageMaking(machine: machine, engine: try machine.engine(context: context))
                guard image != "standard" else { return try await making.makeStandIn(base: base) }
                return try await making.make(image, from: from.map(machine.places.absolute))
            }
        }
    }
}
