internal import BuildPlanning
internal import Engines
internal import Files
internal import SourceSnapshots

/// Removes what dead builds left on the engine and in the cache; free when there is none of it.
struct Sweep {
    let machine: Machine
    let engine: any Engine

    func run() async throws {
        let places = machine.places, records = BuildRecords(places)
        await (try records.marks()).sweep { container in
            try await engine.remove(container)
            SnapshotStore.forget(container, root: places.snapshots)
            machine.say("removed container `\(container)` of a build that was killed\n")
        }
        let moment = machine.now().microseconds - KeptBuilds.ageLimit
        for build in records.kept() where build.lastChange < moment {
            try await engine.remove(build.containerName)
            KeptBuild.forget(build, places)
            machine.say("dropped container `\(build.containerName)`, kept for more than a day\n")
        }
    }
}
