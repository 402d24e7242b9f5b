/// How far one source file was reached by tests.
public struct CoverageFile: Sendable, Equatable {
    public var path: String
    /// The folders that the path may be relative to, as the report names them.
    public var folders: [String]
    public var lines: Coverage
    public var branches: Coverage

    public init(
        path: String, below folders: [String] = [], lines: Coverage = Coverage(), branches: Coverage = Coverage()
    ) {
        self.path = path
        self.folders = folders
        self.lines = lines
        self.branches = branches
    }
}

/// A number of lines or branches that were reached, and of those that were not.
public struct Coverage: Sendable, Equatable {
    public var covered = 0
    public var missed = 0

    public init(covered: Int = 0, missed: Int = 0) {
        self.covered = covered
        self.missed = missed
    }

    /// The share that was reached, of 100; `nil` where there is nothing to reach.
    public var percentage: Double? {
        let all = Double(covered) + Double(missed)
        return all > 0 ? Double(covered) / all * 100 : nil
    }

    mutating func count(_ isCovered: Bool) {
        if isCovered { covered += 1 } else { missed += 1 }
    }

    public static func += (sum: inout Coverage, other: Coverage) {
        sum.covered = sum.covered.addingClamped(other.covered)
        sum.missed = sum.missed.addingClamped(other.missed)
    }
}

/// What a report file tells, one by one.
public enum ReportItem: Sendable, Equatable {
    case test(TestCase)
    case coverage(CoverageFile)
}
