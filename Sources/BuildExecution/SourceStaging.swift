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

    /// What the driver can do by itself: copy the mounted tree. Nothing when the tree comes as a stream.
    func openingOrders() async throws -> [OpeningOrder] {
        guard case .mount = way else { return [] }
        let copies = Self.copyOrders(try await tree().steps).map { order in
            OpeningOrder(order) { "cannot copy the source into the container (status \($0))" }
        }
        return changesOwner ? copies + [OpeningOrder(Self.ownOrder, Self.ownProblem)] : copies
    }

    /// Sends the tree into the running container, where it is not mounted.
    ///
    /// - Returns: what could not be done, or `nil`.
    func stream(
        into directory: String, of container: String, engine: any Engine, session: DriverSession
    ) async throws -> String? {
        guard case .stream = way else { return nil }
        let pipe = try Pipe(), tree = try await tree()
        async let written: Void = SourceArchive(tree).write(to: pipe.writeEnd)
        try await engine.copyIn(from: pipe.readEnd, to: directory, of: container)
        try await written
        guard changesOwner else { return nil }
        let status = try await session.perform(Self.ownOrder)
        return status == 0 ? nil : Self.ownProblem(status)
    }

    /// Brings changes of the source into a container that already has it.
    ///
    /// - Returns: what could not be done, or `nil`.
    func apply(
        _ changes: SourceChanges, _ plan: BuildPlan, _ container: String, _ engine: any Engine, _ session: DriverSession
    ) async throws -> String? {
        for words in batches(changes.deleted.map(\.shellQuoted)) {
            let order = Array("cd \"$source\" && rm -f --".utf8) + words
            guard try await session.perform(order) == 0 else { return "cannot delete files of the source" }
        }
        guard !changes.changed.isEmpty else { return nil }
        let tree = SourceTree(root: try await tree().root, files: changes.changed)
        switch way {
        case .mount:
            for order in Self.copyOrders(tree.steps) {
                let status = try await session.perform(order)
                guard status == 0 else { return "cannot copy changed files into the container (status \(status))" }
            }
        case .stream:
            let pipe = try Pipe()
            async let written: Void = SourceArchive(tree).write(to: pipe.writeEnd)
            try await engine.copyIn(from: pipe.readEnd, to: plan.sourceDirectory, of: container)
            try await written
        }
        guard changesOwner else { return nil }
        let status = try await session.perform(Self.ownOrder)
        return status == 0 ? nil : Self.ownProblem(status)
    }

    private static let ownOrder = Array("own 0:0".utf8)
    @Sendable private static func ownProblem(_ status: Int) -> String {
        "cannot give the source to root (status \(status))"
    }

    /// One order a folder, or more where its names would make a very long line.
    static func copyOrders(_ steps: [SourceTree.Step]) -> [[UInt8]] {
        steps.flatMap { step in
            let head = Array("copy ".utf8) + step.folder.shellQuoted
            let lines = batches(step.names.map(\.shellQuoted))
            return lines.isEmpty ? [head] : lines.map { head + $0 }
        }
    }
}
