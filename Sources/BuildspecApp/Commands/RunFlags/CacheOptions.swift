internal import ArgumentParser

/// The flags of `run` about the build's cache.
struct CacheOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where caches are kept: a folder, or s3://BUCKET/PREFIX.",
            discussion: "S3 is reached by your AWS CLI (default: $XDG_CACHE_HOME/buildspec/caches).", valueName: "dir"))
    var cache: String?

    @Flag(help: "Neither restore nor save a cache.")
    var noCache = false

    func add(to asked: inout Asked) {
        asked.cache = cache
        asked.noCache = noCache
    }
}
