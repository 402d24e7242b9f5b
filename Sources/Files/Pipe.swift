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
        let reader = mkfifo(path, 0o600) == 0 ? open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC) : -1
        let writer = reader < 0 ? -1 : open(path, O_WRONLY | O_CLOEXEC)
        guard writer >= 0, fcntl(reader, F_SETFL, 0) == 0 else {
            let failure = Errno(rawValue: errno)
            for end in [reader, writer] where end >= 0 { close(end) }
            throw FileError(.cannotWrite, doing: "make the FIFO `\(path)`", failure)
        }
        Self.widen(writer)
        readEnd = reader
        writeEnd = writer
    }

    /// - Throws: ``FileError`` when the process has no descriptor left.
    public init() throws {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else {
            throw FileError(.cannotWrite, doing: "make a pipe", Errno(rawValue: errno))
        }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        Self.widen(ends[1])
        readEnd = ends[0]
        writeEnd = ends[1]
    }

    /// Makes the pipe as large as an ordinary user may have it, for fewer turns between writer and reader. A refusal costs
    /// nothing.
    private static func widen(_ end: Int32) {
        #if os(Linux)
            _ = fcntl(end, setPipeSize, 1 << 20)
        #endif
    }
}
