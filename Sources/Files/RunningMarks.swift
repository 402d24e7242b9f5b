/// The marks of running builds: a file for each, locked as long as its process lives. By them the containers of dead
/// processes are found without asking the engine, and without trusting process numbers.
public struct RunningMarks: Sendable {
    private let folder: String

    /// - Parameter folder: made by the caller.
    public init(folder: String) { self.folder = folder }

    /// Marks a container as ours until the mark is released, or this process ends in whatever way.
    ///
    /// Waits while another process sweeps what an earlier build of this name left; cancelling ends the wait.
    ///
    /// - Throws: ``FileError`` when the mark cannot be written.
    public func mark(_ container: String) async throws -> Mark {
        let path = "\(folder)/\(container)"
        do {
            let lock = try await FileLock.acquire(
                Array(container.utf8), in: DirectoryHandle(opening: FilePath(folder)), .exclusive, purpose: "running")
            return Mark(path: path, lock: lock)
        } catch let error as CancellationError {
            throw error
        } catch {
            throw FileError(.cannotWrite, doing: "mark the build as running in `\(path)`", error)
        }
    }

    public struct Mark: Sendable {
        fileprivate let path: String
        fileprivate let lock: FileLock

        /// Removes the mark, once the container is gone.
        public func release() {
            unlink(path)
            lock.release()
        }

        /// Leaves the mark to the next sweep, because something of the container may still be there.
        public func leave() { lock.release() }
    }

    /// The names of all containers that are marked.
    public func names() -> [String] {
        ((try? Folder.entries(of: Array(folder.utf8))) ?? []).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Takes the marks whose processes are dead, hands each container's name to `remove`, and deletes the marks of those
    /// that it removed: one that throws, or returns `false`, is tried again by the next sweep.
    ///
    /// A mark that somebody else is sweeping, or that was left and marked anew, is not touched.
    public func sweep(_ remove: (String) async throws -> Bool) async {
        for name in (try? Folder.entries(of: Array(folder.utf8))) ?? [] {
            let container = String(decoding: name, as: UTF8.self)
            // Not made when it is missing: then its process has just released it.
            let descriptor = open("\(folder)/\(container)", O_RDWR | O_CLOEXEC)
            guard descriptor >= 0 else { continue }
            let file = OwnedDescriptor(descriptor)
            defer { file.close { _ = flock($0, LOCK_UN) } }
            var info = stat()
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, fstat(descriptor, &info) == 0, info.st_nlink > 0 else {
                continue
            }
            // What cannot be removed now keeps its mark and is tried again by the next run.
            if (try? await remove(container)) == true { unlink("\(folder)/\(container)") }
        }
    }
}
