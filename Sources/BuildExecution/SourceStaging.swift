internal import Archives
internal import BuildPlanning
internal import ChildProcesses
internal import Engines
public import Workspaces

/// Brings a source tree into the container: from a read-only mount where the engine sees our files, else as a tar stream.
public struct SourceStaging: Sendable {
    public enum Way: Sendable {
        /// The tree is mounted at ``mountPoint``, if the engine really sees this machine's files.
        case mount
        case stream
    }

    /// As the AWS local agent has it (CODEBUILD.md 3.3).
    public static let mountPoint = "/codebuild/output/srcDownload/src"

    private let tree: @Sendable () async throws -> SourceTree
    private let way: Way
    /// Whether the files are somebody's other than root's: the build's are root's.
    private let changesOwner: Bool

    /// - Parameter tree: scanned while the container starts.
    public init(way: Way, changesOwner: Bool, tree: @escaping @Sendable () async throws -> SourceTree) {
        self.way = way
        self.changesOwner = changesOwner
        self.tree = tree
    }

    /// - Returns: what could not be done, or `nil`.
    func stage(
        into directory: String, of container: String, engine: any Engine, session: DriverSession
    ) async throws -> String? {
        let tree = try await tree()
        switch way {
        case .mount:
            for order in Self.copyOrders(tree.steps) {
                let status = try await session.perform(order)
                guard status == 0 else { return "cannot copy the source into the container (status \(status))" }
            }
        case .stream:
            try await stream(tree, into: directory, of: container, engine: engine)
        }
        guard changesOwner else { return nil }
        let status = try await session.perform("own 0:0")
        return status == 0 ? nil : "cannot give the source to root (status \(status))"
    }

    /// One order a folder, or more where its names would make a very long line.
    static func copyOrders(_ steps: [SourceTree.Step]) -> [[UInt8]] {
        steps.flatMap { step in
            let head = Array("copy ".utf8) + step.folder.shellQuoted
            let lines = batches(step.names.map(\.shellQuoted))
            return lines.isEmpty ? [head] : lines.map { head + $0 }
        }
    }

    private func stream(
        _ tree: SourceTree, into directory: String, of container: String, engine: any Engine
    ) async throws {
        let pipe = try Pipe()
        async let written: Void = SourceArchive(tree).write(to: pipe.writeEnd)
        try await engine.copyIn(from: pipe.readEnd, to: directory, of: container)
        try await written
    }
}
