internal import ArgumentParser

struct HookCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hook",
        abstract: "Build the commits that you push before they leave, by a git hook.",
        discussion: "  buildspec hook install --branch main",
        subcommands: [Install.self, Uninstall.self, Run.self])

    /// What a hook builds, and when.
    struct Rules: ParsableArguments {
        @Option(
            help: ArgumentHelp(
                "Build only pushes to branches or tags of this pattern.",
                discussion: """
                    As a webhook's HEAD_REF filter: a glob (`main`, `release/*`), or a regular expression that begins with ^; \
                    `!` in front excludes. Repeatable.
                    """, valueName: "pattern"))
        var branch: [String] = []

        @Option(
            help: ArgumentHelp(
                "Build only pushes that change files of this pattern.",
                discussion: "As a webhook's FILE_PATH filter. Repeatable.", valueName: "pattern"))
        var path: [String] = []

        @Option(
            help: ArgumentHelp(
                "What a push prints: codebuild, json or quiet.",
                discussion: "codebuild is the whole log, quiet the closing table alone.", valueName: "format"))
        var logFormat: Settings.Output.LogFormat?

        @Option(
            help: ArgumentHelp(
                "Without an engine: block the push, or allow it.",
                discussion: "When none answers, or `buildspec` is gone.", valueName: "rule"))
        var ifNoEngine = IfNoEngine.block

        /// The rules as words of a command line.
        var words: [String] {
            branch.flatMap { ["--branch", $0] } + path.flatMap { ["--path", $0] }
                + (logFormat.map { ["--log-format", $0.rawValue] } ?? [])
                + (ifNoEngine == .block ? [] : ["--if-no-engine", ifNoEngine.rawValue])
        }
    }

    enum IfNoEngine: String, CaseIterable, ExpressibleByArgument { case block, allow }

    struct Install: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "install", abstract: "Write a pre-push hook into this repository.",
            discussion: """
                  buildspec hook install --branch main --path 'src/**' --path pom.xml

                The hook is written where git looks for it (`core.hooksPath`, linked worktrees). If there is a hook already, it \
                stays and runs first; `uninstall` puts it back.
                """)
        @OptionGroup var rules: Rules

        func run() async throws {
            await FrontDoor.enter { [rules] machine in
                try await HookInstaller(machine).install(rules)
                return .succeeded
            }
        }
    }

    struct Uninstall: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "uninstall", abstract: "Remove the hook, and put back the one that was there before.",
            discussion: "  buildspec hook uninstall")

        func run() async throws {
            await FrontDoor.enter { machine in
                try await HookInstaller(machine).uninstall()
                return .succeeded
            }
        }
    }

    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "run", abstract: "Build what git is about to push; called by the hook.",
            discussion: """
                  buildspec hook run pre-push "$@"
                  buildspec hook run pre-push --branch main -- --env PROFILE=ci

                Reads git's lines on standard input (or pre-commit's variables) and builds each new tree once. A tree whose \
                build succeeded with the same image and variables, in an earlier push or by `buildspec run`, is not built \
                again. The words behind `--` go to `run`.
                """)
        @Argument(help: "The hook: pre-push.")
        var hook: String

        @Argument(help: "The remote's name and address; after `--` flags of `run`.")
        var words: [String] = []

        @OptionGroup var rules: Rules

        @Flag(help: "Build a tree even if an earlier build of it succeeded.")
        var always = false

        func validate() throws {
            guard hook == "pre-push" else { throw ValidationError("only the hook `pre-push` is known, not `\(hook)`") }
        }

        func run() async throws {
            await FrontDoor.enter { [words, rules, always] machine in
                let split = words.firstIndex { $0.hasPrefix("-") } ?? words.endIndex
                return try await PushHook(
                    rules: rules, runs: Array(words[split...]), always: always, machine: machine
                ).run()
            }
        }
    }
}

extension Settings.Output.LogFormat: ExpressibleByArgument {}
