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
