/// Stands in for Git LFS while snapshots are taken and checked out: content comes from this machine only, and no file is
/// added to the user's `.git/lfs`. Git starts this very program for it (``LFSFilterProcess``).
struct LFSFilter: Sendable {
    /// The command of this program that serves as the filter. Without it LFS files stay what their filters make of them.
    private let program: [String]
    /// The folder for new objects, and the user's own.
    private let stores: [String]

    init(_ repository: GitRepository, objects: String, program: [String]) {
        self.program = program
        stores = ["\(objects)/../lfs", "\(repository.commonDirectory)/lfs/objects"]
    }

    /// The settings that make git use the filter.
    ///
    /// - Parameter missing: a file that gets a line for every object that is not here.
    func settings(missing: String = "/dev/null") -> [String] {
        guard !program.isEmpty else { return [] }
        let words = (program + stores + [missing]).map { "'" + $0.replacing("'", with: "'\\''") + "'" }
        return ["filter.lfs.process=\(words.joined(separator: " "))", "filter.lfs.required=true"]
    }
}
