internal import BuildPlanning
internal import Rendering

/// A rule of `--fail-on`: what in its reports makes a build fail that has succeeded.
///
/// The service has nothing like it: there only commands fail a build.
enum FailRule: Sendable, Codable, Equatable, CustomStringConvertible {
    /// Some test has failed.
    case tests
    /// Some test has failed that failed in none of the last builds of the branch.
    case newFailures
    /// Less than a share of the lines, or of the branches, was reached.
    case lines(below: Double)
    case branches(below: Double)

    /// Reads the rules of a list: `tests,coverage<80,new-failures`.
    static func read(_ text: String) -> [FailRule]? {
        let rules = text.split(separator: ",").map { FailRule(String($0.filter { $0 != " " })) }
        let known = rules.compactMap(\.self)
        return known.isEmpty || known.count < rules.count ? nil : known
    }

    private init?(_ word: String) {
        let parts = word.split(separator: "<", omittingEmptySubsequences: false).map(String.init)
        switch (parts[0], parts.count == 2 ? Double(parts[1]) : nil) {
        case ("tests", nil) where parts.count == 1: self = .tests
        case ("new-failures", nil) where parts.count == 1: self = .newFailures
        case ("coverage", let limit?) where (0...100).contains(limit): self = .lines(below: limit)
        case ("branches", let limit?) where (0...100).contains(limit): self = .branches(below: limit)
        default: return nil
        }
    }

    var description: String {
        switch self {
        case .tests: "tests"
        case .newFailures: "new-failures"
        case .lines(let limit): "coverage<\(Self.short(limit))"
        case .branches(let limit): "branches<\(Self.short(limit))"
        }
    }

    private static func short(_ number: Double) -> String {
        Int(exactly: number).map { "\($0)" } ?? "\(number)"
    }

    /// Why a build fails by the rule; `nil` where it does not.
    ///
    /// What cannot be told fails, too: a rule about tests is broken by a build whose tests left no report, and any rule by a
    /// report of which files are missing.
    ///
    /// - Parameter newFailures: the names of the tests that failed for the first time.
    func reason(_ reports: [ReportFacts], newFailures: () throws -> [String]) rethrows -> String? {
        switch self {
        case .tests, .newFailures:
            let tests = reports.compactMap(\.testSummary)
            guard !tests.isEmpty else { return "there is no report of tests" }
            if let incomplete = Self.incomplete(reports.filter { $0.testSummary != nil }) { return incomplete }
            guard self == .newFailures else {
                let count = tests.reduce(0) { $0 + $1.failures }
                return count == 0 ? nil : "\(count) \(count == 1 ? "test has" : "tests have") failed"
            }
            let names = try newFailures()
            return names.isEmpty
                ? nil
                : "\(names.count) \(names.count == 1 ? "test has" : "tests have") failed that did not before: "
                    + names.prefix(3).map { $0.cut(Self.width).plain }.joined(separator: ", ")
                    + (names.count > 3 ? ", …" : "")
        case .lines(let limit):
            return Self.reason(reports, "lines", below: limit) { ($0.linesCovered, $0.linesMissed) }
        case .branches(let limit):
            return Self.reason(reports, "branches", below: limit) { ($0.branchesCovered, $0.branchesMissed) }
        }
    }

    /// The most scalars of a name that are printed.
    private static let width = 80

    private static func incomplete(_ reports: [ReportFacts]) -> String? {
        reports.first { $0.status == .incomplete }.map { "the report \($0.name.cut(width).plain) is INCOMPLETE" }
    }

    private static func reason(
        _ reports: [ReportFacts], _ things: String, below limit: Double,
        numbers: (ReportFacts.CodeCoverageSummary) -> (Int, Int)
    ) -> String? {
        if let incomplete = incomplete(reports.filter { $0.codeCoverageSummary != nil }) { return incomplete }
        let all = reports.compactMap(\.codeCoverageSummary).map(numbers)
        let covered = all.reduce(0.0) { $0 + Double($1.0) }, missed = all.reduce(0.0) { $0 + Double($1.1) }
        guard covered + missed > 0 else { return "there is no report of coverage with \(things)" }
        let percentage = covered / (covered + missed) * 100
        guard percentage < limit else { return nil }
        return "\((percentage * 10).rounded(.down) / 10) % of the \(things) are covered"
    }
}
