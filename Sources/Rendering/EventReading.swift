public import BuildPlanning
internal import SpecParsing
#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

extension BuildEvent {
    /// Reads a line that ``json`` or ``json(inLogAt:)`` wrote, in this or another version of the program.
    ///
    /// - Parameter log: gives bytes of the log, by their place and number; `nil` where it has none.
    /// - Returns: `nil` for an unknown kind and for a line that is not an event, such as half a line at the end of a
    ///   record whose writer was killed.
    public init?(
        jsonLine line: some Sequence<UInt8>, log: (_ offset: Int, _ count: Int) -> [UInt8]? = { _, _ in nil }
    ) {
        let fields: Fields
        do { fields = try JSONDecoder().decode(Fields.self, from: Data(line)) } catch { return nil }
        guard let time = Timestamp(rfc3339: fields.time), let kind = fields.eventKind ?? fields.output(in: log) else {
            return nil
        }
        self.init(time: time, kind: kind)
    }

    /// The members of all kinds of events.
    private struct Fields: Decodable {
        let kind: String
        let time: String
        let phase: String?
        let id, image, sourceDirectory, buildspec, source, sourceKind, tree, snapshot: String?
        let text, base64, command, location: String?
        let logOffset: Int?
        let exitStatus, attempt, limit: Int?
        let seconds: Double?
        let status, statusCode, message: String?
        let entries, bytes, files: Int?
        let path, identifier, name: String?
        let changed, isInFinally: Bool?
        let recorded, recordedBytes, replayed, missed, failed: Int?
        let container: String?
        let index: Int?
        let help, digest: String?
        let failedTests: [String]?
        let variables: [Pair]?
        let runtimes: [Runtime]?
        let report: ReportFacts?
        let fromBuild: FromBuild?

        struct Pair: Decodable { let name, value: String }
        struct Runtime: Decodable { let name, asked, version, key: String }
        /// The member of an event that compares the build with another.
        struct FromBuild: Decodable {
            let id: String
            let failure: String?
            let differences: [Difference]?
            let seconds: Seconds?

            struct Difference: Decodable { let field, there, here: String }
            struct Seconds: Decodable { let source, start, failure: Double? }

            var comparison: OriginalComparison {
                func milliseconds(_ seconds: Double?) -> Int? { seconds.map { Fields.milliseconds($0) } }
                return OriginalComparison(
                    id: id, failure: failure,
                    differences: (differences ?? []).map { .init(field: $0.field, there: $0.there, here: $0.here) },
                    times: .init(
                        source: milliseconds(seconds?.source), start: milliseconds(seconds?.start),
                        failure: milliseconds(seconds?.failure)))
            }
        }

        var eventKind: Kind? {
            let phase = phase.flatMap { BuildPhase(rawValue: $0) }
            switch kind {
            case "buildStarted":
                guard let id = id.flatMap({ BuildID($0) }), let image, let sourceDirectory, let buildspec else {
                    return nil
                }
                return .buildStarted(
                    .init(
                        id: id, image: image, sourceDirectory: sourceDirectory, buildspec: buildspec, source: source,
                        snapshot: snapshotFacts))
            case "cacheRestored":
                guard let entries, let bytes, let path else { return nil }
                return .cacheRestored(entries: entries, bytes: bytes, from: path)
            case "cacheSaved":
                guard let entries, let bytes, let path, let changed else { return nil }
                return .cacheSaved(entries: entries, bytes: bytes, to: path, changed: changed)
            case "artifactsCollected":
                guard let identifier, let files, let bytes, let path else { return nil }
                return .artifactsCollected(
                    identifier: identifier, files: files, bytes: bytes, path: path, name: name)
            case "reportMade": return report.map { .reportMade($0) }
            case "containerKept": return container.map { .containerKept(container: $0) }
            case "buildResumed":
                guard let name = self.phase.flatMap({ PhaseName(rawValue: $0.lowercased()) }), let index else {
                    return nil
                }
                return .buildResumed(
                    ResumePoint(phase: name, isInFinally: isInFinally ?? false, index: index), source: snapshotFacts)
            case "notice": return text.map { .notice(text: $0) }
            case "variablesExported":
                return .variablesExported((variables ?? []).map { .init(name: $0.name, value: $0.value) })
            case "imageUsed":
                guard let image, let id else { return nil }
                return .imageUsed(.init(name: image, id: id, digest: digest))
            case "networkUsed":
                return .networkUsed(
                    .init(
                        recorded: recorded ?? 0, recordedBytes: recordedBytes ?? 0, replayed: replayed ?? 0,
                        missed: missed ?? 0, failed: failed ?? 0))
            case "runtimesSelected":
                return .runtimesSelected(
                    (runtimes ?? []).map { .init(name: $0.name, asked: $0.asked, version: $0.version, key: $0.key) })
            case "comparedWithOriginal": return fromBuild.map { .comparedWithOriginal($0.comparison) }
            case "buildFinished": return status.flatMap { BuildStatus(rawValue: $0) }.map { .buildFinished(status: $0) }
            default: return phase.flatMap { eventKind(in: $0) }
            }
        }

        /// The output whose place in the log is named.
        func output(in log: (_ offset: Int, _ count: Int) -> [UInt8]?) -> Kind? {
            guard kind == "output", let phase = phase.flatMap({ BuildPhase(rawValue: $0) }), let logOffset, let bytes,
                let text = log(logOffset, bytes)
            else { return nil }
            return .output(phase: phase, bytes: text)
        }

        private var snapshotFacts: SnapshotFacts? {
            guard let sourceKind, let tree, let snapshot else { return nil }
            return SnapshotFacts(kind: sourceKind, tree: tree, identity: snapshot)
        }

        private func eventKind(in phase: BuildPhase) -> Kind? {
            switch kind {
            case "agentLog": return text.map { .agentLog(phase: phase, text: $0) }
            case "checkpointMade":
                guard let image, let bytes else { return nil }
                return .checkpointMade(phase: phase, image: image, bytes: bytes)
            case "phaseSkipped": return .phaseSkipped(phase: phase)
            case "phaseStarted": return .phaseStarted(phase: phase)
            case "commandStarted":
                return command.map {
                    .commandStarted(
                        phase: phase, command: $0, location: location.flatMap { SourceLocation($0) })
                }
            case "output":
                guard
                    let bytes = text.map({ Array($0.utf8) })
                        ?? base64.flatMap({ Data(base64Encoded: $0) }).map(Array.init)
                else { return nil }
                return .output(phase: phase, bytes: bytes)
            case "commandFinished":
                guard let command, let exitStatus else { return nil }
                return .commandFinished(
                    phase: phase, command: command, exitStatus: exitStatus, milliseconds: milliseconds)
            case "commandExplained":
                return command.map {
                    .commandExplained(phase: phase, command: $0, help: help, failedTests: failedTests ?? [])
                }
            case "phaseRetried":
                guard let attempt, let limit else { return nil }
                return .phaseRetried(phase: phase, attempt: attempt, limit: limit)
            case "phaseFinished":
                guard let status = status.flatMap({ PhaseStatus(rawValue: $0) }) else { return nil }
                return .phaseFinished(
                    phase: phase, status: status,
                    context: PhaseContext(statusCode: statusCode ?? "", message: message ?? ""),
                    milliseconds: milliseconds)
            default: return nil
            }
        }

        /// The duration, clamped to a plausible range so that a damaged number does not stop the program.
        private var milliseconds: Int { Self.milliseconds(seconds ?? 0) }

        private static func milliseconds(_ seconds: Double) -> Int {
            Int((min(max(seconds, -1e9), 1e9) * 1000).rounded())
        }
    }
}
