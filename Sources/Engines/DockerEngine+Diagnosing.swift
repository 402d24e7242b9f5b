public import ChildProcesses

/// Tells why a container could not be started, and what helps.
extension DockerEngine {
    public func diagnose(_ spec: ContainerSpec, status: ChildStatus, said: String) async -> EngineError {
        if let failure = health.failure { return failure }
        let doing = "start a container of `\(spec.image)`"
        let reason =
            said.split(separator: "\n").last { line in
                // Of words that it does not understand the client says what is wrong first, and its usage then.
                !["See '\(client) run", "Run '\(client) run", "Usage:"].contains { line.hasPrefix($0) }
            }
            .map(String.init) ?? "`\(program) run` ended with status \(status.exitStatus)"
        do {
            let version = try await ask(["version", "--format", "{{.Server.Version}}"])
            guard version.status.isSuccess else {
                return EngineError(
                    .unreachable, doing: doing,
                    reason: version.errorText.split(separator: "\n").last.map(String.init) ?? reason,
                    help: Self.helpToReach(version.errorText)
                )
            }
            guard try await imageID(spec.image) != nil else {
                return EngineError(
                    .imageMissing, doing: "get image `\(spec.image)`", reason: reason,
                    help: "`\(client) pull \(spec.image)` while there is a network, or name another image with --image")
            }
        } catch let error as EngineError {
            return error
        } catch {
            return EngineError(.unreachable, doing: doing, reason: "\(error)")
        }
        return EngineError(.refused, doing: doing, reason: reason, help: Self.help(for: reason, spec))
    }

    /// A suggestion for an engine that does not answer. "permission denied" is the kernel's word for a socket.
    static func helpToReach(_ words: String) -> String {
        words.lowercased().contains("permission denied")
            ? "this user may not use the engine's socket: join its group (mostly `sudo usermod -aG docker $USER`, then log in "
                + "again), or name an engine of your own with --context or DOCKER_HOST"
            : "start the engine (`sudo systemctl start docker`, or Docker Desktop), or name another with --context or DOCKER_HOST"
    }

    /// A suggestion for an image that cannot be started. The recognised texts are the kernel's and Go's, not the engine's.
    static func help(for reason: String, _ spec: ContainerSpec) -> String? {
        if reason.lowercased().contains("exec format error") {
            return
                "the image is made for another processor: name its platform with --platform, or another image with --image"
        }
        if reason.contains("\"sh\": executable file not found") || reason.contains("`sh` not found") {
            return "the image has no `sh`, and a build needs one: name another with --image"
        }
        return spec.privilege == nil
            ? nil
            : "a build with a Docker daemon of its own (`privileged`) needs an engine that lets containers have capabilities"
    }
}
