internal import OfflineWorld
internal import SourceSnapshots
internal import ArgumentParser
internal import BuildPlanning
internal import Engines

struct CleanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clean",
        abstract: "Remove what builds left: containers, old records, old sources.",
        discussion: """
              buildspec clean --kept           kept containers, too
              buildspec clean --records 30     records older than so many days, too
              buildspec clean --cloud          what --aws-local keeps, of all projects, too

            In any case the containers of runs that were killed go, those that wait for a build, and sources that --from-build fetched and no build has \
            used for 30 days.
            """)

    @Flag(help: "Also the containers of builds that were kept.")
    var kept = false

    @Flag(help: "Also the checkpoints of all builds.")
    var checkpoints = false

    @Flag(help: "Also the images that caches were laid under containers with.")
    var cacheImages = false

    @Flag(
        help: ArgumentHelp(
            "Also images and layers of privileged builds.",
            discussion: "Their Docker daemons keep a volume for each project."))
    var docker = false

    @Option(help: ArgumentHelp("Also records of builds older than so many days.", valueName: "days"))
    var records: Int?

    @Flag(
        help: ArgumentHelp(
            "Also the AWS played on this machine.",
            discussion: "It is ended, and what it keeps is removed, pushed images included, of all projects."))
    var cloud = false

    func run() async throws {
        await FrontDoor.enter { [kept, checkpoints, cacheImages, docker, days = records, cloud] machine in
            let places = machine.places, records = BuildRecords(places)
            try await Drafts(places: places).remove()
            let engine = try machine.engine()
            let sweep = Sweep(machine: machine, engine: engine)
            let unseen = try await sweep.run()
            let count = SpareShelf(places).endAll()
            if count > 0 { machine.say("ended \(count) containers that waited for a build\n") }
            if kept {
                for build in records.kept() {
                    try await engine.remove(build.containerName)
                    KeptBuild.forget(build, places)
                    machine.say("dropped container `\(build.containerName)`\n")
                }
            }
            if checkpoints {
                for build in records.newest() where build.hasCheckpoints {
                    let bytes = try await Checkpoints(build).remove(engine)
                    if !build.isKept { KeptBuild.forget(build, places) }
                    machine.say(
                        "removed the checkpoints of build \(build.uuid), \(CacheText.megabytes(Int64(bytes)))\n")
                }
            }
            try await removeImages(all: cacheImages, machine)
            if docker { try await removeVolumes(engine, machine) }
            await sweep.removeStrays()
            await sweep.finish(unseen)
            if cloud {
                let label = (name: ContainerLabels.localAWS, value: places.state)
                for name in try await LocalCloud.removeAll(of: engine, label: label) {
                    machine.say("removed the local AWS `\(name)`\n")
                }
            }
            if let days { removeRecords(olderThan: days, machine) }
            try removeFetched(machine)
            return .succeeded
        }
    }

    /// Images of caches: all, or those alone that nobody can use any more.
    private func removeImages(all: Bool, _ machine: Machine) async throws {
        guard all || !CacheImageShelf(machine.places).all().isEmpty else { return }
        let pruning = CacheImagePruning(machine: machine)
        let outcome = try await pruning.tidy(unusedSince: all ? .seconds(Int64.max) : nil)
        for image in outcome.removed {
            machine.say("removed image `\(image.image)`, \(CacheText.megabytes(image.byteCount))\n")
        }
        for image in outcome.inUse { machine.say("left image `\(image)`, which is in use\n") }
    }

    /// The volumes of this user's projects; of others on the same engine none.
    private func removeVolumes(_ engine: any Engine, _ machine: Machine) async throws {
        for volume in try await engine.volumes(withLabel: ProjectDocker.labelName) {
            guard let project = ProjectDocker(volume: volume, machine.places), project.isOurs else { continue }
            if try await engine.removeVolume(volume) {
                project.forget()
                machine.say("removed volume `\(volume)`\n")
            } else {
                machine.say("left volume `\(volume)`, which a container has\n")
            }
        }
    }

    /// Removes the fetched sources that nobody uses any more; those stay that a kept build has.
    private func removeFetched(_ machine: Machine) throws {
        let fetched = FetchedSources(machine.places)
        let unused = fetched.unused(
            since: machine.now().microseconds - Int64(FetchedSources.daysKept) * 86_400_000_000)
        guard !unused.isEmpty else { return }
        let needed: Set<String>
        do {
            needed = Set(
                try BuildRecords(machine.places).newest().filter { $0.isKept || $0.hasCheckpoints }
                    .compactMap { try KeptBuild.read(from: $0) }.flatMap { $0.recipe.sources.map(\.folder) })
        } catch let failure as Failure {
            machine.say("warning: no fetched source is removed: \(failure.message)\n")
            return
        }
        let count = try unused.count { path in try !needed.contains(path) && fetched.remove(path) }
        guard count > 0 else { return }
        machine.say(
            "removed \(count) sources that --from-build fetched and no build has used for \(FetchedSources.daysKept) days\n"
        )
    }

    /// Neither of running builds nor of those whose containers are kept.
    private func removeRecords(olderThan days: Int, _ machine: Machine) {
        let moment = machine.now().microseconds - Int64(days) * 86_400_000_000, records = BuildRecords(machine.places)
        var count = 0, bytes = 0
        for build in records.deletions().records(before: moment).map({ records.build($0.uuid) }) {
            bytes += build.size
            count += 1
            build.remove()
        }
        machine.say("removed \(count) records, \(CacheText.megabytes(Int64(bytes)))\n")
    }
}
