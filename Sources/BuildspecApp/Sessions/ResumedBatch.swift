internal import AWSCalls
internal import BuildPlanning
internal import Files

/// A batch that another one goes on with, and what becomes of its builds.
struct ResumedBatch {
    /// What is to be said before the other one begins.
    let lines: [String]

    /// - Parameters:
    ///   - before: the batch as it was recorded.
    ///   - earlier: the same as it was taken over.
    ///   - now: the batch that goes on, with all that it has taken over.
    init(_ before: RecordedBatch.Document, _ earlier: CloudBatch, in now: BatchResult) {
        var lines: [String] = []
        let taken = now.groups.filter(\.isRecalled), rest = now.groups.filter { !$0.isRecalled }
        lines.append(
            "resuming the batch \(before.id): "
                + (taken.isEmpty ? "nothing of it is taken over" : "taken over: \(Self.names(taken))")
                + (rest.isEmpty ? "; nothing is left to run" : "; run: \(Self.names(rest))"))
        if !taken.isEmpty, let old = before.tree, let new = now.tree, old != new {
            lines.append(
                "the source has changed since (\(old.prefix(8)), now \(new.prefix(8))): what was taken over is of the old one"
            )
        }
        for group in rest {
            let known = earlier.buildGroups?.first { $0.identifier == group.task.identifier }
            guard known?.currentBuildSummary?.buildStatus == BuildStatus.succeeded.rawValue else { continue }
            lines.append("`\(group.task.identifier)` has succeeded, and runs again: it means another build now")
        }
        for group in taken {
            let name = group.task.identifier
            guard let result = group.result else {
                lines.append(
                    "`\(name)`: its record is gone, so that neither reports nor artifacts of it are taken over")
                continue
            }
            for artifact in result.artifacts where Files.kind(of: artifact.path) == nil {
                lines.append(
                    "`\(name)`: its artifacts are gone from `\(artifact.path)`: "
                        + "`buildspec run --batch --only \(name)` makes them again")
            }
        }
        let names = Set(now.groups.map(\.task.identifier) + [RecordedBatch.Document.downloadGroup])
        for group in before.buildGroups where !names.contains(group.identifier) {
            lines.append("`\(group.identifier)` is no build of the batch any more")
        }
        self.lines = lines
    }

    private static func names(_ groups: [BatchResult.Group]) -> String {
        groups.map { "`\($0.task.identifier)`" }.joined(separator: ", ")
    }
}

extension BatchSession {
    /// A session that goes on with a batch: with what was asked of that one, and the source as it is now.
    ///
    /// - Throws: ``Failure`` for a batch that runs still, and for one of which it is not known what was asked.
    init(resuming batch: RecordedBatch, on machine: Machine) throws {
        let known = try AskedBatch(beside: batch.path)
        if try batch.result(in: BuildRecords(machine.places)).status == .inProgress {
            throw Failure(
                .usage, "the batch \(try batch.document().id) runs still",
                help: "wait until it ends, or stop it with Ctrl-C where it runs")
        }
        var options = known.options
        // It named the batch before the one that is resumed.
        options.rerunsFailed = false
        self.init(
            machine: machine.with(folder: known.currentDirectory, flags: known.environment), asked: known.asked,
            options: options, resumed: batch)
    }
}
