#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// A build of the service as BatchGetBuilds describes it (CODEBUILD.md 13, CODEBUILD-2026.md H).
///
/// Every member but the id may be missing: what the service leaves out is its default, and an older or newer API has fewer or
/// more members. The project's settings in it (source, environment, cache) are read by the reader of project settings, with
/// their places in the file; here is what the build itself came to.
public struct CloudBuild: Decodable, Sendable, Equatable {
    /// `project:uuid`.
    public let id: String
    public var arn: String?
    public var buildNumber: Int?
    public var projectName: String?
    /// SUCCEEDED, FAILED, FAULT, TIMED_OUT, IN_PROGRESS or STOPPED.
    public var buildStatus: String?
    public var buildComplete: Bool?
    public var currentPhase: String?
    public var startTime: CloudTime?
    public var endTime: CloudTime?
    /// Who started it: `codepipeline/petclinic`, a user's name, `GitHub-Hookshot/…`.
    public var initiator: String?
    /// What was asked for: a branch, a tag, a commit, `pr/25`, the version of an object of S3.
    public var sourceVersion: String?
    /// The commit that was built; the service has none for S3.
    public var resolvedSourceVersion: String?
    public var phases: [Phase]?
    public var environment: Environment?
    public var logs: Logs?
    public var exportedEnvironmentVariables: [Variable]?
    public var reportArns: [String]?
    /// The batch that the build belongs to.
    public var buildBatchArn: String?

    public struct Phase: Decodable, Sendable, Equatable {
        /// DOWNLOAD_SOURCE, BUILD, …; the last is COMPLETED, which has no status.
        public let phaseType: String
        public var phaseStatus: String?
        public var startTime: CloudTime?
        public var endTime: CloudTime?
        public var durationInSeconds: Double?
        public var contexts: [Context]?
    }

    public struct Context: Decodable, Sendable, Equatable {
        /// COMMAND_EXECUTION_ERROR, BUILD_TIMED_OUT, …; empty for a phase that succeeded.
        public var statusCode: String?
        public var message: String?
    }

    public struct Environment: Decodable, Sendable, Equatable {
        public var type: String?
        /// With its digest where the project names one: `repo@sha256:…`.
        public var image: String?
        public var computeType: String?
        public var privilegedMode: Bool?
        public var environmentVariables: [Variable]?
    }

    public struct Variable: Decodable, Sendable, Equatable {
        public let name: String
        /// The value, or the name of the parameter or secret that holds it.
        public var value: String?
        /// PLAINTEXT, PARAMETER_STORE or SECRETS_MANAGER.
        public var type: String?
    }

    /// Where the build's log is. Group and stream are absent, or "null", until PROVISIONING.
    public struct Logs: Decodable, Sendable, Equatable {
        public var groupName: String?
        public var streamName: String?
        public var deepLink: String?
        public var cloudWatchLogsArn: String?
        public var s3LogsArn: String?
        public var s3DeepLink: String?
        public var cloudWatchLogs: Destination?
        public var s3Logs: Destination?
    }

    /// Whether a log is written to a place.
    public struct Destination: Decodable, Sendable, Equatable {
        /// ENABLED or DISABLED.
        public var status: String?
        /// `bucket/prefix`, of S3.
        public var location: String?
    }

    /// The part of the id behind the project.
    public var uuid: String { id.lastIndex(of: ":").map { String(id[id.index(after: $0)...]) } ?? id }

    /// The first phase that ended in FAILED, TIMED_OUT or FAULT (CODEBUILD.md 13).
    public var failedPhase: Phase? {
        phases?.first { ["FAILED", "TIMED_OUT", "FAULT"].contains($0.phaseStatus ?? "") }
    }

    /// Reads what `batch-get-builds` prints, or one build of it.
    ///
    /// - Returns: the builds, and the ids that the service does not know.
    /// - Throws: ``CodeBuildProjects/UnreadableAnswer`` for anything else.
    public static func read(_ bytes: [UInt8]) throws -> (builds: [CloudBuild], missing: [String]) {
        struct Answer: Decodable {
            let builds: [CloudBuild]
            let buildsNotFound: [String]?
        }
        let data = Data(bytes), decoder = JSONDecoder()
        do {
            let answer = try decoder.decode(Answer.self, from: data)
            return (answer.builds, answer.buildsNotFound ?? [])
        } catch DecodingError.keyNotFound {
            do { return ([try decoder.decode(CloudBuild.self, from: data)], []) } catch {
                throw CodeBuildProjects.UnreadableAnswer()
            }
        } catch {
            throw CodeBuildProjects.UnreadableAnswer()
        }
    }
}

/// A moment as the AWS CLI prints it: seconds since 1970 (version 1), or ISO 8601 with an offset (version 2).
public struct CloudTime: Decodable, Sendable, Hashable, Comparable {
    /// Since 1970, UTC.
    public let microseconds: Int64

    public init(microseconds: Int64) { self.microseconds = microseconds }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let seconds = try? container.decode(Double.self) {
            guard let value = Int64(exactly: (seconds * 1_000_000).rounded()) else {
                throw DecodingError.dataCorruptedError(in: container, debugDescription: "no time: \(seconds)")
            }
            microseconds = value
            return
        }
        let text = try container.decode(String.self)
        guard let time = CloudTime(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "no time: \(text)")
        }
        self = time
    }

    /// Reads `2026-09-16T10:31:02.001000+02:00`, with or without a fraction; `Z` is an offset of none.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            [UInt8(ascii: "T"), UInt8(ascii: " ")].contains(bytes[10]), bytes[13] == UInt8(ascii: ":"),
            bytes[16] == UInt8(ascii: ":")
        else { return nil }
        func number(_ range: Range<Int>) -> Int64? {
            guard range.upperBound <= bytes.count else { return nil }
            var value: Int64 = 0
            for byte in bytes[range] {
                guard (0x30...0x39).contains(byte) else { return nil }
                value = value * 10 + Int64(byte - 0x30)
            }
            return value
        }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10), let hour = number(11..<13),
            let minute = number(14..<16), let second = number(17..<19), (1...12).contains(month),
            (1...31).contains(day),
            hour < 24, minute < 60, second <= 60
        else { return nil }
        var place = 19, fraction: Int64 = 0
        if bytes[place] == UInt8(ascii: ".") {
            place += 1
            let start = place
            while place < bytes.count, (0x30...0x39).contains(bytes[place]) {
                if place - start < 6 { fraction = fraction * 10 + Int64(bytes[place] - 0x30) }
                place += 1
            }
            guard place > start else { return nil }
            for _ in min(place - start, 6)..<6 { fraction *= 10 }
        }
        guard place < bytes.count, let offset = Self.offset(bytes[place...], number) else { return nil }
        // Years begin in March here, so that the leap day is the last of its year; 400 years are one era.
        let marchYear = month <= 2 ? year - 1 : year
        let yearOfEra = marchYear % 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let days =
            marchYear / 400 * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
        let seconds = (days * 24 + hour) * 3600 + minute * 60 + second - offset
        microseconds = seconds * 1_000_000 + fraction
    }

    /// The seconds that a zone is ahead of UTC: `Z`, `+02:00`, `+0200`.
    private static func offset(_ zone: ArraySlice<UInt8>, _ number: (Range<Int>) -> Int64?) -> Int64? {
        let start = zone.startIndex
        switch zone.first {
        case UInt8(ascii: "Z"): return zone.count == 1 ? 0 : nil
        case UInt8(ascii: "+"), UInt8(ascii: "-"):
            let hasColon = zone.count == 6 && zone[start + 3] == UInt8(ascii: ":")
            guard hasColon || zone.count == 5, let hours = number(start + 1..<start + 3),
                let minutes = number(zone.endIndex - 2..<zone.endIndex)
            else { return nil }
            return (hours * 60 + minutes) * 60 * (zone.first == UInt8(ascii: "-") ? -1 : 1)
        default: return nil
        }
    }

    public static func < (one: Self, other: Self) -> Bool { one.microseconds < other.microseconds }
}
