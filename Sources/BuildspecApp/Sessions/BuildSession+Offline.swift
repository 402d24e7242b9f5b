internal import OfflineWorld
internal import SourceSnapshots
internal import BuildRunning
internal import BuildPlanning
internal import Engines
internal import SpecParsing

/// What a build without a network needs to be here before it begins.
extension BuildSession {
    /// Something that is not here, and how it gets here.
    private struct Missing {
        let what: String
        let help: String
    }

    /// Lists everything that is missing; what the build may do without is a warning when nothing else is.
    ///
    /// - Throws: ``Failure`` with status `offlineMissing`.
    func requireAll(
        _ plan: BuildPlan, _ settings: RunSettings, _ location: BuildLocation, _ staged: StagedSource?,
        _ container: ContainerSpec, _ cache: CacheKeeping?, _ engine: DockerEngine
    ) async throws {
        var missing: [Missing] = []
        if try await engine.imageID(container.image) == nil {
            // Without an engine nothing is missing but that, and starting the container will say it.
            guard try await engine.answers() else { return }
            missing.append(Missing(what: "image `\(container.image)`", help: Self.help(container.image)))
        }
        for image in try await missingBaseImages(plan, settings, location, staged, engine) {
            missing.append(
                Missing(what: "image `\(image.image)` (\(image.whereNamed))", help: Self.help(image.image)))
        }
        if settings.usesLocalCloud || plan.calls("aws"), try await engine.imageID(LocalCloud.image) == nil {
            missing.append(
                Missing(what: "image `\(LocalCloud.image)`, which plays AWS", help: Self.help(LocalCloud.image)))
        }
        let likely = try await likelyMissing(plan, location, cache)
        let lines = (missing + likely).map { "  \($0.what): \($0.help)\n" }.joined()
        if !missing.isEmpty {
            throw Failure(
                .offlineMissing, "`--offline`, and not everything is here:\n\(lines.dropLast())",
                help:
                    "while there is a network, do as it says; or `buildspec cache import FILE` from a machine that has all"
            )
        }
        if !likely.isEmpty { terminal.say("warning: this build may need what is not here:\n\(lines)") }
    }

    /// How an image gets here; ours are no registry's.
    private static func help(_ image: String) -> String {
        image.hasPrefix("buildspec/") ? "`make images` of buildspec's sources" : "`docker pull \(image)`"
    }

    /// Caches and recordings: whether the build gets along without them only its commands know.
    private func likelyMissing(
        _ plan: BuildPlan, _ location: BuildLocation, _ cache: CacheKeeping?
    ) async throws -> [Missing] {
        let programs = BuildPlan.fetchingPrograms.filter(plan.calls)
        guard !programs.isEmpty else { return [] }
        var missing: [Missing] = []
        if case .kept(let rules) = plan.cache, rules.key == nil, let cache, try await !cache.hasAny(rules) {
            missing.append(
                Missing(
                    what: "cache of \(rules.paths.map { "`\($0)`" }.joined(separator: ", "))",
                    help: "`buildspec run` once with a network"))
        }
        if Files.kind(of: places.recordings(of: location.projectKey)) != .folder {
            missing.append(
                Missing(
                    what: "recordings, for \(programs.map { "`\($0)`" }.joined(separator: ", "))",
                    help: "`buildspec run --record` once with a network"))
        }
        return missing
    }
}
