internal import Files
internal import ChildProcesses

/// The references and settings of a repository that a build sees.
struct GitFacts: Sendable {
    /// The references in the lines of `packed-refs`, `<id> <name>`, sorted by name.
    let references: [UInt8]
    /// The settings that a build may see, in git's order.
    let settings: [(key: String, value: String)]
    /// The content of HEAD: `ref: refs/heads/main`, or a commit.
    let head: String

    static func read(_ repository: GitRepository) async throws -> GitFacts {
        let git = repository.git
        async let references = git.call(
            ["for-each-ref", "--format=%(objectname) %(refname)"], doing: "list the refs of `\(git.folder)`")
        async let listing = git.run(["config", "--local", "--includes", "--list", "-z"])
        var head = trimmed(try Folder.read("\(repository.gitDirectory)/HEAD"))
        // Repositories of the newer "reftable" kind keep a stub there.
        if head == "ref: refs/heads/.invalid" {
            let symbolic = try await git.run(["symbolic-ref", "--quiet", "HEAD"])
            let other = symbolic.status.isSuccess ? symbolic : try await git.run(["rev-parse", "HEAD"])
            head = (symbolic.status.isSuccess ? "ref: " : "") + other.text
        }
        return try await GitFacts(
            references: references, settings: settings(listing.output).compactMap(visible), head: head)
    }

    /// The commit a full reference name stands for.
    func commit(of reference: String) -> String? {
        let wanted = Array(" \(reference)".utf8)
        for line in references.split(separator: 0x0a)
        where line.count > wanted.count && line.suffix(wanted.count) == wanted[...] {
            return String(decoding: line.dropLast(wanted.count), as: UTF8.self)
        }
        return nil
    }

    /// The commit and reference that are checked out.
    var checkedOut: SourceHead {
        guard head.hasPrefix("ref: ") else { return SourceHead(commit: head, reference: nil, origin: origin) }
        let reference = String(head.dropFirst(5))
        return SourceHead(commit: commit(of: reference), reference: reference, origin: origin)
    }

    var origin: String? { settings.last { $0.key == "remote.origin.url" }?.value }

    private static func trimmed(_ bytes: [UInt8]) -> String {
        String(decoding: bytes.prefix { $0 != 0x0a }, as: UTF8.self)
    }

    /// Parses `config --list -z`: the key, a line feed, the value, NUL. A key without a value has no line feed.
    private static func settings(_ bytes: [UInt8]) -> [(key: String, value: String)] {
        bytes.split(separator: 0).map { entry in
            let parts = entry.split(separator: 0x0a, maxSplits: 1, omittingEmptySubsequences: false)
            return (
                String(decoding: parts[0], as: UTF8.self),
                parts.count > 1 ? String(decoding: parts[1], as: UTF8.self) : "true"
            )
        }
    }

    /// The setting, when a fresh clone would have it, too. Others belong to this machine: hooks, monitors, editors, credentials,
    /// headers.
    private static func visible(_ setting: (key: String, value: String)) -> (key: String, value: String)? {
        let (key, value) = setting
        let parts = key.split(separator: ".")
        guard parts.count >= 2, let section = parts.first, let name = parts.last else { return nil }
        switch section {
        case "remote" where ["url", "pushurl"].contains(name): return (key, withoutPassword(value))
        case "remote" where ["fetch", "tagopt"].contains(name): return setting
        case "branch" where ["remote", "merge", "rebase"].contains(name): return setting
        case "submodule" where ["url", "active", "update"].contains(name): return (key, withoutPassword(value))
        case "user" where ["name", "email"].contains(name): return setting
        case "extensions" where name == "objectformat": return setting
        case "core" where name == "repositoryformatversion": return setting
        default: return nil
        }
    }

    /// Removes the part before the `@` from `https://user:secret@host/…`. Other forms of URLs hold no secret.
    static func withoutPassword(_ url: String) -> String {
        guard url.hasPrefix("http://") || url.hasPrefix("https://"), let start = url.firstRange(of: "://")?.upperBound
        else { return url }
        let host = url[start...].prefix { $0 != "/" }
        guard let at = host.lastIndex(of: "@") else { return url }
        return String(url[..<start] + url[url.index(after: at)...])
    }
}
