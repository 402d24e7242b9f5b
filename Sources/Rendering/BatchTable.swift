public import BuildPlanning

/// The summary after a batch, for standard error: its builds with their times, what failed in them, and what decided how long it
/// took.
public struct BatchTable {
    private let usesColor: Bool
    /// What earlier batches tell of a failed test; `nil` for an old failure.
    public var mark: (ReportFacts.Case) -> TestMark? = { _ in nil }

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
        lines +=
            ReportLines(
                reports: batch.isFanout ? batch.reports : [], mark: mark,
                more: "buildspec show \(batch.id.uuid.prefix(8)) --tests --failed"
            ).lines
        if let artifact = batch.artifact {
            lines.append("  artifact \(artifact.path) (\(artifact.files) files of all builds)")
        }
        lines += caches(of: batch)
        let path = BatchMachine.criticalPath(batch.groups.map(\.task), batch.spans)
        if path.count > 1 { lines.append("  longest  \(path.joined(separator: " → "))\(spans(of: path, in: batch))") }
        lines.append("  batch    \(file)")
        return lines.joined(separator: "\n") + "\n"
    }

    /// What became of caches that several builds have saved: each restored what was there when it began, and one stays.
    private func caches(of batch: BatchResult) -> [String] {
        var savers: [String: [BatchResult.Group]] = [:], paths: [String] = []
        for group in batch.groups where !group.isRecalled {
            guard let saved = group.result?.cacheSaved, saved.changed else { continue }
            if savers[saved.path] == nil { paths.append(saved.path) }
            savers[saved.path, default: []].append(group)
        }
        return paths.compactMap { path in
            guard let groups = savers[path], groups.count > 1,
                let last = groups.max(by: { ($0.end?.microseconds ?? 0) < ($1.end?.microseconds ?? 0) })
            else { return nil }
            return
                "  cache    \(path): \(groups.count) builds have saved it; what `\(last.task.identifier)` saved stays"
        }
    }

    /// How long the builds of a path took together, and how long they waited for others.
    private func spans(of path: [String], in batch: BatchResult) -> String {
        let groups = batch.groups.filter { path.contains($0.task.identifier) }
        let ran = path.reduce(0) { $0 + (batch.spans[$1]?.count ?? 0) }
        let waited = groups.reduce(0) { sum, group in
            sum + (group.ready.flatMap { ready in group.start?.milliseconds(since: ready) } ?? 0)
        }
        return ", \(ran.spanWords)" + (waited >= Self.shortWait ? " and \(waited.spanWords) of waiting" : "")
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
        case .running, .stopping:
            return "IN_PROGRESS" + (group.expected.map { "  (usually \($0.spanWords))" } ?? "")
        case .ended(let status):
            var words = [colored(status.rawValue, isGood: status == .succeeded)]
            if let start = group.start, let end = group.end { words.append(end.milliseconds(since: start).spanWords) }
            if batch != nil, !group.isRecalled, let expected = group.expected {
                words.append("(usually \(expected.spanWords))")
            }
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
