internal import BuildPlanning
internal import SpecParsing
#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// A source file as a line of a record's `code-coverages.jsonl` tells it.
public struct CoveredFile: Sendable, Decodable {
    let filePath: String
    let linesCovered: Int
    let linesMissed: Int
    let lineCoveragePercentage: Double?
    let branchCoveragePercentage: Double?
    /// The report that tells of it.
    let reportARN: String?

    /// Merges what the builds of a fanout tell of their source files, each file once for each report group
    /// (CODEBUILD-2026 D.3).
    ///
    /// - Returns: the files in the order in which they were first told.
    public static func merged(_ files: some Sequence<CoveredFile>) -> [CoveredFile] {
        var all: [CoveredFile] = [], places: [[String]: Int] = [:]
        for file in files {
            let key = [file.mergedGroup, file.filePath]
            if let place = places[key] {
                let known = all[place]
                let isBetter = ReportMerging.isBetter(
                    (file.lineCoveragePercentage, file.branchCoveragePercentage),
                    than: (known.lineCoveragePercentage, known.branchCoveragePercentage))
                if isBetter { all[place] = file }
            } else {
                places[key] = all.count
                all.append(file)
            }
        }
        return all
    }

    /// The name of the group that its report is merged into: of `…:report/NAME:ID`.
    private var mergedGroup: String {
        let name = (reportARN ?? "").split(separator: "/", maxSplits: 1).last?.prefix { $0 != ":" } ?? ""
        return ReportMerging.mergedName(String(name))
    }

    /// Reads a line.
    ///
    /// - Returns: `nil` for what is none, such as half a line.
    public init?(jsonLine line: [UInt8]) {
        guard let file = try? JSONDecoder().decode(Self.self, from: Data(line)) else { return nil }
        self = file
    }
}

/// A variable of a build, as its `build.json` tells it: those that were set for the build, not those of its buildspec.
public struct PageVariable: Sendable, Decodable {
    let name: String
    let value: String
    let type: String

    /// A variable as a plan has it.
    init(_ variable: BuildPlan.Variable) {
        name = variable.name
        value = variable.value
        type = variable.type.rawValue
    }

    /// Reads the variables of `build.json`; none of what is no such file.
    public static func read(_ buildJSON: [UInt8]) -> [PageVariable] {
        struct Answer: Decodable {
            struct Build: Decodable {
                struct Environment: Decodable { let environmentVariables: [PageVariable]? }
                let environment: Environment?
            }
            let builds: [Build]
        }
        let answer = try? JSONDecoder().decode(Answer.self, from: Data(buildJSON))
        return answer?.builds.first?.environment?.environmentVariables ?? []
    }

    /// The value as it may be shown: stars for a secret, and for what is named or looks like one.
    var shownValue: String {
        type != "PLAINTEXT" || ValueSecrecy.isSecret(value, named: name) ? "***" : value
    }

    var origin: String {
        switch type {
        case "PARAMETER_STORE": "Parameter Store: \(value)"
        case "SECRETS_MANAGER": "Secrets Manager: \(value)"
        default: "set for the build"
        }
    }
}
