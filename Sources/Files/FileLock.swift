/// A lock on a file, which many may hold `shared` or one `exclusive`: many readers, one writer.
///
/// It uses `flock`, so it ends with the process at the latest. Each holder writes a line about itself into the file, for
/// those who wait.
public final class FileLock: Sendable {
    public enum Mode: Sendable { case shared, exclusive }

    private let file: OwnedDescriptor?

    private init(_ file: OwnedDescriptor?) { self.file = file }

    deinit { release() }

    /// Releases the lock. It is also released with the last reference to it, but a thread that is just ending may hold
    /// that reference a moment longer.
    public func release() {
        // Closing alone would leave it to a child process of ours that is just being born and has a copy still.
        file?.close { _ = flock($0, LOCK_UN) }
    }

    /// Receives a text about the holder that is waited for.
    public typealias Waiting = @Sendable (String) -> Void

    /// How a lock is waited for.
    public struct Wait: Sendable {
        let clock: any Clock<Duration>
        let onWait: Waiting?

        /// - Parameter onWait: called once, before the first wait.
        public init(clock: any Clock<Duration> = ContinuousClock(), onWait: Waiting? = nil) {
            self.clock = clock
            self.onWait = onWait
        }
    }

    /// Waits for the lock. Cancelling ends the wait.
    ///
    /// - Parameters:
    ///   - name: of the lock's file in `directory`.
    ///   - purpose: "saving", for the others to read.
    public static func acquire(
        _ name: [UInt8], in directory: DirectoryHandle, _ mode: Mode, purpose: String, wait: Wait = Wait()
    ) async throws -> FileLock {
        var pause = Duration.milliseconds(10)
        var hasTold = false
        while true {
            try Task.checkCancellation()
            if let lock = try tryAcquire(name, in: directory, mode, purpose: purpose) { return lock }
            if !hasTold {
                wait.onWait?(holders(name, in: directory))
                hasTold = true
            }
            try await wait.clock.sleep(for: pause)
            pause = min(pause * 2, .milliseconds(200))
        }
    }

    /// - Returns: `nil` when somebody else holds it.
    public static func tryAcquire(
        _ name: [UInt8], in directory: DirectoryHandle, _ mode: Mode, purpose: String
    ) throws -> FileLock? {
        while true {
            let file: OwnedDescriptor
            do {
                file = try directory.openLockFile(name)
            } catch let error as Errno
                where mode == .shared && (error == .readOnlyFileSystem || error == .permissionDenied)
            {
                // Where we cannot write, nobody like us can: there is nothing to lock against.
                return FileLock(nil)
            }
            do {
                try DirectoryHandle.check { flock(file.rawValue, (mode == .shared ? LOCK_SH : LOCK_EX) | LOCK_NB) }
            } catch Errno.wouldBlock {
                return nil
            }
            // Somebody may have removed the file between our opening and locking it; then ours locks nothing.
            guard let current = try? directory.status(name), let ours = try? FileStatus.of(file.rawValue),
                current.inode == ours.inode, current.device == ours.device
            else { continue }
            file.leaveWord(purpose, alone: mode == .exclusive)
            return FileLock(file)
        }
    }

    /// The newest holder of the lock whose process is alive.
    private static func holders(_ name: [UInt8], in directory: DirectoryHandle) -> String {
        let lines = (try? directory.openFile(name))?.firstBytes(4096).split(separator: 0x0a) ?? []
        let alive = lines.map { String(decoding: $0, as: UTF8.self) }.filter { line in
            guard let process = line.split(separator: " ").last.flatMap({ pid_t($0) }) else { return false }
            return kill(process, 0) == 0 || errno == EPERM
        }
        return alive.last ?? "another process"
    }
}

extension DirectoryHandle {
    fileprivate func openLockFile(_ name: [UInt8]) throws -> OwnedDescriptor {
        let flags = O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, mode = try keptModes().file
        return OwnedDescriptor(
            try Self.check {
                (name.map { CChar(bitPattern: $0) } + [0]).withUnsafeBufferPointer { name in
                    openat(descriptor, name.baseAddress!, flags, mode_t(mode))
                }
            })
    }
}

extension OwnedDescriptor {
    /// Writes a line about the holder into the lock's file; an exclusive holder clears the file first. Failing to write it
    /// harms nothing.
    fileprivate func leaveWord(_ purpose: String, alone: Bool) {
        if alone { _ = ftruncate(rawValue, 0) }
        let line = Array("\(purpose), process \(getpid())\n".utf8)
        _ = line.withUnsafeBytes { write(rawValue, $0.baseAddress, $0.count) }
    }

    /// The first bytes of the file, at most `count`.
    fileprivate func firstBytes(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            filled = max(0, pread(rawValue, buffer.baseAddress, count, 0))
        }
    }
}
