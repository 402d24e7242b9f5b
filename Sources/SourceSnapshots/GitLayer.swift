internal import Archives
internal import Files

/// The `.git` of one build: a folder to be laid over the mirror's files, with everything in it but the objects, which stay
/// where they are and are found through `objects/info/alternates`.
struct GitLayer: Sendable {
    let folder: String
    /// The folder of the container that object folders are mounted below.
    let objectsFolder: String
    /// The number of commits that git shows of the source itself; `nil` for all of them.
    var depth: Int?

    /// A folder of objects, with its place in the container.
    struct ObjectStore: Sendable {
        let host: String
        let container: String
        /// The `.git` that needs it, relative to the source.
        let gitPath: String
    }

    /// Writes the layer to ``folder``.
    ///
    /// - Returns: where its objects are to be mounted.
    func write(_ snapshot: SourceSnapshot, _ mirror: SourceMirror) async throws -> [ObjectStore] {
        try Folder.remove(folder)
        var stores: [ObjectStore] = []
        for (number, part) in snapshot.parts.enumerated() {
            let gitPath = part.path.isEmpty ? ".git" : "\(part.path)/.git"
            let places = try objectStores(part.snapshot, gitPath, from: stores.count)
            stores += places
            let target = "\(folder)/\(gitPath)"
            for inner in ["objects/info", "objects/pack", "refs/heads", "refs/tags", "info"] {
                try Folder.makePublic("\(target)/\(inner)")
            }
            try write(part.snapshot, to: target, places)
            if number == 0, let depth, let commit = part.snapshot.head.commit {
                let ends = try await part.snapshot.repository.ends(ofHistory: depth, from: commit)
                let file = "\(target)/shallow"
                let known = Folder.exists(file) ? try Folder.read(file) : []
                if !ends.isEmpty { try Folder.write(file, known + Array(ends.map { $0 + "\n" }.joined().utf8)) }
            }
            try await index(part.snapshot, number, in: mirror, to: "\(target)/index")
        }
        return stores
    }

    private func write(_ part: SourceSnapshot, to target: String, _ places: [ObjectStore]) throws {
        let facts = part.facts
        try Folder.write("\(target)/HEAD", Array((Self.head(of: part) + "\n").utf8))
        try Folder.write("\(target)/config", Array(Self.config(facts).utf8))
        try Folder.write("\(target)/packed-refs", Array("# pack-refs with: sorted \n".utf8) + facts.references)
        let alternates = places.map { $0.container + "\n" }.joined()
        try Folder.write("\(target)/objects/info/alternates", Array(alternates.utf8))
        for name in ["shallow", "info/exclude"] {
            let file = "\(part.repository.commonDirectory)/\(name)"
            if Folder.exists(file) { try Folder.write("\(target)/\(name)", try Folder.read(file)) }
        }
    }

    /// The content of HEAD: a branch that was named is checked out, a tag or a commit is a detached HEAD, as in CodeBuild.
    private static func head(of part: SourceSnapshot) -> String {
        guard case .revision = part.kind else { return part.facts.head }
        guard let commit = part.head.commit else { return part.facts.head }
        guard let reference = part.head.reference, reference.hasPrefix("refs/heads/") else { return commit }
        return "ref: \(reference)"
    }

    /// The settings of a Linux checkout, followed by those settings of the user that a clone would have.
    ///
    /// The files' inodes, owners and times of change are not those the index knows, wherever files were copied: git is to
    /// look at size and time alone, or the first `git diff-index` would take every file for changed.
    private static func config(_ facts: GitFacts) -> String {
        var text = "[core]\n\tbare = false\n\tfilemode = true\n\tcheckStat = minimal\n\ttrustctime = false\n"
        for (key, value) in facts.settings {
            let parts = key.split(separator: ".")
            guard let section = parts.first, let name = parts.last else { continue }
            let inner =
                parts.count > 2 ? " \"\(parts.dropFirst().dropLast().joined(separator: ".").escapedForGit)\"" : ""
            let quoted = value.escapedForGit.split(separator: "\n", omittingEmptySubsequences: false)
                .joined(separator: "\\n")
            text += "[\(section)\(inner)]\n\t\(name) = \"\(quoted)\"\n"
        }
        return text
    }

    /// The folders of the repository's objects, of our own, and of those that the repository refers to by `alternates`.
    private func objectStores(_ part: SourceSnapshot, _ gitPath: String, from number: Int) throws -> [ObjectStore] {
        let own = [part.repository.objects, part.objects].enumerated().map { offset, host in
            ObjectStore(host: host, container: "\(objectsFolder)/\(number + offset)", gitPath: gitPath)
        }
        // Git looks for these at the paths the repository knows them by.
        let borrowed = try Self.borrowed(part.repository.objects).map {
            ObjectStore(host: $0, container: $0, gitPath: gitPath)
        }
        return own + borrowed
    }

    private static func borrowed(_ objects: String, depth: Int = 0) throws -> [String] {
        let file = "\(objects)/info/alternates"
        guard depth < 5, Folder.exists(file) else { return [] }
        let paths = String(decoding: try Folder.read(file), as: UTF8.self).split(separator: "\n").map(String.init)
            .filter { $0.hasPrefix("/") && Folder.exists($0) }
        return try paths + paths.flatMap { try borrowed($0, depth: depth + 1) }
    }

    /// Writes the index of the build: what is staged, with the times of the mirror's files.
    private func index(
        _ part: SourceSnapshot, _ number: Int, in mirror: SourceMirror, to path: String
    ) async throws {
        var source = mirror.index(number)
        if part.staged != part.checkout {
            source = "\(mirror.folder)/index-\(number)-\(part.staged)"
            if !Folder.exists(source) {
                for name in try Folder.names(mirror.folder) where name.hasPrefix("index-\(number)-") {
                    try Folder.remove("\(mirror.folder)/\(name)")
                }
                // Entries that are the same keep the times they have; the others get none, and so are seen as changed.
                _ = try Folder.copyWithTime(mirror.index(number), to: "\(source).new")
                let index = SnapshotIndex(part.repository, path: "\(source).new", objects: part.objects)
                _ = try await index.git.call(
                    ["read-tree", "--reset", part.staged], doing: "prepare the index of the build")
                _ = try explaining("write `\(source)`") {
                    try DirectoryHandle.check { rename("\(source).new", source) }
                }
            }
        }
        _ = try Folder.copyWithTime(source, to: path)
    }
}
