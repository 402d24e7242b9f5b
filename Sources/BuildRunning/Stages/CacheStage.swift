internal import Archives
internal import Files
internal import Caches
internal import BuildPlanning
internal import Engines
internal import SpecParsing

/// Restores the cache at the end of DOWNLOAD_SOURCE and saves it inside POST_BUILD (CODEBUILD.md 4.4, 7).
///
/// No failure of the cache fails the build.
struct CacheStage: Sendable {
    private let context: StageContext

    init(_ context: StageContext) { self.context = context }

    /// What saving the cache must know of restoring it.
    struct Memory: Sendable {
        /// The cache of this build; `nil` when the build has none.
        fileprivate(set) var key: CacheKey?
        /// A cache that turned out damaged.
        fileprivate(set) var damaged: CacheKey?
        /// The cache that was restored, and what there was of it right after; `nil` where everything is saved anyway.
        fileprivate var restored: (manifest: CacheManifest, tree: TreeListing)?
        /// Whether an image of the cache is wanted and could be taken back.
        fileprivate var wantsImage = false
        /// What an image can be made of, if the cache stays what it is.
        fileprivate var steady: SteadyCache?
    }

    private var plan: BuildPlan { context.plan }
    private var session: DriverSession { context.session }
    private var sink: EventSink { context.sink }
    private var keeping: CacheKeeping? { context.job.surroundings.cache }

    /// Restores the cache that the buildspec asks for, if there is one.
    func restore() async throws -> Memory {
        var memory = Memory()
        switch plan.cache {
        case .undefined:
            try await sink.log("Cache is not defined in the buildspec")
            try await sink.log("Skip cache due to: no paths specified to be cached")
        case .skipped(let reason):
            try await sink.log("Skip cache due to: \(reason)")
        case .kept(let rules):
            guard let cache = keeping else { return memory }
            let (expanded, roots) = try await cacheRoots(rules.paths)
            for path in expanded { try await sink.log("Expanded cache path \(path)") }
            for path in roots.refused {
                try await sink.send(.notice(text: "cache: `\(path)` is the whole file system; it is skipped"))
            }
            guard let key = try await cacheKey(rules, cache) else {
                try await removeLaid()
                return memory
            }
            memory.key = key
            guard rules.action != .save else {
                try await log(.downloadSkipped)
                return memory
            }
            try await sink.log("Downloading \(cache.kind) cache...")
            do {
                if try await takeLaid(key, to: roots, from: cache, by: rules, &memory) { return memory }
                memory.wantsImage = try await wantsImage(rules, of: roots)
                if let found = try await find(key, by: rules, in: cache, &memory) {
                    let carrier = try await TarCarrier.quickest(context)
                    let summary = try await restore(found, to: roots, from: cache, by: carrier, &memory)
                    guard let summary, found == key, summary.skipped.isEmpty else { return memory }
                    let content = CacheContent(manifest: summary.manifest, paths: roots.paths, names: summary.names)
                    try await remember(content, at: roots, by: rules, unpackedBy: carrier, &memory)
                }
            } catch let error where !Task.isCancelled && Self.isAboutTheCache(error) {
                try await sink.log("Unable to download cache: \(error)")
            }
        }
        return memory
    }

    /// Finds the cache to restore: that of the key, or else of the first fallback key that has one.
    private func find(
        _ key: CacheKey, by rules: BuildPlan.CacheRules, in cache: CacheKeeping, _ memory: inout Memory
    ) async throws -> CacheKey? {
        switch try await (cache.find(key), key.key) {
        case (.hit, let text):
            if let text { try await log(.found(key: text)) }
            return key
        case (.nothing, let text?): try await log(.notFound(key: text))
        case (.nothing(let reason), nil): try await sink.log("Unable to download cache: \(reason)")
        case (.unusable(let reason), _):
            memory.damaged = key
            try await sink.log("Unable to download cache: \(reason)")
        }
        for written in rules.fallbackKeys {
            let (status, prefix) = try await context.evaluated(written)
            guard status == 0, !prefix.isEmpty else {
                try await log(.emptyFallback(written: written))
                continue
            }
            if let found = try await cache.find(byPrefix: prefix, like: key) {
                try await log(.foundByFallback(prefix: prefix, key: found.key ?? ""))
                return found
            }
            try await log(.notFoundByFallback(prefix: prefix))
        }
        return nil
    }

    private func restore(
        _ key: CacheKey, to roots: CacheRoots, from cache: CacheKeeping, by carrier: TarCarrier, _ memory: inout Memory
    ) async throws -> CacheSummary? {
        switch try await cache.restore(key, roots, by: carrier) {
        case .damaged(let reason):
            memory.damaged = key
            try await sink.log("Unable to download cache: \(reason)")
            return nil
        case .done(let summary):
            try await sink.log("Unarchiving cache...")
            for skip in summary.skipped {
                try await sink.log(
                    skip.reason == .outsideDeclaredPaths
                        ? "Skipping cache entry: path \"/\(skip.name)\" is not within allowed cache paths"
                        : "Skipping cache entry: \(skip)")
            }
            try await sink.send(
                .cacheRestored(
                    entries: summary.entryCount, bytes: Int(summary.byteCount), from: cache.path(of: key)))
            return summary
        }
    }

    /// Takes the cache that the container's image has, if that is the one to restore.
    ///
    /// - Returns: whether it was; what the image has of another one is removed.
    private func takeLaid(
        _ key: CacheKey, to roots: CacheRoots, from cache: CacheKeeping, by rules: BuildPlan.CacheRules,
        _ memory: inout Memory
    ) async throws -> Bool {
        guard let content = context.job.surroundings.laidCache?.content else { return false }
        guard content.manifest.key == key, content.paths == roots.paths else {
            try await removeLaid()
            return false
        }
        if let text = key.key { try await log(.found(key: text)) }
        try await sink.log("Unarchiving cache...")
        try await sink.send(
            .cacheRestored(
                entries: content.manifest.entryCount, bytes: Int(content.manifest.byteCount), from: cache.path(of: key))
        )
        try await remember(content, at: roots, by: rules, unpackedBy: nil, &memory)
        return true
    }

    /// Whether somebody wants an image of the cache that could be taken back.
    ///
    /// A build whose key turns out to be another one removes what the image has at the cache's paths. What the image below has
    /// there would go, too: then none is made where a key may change.
    private func wantsImage(_ rules: BuildPlan.CacheRules, of roots: CacheRoots) async throws -> Bool {
        guard context.job.surroundings.onSteadyCache != nil else { return false }
        guard rules.key?.contains("$") == true else { return true }
        return try await look(at: roots, settled: false)?.names.count == 0
    }

    /// Removes what the container's image has of a cache that is not this build's.
    private func removeLaid() async throws {
        guard let content = context.job.surroundings.laidCache?.content else { return }
        let words = content.paths.map { "\"$root\"\($0.shellQuoted)" }.joined(separator: " ")
        let status = try await session.perform("rm -rf -- \(words)")
        guard status == 0 else {
            throw context.unfit("it has another build's cache, and `rm` ended with status \(status)")
        }
    }

    /// Remembers what saving by change, and an image with the cache, need to know of a cache that is in the container now.
    ///
    /// - Parameter carrier: what has brought the content; `nil` where the image has it, and nothing was written.
    private func remember(
        _ content: CacheContent, at roots: CacheRoots, by rules: BuildPlan.CacheRules, unpackedBy carrier: TarCarrier?,
        _ memory: inout Memory
    ) async throws {
        // A cache with a key is never saved again.
        let isSaved = content.manifest.key.key == nil && rules.action != .restore
        // An engine that does not see this machine's files is far away: nothing is sent there that was not asked for.
        let isWanted = memory.wantsImage && carrier?.isThroughFolder == true
        guard isSaved || isWanted, roots.selection.isTreesOnly,
            let tree = try await look(at: roots, settled: carrier != nil), tree.names == content.names
        else { return }
        if isSaved { memory.restored = (content.manifest, tree) }
        if isWanted, let above = try await folders(above: roots.paths) {
            memory.steady = SteadyCache(content: content, above: above)
        }
    }

    /// The folders above paths of the container; `nil` where one of them is a link, or the image has no `stat`.
    private func folders(above paths: [String]) async throws -> [SteadyCache.Folder]? {
        let names = SteadyCache.folders(above: paths)
        guard !names.isEmpty else { return [] }
        let words = names.map { "\"$root\"\($0.shellQuoted)" }.joined(separator: " ")
        let answer = try await session.ask("{ stat -c '%f %u %g %Y' \(words) 2>/dev/null; } >&2")
        let lines = String(decoding: answer.bytes, as: UTF8.self).split(separator: "\n")
        let folders = zip(names, lines).compactMap { SteadyCache.Folder($0, $1) }
        return folders.count == names.count ? folders : nil
    }

    /// Lists what the roots hold; returns `nil` where that would not tell every change.
    ///
    /// - Parameter settled: whether what changes from now on has another time than what was written before: the clock of
    ///   files moves every 10 ms at the latest.
    private func look(at roots: CacheRoots, settled: Bool) async throws -> TreeListing? {
        let order = "look " + roots.paths.map(\.shellQuoted).joined(separator: " ")
        let answer = try await session.ask(settled ? "sleep 0.02 2>/dev/null || sleep 1; \(order)" : order)
        return answer.status == 0 ? TreeListing(answer.bytes, paths: roots.paths, stored: roots.stored) : nil
    }

    /// What has changed in the roots since the cache was restored; `nil` where that is not known.
    private func change(
        _ roots: CacheRoots, _ places: [FoundCacheRoot], since memory: Memory?
    ) async throws -> (CacheManifest, TreeChange)? {
        guard let (manifest, tree) = memory?.restored, roots.paths == tree.paths,
            places.allSatisfy({ $0.root == $0.path }), let now = try await look(at: roots, settled: false),
            let change = now.change(since: tree)
        else { return nil }
        return (manifest, change)
    }

    /// Saves what the buildspec asks for.
    ///
    /// - Parameter memory: what restoring has returned; `nil` in a build that goes on, which has restored nothing.
    func save(_ memory: Memory?) async throws {
        guard case .kept(let rules) = plan.cache, let cache = keeping else { return }
        // The key of a build that goes on may have changed since it ran.
        let found = if let memory { memory.key } else { try await cacheKey(rules, cache) }
        guard let key = found else { return }
        guard rules.action != .restore else {
            tellSteady(memory)
            return try await log(.uploadSkipped)
        }
        do {
            let replacesDamaged = memory?.damaged == key
            if let text = key.key, !replacesDamaged, try await cache.has(key) {
                tellSteady(memory)
                return try await log(.alreadySaved(key: text))
            }
            try await sink.log("Uploading \(cache.kind) cache...")
            let (_, roots) = try await cacheRoots(rules.paths, saving: true)
            let asked = Set(roots.paths).union(roots.bare.keys).sorted()
            let found = FoundCacheRoot.read(
                try await session.ask("places " + asked.map(\.shellQuoted).joined(separator: " ")).bytes)
            try await noteBareFolders(roots, found)
            let places = found.filter { roots.paths.contains($0.root) }
            guard !places.isEmpty else { return }
            var content = CacheKeeping.Content(
                key: key, roots: roots, places: places, time: context.now().rfc3339,
                replacesDamaged: replacesDamaged, watched: context.job.surroundings.secrets.watched)
            content.change = try await change(roots, places, since: memory)
            let summary = try await cache.save(content) { try await .quickest(context) }
            for skip in summary.skipped { try await sink.send(.notice(text: "cache: \(skip)")) }
            try await noteSecrets(summary.found, roots)
            for pattern in summary.shallowPatterns {
                let deep = pattern == "*" || pattern.hasSuffix("/*") ? pattern + "*/*" : pattern + "/**/*"
                try await sink.send(
                    .notice(
                        text: "cache: `\(pattern)` takes files of one level and skipped folders; "
                            + "`\(deep)` means all that is in them"))
            }
            try await sink.send(
                .cacheSaved(
                    entries: summary.entryCount, bytes: Int(summary.byteCount), to: cache.path(of: key),
                    changed: !summary.isUnchanged))
            if summary.isUnchanged { tellSteady(memory) }
        } catch let error where !Task.isCancelled && Self.isAboutTheCache(error) {
            try await sink.log("Unable to upload cache: \(error)")
        }
    }

    private func tellSteady(_ memory: Memory?) {
        guard let steady = memory?.steady else { return }
        context.job.surroundings.onSteadyCache?(steady)
    }

    /// How many files with secrets are named.
    private static let namedFiles = 10

    /// Warns of files that hold secrets, by file and variable.
    private func noteSecrets(_ found: Set<FoundValue>, _ roots: CacheRoots) async throws {
        let all = found.map { (file: "/" + PathText.text(roots.mapOfContainer.stream($0.path)), variable: $0.name) }
            .sorted { ($0.file, $0.variable) < ($1.file, $1.variable) }
        for (file, variable) in all.prefix(Self.namedFiles) {
            try await sink.send(
                .notice(
                    text:
                        "warning: the cache has the value of \(variable) in `\(file)`: whoever reads it has the secret")
            )
        }
        guard all.count > Self.namedFiles else { return }
        try await sink.send(
            .notice(text: "warning: \(all.count - Self.namedFiles) more files of the cache have values of secrets"))
    }

    /// Emits a notice for each folder without a wildcard: S3 caches of the service do not take it (CODEBUILD.md 7).
    private func noteBareFolders(_ roots: CacheRoots, _ places: [FoundCacheRoot]) async throws {
        for place in places where place.isFolder {
            guard let written = roots.bare[place.root] else { continue }
            let deep = written + (written.hasSuffix("/") ? "**/*" : "/**/*")
            try await sink.send(
                .notice(text: "cache: `\(written)` is a folder; in an S3 cache of CodeBuild that takes `\(deep)`"))
        }
    }

    private func log(_ line: CacheLogLine) async throws { try await sink.log(line.text) }

    /// Replaces the variables in the paths, and finds the roots that these mean.
    private func cacheRoots(
        _ written: [String], saving: Bool = false
    ) async throws -> (expanded: [String], roots: CacheRoots) {
        let variables = try await context.values(of: written.flatMap(variableNames))
        // Before the first command a variable may well be unset.
        for path in saving ? written : [] { try await context.noteEmptyVariables(in: path, of: "cache:", variables) }
        let expanded = written.map { expandVariables(in: $0, variables) }
        return (expanded, CacheRoots(expanded, sourceDirectory: plan.sourceDirectory))
    }

    /// Names the cache of this build; returns `nil` when its key evaluates to nothing.
    ///
    /// The key is evaluated once, where the cache is restored, so that the build's own files do not change it [inferred]. A key
    /// that cannot be evaluated turns the cache off for this build [inferred].
    private func cacheKey(_ rules: BuildPlan.CacheRules, _ cache: CacheKeeping) async throws -> CacheKey? {
        guard let written = rules.key else { return cache.key(paths: rules.paths, nil) }
        let (status, text) = try await context.evaluated(written)
        guard status == 0, !text.isEmpty else {
            try await log(.keyWithoutText(written: written, exitStatus: status))
            return nil
        }
        return cache.key(paths: rules.paths, text)
    }

    private static func isAboutTheCache(_ error: any Error) -> Bool {
        error is FileError || error is EngineError || error is UnreadableState
    }
}
