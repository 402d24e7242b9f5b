internal import BuildPlanning
internal import BuildRunning
internal import Engines
internal import OfflineWorld
internal import SpecParsing

/// Looks whether all is here that a build without a network needs, before it begins.
struct OfflineCheck {
    let build: PlannedBuild
    let engine: any Engine

    /// Something that is not here, and how it gets here.
    private struct Missing {
        let what: String
        let help: String

        init(_ what: String, help: String) {
            self.what = what
            self.help = help
        }

        init(image: String, _ words: String) {
            what = "image `\(image)`\(words)"
            // Ours are no registry's.
            help = image.hasPrefix("buildspec/") ? "`make images` of buildspec's sources" : "`docker pull \(image)`"
        }
    }

    /// Lists everything that is missing; what the build may do without is a warning when nothing else is.
    ///
    /// - Throws: ``Failure`` with status `offlineMissing`.
    func requireAll(_ container: ContainerSpec, _ cache: CacheKeeping?) async throws {
        var missing: [Missing] = []
        if try await engine.imageID(container.image) == nil {
            // Without an engine nothing is missing but that, and starting the container will say it.
            guard try await engine.answers() else { return }
            let image = try await BuildImage(of: build.recipe.container, on: engine)
            missing.append(
                CuratedImage.isName(image.choice.asked)
                    ? Missing(
                        "image `\(image.choice.asked)`",
                        help: image.ways(isOffline: true).lines.joined(separator: "; "))
                    : Missing(image: container.image, ""))
        }
        let bases = BaseImages(project: build.project, plan: build.plan)
        for image in try await bases.missing(on: engine) {
            missing.append(Missing(image: image.name, " (\(image.place))"))
        }
        if build.recipe.usesLocalAWS, try await engine.imageID(LocalCloud.image) == nil {
            missing.append(Missing(image: LocalCloud.image, ", which plays AWS"))
        }
        let likely = try await likelyMissing(cache)
        let lines = (missing + likely).map { "  \($0.what): \($0.help)\n" }.joined()
        if !missing.isEmpty {
            throw Failure(
                .offlineMissing, "cannot build with `--offline`: this machine lacks\n\(lines.dropLast())",
                help:
                    "do what stands behind each while there is a network; or bring all in with `buildspec cache import FILE`"
            )
        }
        if !likely.isEmpty { build.machine.say("warning: this build may need what is not here:\n\(lines)") }
    }

    /// Caches and recordings: whether the build gets along without them only its commands know.
    private func likelyMissing(_ cache: CacheKeeping?) async throws -> [Missing] {
        let plan = build.plan
        let programs = BuildPlan.fetchingPrograms.filter(plan.calls)
        guard !programs.isEmpty else { return [] }
        var missing: [Missing] = []
        if case .kept(let rules) = plan.cache, rules.key == nil, let cache, try await !cache.hasAny(rules) {
            missing.append(
                Missing(
                    "cache of \(rules.paths.map { "`\($0)`" }.joined(separator: ", "))",
                    help: "`buildspec run` once with a network"))
        }
        if !build.recipe.network.hasRecordings {
            missing.append(
                Missing(
                    "recordings, for \(programs.map { "`\($0)`" }.joined(separator: ", "))",
                    help: "`buildspec run --record` once with a network"))
        }
        return missing
    }
}
