internal import Artifacts
internal import BuildPlanning
internal import Files

/// Finds files of the container by the patterns of a buildspec, and fetches them.
///
/// Artifacts and reports select their files by the same rules (CODEBUILD.md 6.1, 6.2, 8).
struct ContainerFiles: Sendable {
    let context: StageContext

    private var session: DriverSession { context.session }
    private var source: String { context.plan.sourceDirectory }

    /// Finds the folders that a `base-directory` names: one, or those at the top of the source that match its glob.
    func baseDirectories(_ written: String) async throws -> [String] {
        guard Glob(written).hasWildcard else {
            let path = normalizedPath(written.hasPrefix("/") ? written : "\(source)/\(written)")
            return try await session.perform("[ -d \"$root\"\(path.shellQuoted) ]") == 0 ? [path] : []
        }
        let folders = try await listing(of: source, keepingLinks: true).files.filter { $0.kind == .directory }
        return ArtifactSelection.matchingBaseDirectories(pattern: written, directories: folders.map(\.path)).map {
            "\(source)/\(String(decoding: $0, as: UTF8.self))"
        }
    }

    /// Selects files below base directories, and those that absolute patterns name elsewhere.
    func parts(below folders: [String], _ patterns: ArtifactPatterns) async throws -> [ArtifactPart] {
        let (inside, outside) = patterns.separated(bases: folders)
        var parts: [ArtifactPart] = []
        for folder in folders {
            let listing = try await listing(of: folder, keepingLinks: patterns.keepsLinks)
            parts.append(
                ArtifactPart(
                    folder: folder, listing: listing, selection: .select(listing.files, inside, base: folder)))
        }
        if let outside { parts.append(try await part(outside: outside)) }
        return parts
    }

    /// Lists a folder of the container, following links unless they are kept.
    private func listing(of folder: String, keepingLinks: Bool) async throws -> Listing {
        let plain = Listing(try await session.ask("list \(folder.shellQuoted) '' 'f d l'").bytes)
        guard plain.hasLinks, !keepingLinks else { return plain }
        let followed = Listing(try await session.ask("list \(folder.shellQuoted) -L 'f d l'").bytes, followsLinks: true)
        return Listing(files: followed.files, hasLinks: true)
    }

    /// Finds the files that absolute patterns outside of the base directories match.
    private func part(outside patterns: ArtifactPatterns) async throws -> ArtifactPart {
        var files: [ListedFile] = [], hasLinks = false
        for place in patterns.places {
            switch place {
            case .path(let path):
                let place = "\"$root\"\(path.shellQuoted)", relative = Array(path.utf8.dropFirst())
                let isLink = try await session.perform("[ -L \(place) ]") == 0
                hasLinks = hasLinks || isLink
                if isLink, patterns.keepsLinks {
                    files.append(ListedFile(path: relative, kind: .link))
                } else if try await session.perform("[ -f \(place) ]") == 0 {
                    files.append(ListedFile(path: relative, kind: .file))
                } else if try await session.perform("[ -d \(place) ]") == 0 {
                    files.append(ListedFile(path: relative, kind: .directory))
                }
            case .folder(let folder):
                guard try await session.perform("[ -d \"$root\"\(folder.shellQuoted) ]") == 0 else { continue }
                let listing = try await listing(of: folder, keepingLinks: patterns.keepsLinks)
                hasLinks = hasLinks || listing.hasLinks
                files += listing.files.map {
                    ListedFile(path: Array("\(folder.dropFirst())/".utf8) + $0.path, kind: $0.kind)
                }
            }
        }
        return ArtifactPart(
            folder: "/", listing: Listing(files: files, hasLinks: hasLinks),
            selection: .select(files, patterns, base: "/"))
    }

    /// A path of the container to fetch, and the path its content stands for.
    struct Fetch {
        let path: String
        let source: String

        /// The translation of a tar stream's names into those that the selection has.
        var map: PathMap {
            PathMap([.init(stream: path.split(separator: "/").last.map(String.init) ?? "", stored: source)])
        }
    }

    /// Chooses the one path that the engine copies for a part.
    ///
    /// One `docker cp` takes one path. Files that are neither a single one nor most of a folder are gathered in a folder of
    /// the container first.
    ///
    /// - Parameters:
    ///   - stage: that folder.
    ///   - doing: what the files are gathered for, as an error names it.
    func fetch(of part: ArtifactPart, stage: String, doing: String) async throws -> Fetch {
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
                throw FileError(.cannotRead, doing: doing, reason: "`cp` ended with status \(status)")
            }
        }
        return Fetch(path: stage, source: part.folder)
    }
}

/// Chosen files below one base directory of the container.
struct ArtifactPart {
    /// The absolute path of the base directory.
    let folder: String
    let listing: Listing
    let selection: ArtifactSelection
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
