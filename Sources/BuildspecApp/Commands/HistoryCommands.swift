internal import ArgumentParser
internal import BuildPlanning
internal import Files
internal import Rendering

struct BuildsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "builds",
        abstract: "List the builds of this folder's project, newest first.",
        discussion: """
              buildspec builds --limit 5         the newest five here
              buildspec builds --aws             those of your AWS account

            A line a build: the beginning of its id, its status, when it began, how long it took, how many tests failed, the tree \
            of its source and its branch, its project and folder, and how long its container has been kept. A build whose program \
            was killed is shown as LOST. On a terminal a row of bars compares the durations, and columns that say nothing new \
            are left out, so that a line fits.

            With --aws the builds are those of your AWS account, by your own AWS CLI; in place of the tree stands the commit.
            """)

    @Flag(help: "List the builds of all projects.")
    var all = false

    @Option(help: ArgumentHelp("How many to list.", valueName: "number"))
    var limit = 20

    @Option(help: "How to print them: text or json.")
    var format = PlanFormat.text

    @OptionGroup(title: HelpGroup.cloud) var cloud: CloudOptions

    func validate() throws {
        guard !all || cloud.project == nil else { throw ValidationError("--all and --project contradict one another") }
    }

    func run() async throws {
        await FrontDoor.enter { [all, limit, format, cloud] machine in
            if cloud.aws {
                var cloud = cloud
                if all { cloud.project = "none" }
                return try await CloudHistory(cloud, on: machine).list(limit, format)
            }
            let records = BuildRecords(machine.places), limit = max(0, limit)
            let builds = all ? records.newest(limit) : try records.newestHere(limit)
            if builds.isEmpty, limit > 0, format == .text {
                // An empty list is one.
                machine.say(all ? "there are no builds yet\n" : "\(try records.noneHere().message)\n")
            }
            var lines: [JSONText] = [], list = BuildList()
            for build in builds {
                let result = try build.outline().result
                var summary = BuildSummary(
                    result, uuid: build.uuid,
                    keptMinutes: build.isKept
                        ? Int((machine.now().microseconds - build.lastChange) / 60_000_000) : nil)
                summary.branch = build.branch
                list.add(summary, taking: result.runningTime)
                lines.append(summary.json)
            }
            if format == .text {
                let columns = machine.terminal.outputColumns
                let text = list.text(columns: columns, showsTimes: columns != nil && !all)
                try machine.terminal.write(Array(text.utf8))
            }
            if format == .json {
                try machine.terminal.write(
                    JSONText.object([("version", .number(1)), ("builds", .array(lines))]).bytes + [0x0a])
            }
            return .succeeded
        }
    }
}

struct ShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show what became of a build: phases, failures, artifacts.",
        discussion: """
              buildspec show                     the newest build of this folder's project
              buildspec show 0b5c --tests --failed
              buildspec show --html --open       as a page in the browser

            `--format json` prints it as `aws codebuild batch-get-builds` would. `--html` makes one HTML file of it, with tests, \
            times, artifacts, what differs from the last green build, and log, that needs nothing else and fetches nothing; \
            `--open` opens it in the browser.

            BUILD may also be a batch, by the id in its closing table: its builds, merged reports, or the test cases of all of them; \
            its page has the graph, and beside it lie the pages of its builds.

            With --aws it is a build of your AWS account, by your own AWS CLI. BUILD is then PROJECT:UUID, the UUID or its \
            beginning, the build's ARN, or the address of its page in the console.
            """)

    @Argument(
        help: ArgumentHelp(
            "The build: the beginning of its id, or of its tree.",
            discussion: "Default: the newest of this folder's project."))
    var build: String?

    @Option(help: "How to print it: text or json.")
    var format = PlanFormat.text

    @OptionGroup(title: "Tests") var tests: TestOptions
    @OptionGroup(title: "Page") var page: PageOptions
    @OptionGroup(title: HelpGroup.cloud) var cloud: CloudOptions

    func validate() throws {
        guard !page.isAsked || !(cloud.aws || tests.isAsked || format == .json) else {
            throw ValidationError(
                "--html and --open make a page of a build here: leave out --aws, --tests, --junit and --format")
        }
        guard !tests.isAsked || !cloud.aws else {
            throw ValidationError("the test cases of a build in AWS are not read: leave out --aws")
        }
    }

    func run() async throws {
        await FrontDoor.enter { [self] machine in
            if cloud.aws { return try await CloudHistory(cloud, of: build, on: machine).show(format) }
            let records = BuildRecords(machine.places)
            if let build, let batch = try BatchRecords.find(build, in: machine.places) {
                return try await show(try batch.result(in: records), in: batch.path, on: machine)
            }
            let build = try records.find(build)
            if page.isAsked { return try await page.write(build, on: machine) }
            if tests.isAsked { return try tests.show(build, format, on: machine) }
            if format == .json {
                try machine.terminal.write(try build.json())
            } else {
                var table = ClosingTable(logPath: build.logPath, usesColor: machine.terminal.outputUsesColor)
                table.mark = try build.testMark(in: records)
                table.earlier = try build.earlierCoverage(in: records)
                try machine.terminal.write(Array(table.render(try build.result()).utf8))
            }
            return .succeeded
        }
    }
}

extension ShowCommand {
    /// Shows a batch.
    ///
    /// - Parameter path: of its JSON.
    private func show(_ batch: BatchResult, in path: String, on machine: Machine) async throws -> ExitStatus {
        if page.isAsked { return try await page.write(batch, on: machine) }
        if tests.isAsked { return try tests.show(batch, format, on: machine) }
        if format == .json {
            try machine.terminal.write(try Files.read(path))
        } else {
            var table = BatchTable(usesColor: machine.terminal.outputUsesColor)
            if let mark = try batch.testMark(in: BuildRecords(machine.places)) { table.mark = mark }
            try machine.terminal.write(Array(table.render(batch, file: path).utf8))
        }
        return .succeeded
    }
}

struct LogsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs",
        abstract: "Print the log of a build, or compare the logs of two.",
        discussion: """
              buildspec logs 0b5c --grep ERROR
              buildspec logs --follow            of a running build, until it ends
              buildspec logs --format json       events, as `run --log-format json` has
              buildspec logs --aws --follow      of the newest build in CodeBuild
              buildspec logs --diff cloud.json   first difference from the cloud
              buildspec logs --diff 7f31         first difference from a build here
              buildspec logs --aws --diff app:0b5c2a7e-…
              buildspec logs a.json --diff b.json

            --diff compares each pair of builds: OTHER, and BUILD too, is the log of a build in the cloud where it is the \
            name of a file, and a build here otherwise. Such a file is what `aws logs get-log-events --start-from-head`, \
            `filter-log-events` or `tail` print, the console's CSV, or plain text; `-` reads it from standard input. \
            What differs in the set-ups of the builds (image, source, variables, versions of runtimes and tools) is told \
            first. Times, ids, ARNs and whatever else differs between any two runs does not count, nor does what differs \
            between two builds of the project that succeeded here; --no-learning compares that, too. Exit status 1 when \
            the logs differ.
            """)

    @Argument(
        help: ArgumentHelp(
            "The build: the beginning of its id, or of its tree.",
            discussion: "Default: the newest of this folder's project."))
    var build: String?

    @Flag(name: [.customShort("F"), .long], help: "Go on until the build has ended.")
    var follow = false

    @Option(
        help: ArgumentHelp(
            "Print only lines that a regular expression matches.", discussion: "Exit status 1 when none does.",
            valueName: "regex"))
    var grep: String?

    @Option(
        help: ArgumentHelp(
            "Compare with a log from CloudWatch, or another build.", valueName: "other"))
    var diff: String?

    @Flag(
        help: ArgumentHelp(
            "Compare also what differs by chance.", discussion: "Between two builds of the project that succeeded."))
    var noLearning = false

    @Option(help: "How to print the log or the comparison: text or json.")
    var format = PlanFormat.text

    @OptionGroup(title: HelpGroup.cloud) var cloud: CloudOptions

    func validate() throws {
        guard diff == nil || (!follow && grep == nil) else {
            throw ValidationError("--diff compares whole logs: leave out --follow and --grep")
        }
        guard diff != nil || !noLearning else {
            throw ValidationError("--no-learning belongs to --diff")
        }
        guard format == .text || (!follow && grep == nil) else {
            throw ValidationError("--format json prints whole logs: leave out --follow and --grep")
        }
    }

    func run() async throws {
        await FrontDoor.enter { [build, follow, grep, diff, noLearning, format, cloud] machine in
            if let diff {
                return try await LogComparison(
                    build, with: diff, learns: !noLearning, cloud: cloud.aws ? cloud : nil, on: machine
                ).run(as: format, on: machine.terminal)
            }
            if cloud.aws {
                return try await CloudLogReading(
                    history: CloudHistory(cloud, of: build, on: machine), follows: follow, pattern: grep, format: format
                ).run()
            }
            let build = try BuildRecords(machine.places).find(build)
            if format == .json {
                var result = BuildResult()
                try build.forEachEvent { event in
                    result.add(event)
                    try machine.terminal.write(event.json(in: result).bytes + [0x0a])
                }
                return .succeeded
            }
            return try await LogReading(build: build, follows: follow, pattern: grep).run(on: machine.terminal)
        }
    }
}
