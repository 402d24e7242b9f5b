internal import Files

/// A pipe for one tar stream, or a FIFO that a container sees, too. Its ends are closed when it is released.
final class StreamPipe: Sendable {
    let readEnd: OwnedDescriptor
    let writeEnd: OwnedDescriptor
    /// The FIFO's name in its folder; `nil` for a pipe that only this machine knows.
    let name: String?
    private let path: String?

    init() throws {
        let pipe = try Pipe()
        readEnd = OwnedDescriptor(pipe.readEnd)
        writeEnd = OwnedDescriptor(pipe.writeEnd)
        name = nil
        path = nil
    }

    /// Makes a FIFO in a folder. It is removed when the pipe is released.
    init(in folder: String) throws {
        let name = "\(UInt64.random(in: .min ... .max))", path = "\(folder)/\(name)"
        let pipe = try Pipe(named: path)
        readEnd = OwnedDescriptor(pipe.readEnd)
        writeEnd = OwnedDescriptor(pipe.writeEnd)
        self.name = name
        self.path = path
    }

    deinit { if let path { unlink(path) } }

    /// Asks what a reader would find now: `POLLIN` means bytes, `POLLHUP` that no writer is left.
    ///
    /// - Parameter milliseconds: the time to wait for either; a negative one waits without a limit.
    func events(within milliseconds: Int32) -> Int16 {
        var waiting = pollfd(fd: readEnd.rawValue, events: Int16(POLLIN), revents: 0)
        while poll(&waiting, 1, milliseconds) < 0, errno == EINTR {}
        return waiting.revents
    }
}

extension OwnedDescriptor {
    /// Makes another descriptor of the same file, which no child inherits. The caller closes it.
    func duplicate() throws -> Int32 {
        let copy = fcntl(rawValue, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else {
            throw FileError(.cannotRead, doing: "open a pipe once more", Errno(rawValue: errno))
        }
        return copy
    }
}
