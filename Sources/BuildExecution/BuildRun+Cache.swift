internal import BuildPlanning
internal import Engines
internal import Workspaces

/// Restoring at the end of DOWNLOAD_SOURCE, saving inside POST_BUILD (CODEBUILD.md 4.4, 7). Nothing here fails a build.
extension BuildRun {
    func restoreCache() async throws {
        switch plan.cache {
        case .undefined:
            try await sink.log("Cache is not defined in the buildspec")
            try await sink.log("Skip cache due to: no paths specified to be cached")
        case .skipped(let reason):
            try await sink.log("Skip cache due to: \(reason)")
        case .paths(let written):
            guard let cache = executor.cache else { return }
            let (expanded, roots) = try await cacheRoots(written)
            for path in expanded { try await sink.log("Expanded cache path \(path)") }
            try await sink.log("Downloading local cache...")
            do {
                switch try await cache.restore(roots, into: executor.container.name, engine: executor.engine) {
                case .miss(let reason): try await sink.log("Unable to download cache: \(reason)")
                case .hit(let summary):
                    try await sink.log("Unarchiving cache...")
                    for skip in summary.skipped {
                        try await sink.log(
                            skip.reason == .outsideDeclaredPaths
                                ? "Skipping cache entry: path \"/\(skip.name)\" is not within allowed cache paths"
                                : "Skipping cache entry: \(skip)")
                    }
                    try await sink.send(
                        .cacheRestored(
                            entries: summary.entryCount, bytes: Int(summary.byteCount), from: cache.path))
                }
            } catch let error where !Task.isCancelled && Self.isAboutTheCache(error) {
                try await sink.log("Unable to download cache: \(error)")
            }
        }
    }

    func saveCache() async throws {
        guard case .paths(let written) = plan.cache, let cache = executor.cache else { return }
        try await sink.log("Uploading local cache...")
        let (_, roots) = try await cacheRoots(written)
        var existing: [String] = []
        for path in roots.paths where try await session.perform("[ -e \(path.shellQuoted) ]") == 0 {
            existing.append(path)
        }
        guard !existing.isEmpty else { return }
        do {
            let summary = try await cache.save(
                roots, existing: existing, of: executor.container.name, engine: executor.engine)
            for skip in summary.skipped { try await sink.send(.notice(text: "cache: \(skip)")) }
            try await sink.send(
                .cacheSaved(
                    entries: summary.entryCount, bytes: Int(summary.byteCount), to: cache.path,
                    changed: !summary.isUnchanged))
        } catch let error where !Task.isCancelled && Self.isAboutTheCache(error) {
            try await sink.log("Unable to upload cache: \(error)")
        }
    }

    /// The paths with their variables put in, and the places they mean.
    private func cacheRoots(_ written: [String]) async throws -> (expanded: [String], roots: CacheRoots) {
        let hasVariables = written.contains { $0.contains("$") }
        let variables = hasVariables ? try await finalVariables() : [:]
        let expanded = written.map { expandVariables(in: $0, variables) }
        return (expanded, CacheRoots(expanded, sourceDirectory: plan.sourceDirectory))
    }

    private static func isAboutTheCache(_ error: any Error) -> Bool { error is WorkspaceError || error is EngineError }
}
