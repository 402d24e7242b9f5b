internal import BuildPlanning
internal import Files
internal import Rendering

/// How long test files took, by the reports of a project's last builds: what `run --batch --shard-by time` divides tests by.
struct TestTimes {
    /// How many records are looked through, and how many builds with tests count at least.
    private static let reach = 300, least = 10
    /// The most files that are told.
    private static let most = 20_000

    /// Milliseconds by the paths of files, or by what stands in a path before its ending.
    private var times: [String: Int] = [:]

    var isEmpty: Bool { times.isEmpty }

    /// - Parameter parts: how many builds a batch of it has.
    /// - Throws: ``FileError`` when a record cannot be read.
    init(of project: ProjectIdentity, in records: BuildRecords, parts: Int) throws {
        var count = 0
        for build in records.newest(Self.reach) where count < max(Self.least, 2 * parts) {
            guard let reports = try RecordedReports(of: build), reports.context.project == project.key, reports.hasTests
            else { continue }
            count += 1
            var own: [String: Int] = [:]
            try reports.forEachCase { test in
                for key in Self.keys(of: test.test) {
                    own[key, default: 0] += test.test.durationInNanoSeconds
                }
            }
            // What newer builds tell counts.
            for (key, nanoseconds) in own where times.count < Self.most && times[key] == nil {
                times[key] = nanoseconds / 1_000_000
            }
        }
    }

    /// The times as `codebuild-tests-run` reads them: lines of milliseconds, a tab, and a path.
    var text: String {
        times.sorted { $0.key < $1.key }.map { "\($0.value)\t\($0.key)\n" }.joined()
    }

    /// The names that the file of a test may be found by: its path, or that of its class, and of the module above it.
    static func keys(of test: ReportFacts.Case) -> [String] {
        func isUsable(_ key: String) -> Bool { !key.isEmpty && !key.utf8.contains { $0 == 0x0a || $0 == 0x09 } }
        if let file = test.file { return [path(file)].filter(isUsable) }
        let owner = test.prefix ?? test.testSuiteName
        if owner.contains("/") { return [path(owner)].filter(isUsable) }
        // `org.acme.OwnerTest$Nested` is in OwnerTest's file, `tests.test_owner.TestOwner` in test_owner's.
        let parts = owner.prefix { $0 != "$" }.split(separator: ".")
        var keys = [parts.joined(separator: "/")]
        if parts.count > 1, parts.last?.first?.isUppercase == true {
            keys.append(parts.dropLast().joined(separator: "/"))
        }
        return keys.filter(isUsable)
    }

    /// A path of the source, without the container's folder in front of it.
    private static func path(_ file: String) -> String {
        var path = file[...]
        if path.hasPrefix(ContainerLayout.sourcePrefix),
            let end = path.firstRange(of: "\(ContainerLayout.sourceSuffix)/")
        {
            path = path[end.upperBound...]
        }
        while path.hasPrefix("./") { path = path.dropFirst(2) }
        return String(path)
    }
}
