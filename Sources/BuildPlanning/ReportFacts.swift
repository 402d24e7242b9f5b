/// One report of a build, under the service's own names (API: Report), with what the service has elsewhere.
public struct ReportFacts: Sendable, Codable, Equatable {
    /// How a report stands (API: `status`).
    public enum Status: String, Sendable, Codable {
        case succeeded = "SUCCEEDED"
        /// Some case has failed. That does not fail the build.
        case failed = "FAILED"
        /// Files are missing, or are not of the format.
        case incomplete = "INCOMPLETE"
    }

    public enum Kind: String, Sendable, Codable {
        case test = "TEST"
        case coverage = "CODE_COVERAGE"
    }

    public struct TestSummary: Sendable, Codable, Equatable {
        public var total: Int
        public var statusCounts: [String: Int]
        public var durationInNanoSeconds: Int

        public init(total: Int, statusCounts: [String: Int], durationInNanoSeconds: Int) {
            self.total = total
            self.statusCounts = statusCounts
            self.durationInNanoSeconds = durationInNanoSeconds
        }

        /// The number of cases that failed, whether by a failure or an error.
        public var failures: Int { (statusCounts["FAILED"] ?? 0) + (statusCounts["ERROR"] ?? 0) }
    }

    public struct CodeCoverageSummary: Sendable, Codable, Equatable {
        public var linesCovered: Int
        public var linesMissed: Int
        public var branchesCovered: Int
        public var branchesMissed: Int

        public init(linesCovered: Int, linesMissed: Int, branchesCovered: Int, branchesMissed: Int) {
            self.linesCovered = linesCovered
            self.linesMissed = linesMissed
            self.branchesCovered = branchesCovered
            self.branchesMissed = branchesMissed
        }

        public var lineCoveragePercentage: Double? { Self.percentage(linesCovered, linesMissed) }
        public var branchCoveragePercentage: Double? { Self.percentage(branchesCovered, branchesMissed) }

        /// The share of 100, with two digits behind the point; `nil` where there is nothing to reach.
        private static func percentage(_ covered: Int, _ missed: Int) -> Double? {
            let all = Double(covered) + Double(missed)
            return all > 0 ? (Double(covered) / all * 10_000).rounded() / 100 : nil
        }
    }

    /// A test case, shortened.
    public struct Case: Sendable, Codable, Equatable {
        public var testSuiteName: String
        /// The class, where the format tells it apart from the suite.
        public var prefix: String?
        public var name: String
        public var status: String
        public var durationInNanoSeconds: Int
        public var message: String?
        public var file: String?
        public var line: Int?

        /// Names the case among those of other builds: class or suite, and name.
        public var fullName: String {
            let owner = prefix ?? testSuiteName
            return owner.isEmpty || name.hasPrefix(owner + ".") ? name : "\(owner).\(name)"
        }

        public init(testSuiteName: String, prefix: String?, name: String, status: String, durationInNanoSeconds: Int) {
            self.testSuiteName = testSuiteName
            self.prefix = prefix
            self.name = name
            self.status = status
            self.durationInNanoSeconds = durationInNanoSeconds
        }
    }

    public var arn: String
    public var type: Kind
    public var name: String
    public var reportGroupArn: String
    /// The build's ARN.
    public var executionId: String
    public var status: Status
    /// Whether the service would have kept less than is kept here.
    public var truncated: Bool
    public var testSummary: TestSummary?
    public var codeCoverageSummary: CodeCoverageSummary?

    // What follows is ours.

    /// The word of `file-format`.
    public var format: String
    /// The number of files that were read.
    public var files: Int
    /// The first cases that failed.
    public var failedTests: [Case] = []
    public var slowestTests: [Case] = []
    /// The first cases that failed and then succeeded in this build.
    public var flakyTests: [Case] = []
    /// Why files were not read, or not to their end.
    public var problems: [String] = []

    public init(
        arn: String, type: Kind, name: String, reportGroupArn: String, executionId: String, status: Status,
        truncated: Bool, format: String, files: Int
    ) {
        self.arn = arn
        self.type = type
        self.name = name
        self.reportGroupArn = reportGroupArn
        self.executionId = executionId
        self.status = status
        self.truncated = truncated
        self.format = format
        self.files = files
    }
}
