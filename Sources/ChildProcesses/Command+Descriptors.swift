internal import Subprocess
#if canImport(System)
    internal import System
#else
    internal import SystemPackage
#endif
#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

extension Command {
    /// Runs the command with a descriptor as its standard input or output; no byte of that stream passes through us.
    ///
    /// Both descriptors belong to the call: they are closed once the child has them, and also when it cannot be started.
    ///
    /// - Returns: how it ended, with the first 64 KiB of standard error.
    public func run(inputFrom input: Int32? = nil, outputTo output: Int32? = nil) async throws -> CommandOutput {
        do {
            return switch (input, output) {
            case (let input?, let output?):
                try await gathered(.fileDescriptor(owned(input), closeAfterSpawningProcess: true), owned(output))
            case (let input?, nil):
                try await gathered(.fileDescriptor(owned(input), closeAfterSpawningProcess: true), nil)
            case (nil, let output?): try await gathered(.none, owned(output))
            case (nil, nil): try await gathered(.none, nil)
            }
        } catch let error as SubprocessError {
            throw ChildProcessError(doing: "run `\(executable)`", error)
        }
    }

    /// Runs the command with a descriptor as its standard input, which is closed as ``run(inputFrom:outputTo:)`` does it.
    ///
    /// - Returns: how it ended, with the first 64 KiB of what it printed.
    public func collect(inputFrom input: Int32) async throws -> CommandOutput {
        do {
            let result = try await Subprocess.run(
                configuration, input: .fileDescriptor(owned(input), closeAfterSpawningProcess: true),
                output: .bytes(limit: 64 << 10), error: .bytes(limit: 64 << 10))
            return CommandOutput(
                status: ChildStatus(result.terminationStatus), output: result.standardOutput,
                errorOutput: result.standardError)
        } catch let error as SubprocessError {
            throw ChildProcessError(doing: "run `\(executable)`", error)
        }
    }

    private func owned(_ descriptor: Int32) -> FileDescriptor { FileDescriptor(rawValue: descriptor) }

    private func gathered(
        _ input: some InputProtocol, _ output: FileDescriptor?
    ) async throws -> CommandOutput {
        if let output {
            let result = try await Subprocess.run(
                configuration, input: input, output: .fileDescriptor(output, closeAfterSpawningProcess: true),
                error: .bytes(limit: 64 << 10))
            return CommandOutput(
                status: ChildStatus(result.terminationStatus), output: [], errorOutput: result.standardError)
        }
        let result = try await Subprocess.run(
            configuration, input: input, output: .discarded, error: .bytes(limit: 64 << 10))
        return CommandOutput(
            status: ChildStatus(result.terminationStatus), output: [], errorOutput: result.standardError)
    }
}

/// A pipe whose two ends no child inherits by accident.
public struct Pipe: Sendable {
    public let readEnd: Int32
    public let writeEnd: Int32

    /// F_SETPIPE_SZ of fcntl(2), which the C library's module does not show.
    private static let setPipeSize: Int32 = 1031

    /// A pipe with a name, that another process may open: a FIFO, both of whose ends are open here at once.
    ///
    /// - Parameter path: where it is made, for this user alone; must not exist.
    /// - Throws: ``ChildProcessError``
    public init(named path: String) throws {
        let reader = mkfifo(path, 0o600) == 0 ? open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC) : -1
        let writer = reader < 0 ? -1 : open(path, O_WRONLY | O_CLOEXEC)
        guard writer >= 0, fcntl(reader, F_SETFL, 0) == 0 else {
            let reason = String(cString: strerror(errno))
            for end in [reader, writer] where end >= 0 { close(end) }
            throw ChildProcessError(doing: "make the FIFO `\(path)`", reason: reason)
        }
        Self.widen(writer)
        readEnd = reader
        writeEnd = writer
    }

    /// - Throws: ``ChildProcessError`` when the process has no descriptor left.
    public init() throws {
        var ends: [Int32] = [-1, -1]
        let status = pipe(&ends)
        for end in ends where status == 0 { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        guard status == 0 else {
            throw ChildProcessError(doing: "make a pipe", reason: String(cString: strerror(errno)))
        }
        Self.widen(ends[1])
        readEnd = ends[0]
        writeEnd = ends[1]
    }

    /// As large as an ordinary user may have it: fewer turns between writer and reader. A refusal costs nothing.
    private static func widen(_ end: Int32) {
        #if os(Linux)
            _ = fcntl(end, setPipeSize, 1 << 20)
        #endif
    }
}
