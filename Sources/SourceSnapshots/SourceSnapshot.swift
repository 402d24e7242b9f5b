internal import Files
internal import Crypto

/// A source as a git tree, with its origin. Equal content has an equal ``tree`` and ``identity``.
public struct SourceSnapshot: Sendable {
    public let kind: SourceKind
    /// The id of the tree that becomes the source, without its submodules' content.
    public let tree: String
    /// A hash over ``tree`` and, recursively, the identity of every submodule (DESIGN 8.12).
    public let identity: String
    public let head: SourceHead
    /// Warnings about what was skipped or is missing, in a sentence each.
    public let warnings: [String]

    let repository: GitRepository
    let facts: GitFacts
    /// The folder of the objects that the repository itself does not have.
    let objects: String
    /// The tree that is checked out: ``tree``, below its path when the source is not the top of the repository.
    let checkout: String
    /// The tree that `git status` in the build compares the files with.
    let staged: String
    let submodules: [Submodule]

    struct Submodule: Sendable {
        /// The path relative to the top of the superproject.
        let path: String
        let snapshot: SourceSnapshot
    }

    public var hasSubmodules: Bool { !submodules.isEmpty }

    /// All submodules, those within others too, with their paths from the top.
    var allSubmodules: [Submodule] {
        submodules.flatMap { outer in
            [outer]
                + outer.snapshot.allSubmodules.map {
                    Submodule(path: "\(outer.path)/\($0.path)", snapshot: $0.snapshot)
                }
        }
    }

    static func identity(tree: String, _ submodules: [Submodule]) -> String {
        var hash = SHA256()
        hash.update(data: Array("tree \(tree)\0".utf8))
        for module in submodules.sorted(by: { $0.path < $1.path }) {
            hash.update(data: Array("\(module.path)\0\(module.snapshot.identity)\0".utf8))
        }
        return hexadecimal(hash.finalize())
    }
}
