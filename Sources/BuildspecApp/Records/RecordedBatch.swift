internal import AWSCalls
internal import BuildPlanning
internal import Files
internal import Rendering
#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// The record of one batch, to be read: what ``BatchRecords`` has written.
struct RecordedBatch {
    let path: String

    /// The file's content, as far as anything of it is shown again.
    struct Document: Decodable {
        struct Group: Decodable {
            struct Summary: Decodable { let arn: String?, buildStatus: String? }
            struct State: Decodable {
                let ready: Int?, start: Int?, end: Int?, expected: Int?
                let skippedFor: String?, recalled: Bool?
            }
            let identifier: String, dependsOn: [String]?, ignoreFailure: Bool?, definition: String?, state: State?
            let currentBuildSummary: Summary?, priorBuildSummaryList: [Summary]?

            /// The UUID of the build that counts.
            var uuid: String? {
                currentBuildSummary?.arn?.split(separator: ":").last.map(String.init)
            }
        }
        /// The group that is no build here.
        static let downloadGroup = "DOWNLOAD_SOURCE"

        struct Artifacts: Decodable { let location: String?, files: Int? }
        struct Merged: Decodable {}

        let id: String, arn: String?, startTime: String, endTime: String?, buildBatchStatus: String
        let jobs: Int?, tree: String?, artifacts: Artifacts?, mergedReports: [Merged]?, buildGroups: [Group]
    }

    /// - Throws: ``Failure`` for a file that is no batch of this program.
    func document() throws -> Document {
        struct Answer: Decodable { let buildBatches: [Document] }
        let bytes = try Files.read(path)
        guard let batch = try? JSONDecoder().decode(Answer.self, from: Data(bytes)).buildBatches.first else {
            throw Failure(.inputOutput, "cannot read `\(path)`: it is no batch", help: "remove it")
        }
        return batch
    }

    /// The same as it is taken over into another batch.
    ///
    /// - Throws: ``Failure`` for a file that is no batch.
    func cloudBatch() throws -> CloudBatch {
        do {
            if let batch = try CloudBatch.read(try Files.read(path)).first { return batch }
        } catch is CodeBuildProjects.UnreadableAnswer {}
        throw Failure(.inputOutput, "cannot read `\(path)`: it is no batch", help: "remove it")
    }

    /// What the batch came to, with the results of its builds as far as their records are there.
    func result(in records: BuildRecords) throws -> BatchResult {
        let batch = try document()
        let groups = batch.buildGroups.filter { $0.identifier != Document.downloadGroup }
        guard let id = BuildID(batch.id), let start = Timestamp(rfc3339: batch.startTime) else {
            throw Failure(.inputOutput, "cannot read `\(path)`: it is no batch of buildspec", help: "remove it")
        }
        let tasks = groups.map {
            BatchMachine.Task(
                $0.identifier, dependsOn: $0.dependsOn ?? [], ignoresFailure: $0.ignoreFailure ?? false)
        }
        let prefix = batch.arn.map { $0.split(separator: ":").prefix(5).joined(separator: ":") } ?? ""
        var result = BatchResult(id, tasks, since: start, limit: batch.jobs ?? 1, arnPrefix: prefix)
        result.end = batch.endTime.flatMap { Timestamp(rfc3339: $0) }
        result.status = BuildStatus(rawValue: batch.buildBatchStatus) ?? .failed
        result.tree = batch.tree
        result.isFanout = batch.mergedReports != nil
        if let artifact = batch.artifacts, let path = artifact.location {
            result.artifact = .init(
                identifier: BatchArtifacts.name, files: artifact.files ?? 0, bytes: 0, path: path, name: nil)
        }
        for (index, group) in groups.enumerated() {
            func time(_ milliseconds: Int?) -> Timestamp? {
                milliseconds.map { Timestamp(microseconds: start.microseconds + Int64($0) * 1000) }
            }
            result.groups[index].definition = group.definition
            result.groups[index].ready = time(group.state?.ready)
            result.groups[index].start = time(group.state?.start)
            result.groups[index].end = time(group.state?.end)
            result.groups[index].expected = group.state?.expected
            result.groups[index].isRecalled = group.state?.recalled ?? false
            result.groups[index].state =
                group.state?.skippedFor.map { .skipped(because: $0) } ?? .dropped
            guard let uuid = group.uuid else { continue }
            result.groups[index].build = BuildID(project: id.project, uuid: uuid)
            let status = BuildStatus(rawValue: group.currentBuildSummary?.buildStatus ?? "") ?? .failed
            result.groups[index].addRecord(records.build(uuid))
            let isRunning = status == .inProgress && records.build(uuid).isRunning
            result.groups[index].state = isRunning ? .running : .ended(status == .inProgress ? .lost : status)
        }
        // Nothing of it runs: its program was killed.
        if result.status == .inProgress, !result.groups.contains(where: { $0.state == .running }) {
            result.status = .lost
        }
        return result
    }
}

extension BatchResult.Group {
    /// Adds what the record of the build tells, where it is still there.
    mutating func addRecord(_ build: RecordedBuild) {
        guard Files.kind(of: build.logPath) == .file, let outline = try? build.outline() else { return }
        result = outline.result
        log = build.logPath
    }
}
