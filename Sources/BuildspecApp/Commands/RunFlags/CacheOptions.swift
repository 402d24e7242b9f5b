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

    @Flag(
        help: ArgumentHelp(
            "Lay a cache that does not change under the container.",
            discussion:
                "As a layer of an image: nothing is unpacked then. Renaming a cached folder may fail in the build."))
    var cacheImages = false

    @Flag(help: "Unpack the cache, whatever the settings say.")
    var noCacheImages = false

    @Option(
        help: ArgumentHelp(
            "How long a container waits for the next build.",
            discussion: """
                10m, at most 60m: when the build has ended a container with the same settings is started, in which the next build \
                begins at once. Small sources alone; `buildspec help cache` says the rest.
                """, valueName: "time"))
    var spare: String?

    func validate() throws {
        guard !(cacheImages && noCacheImages) else {
            throw ValidationError("--cache-images and --no-cache-images contradict one another")
        }
    }

    func add(to asked: inout Asked) {
        asked.cache = cache
        asked.noCache = noCache
        asked.spare = spare
        asked.cacheImages = cacheImages ? true : noCacheImages ? false : nil
    }
}
