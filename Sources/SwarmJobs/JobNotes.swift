internal import Files

/// The names of jobs that may be on a swarm, a file for each: by them what a killed program left there is found.
public struct JobNotes: Sendable {
    private let folder: String

    public init(folder: String) { self.folder = folder }

    func add(_ job: String) throws {
        try Folder.make(folder)
        try Folder.replace("\(folder)/\(job)", with: [])
    }

    public func has(_ job: String) -> Bool { access("\(folder)/\(job)", F_OK) == 0 }

    /// Forgets a job of which nothing is left.
    public func remove(_ job: String) { unlink("\(folder)/\(job)") }
}
