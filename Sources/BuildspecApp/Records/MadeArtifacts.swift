internal import Artifacts
internal import BuildPlanning
internal import Caches
internal import Files
internal import SpecParsing

/// The artifacts that builds have put into a folder, by name (in hexadecimal) and file number: what somebody else has put there is never
/// replaced.
///
/// The list lies in the state folder, where no repository can write.
struct MadeArtifacts: ArtifactOwner {
    private let file: String

    /// - Parameter folder: the absolute path of the folder that artifacts are stored in.
    init(in folder: String, _ places: Places) {
        file = "\(places.state)/artifacts/\(CacheKey.digest(of: [folder]))"
    }

    func owns(_ name: String, _ status: FileStatus) -> Bool { lines.contains(Self.line(name, status)) }

    func add(_ name: String, _ status: FileStatus) throws {
        try Files.makeFolder(String(file[..<(file.lastIndex(of: "/") ?? file.startIndex)]))
        let line = Self.line(name, status), word = line.split(separator: " ").last ?? ""
        let kept = lines.filter { !$0.hasSuffix(" \(word)") }
        let text = (kept + [line]).joined(separator: "\n") + "\n"
        try Files.replace(file, with: Array(text.utf8), mode: 0o600)
    }

    private static func line(_ name: String, _ status: FileStatus) -> String {
        "\(status.device) \(status.inode) \(hexadecimal(Array(name.utf8)))"
    }

    private var lines: [String] {
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

extension BuildSpec.Artifacts {
    /// The names that the artifacts get in their folder.
    func names(asZip: Bool) -> [String] {
        let primary = primary.map { $0.hasFiles ? ["artifacts"] : [] } ?? []
        return (primary + secondary.compactMap(\.identifier)).map { asZip ? "\($0).zip" : $0 }
    }
}
