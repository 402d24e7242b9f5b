internal import ArgumentParser
internal import BuildPlanning
internal import Rendering

struct StatsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Show how long builds take, and what fails how often.",
        discussion: """
              buildspec stats --limit 50

            Over the records that are kept: median and 90th percentile of the durations and the share of failures, of builds, \
            phases and commands, the slowest commands first; and the tests that failed, then did not, and failed again.
            """)

    @Flag(help: "Take the builds of all projects.")
    var all = false

    @Option(help: ArgumentHelp("How many builds to look at, the newest.", valueName: "number"))
    var limit = 200

    @Option(help: "How to print it: text or json.")
    var format = PlanFormat.text

    func run() async throws {
        await FrontDoor.enter { [all, limit, format] machine in
            let records = BuildRecords(machine.places), limit = max(0, limit)
            let builds = all ? records.newest(limit) : try records.newestHere(limit)
            var statistics = BuildStatistics(), flaky = FlakyTests()
            for build in builds.reversed() {
                let (events, result) = try build.outline()
                guard result.status != .inProgress else { continue }
                statistics.add(events, endingAs: result)
                try flaky.add(build, result)
            }
            statistics.flakyTests = flaky.found
            if format == .json {
                try machine.terminal.write(statistics.json.bytes + [0x0a])
            } else if statistics.isEmpty {
                machine.say(all ? "there are no builds yet\n" : "\(try records.noneHere().message)\n")
            } else {
                try machine.terminal.write(Array(statistics.text.utf8))
            }
            return .succeeded
        }
    }
}
