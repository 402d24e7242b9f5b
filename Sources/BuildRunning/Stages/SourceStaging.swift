internal import Files
public import SourceSnapshots
internal import Archives
internal import BuildPlanning
internal import ChildProcesses
internal import Engines

/// Brings a source into the container: below a writable layer, by copying a mounted folder, or as a tar stream.
///
/// Which of these works with an engine is found out by trying, in this order (Documentation/decisions/source-staging.md).
public struct SourceStaging: Sendable {
    public enum Way: String, Sendable, CaseIterable {
        /// The files are the lower layer of the build's folder. Nothing is copied.
        case overlay
        /// The files are mounted at ``ContainerLayout/mountedSource`` and copied by the driver.
        case copy
        /// The files are sent as a tar stream, to engines that do not see this machine's files.
        case stream
    }

    /// The files that are brought into the container.
    public enum Content: Sendable {
        /// A folder as it is, without git and without some of its paths.
        case folder(String, excluding: [[UInt8]])
        case snapshot(StagedSource)
    }

    private let content: Content
    /// The folder of this machine that changes are read from.
    private let root: String
    /// The ways to try one after the other.
    let ways: [Way]
    private let volumeRoot: String?
    /// Whether the files belong to another user than root, to whom they belong in the build.
    private let changesOwner: Bool
    /// Receives the way that worked.
    let remember: @Sendable (Way) -> Void

    /// - Parameters:
    ///   - root: the source's folder on this machine.
    ///   - ways: are tried in this order; not empty.
    ///   - volumeRoot: the engine's folder of volumes; without it there is no ``Way/overlay``.
    public init(
        _ content: Content, root: String, ways: [Way], volumeRoot: String?, changesOwner: Bool,
        remember: @escaping @Sendable (Way) -> Void
    ) {
        self.content = content
        self.root = root
        self.ways = ways
        self.volumeRoot = volumeRoot
        self.changesOwner = changesOwner
        self.remember = remember
    }

    /// Adds to a container what a way mounts.
    ///
    /// - Parameter target: the folder of the source in the container.
    func mounted(_ container: ContainerSpec, _ way: Way, at target: String) -> ContainerSpec {
        var container = container
        guard way != .stream else { return container }
        guard case .snapshot(let source) = content else {
            if case .folder(let path, _) = content {
                container.readOnlyMounts.append((path, ContainerLayout.mountedSource))
            }
            return container
        }
        container.readOnlyMounts += source.objectMounts
        if way == .overlay, let volumeRoot {
            container.layeredMount = LayeredMount(
                lower: [source.gitLayer, source.files].compactMap { $0 }, target: target, volumeRoot: volumeRoot,
                layersFolder: ContainerLayout.layers)
        } else {
            container.readOnlyMounts.append((source.files, ContainerLayout.mountedSource))
            if let layer = source.gitLayer { container.readOnlyMounts.append((layer, ContainerLayout.mountedGit)) }
        }
        return container
    }

    /// The orders by which the driver brings the source in. There are none when it comes as a stream.
    func openingOrders(_ way: Way) throws -> [OpeningOrder] {
        var orders: [OpeningOrder] = []
        switch (way, content) {
        case (.stream, _): return []
        case (.overlay, _): break
        case (.copy, .folder(let path, let excluded)):
            orders = Self.copies(try SourceTree(root: path, excluding: excluded).steps)
        case (.copy, .snapshot(let source)):
            orders = [Self.copying("copy . .")]
            if source.gitLayer != nil {
                orders.append(Self.copying("mount=$root\(ContainerLayout.mountedGit); copy . ."))
            }
        }
        return changesOwner ? orders + [OpeningOrder(Self.ownOrder, Self.ownProblem)] : orders
    }

    /// Sends the source into the running container as a tar stream.
    func stream(in context: StageContext) async throws {
        let archive =
            switch content {
            case .folder(let path, let excluded):
                SourceArchive([.init(try SourceTree(root: path, excluding: excluded))])
            case .snapshot(let source): try SourceArchive(source)
            }
        try await Self.send(archive, to: context)
    }

    private static func send(_ archive: SourceArchive, to context: StageContext) async throws {
        // Docker refuses a relative link that leads out of the folder it unpacks into: that has to be `/`.
        let place = Array(context.plan.sourceDirectory.utf8.drop { $0 == UInt8(ascii: "/") }) + [UInt8(ascii: "/")]
        try await TarCarrier(throughEngine: context).incoming(into: "/").write {
            try await archive.write(to: $0, below: place)
        }
    }

    /// Brings changes of the source into a container that already has it.
    ///
    /// - Returns: what could not be done, or `nil`.
    func apply(_ changes: SourceChanges, in context: StageContext) async throws -> String? {
        for words in batches(changes.deleted.map(\.shellQuoted)) {
            let order = Array("cd \"$source\" && rm -f --".utf8) + words
            guard try await context.session.perform(order) == 0 else { return "cannot delete files of the source" }
        }
        guard !changes.changed.isEmpty else { return nil }
        try await Self.send(SourceArchive([.init(SourceTree(root: root, files: changes.changed))]), to: context)
        return nil
    }

    private static let ownOrder = Array("own 0:0".utf8)
    @Sendable private static func ownProblem(_ status: Int) -> String {
        "cannot give the source to root (status \(status))"
    }

    private static func copies(_ steps: [SourceTree.Step]) -> [OpeningOrder] {
        copyOrders(steps).map { OpeningOrder($0, copyProblem) }
    }

    private static func copying(_ order: String) -> OpeningOrder { OpeningOrder(order, copyProblem) }

    @Sendable private static func copyProblem(_ status: Int) -> String {
        "cannot copy the source into the container (status \(status))"
    }

    /// Makes one order for each folder, or more where its names would make a very long line.
    static func copyOrders(_ steps: [SourceTree.Step]) -> [[UInt8]] {
        steps.flatMap { step in
            let head = Array("copy ".utf8) + step.folder.shellQuoted
            let lines = batches(step.names.map(\.shellQuoted))
            return lines.isEmpty ? [head] : lines.map { head + $0 }
        }
    }
}
