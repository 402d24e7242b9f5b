/// A file for each running build, locked as long as its process lives: so containers of dead ones are found without asking
/// the engine, and without trusting process numbers.
public struct RunningMarks: Sendable {
    private let folder: String

    /// - Parameter folder: made by the caller.
    public init(folder: String) { self.folder = folder }

    /// Marks a container as ours until the mark is released, or this process ends in whatever way.
    ///
    /// - Throws: ``FileError`` when the mark cannot be written.
    public func mark(_ container: String) throws -> Mark {
        let path = "\(folder)/\(container)"
        while true {
            let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
            guard descriptor >= 0, flock(descriptor, LOCK_EX) == 0 else {
                throw FileError(
                    .cannotWrite, doing: "mark the build as running in `\(path)`",
                    reason: String(cString: strerror(errno)))
            }
            // A sweep may have come between the two calls and deleted the file.
            var info = stat()
            if fstat(descriptor, &info) == 0, info.st_nlink > 0 { return Mark(path: path, descriptor: descriptor) }
            close(descriptor)
        }
    }

    public struct Mark: Sendable {
        fileprivate let path: String
        fileprivate let descriptor: Int32

        /// The container is gone.
        public func release() {
            unlink(path)
            close(descriptor)
        }
    }

    /// Takes over the marks whose owners are dead, hands each container's name to `remove`, and deletes those it removed.
    public func sweep(_ remove: (String) async throws -> Void) async {
        for name in (try? Folder.entries(of: Array(folder.utf8))) ?? [] {
            let container = String(decoding: name, as: UTF8.self)
            let descriptor = open("\(folder)/\(container)", O_RDWR | O_CLOEXEC)
            guard descriptor >= 0 else { continue }
            defer { close(descriptor) }
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { continue }
            // What cannot be removed now keeps its mark and is tried again by the next run.
            if (try? await remove(container)) != nil { unlink("\(folder)/\(container)") }
        }
    }
}
