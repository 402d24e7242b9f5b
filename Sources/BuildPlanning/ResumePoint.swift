public import SpecParsing

/// A place among the commands of a build.
public struct ResumePoint: Sendable, Equatable, Codable, CustomStringConvertible {
    public let phase: PhaseName
    /// Whether the place is in `finally` rather than in `commands`.
    public let isInFinally: Bool
    /// 0-based, in its list; may stand behind the last command.
    public let index: Int

    public init(phase: PhaseName, isInFinally: Bool = false, index: Int = 0) {
        self.phase = phase
        self.isInFinally = isInFinally
        self.index = index
    }

    /// Reads what a user writes: `BUILD`, `build:3`, `POST_BUILD:1`; numbers are 1-based.
    public init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let phase = parts.first.flatMap({ PhaseName(rawValue: $0.lowercased()) }) else { return nil }
        guard parts.count == 2 else {
            self.init(phase: phase)
            return
        }
        guard let number = Int(parts[1]), number > 0 else { return nil }
        self.init(phase: phase, index: number - 1)
    }

    /// `BUILD:3`, 1-based.
    public var description: String {
        "\(phase.apiName):\(isInFinally ? "finally:" : "")\(index + 1)"
    }

    /// The place where a list of commands goes on after an edit, matched by place and text.
    ///
    /// The command that failed is found where it was; else where its text stands now; else, when it was edited itself,
    /// as far behind the nearest command before it as it was.
    ///
    /// - Parameters:
    ///   - new: the texts as they are now.
    ///   - old: the texts as they were run.
    ///   - index: of the one that failed.
    /// - Returns: an index of `new`, or its count when nothing is left to run.
    public static func index(in new: [String], of index: Int, in old: [String]) -> Int {
        guard old.indices.contains(index) else { return min(index, new.count) }
        if new.indices.contains(index), new[index] == old[index] { return index }
        let places = new.indices.filter { new[$0] == old[index] }
        if places.count == 1 { return places[0] }
        // The nearest command before it that is still there, in the old order, says how far it has moved.
        var matched = (old: -1, new: -1)
        for (place, text) in old[..<index].enumerated() {
            if let found = new[(matched.new + 1)...].firstIndex(of: text) { matched = (place, found) }
        }
        return min(matched.new + index - matched.old, new.count)
    }
}
