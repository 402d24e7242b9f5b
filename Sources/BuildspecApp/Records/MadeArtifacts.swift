internal import Artifacts
internal import BuildPlanning
internal import Caches
internal import Files
internal import SpecParsing

/// The artifacts that builds have put into a folder, by their names and file numbers: what somebody else has put there is
/// never replaced.
///
/// What is known of them lies in the state folder, where no repository can write: a file for each artifact, so that two that
/// are stored at once do not meet.
struct MadeArtifacts: ArtifactOwner {
    private let folder: String

    /// - Parameter folder: the absolute path of the folder that artifacts are stored in.
    init(in folder: String, _ places: Places) {
        self.folder = "\(places.state)/artifacts/\(CacheKey.digest(of: [folder]))"
    }

    func owns(_ name: String, _ status: FileStatus) -> Bool { known(name).contains(Self.line(status)) }

    /// Also keeps some before it in mind: one of them stays in its place when the new one does not get there.
    func add(_ name: String, _ status: FileStatus) throws {
        try Folder.make(folder)
        let lines = known(name).suffix(7) + [Self.line(status)]
        try Folder.replace(file(name), with: Array((lines.joined(separator: "\n") + "\n").utf8), mode: 0o600)
    }

    private func file(_ name: String) -> String { "\(folder)/\(CacheKey.digest(of: [name]))" }

    private static func line(_ status: FileStatus) -> String { "\(status.device) \(status.inode)" }

    private func known(_ name: String) -> [String] {
        let file = file(name)
        // What cannot be read says of nothing that it is ours.
        guard Files.kind(of: file) == .file, let bytes = try? Files.read(file) else { return [] }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// - Parameter names: of the artifacts that a build will store.
    /// - Throws: ``Failure`` when something is in the place of one of them that no build has made.
    func requireFree(_ names: [String], in folder: String) throws {
        for name in names {
            var info = stat()
            guard lstat("\(folder)/\(name)", &info) == 0, !owns(name, FileStatus(info)) else { continue }
            throw Failure(
                .cannotWriteOutput,
                "cannot store the artifact `\(folder)/\(name)`: it is there, and no build has made it",
                help: "move it away, or name another folder with --artifacts")
        }
    }
}

extension ArtifactsPlan {
    /// The names that artifacts get in their folder.
    func names(of artifacts: BuildSpec.Artifacts) -> [String] {
        deliveries(of: artifacts).map { isZip($0.name) ? "\($0.name).zip" : $0.name }
    }
}
