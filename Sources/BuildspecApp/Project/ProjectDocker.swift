internal import Files

/// What the Docker daemons in a project's builds leave to one another: a volume, which one of them at a time can use.
struct ProjectDocker: Sendable {
    let volume: String
    /// On the volume.
    let label: String
    private let path: String

    static let labelName = "dev.buildspec.docker"
    private static let volumePrefix = "buildspec-docker-"

    /// - Parameter key: ``BuildLocation/projectKey``.
    init(key: String, _ places: Places) {
        volume = Self.volumePrefix + key
        label = key
        path = "\(places.state)/docker/\(key)"
    }

    /// Of a volume's name.
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
        try Files.makeFolder(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]))
        let descriptor = try Files.create(file, appends: true)
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            return nil
        }
        return Lock(descriptor)
    }

    // MARK: The images in the volume

    /// As the last build left them; none when nothing is known.
    var images: Set<String> {
        guard Files.kind(of: "\(path).images") == .file,
            let bytes = try? Files.read("\(path).images")  // What cannot be read is not known.
        else { return [] }
        return Set(String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init))
    }

    func remember(images: [String]) throws {
        try Files.replace("\(path).images", with: Array(images.joined(separator: "\n").utf8))
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
