internal import Archives
internal import Artifacts
internal import Files
internal import BuildPlanning
internal import ChildProcesses
internal import Engines

/// Chosen files below one base directory of the container.
struct ArtifactPart {
    /// The absolute path of the base directory.
    let folder: String
    let listing: Listing
    let selection: ArtifactSelection
}

/// Copies the chosen files out of the container.
///
/// One `docker cp` takes one path. Files that are neither a single one nor most of a folder are gathered in a folder of the
/// container first.
extension ArtifactStage {
    /// Copies the chosen files out of the container, and stores them.
    ///
    /// - Parameter name: the artifact's own name, evaluated.
    func store(_ parts: [ArtifactPart], as identifier: String, named name: String?) async throws {
        let chosen = parts.filter { !$0.selection.isEmpty }
        let carrier = try await carrier(of: chosen, as: identifier)
        var fetches: [Fetch] = []
        for (number, part) in chosen.enumerated() {
            fetches.append(try await fetch(of: part, stage: ContainerLayout.artifactStage("\(identifier)-\(number)")))
        }
        let stored = try await OutgoingStreams(fetches.map { try carrier.outgoing($0.path) }).read { readers, confirm in
            let streams = zip(readers, fetches).map { reader, fetch in
                let last = fetch.path.split(separator: "/").last.map(String.init) ?? ""
                return TarStream(reader, map: PathMap([.init(stream: last, stored: fetch.source)]))
            }
            return try await context.job.surroundings.artifacts.store(
                identifier, from: TarStreams(streams, confirm: confirm),
                selection: .merging(chosen.map { (base: $0.folder, selection: $0.selection) }),
                asZip: forms.isZip(identifier))
        }
        for missing in stored.missing { try await sink.send(.notice(text: "artifact \(identifier): \(missing)")) }
        try await sink.send(
            .artifactsCollected(
                identifier: identifier, files: stored.fileCount, bytes: Int(stored.byteCount), path: "\(stored.path)",
                name: name))
    }

    /// A path of the container to fetch, and the path its content stands for.
    private struct Fetch {
        let path: String
        let source: String
    }

    private func fetch(of part: ArtifactPart, stage: String) async throws -> Fetch {
        let files = part.selection.files, hasLinks = part.listing.hasLinks
        if files.count == 1, !hasLinks || part.selection.keepsLinks,
            let name = String(validating: files[0].source, as: UTF8.self)
        {
            let path = normalizedPath("\(part.folder)/\(name)")
            return Fetch(path: path, source: path)
        }
        // Of the container's root only what was looked at is listed.
        let takesMost = part.folder != "/" && files.count * 2 >= part.listing.files.count
        if takesMost, !hasLinks || part.selection.keepsLinks,
            // A repository is never listed, and often is larger than all the rest.
            try await session.perform("[ -e \"$root\"\((part.folder + "/.git").shellQuoted) ]") != 0
        {
            return Fetch(path: part.folder, source: part.folder)
        }
        let head = "collect \(part.folder.shellQuoted) \(stage.shellQuoted) \(part.selection.keepsLinks ? "-P" : "-L")"
        for batch in batches(files.map { $0.source.shellQuoted }) {
            let status = try await session.perform(Array(head.utf8) + batch)
            guard status == 0 else {
                throw FileError(
                    .cannotRead, doing: "put the artifact together in the container",
                    reason: "`cp` ended with status \(status)")
            }
        }
        return Fetch(path: stage, source: part.folder)
    }
}

/// Joins words into lines that are short enough for every shell.
func batches(_ words: [[UInt8]]) -> [[UInt8]] {
    var lines: [[UInt8]] = [], line: [UInt8] = []
    for word in words {
        if line.count + word.count > 32_768, !line.isEmpty {
            lines.append(line)
            line = []
        }
        line += [0x20] + word
    }
    return line.isEmpty ? lines : lines + [line]
}
