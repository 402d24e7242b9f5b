internal import BuildPlanning
internal import Engines

/// What builds on a Docker Swarm cannot do, and what helps (Documentation/decisions/swarm.md).
struct SwarmRules {
    let settings: Settings
    let plan: BatchPlan

    /// - Throws: ``Failure`` (64) that names the first thing that cannot be, and why.
    func requireRunnable() throws {
        guard let (words, reason, help) = objection else { return }
        throw Failure(.usage, "`--on swarm` and \(words) contradict one another: \(reason)", help: help)
    }

    private static let noRights = "Docker gives a job no rights of the machine's"
    private static let noFolders = "the nodes do not see the folders of this machine"
    private static let noWayIn = "nobody can look into a job"
    private static let here = "run the batch without --on swarm"

    private var objection: (words: String, reason: String, help: String)? {
        if settings.engine == .podman {
            return ("podman", "podman knows no swarm", "name Docker with --engine docker")
        }
        switch settings.container.docker {
        case .inside: return ("`\(isPrivileged ? "--privileged" : "--docker inside")`", Self.noRights, Self.here)
        case .host: return ("`--docker host`", "it would be the node's engine", Self.here)
        case .absent: break
        }
        if let build = plan.builds.first(where: { $0.privilegedMode == true }) {
            return (
                "`privileged-mode` of build `\(build.identifier)`", Self.noRights,
                "leave the build out by --only, or \(Self.here)"
            )
        }
        return networkObjection ?? folderObjection ?? lookingObjection
    }

    private var isPrivileged: Bool { !settings.decisions.contains { $0.name == "docker" } }

    private var networkObjection: (words: String, reason: String, help: String)? {
        switch settings.network.policy {
        case .replaying, .closed:
            return (
                "`--offline`", "a job calls this machine over the network, and Docker gives it all of that",
                "leave one of them out"
            )
        case .recording:
            return (
                "`--record`", "the proxy is in the network of this machine's containers", "record without --on swarm"
            )
        case .open: break
        }
        if settings.network.playsAWS {
            return ("`--aws-local`", "AWS is played in the network of this machine's containers", Self.here)
        }
        if settings.values.givesCredentials {
            return (
                "`--aws-credentials`", "they are given in the network of this machine's containers, and nowhere else",
                Self.here
            )
        }
        return nil
    }

    private var folderObjection: (words: String, reason: String, help: String)? {
        if settings.container.mounts?.isEmpty == false {
            return ("`--mount`", Self.noFolders, "bring the files in as a source or a cache")
        }
        if settings.handsOver {
            return ("`--hand-over`", Self.noFolders, "leave it out (`hand-over: no`), or \(Self.here)")
        }
        return nil
    }

    private var lookingObjection: (words: String, reason: String, help: String)? {
        let isKept = settings.ending.keep != .never && settings.decisions.contains { $0.name == "keep" }
        if isKept { return ("`--keep \(settings.ending.keep.rawValue)`", Self.noWayIn, "leave out --keep") }
        if settings.ending.makesCheckpoints {
            return (
                "`--checkpoint`", "its state stays on no engine that this machine reaches", "leave out --checkpoint"
            )
        }
        let stops = settings.stops
        if !stops.points.isEmpty || stops.pausesAfterFailure {
            return ("`--break`", Self.noWayIn, "leave out --break")
        }
        if stops.isDebugSession { return ("`--debug-session`", Self.noWayIn, "leave out --debug-session") }
        if let build = plan.builds.first(where: { $0.debugSession }) {
            return (
                "`debug-session` of build `\(build.identifier)`", Self.noWayIn,
                "take it out of the buildspec, or \(Self.here)"
            )
        }
        return nil
    }
}
