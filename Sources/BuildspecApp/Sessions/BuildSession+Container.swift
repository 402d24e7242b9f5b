internal import SourceSnapshots
internal import BuildRunning
internal import BuildPlanning
internal import Engines
internal import Files

extension BuildSession {
    func runningMarks() throws -> RunningMarks {
        let folder = "\(places.state)/running"
        try Files.makeFolder(folder)
        return RunningMarks(folder: folder)
    }

    /// Removes what dead runs left on the engine and in the cache; free when there are none.
    func sweep(_ marks: RunningMarks, _ engine: some Engine) async throws {
        await marks.sweep { container in
            try await engine.remove(container)
            SnapshotStore.forget(container, root: places.snapshots)
            terminal.say("removed container `\(container)` of a build that was killed\n")
        }
        for (build, kept) in try KeptBuilds(places).all()
        where Self.now().microseconds - build.lastChange > KeptBuilds.ageLimit {
            try await engine.remove(kept.container)
            KeptBuild.forget(build, places)
            terminal.say("dropped container `\(kept.container)`, kept for more than a day\n")
        }
    }

    /// Tells our own containers from those of other users of the engine, and from other state folders.
    static let stateLabel = "dev.buildspec.state"

    func containerSpec(
        _ plan: BuildPlan, _ settings: RunSettings, _ engine: some Engine
    ) async throws -> ContainerSpec {
        var container = ContainerSpec(
            name: plan.id.containerName, image: try await pullableName(plan.image, engine))
        container.labels = [
            "dev.buildspec.build": "\(plan.id)", "dev.buildspec.owner": "\(getpid())", Self.stateLabel: places.state,
        ]
        container.memoryMounts = [ContainerLayout.state]
        container.environment = plan.engineVariables.map { (name: $0.name, value: $0.value) }
        container.isOffline = settings.isOffline
        container.pull = settings.pull
        container.platform = settings.platform
        container.cpus = settings.cpus
        container.memory = settings.memory
        if settings.imageIsDefault {
            terminal.say(
                "no image is named: using \(container.image) (`--image NAME`, or `environment.image` in codebuild.yml)\n"
            )
        }
        for variable in plan.engineVariables where variable.origin > .buildspec {
            terminal.say("warning: variable `\(variable.name)` is no shell identifier: only programs see it\n")
        }
        return container
    }

    /// A name the engine can find: `aws/codebuild/…` is no registry's, so a local image of that name comes first.
    func pullableName(_ image: String, _ engine: some Engine) async throws -> String {
        guard let published = ImageNames.publicName(of: image) else { return image }
        return try await engine.imageID(image) == nil ? published : image
    }
}
