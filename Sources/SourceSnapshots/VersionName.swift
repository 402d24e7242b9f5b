/// A version of a source in the words of CodeBuild's `sourceVersion` (CODEBUILD-2026 F.2), and what git may call it.
public struct VersionName {
    /// The names to try, in this order.
    let names: [String]
    /// The full id of the commit that is meant, whatever the name stands for by now: `refs/heads/main^{ID}`.
    let commit: String?

    init(_ written: String) {
        var name = written
        if let start = written.firstRange(of: "^{"), written.hasSuffix("}"),
            Self.isCommit(written[start.upperBound...].dropLast())
        {
            commit = String(written[start.upperBound...].dropLast())
            name = String(written[..<start.lowerBound])
        } else {
            commit = nil
        }
        // What was fetched from the remote counts where no branch of that name is checked out.
        if name.hasPrefix("pr/") {
            let number = name.dropFirst("pr/".count)
            names = [
                "refs/pull/\(number)/head", "refs/remotes/origin/pr/\(number)",
                "refs/remotes/origin/pull/\(number)/head", name,
            ]
        } else if name.hasPrefix("refs/heads/") {
            names = [name, "refs/remotes/origin/\(name.dropFirst("refs/heads/".count))"]
        } else {
            names = name.hasPrefix("refs/") || name.contains("^") ? [name] : [name, "refs/remotes/origin/\(name)"]
        }
    }

    /// The full id of the commit that a version is pinned to: the version itself, or `refs/heads/main^{ID}`; `nil` for a name
    /// that may mean another commit by now.
    public static func commit(in version: String) -> String? {
        isCommit(version[...]) ? version : VersionName(version).commit
    }

    private static func isCommit(_ text: Substring) -> Bool {
        [40, 64].contains(text.utf8.count) && text.allSatisfy(\.isHexDigit)
    }
}
