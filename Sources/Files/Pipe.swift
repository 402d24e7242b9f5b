/// A pipe whose ends no child process inherits by accident.
public struct Pipe: Sendable {
    public let readEnd: Int32
    public let writeEnd: Int32

    /// F_SETPIPE_SZ of fcntl(2), which the C library's module does not show.
    private static let setPipeSize: Int32 = 1031

    /// Makes a FIFO, which another process may open by its name; both of its ends are open here from the start.
    ///
    /// - Parameter path: where it is made, for this user alone; must not exist.
    /// - Throws: ``FileError``
    public init(named path: String) throws {
        let isMade = mkfifo(path, 0o600) == 0
        let reader = isMade ? open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC) : -1
        let writer = reader < 0 ? -1 : open(path, O_WRONLY | O_CLOEXEC)
        guard writer >= 0, fcntl(reader, F_SETFL, 0) == 0 else {
            let failure = Errno(rawValue: errno)
            for end in [reader, writer] where end >= 0 { close(end) }
            if isMade { unlink(path) }
            throw FileError(.cannotWrite, doing: "make the FIFO `\(path)`", failure)
        }
        Self.widen(writer)
        readEnd = reader
        writeEnd = writer
    }

    /// - Throws: ``FileError`` when the process has no descriptor left.
    public init() throws {
        let (reader, writer) = try explaining("make a pipe") { try Self.closedOnExec() }
        Self.widen(writer)
        readEnd = reader
        writeEnd = writer
    }

    private static func closedOnExec() throws -> (Int32, Int32) {
        #if os(Linux)
            // In one step: a child that is born between two would have both ends.
            let ends = try FileDescriptor.pipe(options: .closeOnExec)
        #else
            let ends = try FileDescriptor.pipe()
            for end in [ends.readEnd, ends.writeEnd] { _ = fcntl(end.rawValue, F_SETFD, FD_CLOEXEC) }
        #endif
        return (ends.readEnd.rawValue, ends.writeEnd.rawValue)
    }

    /// Makes the pipe as large as an ordinary user may have it, for fewer turns between writer and reader. A refusal costs
    /// nothing.
    private static func widen(_ end: Int32) {
        #if os(Linux)
            _ = fcntl(end, setPipeSize, 1 << 20)
        #endif
    }
}
