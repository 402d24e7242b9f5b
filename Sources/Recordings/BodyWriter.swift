internal import Crypto
internal import Synchronization
internal import Files

/// The body of a response on its way into the store: a file of its own, that is nobody's until it is recorded.
///
/// One that goes away, or whose process dies, leaves nothing that is ever met: at most a draft, which the next recording
/// removes.
public final class BodyWriter: Sendable {
    private struct State {
        var descriptor: Int32
        var hash = SHA256()
        var length = 0
    }

    private let state: Mutex<State>
    let path: String
    private var doing: String { "write the recording `\(path)`" }

    /// - Parameter folder: of the drafts; made when it is missing.
    init(in folder: String) throws {
        let doing = "write a recording in `\(folder)`"
        while true {
            let path = "\(folder)/\(UniqueName.make())"
            let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            if descriptor < 0, errno == ENOENT {
                try FileAccess.makeFolder(folder, doing: doing)
                continue
            }
            if descriptor < 0, errno == EEXIST { continue }
            guard descriptor >= 0 else { throw FileAccess.failure(doing) }
            // Held as long as it is written: what nobody holds is left from a process that died.
            var info = stat()
            let isHeld = flock(descriptor, LOCK_EX | LOCK_NB) == 0, reason = errno
            guard isHeld || reason == EWOULDBLOCK, fstat(descriptor, &info) == 0 else {
                defer { close(descriptor) }
                throw FileAccess.failure(doing)
            }
            // Somebody may have swept it between the two calls, or be about to.
            guard isHeld, info.st_nlink > 0 else {
                close(descriptor)
                continue
            }
            self.path = path
            state = Mutex(State(descriptor: descriptor))
            return
        }
    }

    deinit { abandon() }

    /// Adds to the body. Blocks as long as the disk does.
    public func write(_ bytes: UnsafeRawBufferPointer) throws {
        try state.withLock { state in
            try FileAccess.write(bytes, to: state.descriptor, doing: doing)
            state.hash.update(bufferPointer: bytes)
            state.length += bytes.count
        }
    }

    /// As ``write(_:)-(UnsafeRawBufferPointer)``.
    public func write(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try write($0) } }

    /// Bytes written so far.
    public var length: Int { state.withLock { $0.length } }

    /// Forgets the body; also after it was recorded, where it changes nothing.
    public func abandon() {
        state.withLock { state in
            guard state.descriptor >= 0 else { return }
            unlink(path)
            close(state.descriptor)
            state.descriptor = -1
        }
    }

    /// What was written so far, when it is at most so much.
    func contents(limit: Int) throws -> [UInt8]? {
        try state.withLock { state in
            guard state.descriptor >= 0, state.length <= limit else { return nil }
            return try [UInt8](unsafeUninitializedCapacity: state.length) { buffer, count in
                count = pread(state.descriptor, buffer.baseAddress, buffer.count, 0)
                guard count == buffer.count else {
                    count = 0
                    throw FileAccess.failure(doing)
                }
            }
        }
    }

    /// Puts the file in its place in the store, over one of the same content: what was there may be damaged.
    ///
    /// - Parameters:
    ///   - modified: the time the file is to have, in nanoseconds since 1970; now, if it is not said.
    ///   - place: of a content, by its hash.
    func keep(modified: Int64? = nil, at place: (String) -> String) throws -> RecordingFile.Body? {
        try state.withLock { state in
            guard state.descriptor >= 0 else {
                throw RecordingError(doing: doing, reason: "its body was abandoned, or recorded already")
            }
            defer {
                close(state.descriptor)
                state.descriptor = -1
            }
            guard state.length > 0 else {
                unlink(path)
                return nil
            }
            if let modified {
                let time = timespec(tv_sec: Int(modified / 1_000_000_000), tv_nsec: Int(modified % 1_000_000_000))
                guard futimens(state.descriptor, [time, time]) == 0 else { throw FileAccess.failure(doing) }
            }
            let hash = hexadecimal(state.hash.finalize())
            try FileAccess.move(path, to: place(hash), doing: doing)
            return RecordingFile.Body(hash: hash, length: state.length)
        }
    }
}
