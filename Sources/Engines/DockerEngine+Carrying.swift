internal import ChildProcesses

/// Copies images and volumes from one engine to another.
extension DockerEngine {
    /// Writes a tar with images to `descriptor`, and closes that; layers that several have are in it once.
    public func saveImages(_ names: [String], to descriptor: Int32) async throws {
        let outcome = try await command(["save"] + (names.count > 1 ? client.savingSeveral : []) + names).run(
            outputTo: descriptor)
        guard outcome.status.isSuccess else {
            throw EngineError(.refused, doing: "save images", reason: outcome.errorText)
        }
    }

    /// Loads the images of a tar that is read from `descriptor`, and closes the descriptor.
    public func loadImages(from descriptor: Int32) async throws {
        let outcome = try await command(["load", "--quiet"]).run(inputFrom: descriptor)
        guard outcome.status.isSuccess else {
            throw EngineError(.refused, doing: "load images", reason: outcome.errorText)
        }
    }

    /// Writes a tar of a volume to `descriptor`, and closes that; names in it begin with `volume/`.
    ///
    /// - Parameters:
    ///   - container: the name of the container that has it meanwhile; it never runs.
    ///   - image: any the engine has.
    ///   - user: a container that writes to the volume; it stands still meanwhile, if it runs.
    public func saveVolume(
        _ name: String, to descriptor: Int32, container: ContainerSpec, pausing user: String
    ) async throws {
        try await withVolume(name, in: container) {
            let isRunning = try await ask(["pause", user]).status.isSuccess
            let outcome: Result<Void, any Error>
            do {
                outcome = .success(try await copyOut(Self.volumeFolder, of: container.name, to: descriptor))
            } catch { outcome = .failure(error) }
            // A new task: whatever became of ours, nobody else would wake it.
            if isRunning { _ = await Task { try await ask(["unpause", user]) }.result }
            try outcome.get()
        }
    }

    /// Makes a volume of a tar as ``saveVolume(_:to:container:pausing:)`` writes it, read from `descriptor`, which is closed; a
    /// volume of that name is replaced.
    public func loadVolume(
        _ name: String, labels: [String: String], from descriptor: Int32, container: ContainerSpec
    ) async throws {
        let removed = try await ask(["volume", "rm", name])
        guard removed.status.isSuccess || Self.saysNoVolume(removed) else {
            throw EngineError(.refused, doing: "replace volume `\(name)`", reason: removed.errorText)
        }
        let words = labels.sorted { $0.key < $1.key }.flatMap { ["--label", "\($0.key)=\($0.value)"] }
        let made = try await ask(["volume", "create"] + words + [name])
        guard made.status.isSuccess else {
            throw EngineError(.refused, doing: "make volume `\(name)`", reason: made.errorText)
        }
        try await withVolume(name, in: container) { try await copyIn(from: descriptor, to: "/", of: container.name) }
    }

    private static let volumeFolder = "/volume"

    /// Runs `body` while a container has the volume; it runs only where a client does not copy otherwise.
    private func withVolume(
        _ name: String, in container: ContainerSpec, _ body: @Sendable () async throws -> Void
    ) async throws {
        let labels = container.labels.sorted { $0.key < $1.key }.flatMap { ["--label", "\($0.key)=\($0.value)"] }
        var words = ["--name", container.name, "--pull", "never", "--network", "none"]
        words += client.mounting(Volume(name: name, target: Self.volumeFolder)) + labels
        let made = try await ask(client.having(container.image, words))
        guard made.status.isSuccess else {
            throw EngineError(.refused, doing: "look into volume `\(name)`", reason: made.errorText)
        }
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await body()) } catch { outcome = .failure(error) }
        let removal = await Task { try await remove(container.name) }.result
        try outcome.get()
        _ = try removal.get()
    }
}
