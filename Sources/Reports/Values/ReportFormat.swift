/// The formats of report files, under the words that `file-format` takes (CODEBUILD-2026 C.1).
public enum ReportFormat: String, Sendable, CaseIterable {
    case junit = "JUNITXML"
    case cucumber = "CUCUMBERJSON"
    case nunit2 = "NUNITXML"
    case nunit3 = "NUNIT3XML"
    case testNG = "TESTNGXML"
    case trx = "VISUALSTUDIOTRX"
    case clover = "CLOVERXML"
    case cobertura = "COBERTURAXML"
    case jacoco = "JACOCOXML"
    case simpleCov = "SIMPLECOV"
    /// [unknown: the guide has the format and no word for it; both of the likely ones are read]
    case lcov = "LCOV_INFO"

    /// Reads the word of a buildspec, which may be written in any case.
    public init?(word: String) {
        let word = word.uppercased()
        if word == "LCOVINFO" {
            self = .lcov
        } else {
            self.init(rawValue: word)
        }
    }

    /// What a report is about (API: `type`).
    public enum Kind: String, Sendable {
        case test = "TEST"
        case coverage = "CODE_COVERAGE"
    }

    public var kind: Kind {
        switch self {
        case .junit, .cucumber, .nunit2, .nunit3, .testNG, .trx: .test
        case .clover, .cobertura, .jacoco, .simpleCov, .lcov: .coverage
        }
    }

    /// The names of the root element that files of the format may have. The first is the one that a complaint names.
    var roots: [String] {
        switch self {
        case .junit: ["testsuite", "testsuites"]
        case .nunit2: ["test-results"]
        case .nunit3: ["test-run"]
        case .testNG: ["testng-results"]
        case .trx: ["TestRun"]
        case .clover, .cobertura: ["coverage"]
        case .jacoco: ["report"]
        case .cucumber, .simpleCov, .lcov: []
        }
    }
}
