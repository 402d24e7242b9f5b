/// The differences between a source and a full clone of its repository.
public struct CloneForm: Sendable, Equatable {
    /// The number of commits that git shows from HEAD on; `nil` for all of them.
    public var depth: Int?
    /// Whether submodules have content; without they are empty folders.
    public var hasSubmodules: Bool

    public init(depth: Int? = nil, hasSubmodules: Bool = true) {
        self.depth = depth
        self.hasSubmodules = hasSubmodules
    }
}

extension GitRepository {
    /// The commits at which a history of `depth` commits ends, for the file `shallow` of a `.git`.
    ///
    /// - Parameter commit: the first commit of the history.
    func ends(ofHistory depth: Int, from commit: String) async throws -> [String] {
        var level: Set<String> = [commit], seen = level, ends: [String] = []
        for step in 1...max(1, depth) {
            let answer = try await git.call(
                ["rev-list", "--no-walk=unsorted", "--parents"] + level.sorted(), doing: "read the history of \(commit)"
            )
            var next: Set<String> = []
            for line in answer.split(separator: 0x0a) {
                let ids = line.split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) }
                guard let id = ids.first, ids.count > 1 else { continue }
                if step == depth { ends.append(id) } else { next.formUnion(ids.dropFirst()) }
            }
            level = next.subtracting(seen)
            seen.formUnion(level)
            if level.isEmpty { break }
        }
        return ends.sorted()
    }
}
