/// Rates causes by the first difference of the logs.
///
/// A cause that shows only behind the first difference follows it. Of the others one explains it whose name or value is
/// in its lines or its command; the rest only precedes it. Within a rating the order of the build decides.
struct CauseRating {
    private let difference: LogDiff.Difference
    private let words: Set<Substring>
    /// The command and all lines that differ.
    private let text: String
    private let ownText: String
    private let otherText: String
    private let exitStatuses: [Int]

    init(_ difference: LogDiff.Difference) {
        self.difference = difference
        var own: [String] = [], other: [String] = [], statuses: [Int] = []
        switch difference.kind {
        case .output(let change), .agentLines(let change):
            // The beginning of a difference is what is to be explained, not all that came of it.
            own += change.one.prefix(Self.length)
            other += change.other.prefix(Self.length)
        case .otherCommand(let command): other.append(command.text)
        case .exitStatus(let one, let other): statuses = [one, other]
        case .context(let one, let another):
            own.append(one)
            other.append(another)
        case .commandOnly, .state, .phaseOnly: break
        }
        exitStatuses = statuses
        ownText = own.joined(separator: "\n")
        otherText = other.joined(separator: "\n")
        text = ([difference.command?.text ?? "", ownText, otherText]).joined(separator: "\n")
        words = Set(text.split { !($0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" || $0 == ".") })
    }

    /// How many lines of the difference are looked at.
    private static let length = 10

    func rated(_ causes: [Cause]) -> [Cause] {
        var rated = causes.map { cause in
            var cause = cause
            cause.rating = cause.place > difference.buildPlace ? .follows : explains(cause) ? .explains : .precedes
            return cause
        }
        // The tools of an image that nothing else selected came with it.
        if rated.contains(where: { $0.rating == .explains && isToolOfImage($0, among: rated) }),
            let image = rated.firstIndex(where: { $0.subject == .image })
        {
            rated[image].rating = .explains
        }
        return rated.enumerated().sorted { one, other in
            (one.element.rating, one.element.place, one.offset) < (
                other.element.rating, other.element.place, other.offset
            )
        }.map(\.element)
    }

    private func isToolOfImage(_ cause: Cause, among causes: [Cause]) -> Bool {
        guard case .tool(let tool) = cause.subject else { return false }
        return !causes.contains { other in
            guard case .runtime(let runtime) = other.subject else { return false }
            return ToolVersions.runtime(runtime, brings: tool)
        }
    }

    private func explains(_ cause: Cause) -> Bool {
        switch cause.subject {
        case .source:
            // The buildspec is a part of the source.
            switch difference.kind {
            case .otherCommand, .commandOnly: true
            default: false
            }
        case .image: isProgramMissing
        case .computeSize: isMemoryShort
        case .variable(let name): names(variable: name) || hasValue(of: cause)
        case .secret: true
        case .runtime(let runtime): runs(ToolVersions.programs(of: runtime)) || hasValue(of: cause)
        case .tool(let tool):
            cause.place == difference.buildPlace || runs(ToolVersions.programs(of: tool)) || hasValue(of: cause)
        }
    }

    private func names(variable: String) -> Bool { words.contains(variable[...]) }

    private func runs(_ programs: Set<String>) -> Bool {
        let command = difference.command?.text ?? ""
        return command.split { " \t\n;&|(){}`\"'=".contains($0) }
            .contains { programs.contains(String($0.split(separator: "/").last ?? $0)) }
    }

    /// Whether each side's lines have that side's value. Short values stand in many lines by chance.
    private func hasValue(of cause: Cause) -> Bool {
        let sides = [(cause.one, ownText), (cause.other, otherText)].filter { ($0.0?.utf8.count ?? 0) >= 4 }
        return !sides.isEmpty && sides.allSatisfy { $1.contains($0 ?? "") }
    }

    private static let missingPrograms = [
        "not found", "No such file or directory", "GLIBC_", "cannot execute", "exec format error", "unable to locate",
    ]

    /// Whether a program or library seems to be missing, which is the image's to have.
    private var isProgramMissing: Bool {
        exitStatuses.contains { [126, 127].contains($0) } || Self.missingPrograms.contains { text.contains($0) }
    }

    private static let shortMemory = [
        "OutOfMemory", "out of memory", "Out of memory", "Cannot allocate memory", "Killed", "heap space", "ENOMEM",
        "No space left on device", "GC overhead",
    ]

    private var isMemoryShort: Bool {
        exitStatuses.contains(137) || Self.shortMemory.contains { text.contains($0) }
    }
}
