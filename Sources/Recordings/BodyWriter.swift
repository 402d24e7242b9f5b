internal import Crypto
internal import Synchronization
internal import Files

/// The body of a response on its way into the store: a file of its own, that is nobody's until it is recorded.
///
/// One that goes away, or whose process dies, leaves nothing that is ever met: at most a draft, which the next recording
/// removes.
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

    /// - Returns: `nil` when somebody swept the file before it was locked.
    private static func make(_ path: String, in folder: String) throws -> OwnedDescriptor? {
        func open() throws -> Int32 {
            let flags = O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC
            return try DirectoryHandle.check { SystemCall.open(path, flags: flags, mode: 0o600) }
        }
        let descriptor: Int32
        do { descriptor = try open() } catch Errno.noSuchFileOrDirectory {
            // What is recorded may be private.
            try Folder.make(folder, mode: 0o700)
            descriptor = try open()
        }
        let file = OwnedDescriptor(descriptor)
        // Held as long as it is written: what nobody holds is left from a process that died.
        do { try DirectoryHandle.check { flock(descriptor, LOCK_EX | LOCK_NB) } } catch Errno.wouldBlock { return nil }
        var info = stat()
        try DirectoryHandle.check { fstat(descriptor, &info) }
        return info.st_nlink > 0 ? file : nil
    }

    deinit { abandon() }

    /// Adds to the body. Blocks as long as the disk does.
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

    /// Bytes written so far.
    public var length: Int { state.withLock { $0.length } }

    /// Forgets the body; also after it was recorded, where it changes nothing.
    public func abandon() {
        state.withLock { state in
            guard let file = state.file else { return }
            unlink(path)
            file.close()
            state.file = nil
        }
    }

    /// What was written so far, when it is at most so much.
    func contents(limit: Int) throws -> [UInt8]? {
        try state.withLock { state in
            guard let file = state.file, state.length <= limit else { return nil }
            return try storing(doing) { try file.bytes(limit: state.length) }
        }
    }

    /// Puts the file in its place in the store, over one of the same content: what was there may be damaged.
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
