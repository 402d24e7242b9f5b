public import BuildPlanning

/// The summary after a batch, for standard error: its builds with their times, what failed in them, and what decided how long it
/// took.
public struct BatchTable: Sendable {
    private let usesColor: Bool

    public init(usesColor: Bool) { self.usesColor = usesColor }

    /// The table as text, beginning with an empty line and ending with a line end.
    ///
    /// - Parameter file: the path of the batch's JSON.
    public func render(_ batch: BatchResult, file: String) -> String {
        let width = batch.groups.map(\.task.identifier.count).max() ?? 0
        var lines = [""]
        for group in batch.groups {
            let name = group.task.identifier.padded(to: width)
            lines.append("  \(name)  \(words(group, in: batch))")
            lines += failure(group).map { String(repeating: " ", count: width + 4) + $0 }
        }
        lines.append("")
        let span = batch.end.map { " in \($0.milliseconds(since: batch.start).spanWords)" } ?? ""
        let count = batch.groups.count == 1 ? "1 build" : "\(batch.groups.count) builds"
        lines.append(
            "\(batch.id) \(colored(batch.status.rawValue, isGood: batch.status == .succeeded))\(span): \(count), \(batch.limit) at once"
        )
        let path = BatchMachine.criticalPath(batch.groups.map(\.task), batch.spans)
        if path.count > 1 { lines.append("  longest  \(path.joined(separator: " → "))") }
        lines.append("  batch    \(file)")
        return lines.joined(separator: "\n") + "\n"
    }

    /// Says at once how a build has ended.
    public func line(_ group: BatchResult.Group) -> String {
        let name = group.task.identifier
        return (["\(name): \(words(group, in: nil))"] + failure(group).map { "\(name): \($0)" }).joined(separator: "\n")
            + "\n"
    }

    /// A wait that is shorter than this, in milliseconds, is not worth a word.
    private static let shortWait = 500

    private func words(_ group: BatchResult.Group, in batch: BatchResult?) -> String {
        switch group.state {
        case .waiting, .dropped: return "not begun"
        case .skipped(let reason): return "not begun, since `\(reason)` has not succeeded"
        case .running, .stopping: return "IN_PROGRESS"
        case .ended(let status):
            var words = [colored(status.rawValue, isGood: status == .succeeded)]
            if let start = group.start, let end = group.end { words.append(end.milliseconds(since: start).spanWords) }
            if group.isRecalled { words.append("by an earlier run of the batch") }
            if status != .succeeded, group.task.ignoresFailure { words.append("(its failure is ignored)") }
            if batch != nil, let ready = group.ready, let start = group.start,
                start.milliseconds(since: ready) >= Self.shortWait
            {
                words.append("waited \(start.milliseconds(since: ready).spanWords) for others to end")
            }
            return words.joined(separator: "  ")
        }
    }

    /// What failed in a build, a line or two.
    private func failure(_ group: BatchResult.Group) -> [String] {
        guard case .ended(let status) = group.state, status != .succeeded, !group.isRecalled else { return [] }
        var lines: [String] = []
        if let failure = group.result?.failure {
            let place = failure.location.map { "\($0): " } ?? ""
            let command = failure.command.split(separator: "\n").joined(separator: " ⏎ ")
            lines = ["\(place)\(failure.phase.rawValue): \(command): exit status \(failure.exitStatus)"]
            if let help = failure.help { lines.append("help: \(help)") }
        } else if let phase = group.result?.phases.first(where: {
            $0.status != .succeeded && !$0.context.message.isEmpty
        }) {
            lines = ["\(phase.phase.rawValue): \(phase.context.statusCode): \(phase.context.message)"]
        }
        if let container = group.result?.keptContainer, let build = group.build {
            lines.append("kept container \(container): `buildspec shell \(build.uuid.prefix(8))` looks inside")
        }
        if let log = group.log { lines.append("log: \(log)") }
        return lines
    }

    private func colored(_ text: String, isGood: Bool) -> String {
        usesColor ? "\u{1b}[\(isGood ? 32 : 31)m\(text)\u{1b}[0m" : text
    }

}
