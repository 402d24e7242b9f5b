internal import ChildProcesses
public import Engines
internal import Synchronization

/// Images are those of the manager; nodes get them from their registry, by digest.
extension SwarmEngine {
    public func commit(_ container: String, as image: String, labels: [String: String]) async throws {
        throw EngineError(.refused, doing: "keep the state of `\(container)`", reason: "it is a job of a swarm")
    }

    public func imageSize(_ image: String) async throws -> Int? { try await manager.imageSize(image) }
    public func imageID(_ image: String) async throws -> String? { try await manager.imageID(image) }
    public func imageConfiguration(_ image: String) async throws -> ImageConfiguration? {
        try await manager.imageConfiguration(image)
    }
    public func imageNames() async throws -> [String] { try await manager.imageNames() }
    public func removeImage(_ image: String) async throws { try await manager.removeImage(image) }
    public func copyImage(_ image: String, into container: String) async throws {
        throw EngineError(
            .refused, doing: "copy image `\(image)` into `\(container)`", reason: "it is a job of a swarm")
    }
    public func saveImages(_ names: [String], to descriptor: Int32) async throws {
        try await manager.saveImages(names, to: descriptor)
    }
    public func loadImages(from descriptor: Int32) async throws { try await manager.loadImages(from: descriptor) }

    /// The name of an image with its digest, by which every node gets the same one.
    ///
    /// - Throws: ``EngineError`` where no registry has it.
    public func pinned(_ image: String, pull: ContainerSpec.Pull) async throws -> String {
        try await images.pinned(image, pull: pull)
    }
}

/// Finds out the digests of images, each once for all builds.
final class PinnedImages: Sendable {
    private let manager: any Engine
    private let known = Mutex<[String: Task<String, any Error>]>([:])
    private let failures = Mutex<[String: String]>([:])

    init(_ manager: any Engine) { self.manager = manager }

    func note(failure: String, of job: String) { failures.withLock { $0[job] = failure } }
    func failure(of job: String) -> String? { failures.withLock { $0[job] } }

    func pinned(_ image: String, pull: ContainerSpec.Pull) async throws -> String {
        let work = known.withLock { known in
            if let work = known[image] { return work }
            let work = Task { [manager] in try await Self.find(image, pull: pull, manager) }
            known[image] = work
            return work
        }
        return try await work.value
    }

    private static func find(_ image: String, pull: ContainerSpec.Pull, _ manager: any Engine) async throws -> String {
        if image.contains("@sha256:") { return image }
        var configuration = try await manager.imageConfiguration(image)
        if pull == .always || configuration == nil && pull != .never {
            let pulled = try await manager.command(["pull", "--quiet", image]).collect()
            if pulled.status.isSuccess {
                configuration = try await manager.imageConfiguration(image)
            } else if configuration == nil {
                throw EngineError(
                    .imageMissing, doing: "get image `\(image)`", reason: pulled.errorText,
                    help: "`docker pull \(image)` on the manager, or name another image with --image")
            }
        }
        let repository = repository(of: image)
        guard let configuration,
            let digest = configuration.digests.first(where: { $0.hasPrefix("\(repository)@") })
        else {
            throw EngineError(
                .imageMissing, doing: "run image `\(image)` on the swarm",
                reason: configuration == nil
                    ? "the manager does not have it" : "it is of no registry, and so the nodes cannot get it",
                help:
                    "push it to a registry that all nodes reach (`docker tag \(image) REGISTRY/NAME`, `docker push REGISTRY/NAME`), "
                    + "and name it with --image REGISTRY/NAME")
        }
        return digest
    }

    /// The name without its tag. A colon before a slash is that of a port.
    static func repository(of image: String) -> String {
        guard let colon = image.lastIndex(of: ":"), !image[colon...].contains("/") else { return image }
        return String(image[..<colon])
    }
}
