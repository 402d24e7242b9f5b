internal import Artifacts
internal import BuildPlanning
internal import Caches
internal import Engines
internal import Files
internal import Recordings
internal import SourceSnapshots
internal import SwarmJobs

/// Removes what dead builds left on the engine, in the cache and beside their records; free when there is none of it.
///
/// Builds that run are never touched: each holds the lock of its mark. What cannot be removed is told, keeps its mark, and is tried
/// again by the next sweep.
struct Sweep {
    let machine: Machine
    let engine: any Engine
    /// The folder of artifacts, and that of caches, where these are not the usual ones.
    var artifacts: String?
    var caches: FilePath?

    private var places: Places { machine.places }
    private var records: BuildRecords { BuildRecords(places) }

    /// - Returns: the containers that were not found though their builds are dead: the engine may still make them for a client that
    ///   it has heard of, so they are to be looked for once more (``finish(_:)``).
    @discardableResult
    func run() async throws -> [String] {
        var unseen: [String] = [], hasSwept = false
        let marks = try records.marks()
        await marks.sweep { container in
            hasSwept = true
            if try await remove(container) { return true }
            unseen.append(container)
            return false
        }
        if hasSwept {
            await removeStrays()
            removeDrafts()
            await ScratchFolder.sweep(in: ScratchPlace.s3.path(places))
        }
        let moment = machine.now().microseconds - KeptBuilds.ageLimit
        for build in records.kept() where build.lastChange < moment {
            try await engine.remove(build.containerName)
            KeptBuild.forget(build, places)
            machine.say("dropped container `\(build.containerName)`, kept for more than a day\n")
        }
        return unseen
    }

    /// Looks a second time for containers that were not found, and takes their marks away.
    func finish(_ containers: [String]) async {
        guard !containers.isEmpty, let marks = try? records.marks() else { return }
        await marks.sweep { container in
            guard containers.contains(container) else { return false }
            _ = try await remove(container)
            places.swarmJobs.remove(container)
            return true
        }
    }

    /// - Returns: whether there was a container, or is one that is to stay.
    private func remove(_ container: String) async throws -> Bool {
        let build = records.build(ofContainer: container)
        // It was killed after it had written down that its container stays.
        if let build, build.isKept {
            build.tidy()
            return true
        }
        let notes = places.swarmJobs, isJob = notes.has(container)
        let wasThere: Bool
        do {
            wasThere =
                isJob ? try await SwarmEngine.remove(container, by: engine) : try await engine.remove(container)
        } catch {
            if !(error is CancellationError) {
                machine.say(
                    "warning: \(isJob ? "job" : "container") `\(container)` of a build that was killed is not removed yet: \(error); "
                        + "the next run tries again\n")
            }
            throw error
        }
        SnapshotStore.forget(container, root: places.snapshots)
        build?.tidy()
        if isJob, wasThere { notes.remove(container) }
        if wasThere {
            machine.say("removed \(isJob ? "job" : "container") `\(container)` of a build that was killed\n")
        }
        return wasThere
    }

    /// Removes containers and layers of this state folder that belong to no build that runs or is kept.
    func removeStrays() async {
        let label = "\(ContainerLabels.state)=\(places.state)"
        do {
            // The engine is asked first: the mark of a build is there before its container is.
            let containers = try await engine.containers(withLabel: label)
            let volumes = try await engine.volumes(withLabel: label)
            let known = Set(
                Files.names(in: "\(places.state)/running") + records.kept().map(\.containerName))
            for container in containers where !known.contains(container) {
                try await engine.remove(container)
                SnapshotStore.forget(container, root: places.snapshots)
                machine.say("removed container `\(container)`, whose record is gone\n")
            }
            for volume in volumes where !known.contains(where: { volume.hasPrefix($0) }) {
                // One that a container has is none of ours to remove: whoever removes the container does.
                _ = try await engine.removeVolume(volume)
            }
        } catch is CancellationError {
            // Whoever cancelled looks at it himself.
        } catch {
            machine.say("warning: not everything that dead builds left is removed: \(error)\n")
        }
    }

    /// Removes what was being written when a build was killed, wherever builds of this user write.
    private func removeDrafts() {
        CacheStore(directory: FilePath(places.cacheStore)).sweepDrafts()
        if let caches { CacheStore(directory: caches).sweepDrafts() }
        if let artifacts { ArtifactStore(directory: FilePath(artifacts)).sweepDrafts() }
        for key in Files.names(in: places.recordings) {
            // What cannot be removed only takes room.
            try? RecordingStore(folder: places.recordings(of: key)).sweepDrafts()
        }
    }
}
