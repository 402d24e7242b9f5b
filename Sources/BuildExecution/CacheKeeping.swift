internal import BuildPlanning
internal import ChildProcesses
internal import Engines
public import Workspaces

/// Keeps the paths of a `cache` section between builds: tarballs here, folders in the container.
public struct CacheKeeping: Sendable {
    private let store: CacheStore
    private let key: CacheKey
    private let metadata: CacheMetadata

    public init(store: CacheStore, key: CacheKey, metadata: CacheMetadata) {
        self.store = store
        self.key = key
        self.metadata = metadata
    }

    /// The name of the cache in its folder.
    public var name: String { key.name }

    /// The folder that holds the caches.
    public var directory: String { "\(store.directory)" }

    /// Where the cache lies on this machine.
    var path: String { "\(store.directory)/\(key.name)" }

    /// What came of looking for a cache.
    enum Restored {
        case hit(CacheSummary)
        case miss(reason: String)
    }

    func restore(_ roots: CacheRoots, into container: String, engine: any Engine) async throws -> Restored {
        switch try await store.lookup(key) {
        case .hit: break
        case .miss(let reason): return .miss(reason: reason)
        case .damaged(let reason, let setAside):
            return .miss(reason: Self.damaged(reason, setAside.map { "\($0)" }))
        }
        let pipe = try Pipe()
        async let copied: Void = engine.copyIn(from: pipe.readEnd, to: "/", of: container)
        let outcome: Result<CacheSummary, any Error>
        do {
            outcome = .success(
                try await store.restore(key, to: pipe.writeEnd, map: roots.mapOfContainer, allowed: roots.stored))
        } catch { outcome = .failure(error) }
        do {
            try await copied
            return .hit(try outcome.get())
        } catch let error as EngineError {
            // The engine's words say more than "the pipe was closed".
            throw error
        } catch let error as WorkspaceError where error.code == .damaged {
            return .miss(reason: Self.damaged(error.reason, "\(path).damaged"))
        }
    }

    /// - Parameter existing: the roots that are there now, as paths of the container.
    func save(
        _ roots: CacheRoots, existing: [String], of container: String, engine: any Engine
    ) async throws -> CacheSummary {
        var pipes: [(path: String, pipe: Pipe)] = [], streams: [TarStream] = []
        for path in existing {
            let pipe = try Pipe()
            pipes.append((path, pipe))
            streams.append(TarStream(pipe.readEnd, map: roots.mapOfStream(of: path)))
        }
        let copying = Task { [pipes] in
            for (path, pipe) in pipes { try await engine.copyOut(path, of: container, to: pipe.writeEnd) }
        }
        return try await withTaskCancellationHandler {
            try await store.save(
                key, from: streams, allowed: roots.stored, metadata: metadata, confirm: { try await copying.value })
        } onCancel: {
            copying.cancel()
        }
    }

    private static func damaged(_ reason: String, _ place: String?) -> String {
        "the cache is damaged (\(reason))" + (place.map { "; it was set aside as \($0)" } ?? "")
    }
}

/// The places a `cache.paths` list means: as paths of the container, and as paths of the tarball.
///
/// In the tarball an absolute path has lost its first slash, and what belongs to the source lies below
/// `codebuild/source`, for the source's own folder is another one in every build.
struct CacheRoots: Equatable {
    /// Absolute, none below another.
    let paths: [String]
    private let sourceDirectory: String

    private static let storedSource = "codebuild/source"

    /// - Parameter expanded: cache paths with their variables put in; `~/` is the home of root [inferred, CODEBUILD.md 7].
    init(_ expanded: [String], sourceDirectory: String) {
        self.sourceDirectory = sourceDirectory
        let all = Set(
            expanded.map { path in
                let home = path == "~" || path.hasPrefix("~/") ? "/root" + path.dropFirst() : path
                let prefix = Glob(home).literalPrefix
                return normalizedPath(
                    home.hasPrefix("/") ? (prefix.isEmpty ? "/" : prefix) : "\(sourceDirectory)/\(prefix)")
            }
        ).subtracting(["/", ""])
        paths = all.filter { path in !all.contains { path.hasPrefix($0 + "/") } }.sorted()
    }

    /// As the tarball calls them.
    var stored: [String] { paths.map(storedName) }

    func storedName(_ path: String) -> String {
        if path == sourceDirectory { return Self.storedSource }
        return path.hasPrefix(sourceDirectory + "/")
            ? Self.storedSource + path.dropFirst(sourceDirectory.count) : String(path.dropFirst())
    }

    /// From the tarball's names to those below `/` of the container.
    var mapOfContainer: PathMap {
        PathMap([.init(stream: String(sourceDirectory.dropFirst()), stored: Self.storedSource)])
    }

    /// `docker cp` of a path names everything after the path's last component.
    func mapOfStream(of path: String) -> PathMap {
        let last = path.split(separator: "/").last.map(String.init) ?? ""
        return PathMap([.init(stream: last, stored: storedName(path))])
    }
}
