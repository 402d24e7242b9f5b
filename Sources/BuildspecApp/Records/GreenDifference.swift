#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif
internal import BuildPlanning
internal import Files
internal import LogComparing
internal import Rendering
internal import SourceSnapshots

/// Finds the last build before another that succeeded, and what differs from it.
struct GreenDifference {
    let build: RecordedBuild
    let records: BuildRecords
    let machine: Machine

    /// How many records are looked through.
    private static let reach = 300

    /// - Returns: `nil` where no earlier build of the project succeeded.
    /// - Throws: ``FileError`` when a record cannot be read.
    func comparison() async throws -> GreenComparison? {
        guard let start = try build.start(), let green = try lastGreen(start) else { return nil }
        var comparison = GreenComparison(with: try green.outline().result, uuid: green.uuid)
        let facts = (before: try green.facts(), now: try build.facts())
        if let before = facts.before.commit, let now = facts.now.commit, before != now {
            comparison.differences.append(.init("Commit", before: before, now: now))
            let git = Git(folder: start.source ?? "/", inherited: machine.environment.keys)
            if let source = start.source, Files.kind(of: source) == .folder {
                let commits = await git.subjects(since: before, until: now, limit: GreenComparison.commitLimit + 1)
                comparison.commits = Array(commits.prefix(GreenComparison.commitLimit))
                comparison.hasMoreCommits = commits.count > GreenComparison.commitLimit
            }
        }
        comparison.differences += Cause.all(between: facts.before, and: facts.now).compactMap(\.difference)
        return comparison
    }

    private func lastGreen(_ start: BuildEvent.BuildStart) throws -> RecordedBuild? {
        let lastChange = build.lastChange, batch = try build.batchIdentifier()
        return try records.newest(Self.reach).first { earlier in
            guard earlier.uuid != build.uuid, earlier.lastChange < lastChange, try earlier.hasSucceeded(),
                let other = try earlier.start(), other.id.project == start.id.project, other.source == start.source
            else { return false }
            // Another build of a batch is made of the same source, and is another build all the same.
            return try earlier.batchIdentifier() == batch
        }
    }
}

extension RecordedBuild {
    /// Whether it has ended well, by its build.json alone.
    fileprivate func hasSucceeded() throws -> Bool {
        struct Answer: Decodable {
            struct Build: Decodable { let buildStatus: String }
            let builds: [Build]
        }
        let path = "\(folder)/build.json"
        guard Files.kind(of: path) == .file else { return false }
        // One that a killed program has left half says nothing.
        let answer = try? JSONDecoder().decode(Answer.self, from: Data(try Files.read(path)))
        return answer?.builds.first?.buildStatus == BuildStatus.succeeded.rawValue
    }

    /// The build's name within its batch; `nil` for a build of none.
    fileprivate func batchIdentifier() throws -> String? {
        try RecordedRecipe.read(from: self)?.plan.variables
            .first { $0.name == "CODEBUILD_BATCH_BUILD_IDENTIFIER" }?.value
    }
}

extension Cause {
    /// The cause as a line of the page; `nil` for what a page does not compare.
    fileprivate var difference: GreenComparison.Difference? {
        // A value that may be secret is told by the side that has one.
        func shown(_ value: String?) -> String? { value.map { isSecret ? "***" : $0 } }
        let name: String
        switch subject {
        case .source:
            // Commits have been told.
            guard let before = one, before.hasPrefix("tree ") else { return nil }
            return .init(
                "Tree", before: String(before.dropFirst(5)), now: other.map { String($0.dropFirst(5)) })
        case .image: name = "Image"
        case .computeSize: name = "Compute size"
        case .runtime(let runtime): name = "Runtime \(runtime)"
        case .variable(let variable): name = "Variable \(variable)"
        case .secret, .tool: return nil
        }
        return .init(name, before: shown(one), now: shown(other))
    }
}
