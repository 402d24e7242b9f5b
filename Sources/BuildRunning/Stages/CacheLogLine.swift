internal import Caches

/// The log's lines about `cache.key` and `cache.action`.
///
/// The words are ours, in the service's style. [unknown, CODEBUILD.md 4.4: what the service prints for hits and misses]
enum CacheLogLine {
    case found(key: String)
    case notFound(key: String)
    case foundByFallback(prefix: String, key: String)
    case notFoundByFallback(prefix: String)
    case emptyFallback(written: String)
    case alreadySaved(key: String)
    case downloadSkipped
    case uploadSkipped
    case keyWithoutText(written: String, exitStatus: Int)

    var text: String {
        switch self {
        case .found(let key): "Found cache for key \(CacheKey.shown(key))"
        case .notFound(let key): "No cache found for key \(CacheKey.shown(key))"
        case .foundByFallback(let prefix, let key):
            "Found cache for fallback key \(CacheKey.shown(prefix)): \(CacheKey.shown(key))"
        case .notFoundByFallback(let prefix): "No cache found for fallback key \(CacheKey.shown(prefix))"
        case .emptyFallback(let written): "Skipping fallback key \(CacheKey.shown(written)): it is empty"
        case .alreadySaved(let key): "Skipping cache upload: key \(CacheKey.shown(key)) is saved and never changed"
        case .downloadSkipped: "Skipping cache download: cache action is save"
        case .uploadSkipped: "Skipping cache upload: cache action is restore"
        case .keyWithoutText(let written, 0): "Skip cache due to: cache key \(CacheKey.shown(written)) is empty"
        case .keyWithoutText(let written, let exitStatus):
            "Skip cache due to: cache key \(CacheKey.shown(written)) could not be evaluated: exit status \(exitStatus)"
        }
    }
}
