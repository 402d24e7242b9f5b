internal import Archives
public import BuildPlanning
public import Caches

/// What has to be known of a build's cache before there is a container.
extension CacheKeeping {
    /// The cache's name before its key is evaluated: the key as it is written counts; `nil` for caches in S3.
    public func nameBeforehand(_ rules: BuildPlan.CacheRules) -> CacheKey? {
        isLocal ? key(paths: rules.paths, rules.key) : nil
    }

    /// The folders and files that the cache's paths mean in every build; `nil` where a variable decides or only the build knows
    /// what a pattern takes.
    public static func fixedPaths(_ rules: BuildPlan.CacheRules, sourceDirectory: String) -> [String]? {
        guard rules.paths.allSatisfy({ !$0.contains("$") }) else { return nil }
        let roots = CacheRoots(rules.paths, sourceDirectory: sourceDirectory)
        return roots.selection.isTreesOnly && roots.refused.isEmpty ? roots.paths : nil
    }

    /// Whether a cache is still the one that a manifest describes.
    public func isStill(_ manifest: CacheManifest) async throws -> Bool {
        guard isLocal, case .hit(manifest) = try await localStore.lookup(manifest.key) else { return false }
        return true
    }
}
