/// The folder that the service clones a repository into, below its folder of sources (CODEBUILD.md 3.3).
public enum CloneFolder {
    /// `github.com/owner/repo` for `https://github.com/owner/repo.git`, and for every other form of a repository's address.
    ///
    /// - Returns: `nil` for an address whose host and path make no folder.
    public static func of(_ address: String) -> String? {
        var rest = Substring(address), separators: Set<Character> = ["/"]
        if let helper = rest.firstRange(of: "codecommit::"), helper.lowerBound == rest.startIndex {
            // git-remote-codecommit: `codecommit::eu-west-1://profile@repo`.
            let parts = rest[helper.upperBound...].split(separator: "://", maxSplits: 1)
            guard parts.count == 2, let name = parts[1].split(separator: "@").last else { return nil }
            rest = "git-codecommit.\(parts[0]).amazonaws.com/v1/repos/\(name)"
        } else if let scheme = rest.firstRange(of: "://") {
            rest = rest[scheme.upperBound...]
        } else {
            // `git@github.com:owner/repo.git`
            separators.insert(":")
        }
        let host = rest.prefix { !separators.contains($0) }
        if let user = host.lastIndex(of: "@") { rest = rest[rest.index(after: user)...] }
        if rest.hasSuffix(".git") { rest = rest.dropLast(".git".count) }
        var parts = rest.split { separators.contains($0) }.map(String.init)
        guard parts.count > 1, let first = parts.first else { return nil }
        // A port is no part of a folder's name.
        parts[0] = String(first.prefix { $0 != ":" })
        let isFolder = parts.allSatisfy { part in
            part != "." && part != ".."
                && part.utf8.allSatisfy {
                    (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0)
                        || [0x2d, 0x2e, 0x5f, 0x7e].contains($0)
                }
        }
        return isFolder ? parts.joined(separator: "/") : nil
    }
}
