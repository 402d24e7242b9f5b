internal import ArgumentParser

struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Print what `run` would do, and why.",
        discussion: """
            Image, variables, phases, cache, artifacts: everything that is decided before anything runs, each value with \
            the place it comes from: a flag, a variable of the environment, a line of the settings or the buildspec, \
            the image. Texts that get their last form from the build's own variables are shown as they are written.

              buildspec plan                                   what `buildspec run` would do here
              buildspec plan -e PROFILE=ci --format json
              buildspec plan --batch                           the builds of the buildspec's `batch`
              buildspec plan --batch --format dot | dot -Tsvg >batch.svg
            """)

    @OptionGroup var options: RunOptions

    @Flag(help: "Show the builds of the buildspec's `batch` instead.")
    var batch = false

    @Option(help: "How to print it: text or json; with --batch also as a graph: dot (Graphviz) or mermaid.")
    var format = DrawnFormat.text

    func validate() throws {
        guard batch || format.isPlain else {
            throw ValidationError("--format \(format.rawValue) draws a batch: it goes with --batch")
        }
    }

    func run() async throws {
        await FrontDoor.enter { [options, batch, format] machine in
            try await PlanSession(machine: machine, asked: options.asked, isBatch: batch, format: format).run()
        }
    }
}

/// How a plan is printed.
enum PlanFormat: String, CaseIterable, ExpressibleByArgument { case text, json }

/// How a plan is printed or drawn.
enum DrawnFormat: String, CaseIterable, ExpressibleByArgument {
    case text, json, dot, mermaid

    /// Whether every plan can be printed so.
    var isPlain: Bool { self == .text || self == .json }
}
