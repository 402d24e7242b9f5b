internal import Archives
internal import Files
internal import Caches
internal import BuildPlanning
internal import Engines
internal import SpecParsing

/// Restoring at the end of DOWNLOAD_SOURCE, saving inside POST_BUILD (CODEBUILD.md 4.4, 7). Nothing here fails a build.
extension BuildRun {
    func restoreCache() async throws {
        switch plan.cache {
        case .undefined:
            try await sink.log("Cache is not defined in the buildspec")
            try await sink.log("Skip cache due to: no paths specified to be cached")
        case .skipped(let reason):
            try await sink.log("Skip cache due to: \(reason)")
        case .kept(let rules):
            guard let cache = executor.cache else { return }
            let (expanded, roots) = try await cacheRoots(rules.paths)
            for path in expanded { try await sink.log("Expanded cache path \(path)") }
            for path in roots.refused {
                try await sink.send(.notice(text: "cache: `\(path)` is the whole file system; it is left out"))
            }
            guard let key = try await cacheKey(rules, cache) else { return }
            await cacheMemory.remember(key)
            guard rules.action != .save else { return try await log(.downloadSkipped) }
            try await sink.log("Downloading \(cache.kind) cache...")
            do {
                guard let found = try await find(key, rules, cache) else { return }
                try await restore(found, roots, cache)
            } catch let error where !Task.isCancelled && Self.isAboutTheCache(error) {
                try await sink.log("Unable to download cache: \(error)")
            }
        }
    }

    /// - Returns: the cache to restore: the one of the key, else of the first fallback key that means one.
    private func find(
        _ key: CacheKey, _ rules: BuildPlan.CacheRules, _ cache: CacheKeeping
    ) async throws -> CacheKey? {
        switch try await (cache.find(key), key.key) {
        case (.hit, let text):
            if let text { try await log(.found(key: text)) }
            return key
        case (.nothing, let text?): try await log(.notFound(key: text))
        case (.nothing(let reason), nil): try await sink.log("Unable to download cache: \(reason)")
        case (.unusable(let reason), _):
            await cacheMemory.found(damaged: key)
            try await sink.log("Unable to download cache: \(reason)")
        }
        for written in rules.fallbackKeys {
            let (status, prefix) = try await evaluated(written)
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

    private func restore(_ key: CacheKey, _ roots: CacheRoots, _ cache: CacheKeeping) async throws {
        switch try await cache.restore(key, roots, by: carrier()) {
        case .damaged(let reason):
            await cacheMemory.found(damaged: key)
            try await sink.log("Unable to download cache: \(reason)")
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
        }
    }

    private func carrier() async throws -> TarCarrier {
        try await TarCarrier(
            engine: executor.engine, container: executor.container.name, session: session, folder: executor.pipes)
    }

    func saveCache() async throws {
        guard case .kept(let rules) = plan.cache, let cache = executor.cache else { return }
        var remembered = await cacheMemory.key
        // A build that goes on restores nothing; its key may be another one by now, too.
        if remembered == nil, resume != nil { remembered = try await cacheKey(rules, cache) }
        guard let key = remembered else { return }
        guard rules.action != .restore else { return try await log(.uploadSkipped) }
        do {
            let replacesDamaged = await cacheMemory.damaged == key
            if let text = key.key, !replacesDamaged, try await cache.has(key) {
                return try await log(.alreadySaved(key: text))
            }
            try await sink.log("Uploading \(cache.kind) cache...")
            let (_, roots) = try await cacheRoots(rules.paths)
            let asked = Set(roots.paths).union(roots.bare.keys).sorted()
            let found = CachePlace.read(
                try await session.ask("places " + asked.map(\.shellQuoted).joined(separator: " ")).bytes)
            try await noteBareFolders(roots, found)
            let places = found.filter { roots.paths.contains($0.root) }
            guard !places.isEmpty else { return }
            let summary = try await cache.save(
                key, roots, places: places, by: carrier(),
                at: executor.surroundings.now().rfc3339, replacesDamaged: replacesDamaged)
            for skip in summary.skipped { try await sink.send(.notice(text: "cache: \(skip)")) }
            for pattern in summary.shallowPatterns {
                let deep = pattern == "*" || pattern.hasSuffix("/*") ? pattern + "*/*" : pattern + "/**/*"
                try await sink.send(
                    .notice(
                        text: "cache: `\(pattern)` takes files of one level and left folders out; "
                            + "`\(deep)` means all that is in them"))
            }
            try await sink.send(
                .cacheSaved(
                    entries: summary.entryCount, bytes: Int(summary.byteCount), to: cache.path(of: key),
                    changed: !summary.isUnchanged))
        } catch let error where !Task.isCancelled && Self.isAboutTheCache(error) {
            try await sink.log("Unable to upload cache: \(error)")
        }
    }

    /// Says of folders without a wildcard that they are for local caches (CODEBUILD.md 7).
    private func noteBareFolders(_ roots: CacheRoots, _ places: [CachePlace]) async throws {
        for place in places where place.isFolder {
            guard let written = roots.bare[place.root] else { continue }
            let deep = written + (written.hasSuffix("/") ? "**/*" : "/**/*")
            try await sink.send(
                .notice(text: "cache: `\(written)` is a folder; in an S3 cache of CodeBuild that takes `\(deep)`"))
        }
    }

    private func log(_ line: CacheLogLine) async throws { try await sink.log(line.text) }

    /// The paths with their variables put in, and the places they mean.
    private func cacheRoots(_ written: [String]) async throws -> (expanded: [String], roots: CacheRoots) {
        let hasVariables = written.contains { $0.contains("$") }
        let variables = hasVariables ? try await finalVariables() : [:]
        let expanded = written.map { expandVariables(in: $0, variables) }
        return (expanded, CacheRoots(expanded, sourceDirectory: plan.sourceDirectory))
    }

    /// What this build's cache is called, or `nil` when its key has no text.
    ///
    /// The key is evaluated once, where the cache is restored, so that what the build itself writes does not change it
    /// [inferred]; a key that cannot be evaluated turns the cache off for this build [inferred].
    private func cacheKey(_ rules: BuildPlan.CacheRules, _ cache: CacheKeeping) async throws -> CacheKey? {
        guard let written = rules.key else { return cache.key(paths: rules.paths, nil) }
        let (status, text) = try await evaluated(written)
        guard status == 0, !text.isEmpty else {
            try await log(.keyWithoutText(written: written, exitStatus: status))
            return nil
        }
        return cache.key(paths: rules.paths, text)
    }

    /// A `cache.key`, a fallback key or an artifact's `name` as the build's shell expands it between double quotes, in the source's folder and
    /// with the build's variables [inferred: CODEBUILD.md 7 has `$VAR` and `$(…)` only].
    func evaluated(_ text: String) async throws -> (status: Int, text: String) {
        let order = ["evaluate", plan.shell.program.shellQuoted, text.shellQuoted].joined(separator: " ")
        let answer = try await session.ask(order)
        // What the shell complained of is in the log before what comes of it.
        _ = try await session.perform(":")
        return (answer.status, String(decoding: answer.bytes, as: UTF8.self).trimmingWhitespace)
    }

    private static func isAboutTheCache(_ error: any Error) -> Bool { error is FileError || error is EngineError }
}

/// What restoring a cache found out and saving it must know.
actor CacheMemory {
    /// The cache of this build.
    private(set) var key: CacheKey?
    /// A cache that turned out damaged.
    private(set) var damaged: CacheKey?

    func remember(_ key: CacheKey) { self.key = key }
    func found(damaged key: CacheKey) { damaged = key }
}

extension String {
    fileprivate var trimmingWhitespace: String {
        let front = drop(while: \.isWhitespace)
        return String(front.prefix(front.count - front.reversed().prefix(while: \.isWhitespace).count))
    }
}
