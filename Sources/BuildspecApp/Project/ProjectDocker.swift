internal import BuildPlanning
internal import BuildRunning
internal import Engines
internal import Files

/// What the Docker daemons in a project's builds leave to one another: a volume, which one of them at a time can use.
struct ProjectDocker: Sendable {
    let volume: String
    /// The value of the label on the volume.
    let label: String
    private let path: String

    static let labelName = "dev.buildspec.docker"
    private static let volumePrefix = "buildspec-docker-"

    init(_ project: ProjectIdentity, _ places: Places) { self.init(key: project.key, places) }

    private init(key: String, _ places: Places) {
        volume = Self.volumePrefix + key
        label = key
        path = "\(places.state)/docker/\(key)"
    }

    /// Finds the project that a volume belongs to, by the volume's name.
    init?(volume: String, _ places: Places) {
        guard volume.hasPrefix(Self.volumePrefix) else { return nil }
        self.init(key: String(volume.dropFirst(Self.volumePrefix.count)), places)
    }

    /// Held as long as a build has the volume, and no longer than its process lives.
    final class Lock: Sendable {
        private let descriptor: Int32
        fileprivate init(_ descriptor: Int32) { self.descriptor = descriptor }
        deinit { close(descriptor) }
    }

    /// - Returns: `nil` when another build has the volume.
    func lock() throws -> Lock? {
        let file = "\(path).lock"
        try Folder.make(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]))
        let descriptor = try Files.create(file, appends: true)
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            return nil
        }
        return Lock(descriptor)
    }

    // MARK: The images in the volume

    /// The names of the images as the last build left them; none when nothing is known.
    var images: Set<String> {
        guard Files.kind(of: "\(path).images") == .file,
            let bytes = try? Files.read("\(path).images")  // What cannot be read is not known.
        else { return [] }
        return Set(String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init))
    }

    func remember(images: [String]) throws {
        try Folder.replace("\(path).images", with: Array(images.joined(separator: "\n").utf8))
    }

    /// Whether a build of this user's has ever asked for it.
    var isOurs: Bool { Files.kind(of: "\(path).lock") == .file }

    /// The volume is gone.
    func forget() { unlink("\(path).images") }

    /// An image's name as `docker image ls` has it: with its tag, without the public registry's.
    static func listed(_ image: String) -> String {
        var name = image[...]
        for prefix in ["docker.io/library/", "docker.io/", "index.docker.io/library/"] where name.hasPrefix(prefix) {
            name = name.dropFirst(prefix.count)
            break
        }
        let last = name.split(separator: "/").last ?? ""
        return last.contains(":") || last.contains("@") ? String(name) : "\(name):latest"
    }
}

extension ProjectDocker {
    /// The Docker daemon that a privileged build has inside its container, and the right to use the project's volume.
    ///
    /// - Parameter images: names of images that commands of the build will ask the daemon for.
    /// - Returns: no daemon for a build that is not privileged; the lock is to be held until the build has ended.
    func daemon(
        of surroundings: BuildSurroundings, _ images: [String]
    ) async throws -> (docker: InnerDocker?, lock: Lock?) {
        let recipe = surroundings.build.recipe, machine = surroundings.build.machine, engine = surroundings.engine
        guard recipe.container.isPrivileged else { return (nil, nil) }
        let earlier = EarlierContainers(
            machine: machine, engine: engine, build: recipe.plan.id.uuid,
            source: surroundings.build.project.location.folder)
        let lock =
            recipe.cache.isUsed
            ? try await lock(on: engine, of: surroundings.keptContainer, besides: earlier) { machine.say($0) } : nil
        let data = Volume(
            name: lock == nil ? nil : volume, target: InnerDocker.dataFolder,
            labels: lock == nil ? [:] : [Self.labelName: label])
        let memory = EngineMemory(machine.places, surroundings.build.project.settings)
        let tell: @Sendable ([String]) async throws -> Void = { try remember(images: $0) }
        let docker = InnerDocker(
            privileges: memory.privilege.map { [$0] } ?? Privilege.allCases, volume: data,
            images: try await engine.ids(of: images), remember: { memory.remember($0) },
            onImages: lock == nil ? nil : tell)
        return (docker, lock)
    }

    /// The right to use the project's volume; a build that does not get it has a volume of its own.
    ///
    /// - Parameters:
    ///   - kept: the container that the build goes on in.
    ///   - earlier: the kept containers of the project, which give the volume up.
    ///   - say: told who else uses the volume.
    private func lock(
        on engine: any Engine, of kept: String?, besides earlier: EarlierContainers, say: (String) -> Void
    ) async throws -> Lock? {
        // Which volume a kept container has was said when it began.
        if let kept { return try await engine.containers(usingVolume: volume).contains(kept) ? try lock() : nil }
        func others(_ who: String) {
            say(
                "the Docker images and layers of this project are in use by \(who): this build starts with an empty "
                    + "Docker cache, and does not keep it\n")
        }
        guard let lock = try lock() else {
            others("another build")
            return nil
        }
        // A build may have kept its container, or belong to a user with another state folder. Whether there is an engine at
        // all shows when the container is started.
        guard let holder = ((try? await engine.containers(usingVolume: volume)) ?? []).first else { return lock }
        if try await earlier.drop(only: holder, because: "this build takes over the project's Docker images and layers")
        {
            return lock
        }
        others("container `\(holder)`")
        return nil
    }
}
