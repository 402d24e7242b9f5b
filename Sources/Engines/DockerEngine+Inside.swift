internal import Files
internal import ChildProcesses

/// Serves an engine inside a container: the rights of its container, its images and its volumes.
extension DockerEngine {
    /// The options that suffice for a daemon with bridge networks. It makes writable itself what is read-only for it.
    static func options(_ privilege: Privilege) -> [String] {
        switch privilege {
        case .full: ["--privileged"]
        case .capabilities:
            ["SYS_ADMIN", "NET_ADMIN", "MKNOD"].flatMap { ["--cap-add", $0] }
                + ["seccomp", "apparmor"].flatMap { ["--security-opt", "\($0)=unconfined"] }
        }
    }

    public func ownSocket() async throws -> String {
        let doing = "give the build the engine's own socket", prefix = "unix://", usual = "/var/run/docker.sock"
        func refused(_ reason: String, help: String = "`--docker inside` gives the build a daemon of its own")
            -> EngineError
        {
            EngineError(.refused, doing: doing, reason: reason, help: help)
        }
        if client == .podman {
            // podman needs no service; only where one was started there is a socket.
            let service = try await ask([
                "info", "--format", "{{.Host.RemoteSocket.Exists}} {{.Host.RemoteSocket.Path}}",
            ])
            let words = service.text.split(separator: " ")
            guard service.status.isSuccess, words.count == 2, words[0] == "true" else {
                throw refused(
                    service.status.isSuccess ? "podman has no socket here" : service.errorText,
                    help: "`systemctl --user start podman.socket` makes it")
            }
            return String(words[1].hasPrefix(prefix) ? words[1].dropFirst(prefix.count) : words[1])
        }
        let outcome = try await ask(["context", "inspect", "--format", "{{.Endpoints.docker.Host}}"])
        guard outcome.status.isSuccess else { throw refused(outcome.errorText) }
        guard outcome.text.hasPrefix(prefix) else {
            throw refused("the engine is reached by `\(outcome.text)`, not by a socket of this machine")
        }
        let socket = String(outcome.text.dropFirst(prefix.count))
        #if os(Linux)
            guard socket != usual else { return socket }
            // Docker Desktop's engine lies in a virtual machine, where its socket has the usual place.
            let system = try await ask(["info", "--format", "{{.OperatingSystem}}"])
            return system.text.contains("Docker Desktop") ? usual : socket
        #else
            // Engines run in virtual machines here.
            return usual
        #endif
    }

    public func copyImage(_ image: String, into container: String) async throws {
        let pipe = try Pipe()
        async let saved = command(["save", image]).run(outputTo: pipe.writeEnd)
        async let loaded = command(
            [
                "exec", "--interactive", "--user", "0:0", container, "docker", "--host", "unix:///var/run/docker.sock",
                "load",
            ]
        ).run(inputFrom: pipe.readEnd)
        // Where one end breaks the other breaks, too.
        let failed = [try await saved, try await loaded].filter { !$0.status.isSuccess }
        guard failed.isEmpty else {
            throw EngineError(
                .refused, doing: "copy image `\(image)` into the build's Docker daemon",
                reason: failed.map(\.errorText).joined(separator: "; "))
        }
        if client == .podman { try await nameImage(image, in: container) }
    }

    /// Gives an image that podman has saved the name that it was asked for by: in its tars a name begins with that of a host, such
    /// as `localhost/`.
    private func nameImage(_ image: String, in container: String) async throws {
        guard let id = try await imageID(image) else { return }
        let tag = ["docker", "--host", "unix:///var/run/docker.sock", "tag", id, image]
        let named = try await command(["exec", "--user", "0:0", container] + tag).collect()
        guard named.status.isSuccess else {
            throw EngineError(
                .refused, doing: "name image `\(image)` in the build's Docker daemon", reason: named.errorText)
        }
    }

    /// The names of the running containers that have a volume mounted.
    public func containers(usingVolume volume: String) async throws -> [String] {
        try await list("containers", ["ps", "--filter", "volume=\(volume)", "--format", "{{.Names}}"])
    }

    /// Whether there is a volume of that name.
    public func hasVolume(_ volume: String) async throws -> Bool {
        try await ask(["volume", "inspect", volume]).status.isSuccess
    }

    /// The names of all volumes with a label.
    public func volumes(withLabel label: String) async throws -> [String] {
        try await list("volumes", ["volume", "ls", "--filter", "label=\(label)", "--format", "{{.Name}}"])
    }

    /// Removes a volume.
    ///
    /// - Returns: `false` when a container has it.
    public func removeVolume(_ volume: String) async throws -> Bool {
        // Without --force, by which podman removes the containers that have it, too.
        let removal = try await ask(["volume", "rm", volume])
        return removal.status.isSuccess || Self.saysNoVolume(removal)
    }

    static func saysNoVolume(_ output: CommandOutput) -> Bool {
        output.errorText.lowercased().contains("no such volume")
    }
}
