internal import AWSCalls
internal import Caches
internal import Files
internal import Archives
internal import BuildRunning
internal import BuildPlanning
internal import ChildProcesses
internal import SpecParsing

extension BuildSession {
    /// Room for what passes through this machine on its way from and to S3.
    func scratch(_ plan: BuildPlan, _ settings: RunSettings) async throws -> ScratchFolder? {
        guard case .kept = plan.cache, settings.cacheBucket != nil else { return nil }
        return try await ScratchFolder(in: FilePath("\(places.cache)/s3"), named: plan.id.uuid)
    }

    /// - Parameter room: of an S3 cache.
    func cacheKeeping(
        _ plan: BuildPlan, _ settings: RunSettings, _ location: BuildLocation, _ buildspec: BuildspecPlace,
        _ project: ProjectSettings,
        _ room: ScratchFolder?
    ) -> CacheKeeping? {
        guard case .kept = plan.cache else { return nil }
        let place: CacheKeeping.Place
        if let bucket = settings.cacheBucket, let room {
            // The CLI's own five attempts take minutes where nothing answers.
            let attempts = places.environment["AWS_MAX_ATTEMPTS"] ?? "3"
            let aws = AWSCommandLine(
                profile: settings.profile, region: settings.region, environment: ["AWS_MAX_ATTEMPTS": attempts])
            place = .bucket(S3Cache(S3Objects(bucket, by: aws), room: room.path))
        } else {
            place = .local(
                CacheStore(directory: FilePath(settings.cacheFolder ?? places.cacheStore)) { [terminal] holder in
                    terminal.say("waiting for the cache: \(holder)\n")
                })
            if settings.cacheFolder == nil, let cache = project.cache, cache.type == .s3, let location = cache.location
            {
                terminal.say(
                    "the project's S3 cache is not used unless asked for (--cache s3://\(location)): "
                        + "the cache of this machine is\n")
            }
        }
        return CacheKeeping(
            place, project: settings.cacheProject(location), namespace: project.cache?.namespace,
            metadata: CacheMetadata(
                buildspec: buildspec.shownPath, image: plan.image, savedAt: Self.now().rfc3339))
    }
}
