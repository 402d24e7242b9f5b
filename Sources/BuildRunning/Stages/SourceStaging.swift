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

    /// A secondary source, with the folder of the container that it is brought into.
    public struct Other: Sendable {
        let content: Content
        let target: String
        /// Whether the source is sent as a stream, however the primary source gets in.
        let isStreamed: Bool

        public init(_ content: Content, target: String, isStreamed: Bool = false) {
            self.content = content
            self.target = target
            self.isStreamed = isStreamed
        }
    }

    private let content: Content
    /// The secondary sources in their order. They are copied where the primary source is layered or copied, and are streams
    /// where it is one.
    public var others: [Other] = []
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
        for (number, other) in others.enumerated() where way != .stream && !other.isStreamed {
            container.readOnlyMounts += other.mounts(number + 1)
        }
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
        for (number, other) in others.enumerated() where !other.isStreamed {
            orders += try other.copyOrders(number + 1).map { OpeningOrder($0, Self.copyProblem) }
        }
        return changesOwner ? orders + [OpeningOrder(Self.ownOrder, Self.ownProblem)] : orders
    }

    /// Sends the sources that are not mounted into the running container, each as a tar stream.
    func stream(_ way: Way, in context: StageContext) async throws {
        if way == .stream { try await Self.send(try content.archive, to: context.plan.sourceDirectory, context) }
        for other in others where way == .stream || other.isStreamed {
            try await Self.send(try other.content.archive, to: other.target, context)
        }
    }

    private static func send(_ archive: SourceArchive, to folder: String, _ context: StageContext) async throws {
        // Docker refuses a relative link that leads out of the folder it unpacks into: that has to be `/`.
        let place = Array(folder.utf8.drop { $0 == UInt8(ascii: "/") }) + [UInt8(ascii: "/")]
        // What is mounted into a container that waited for its build are programs and pipes alone.
        let carrier =
            context.container.standby == nil
            ? TarCarrier(throughEngine: context) : try await TarCarrier.quickest(context)
        try await carrier.incoming(into: "/").write {
            try await archive.write(to: $0, below: place)
        }
    }

    /// Brings changes of the primary source into a container that already has it.
    ///
    /// - Returns: what could not be done, or `nil`.
    func apply(_ changes: SourceChanges, in context: StageContext) async throws -> String? {
        try await Self.apply(changes, from: root, to: context.plan.sourceDirectory, context)
    }

    /// Does the same for secondary sources, whose changes are named by their identifiers.
    func apply(_ changes: [String: SourceChanges], in context: StageContext) async throws -> String? {
        for source in context.plan.secondarySources {
            guard let changes = changes[source.identifier],
                let other = others.first(where: { $0.target == source.directory }),
                case .folder(let folder, _) = other.content
            else { continue }
            if let problem = try await Self.apply(changes, from: folder, to: source.directory, context) {
                return problem
            }
        }
        return nil
    }

    private static func apply(
        _ changes: SourceChanges, from root: String, to target: String, _ context: StageContext
    ) async throws -> String? {
        for words in batches(changes.deleted.map(\.shellQuoted)) {
            let order = Array("cd \"$root\"\(target.shellQuoted) && rm -f --".utf8) + words
            guard try await context.session.perform(order) == 0 else { return "cannot delete files of the source" }
        }
        guard !changes.changed.isEmpty else { return nil }
        try await send(
            SourceArchive([.init(SourceTree(root: root, files: changes.changed))]), to: target, context)
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
        copyWords(steps).map { Array("copy ".utf8) + $0 }
    }

    /// The words after `copy`.
    fileprivate static func copyWords(_ steps: [SourceTree.Step]) -> [[UInt8]] {
        steps.flatMap { step in
            let lines = batches(step.names.map(\.shellQuoted))
            return lines.isEmpty ? [step.folder.shellQuoted] : lines.map { step.folder.shellQuoted + $0 }
        }
    }
}

extension SourceStaging.Content {
    /// The files as a stream.
    fileprivate var archive: SourceArchive {
        get throws {
            switch self {
            case .folder(let path, let excluded):
                SourceArchive([.init(try SourceTree(root: path, excluding: excluded))])
            case .snapshot(let source): try SourceArchive(source)
            }
        }
    }
}

extension SourceStaging.Other {
    /// - Parameter number: 1 for the first secondary source.
    fileprivate func mounts(_ number: Int) -> [(host: String, container: String)] {
        switch content {
        case .folder(let path, _): return [(path, ContainerLayout.mountedSource(number))]
        case .snapshot(let source):
            return source.objectMounts + [(source.files, ContainerLayout.mountedSource(number))]
                + (source.gitLayer.map { [($0, ContainerLayout.mountedGit(number))] } ?? [])
        }
    }

    /// The orders by which the driver copies the mounted files.
    fileprivate func copyOrders(_ number: Int) throws -> [[UInt8]] {
        func copying(_ words: [UInt8], from mount: String) -> [UInt8] {
            Array("copy_other \(mount.shellQuoted) \(target.shellQuoted) ".utf8) + words
        }
        switch content {
        case .folder(let path, let excluded):
            return SourceStaging.copyWords(try SourceTree(root: path, excluding: excluded).steps).map {
                copying($0, from: ContainerLayout.mountedSource(number))
            }
        case .snapshot(let source):
            let mounts =
                [ContainerLayout.mountedSource(number)]
                + (source.gitLayer == nil ? [] : [ContainerLayout.mountedGit(number)])
            return mounts.map { copying(Array(". .".utf8), from: $0) }
        }
    }
}
