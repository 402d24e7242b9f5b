internal import BuildPlanning
internal import Rendering

/// Finds the tests that failed and did not fail in turn, over the builds of a branch.
struct FlakyTests {
    private struct Branch {
        /// The names of the tests that failed, the oldest build first.
        var failures: [Set<String>] = []
        /// The tests that failed first and then succeeded within one build.
        var repeated: [String: Int] = [:]
    }

    private var branches: [(context: RecordedReports.Context, branch: Branch)] = []

    /// Adds a build: older ones first.
    ///
    /// - Throws: ``FileError`` when a record cannot be read.
    mutating func add(_ build: RecordedBuild, _ result: BuildResult) throws {
        guard let reports = try RecordedReports(of: build), reports.hasTests else { return }
        var names: Set<String> = []
        try reports.forEachFailedName { names.insert($0) }
        let index = branches.firstIndex { $0.context == reports.context } ?? branches.count
        if index == branches.count { branches.append((reports.context, Branch())) }
        branches[index].branch.failures.append(names)
        for test in result.reports.flatMap(\.flakyTests) {
            branches[index].branch.repeated[test.fullName, default: 0] += 1
        }
    }

    /// The flaky tests, the ones with the most failed builds first.
    var found: [BuildStatistics.FlakyTest] {
        var found: [BuildStatistics.FlakyTest] = []
        for (_, branch) in branches {
            let builds = branch.failures
            for name in builds.reduce(Set(branch.repeated.keys), { $0.union($1) }) {
                let failed = builds.map { $0.contains(name) }
                // It failed, then it did not, and then it failed again. One that was mended once is none.
                let turns = zip(failed, failed.dropFirst()).count { $0 != $1 }
                let isBack = turns > 2 || turns == 2 && failed.first == true
                guard isBack || branch.repeated[name] != nil else { continue }
                let failures = failed.count { $0 } + (branch.repeated[name] ?? 0)
                found.append(.init(name: name, failures: min(failures, builds.count), builds: builds.count))
            }
        }
        return found.sorted { ($1.failures, $0.name) < ($0.failures, $1.name) }
    }
}
