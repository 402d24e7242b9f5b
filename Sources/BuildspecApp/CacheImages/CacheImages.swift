internal import BuildPlanning
internal import BuildRunning
internal import Caches
internal import ChildProcesses
internal import Engines
internal import Files
internal import SpecParsing
internal import Synchronization

/// Lays the cache of one build under its container, and has an image made of it that a later build begins with.
///
/// Documentation/decisions/cache-images.md says when, and in what such a container differs from others.
final class CacheImages: Sendable {
    static let command = "make-cache-image"
    /// Smaller caches are unpacked sooner than an image is looked for.
    static let leastByteCount: Int64 = 20_000_000, leastEntryCount = 2000
    /// How often the making of one image is begun.
    static let mostAttempts = 3

    private let build: PlannedBuild
    private let engine: any Engine
    private let rules: BuildPlan.CacheRules
    /// What was found out while the build ran.
    private let wishes = Mutex(Wishes())

    private struct Wishes {
        /// What an image is to have.
        var steady: SteadyCache?
        /// Whether there is an image that nobody can use any more.
        var isStale = false
        /// The name of the image that the container was made of, or that is below the cache.
        var image: String?
    }

    private var machine: Machine { build.machine }
    private var shelf: CacheImageShelf { CacheImageShelf(machine.places) }
    private var container: ContainerPlan { build.recipe.container }

    /// - Returns: `nil` where nobody has asked for such images, or the build has no cache.
    init?(of build: PlannedBuild, on engine: any Engine) {
        guard build.recipe.cache.makesImages == true, case .kept(let rules) = build.plan.cache else { return nil }
        self.build = build
        self.engine = engine
        self.rules = rules
    }

    // MARK: Before the build

    /// What is known of the image before the container starts.
    enum Outlook {
        case laid(CacheImageRecord, name: String)
        /// The cache is unpacked, for this reason.
        case unpacked(String)

        /// What a plan says of it.
        var words: String {
            switch self {
            case .laid(let record, _): "laid under the container as image \(record.image ?? "")"
            case .unpacked(let reason): "unpacked: \(reason)"
            }
        }
    }

    /// Whether there is an image that fits, of the build's image and of the cache as they are now.
    ///
    /// - Parameter image: the name of the build's image on the engine.
    func outlook(_ image: String, _ cache: CacheKeeping?) async throws -> Outlook {
        if let reason = reasonAgainst(cache) { return .unpacked(reason) }
        guard let cache, let name = recordName(image, cache), let record = shelf.record(name) else {
            return .unpacked("an image is made after a build that unpacks it and leaves it as it was")
        }
        if let refusal = record.refusal, try await cache.isStill(record.cache.content.manifest) {
            return .unpacked(refusal)
        }
        guard let tag = record.image, let imageID = record.imageID, let baseID = record.baseID else {
            return .unpacked("its image is not made yet")
        }
        async let base = engine.imageID(image)
        async let there = engine.imageID(tag)
        let isStill = try await cache.isStill(record.cache.content.manifest)
        let (ids, theirs) = (try await base, try await there)
        guard isStill else { return stale("it has changed since its image was made") }
        guard ids == baseID else { return stale("image `\(image)` is another one now") }
        guard theirs == imageID else { return stale("its image `\(tag)` is gone") }
        return .laid(record, name: name)
    }

    private func stale(_ reason: String) -> Outlook {
        wishes.withLock { $0.isStale = true }
        return .unpacked(reason)
    }

    /// Puts the image with the cache in the place of the container's, where there is one that fits.
    func lay(under container: inout ContainerSpec, _ cache: CacheKeeping?) async throws -> LaidCache? {
        let base = container.image
        wishes.withLock { $0.image = base }
        switch try await outlook(container.image, cache) {
        case .unpacked(let reason):
            build.project.explain("cache: unpacked: \(reason)")
            return nil
        case .laid(let record, let name):
            guard let image = record.image else { return nil }
            build.project.explain("cache: laid under the container as \(image)")
            shelf.noteUse(name)
            container.image = image
            container.pull = .never
            return LaidCache(base: base, content: record.cache.content)
        }
    }

    /// Why this build's cache cannot be in an image; `nil` where it can.
    private func reasonAgainst(_ cache: CacheKeeping?) -> String? {
        if case .bucket = build.recipe.cache.place { return "a cache in S3 comes from there each time" }
        guard cache != nil else { return "the build uses no cache" }
        guard (build.project.settings.engine ?? .docker) == .docker else {
            return "podman loads no image without all of its layers"
        }
        guard build.project.swarm == nil else { return "the nodes of a swarm have no images of this machine" }
        if rules.action == .save { return "the build only saves it" }
        if build.recipe.ending.makesCheckpoints { return "the build makes checkpoints" }
        if container.pull == .always { return "--pull always may bring another image" }
        guard let paths = CacheKeeping.fixedPaths(rules, sourceDirectory: build.plan.sourceDirectory) else {
            return "only the build knows what its paths mean"
        }
        for path in paths {
            if let mount = mounts.first(where: { Self.meet($0, path) }) {
                return mount == ContainerLayout.top
                    ? "`\(path)` lies in the source, which is mounted over the image"
                    : "`\(path)` and the mounted `\(mount)` lie in one another"
            }
        }
        return nil
    }

    /// The folders of the container that do not come from its image.
    private var mounts: [String] {
        [ContainerLayout.top, "/dev", "/proc", "/sys", "/run", "/var/run", "/var/lib/docker"]
            + (container.mounts ?? []).map(\.target) + (container.handedOver ?? []).map(\.target)
    }

    static func meet(_ one: String, _ other: String) -> Bool {
        one == other || one.hasPrefix(other + "/") || other.hasPrefix(one + "/")
    }

    private func recordName(_ image: String, _ cache: CacheKeeping) -> String? {
        guard let key = cache.nameBeforehand(rules) else { return nil }
        let engine = EngineMemory(machine.places, build.project.settings).name
        return "\(key.name)-\(nameHash([image, container.platform ?? "", engine, "\(cache.localStore.directory)"]))"
    }

    // MARK: After the build

    /// Receives a cache that is worth an image, as far as it is large enough.
    var wish: @Sendable (SteadyCache) -> Void {
        { [self] cache in wishes.withLock { $0.steady = cache } }
    }

    /// Has the image made by a process of its own, which outlives this one.
    ///
    /// Nothing that goes wrong here concerns the build: its next one unpacks the cache.
    func order() {
        let wishes = wishes.withLock { $0 }
        guard wishes.steady != nil || wishes.isStale else { return }
        do {
            let name = try note(wishes)
            guard name != nil || wishes.isStale else { return }
            try Command(ThisProgram.path, [Self.command, name ?? CacheImageMaking.nothing]).startDetached()
        } catch {
            build.project.explain("cache: no image is made of it: \(error)")
        }
    }

    /// Writes down what is to be made.
    ///
    /// - Returns: the name of the record; `nil` where nothing is to be made.
    private func note(_ wishes: Wishes) throws -> String? {
        guard let steady = wishes.steady, let image = wishes.image, let cache = build.cacheKeeping(room: nil),
            reasonAgainst(cache) == nil
        else { return nil }
        let manifest = steady.content.manifest
        guard manifest.byteCount >= Self.leastByteCount || manifest.entryCount >= Self.leastEntryCount else {
            return nil
        }
        guard let name = recordName(image, cache) else { return nil }
        // Somebody makes it just now.
        guard let lock = try shelf.lock(name) else { return nil }
        defer { lock.release() }
        let old = shelf.record(name)
        var record = CacheImageRecord(
            cache: steady, store: "\(cache.localStore.directory)", base: image,
            engine: EngineMemory(machine.places, build.project.settings).name, context: container.context,
            engineTimeout: build.project.settings.engineTimeout)
        if let old {
            if old.cache.content == steady.content, !old.isReady {
                guard old.refusal == nil, old.attempts < Self.mostAttempts else { return nil }
                record.attempts = old.attempts
            }
            record.superseded = old.superseded + [old.image].compactMap { $0 }
        }
        try shelf.write(record, name)
        return name
    }
}

/// The first bytes of the SHA-256 of texts, as caches are named by them.
func nameHash(_ texts: [String]) -> String { String(CacheKey.digest(of: texts).prefix(16)) }
