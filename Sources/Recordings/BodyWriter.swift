internal import Crypto
internal import Synchronization
internal import Files

/// Writes the body of a response for the store: a file of its own, which belongs to no recording until it is recorded.
///
/// A body that is never recorded, or whose process dies, leaves a draft at most, which the next recording removes.
public final class BodyWriter: Sendable {
    private struct State {
        /// `nil` once the body is recorded or abandoned.
        var file: OwnedDescriptor?
        var hash = SHA256()
        var length = 0
    }

    private let state: Mutex<State>
    let path: String
    private var doing: String { "write the recording `\(path)`" }

    /// - Parameter folder: of the drafts; made when it is missing.
    init(in folder: String) throws {
        while true {
            let path = "\(folder)/\(UniqueName.make())"
            let file = try storing("write a recording in `\(folder)`") { try Self.make(path, in: folder) }
            guard let file else { continue }
            self.path = path
            state = Mutex(State(file: file))
            return
        }
    }

    /// - Returns: `nil` when somebody swept the file before it was locked, or its folder.
    private static func make(_ path: String, in folder: String) throws -> OwnedDescriptor? {
        func open() throws -> Int32 {
            let flags = O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC
            return try DirectoryHandle.check { SystemCall.open(path, flags: flags, mode: 0o600) }
        }
        let descriptor: Int32
        do { descriptor = try open() } catch Errno.noSuchFileOrDirectory {
            // What is recorded may be private.
            try Folder.make(folder, mode: 0o700)
            // Somebody who has nothing to write may remove the empty folder at this moment.
            do { descriptor = try open() } catch Errno.noSuchFileOrDirectory { return nil }
        }
        let file = OwnedDescriptor(descriptor)
        // Held as long as it is written: what nobody holds is left from a process that died.
        do { try DirectoryHandle.check { flock(descriptor, LOCK_EX | LOCK_NB) } } catch Errno.wouldBlock { return nil }
        var info = stat()
        try DirectoryHandle.check { fstat(descriptor, &info) }
        return info.st_nlink > 0 ? file : nil
    }

    deinit { abandon() }

    /// Adds bytes to the body. It blocks as long as the disk does.
    public func write(_ bytes: UnsafeRawBufferPointer) throws {
        try state.withLock { state in
            guard let file = state.file else { throw over }
            try storing(doing) { try file.writeAll(bytes) }
            state.hash.update(bufferPointer: bytes)
            state.length += bytes.count
        }
    }

    private var over: RecordingError {
        RecordingError(doing: doing, reason: "its body was abandoned, or recorded already")
    }

    /// As ``write(_:)-(UnsafeRawBufferPointer)``.
    public func write(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try write($0) } }

    /// The number of bytes written so far.
    public var length: Int { state.withLock { $0.length } }

    /// Drops the body. After it was recorded this changes nothing.
    public func abandon() {
        state.withLock { state in
            guard let file = state.file else { return }
            unlink(path)
            file.close()
            state.file = nil
        }
    }

    /// The bytes written so far; `nil` when they are more than `limit`.
    func contents(limit: Int) throws -> [UInt8]? {
        try state.withLock { state in
            guard let file = state.file, state.length <= limit else { return nil }
            return try storing(doing) { try file.bytes(limit: state.length) }
        }
    }

    /// Moves the file to its place in the store. It replaces a file of the same content, which may be damaged.
    ///
    /// - Parameters:
    ///   - modified: the time the file is to have, since 1970; now, if it is not said.
    ///   - place: of a content, by its hash.
    func keep(modified: Duration? = nil, at place: (String) -> String) throws -> RecordingFile.Body? {
        try state.withLock { state in
            guard let file = state.file else { throw over }
            defer {
                file.close()
                state.file = nil
            }
            guard state.length > 0 else {
                unlink(path)
                return nil
            }
            let hash = hexadecimal(state.hash.finalize())
            try storing(doing) {
                if let modified { try file.setModified(modified) }
                try Folder.move(path, to: place(hash), mode: 0o700)
            }
            return RecordingFile.Body(hash: hash, length: state.length)
        }
    }
}
