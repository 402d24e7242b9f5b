internal import Files
internal import Synchronization

extension Command {
    /// Runs a short command to its end by the system's own `posix_spawn`: no pipes, no threads that wait for them.
    ///
    /// A few milliseconds faster than ``run(inputFrom:outputTo:)``, which matters where the command itself takes no longer.
    /// A thread of its own waits for the command; cancelling kills it.
    ///
    /// - Parameter input: its standard input; belongs to the call, which closes it.
    /// - Returns: how it ended, with what it said on standard error; its standard output is dropped.
    /// - Throws: ``ChildProcessError``; `CancellationError`
    public func runBriefly(inputFrom input: Int32) async throws -> CommandOutput {
        try await patiently {
            let child = SpawnedChild()
            return try await withTaskCancellationHandler {
                try await BlockingThread.run { stop in
                    defer { close(input) }
                    let errors = OwnedDescriptor(try UnnamedFile(holding: []).descriptor)
                    defer { errors.close() }
                    try stop.check()
                    try child.start { try spawn(input: input, errors: errors.rawValue) }
                    // Cancelled before there was anything to kill.
                    if stop.isRaised { child.terminate() }
                    let status = try child.wait(for: executable)
                    try stop.check()
                    return CommandOutput(status: status, output: [], errorOutput: Self.content(of: errors.rawValue))
                }
            } onCancel: {
                child.terminate()
            }
        }
    }

    /// Runs the command with descriptors of this process as its streams, and waits for its end; cancelling kills it.
    ///
    /// - Parameters:
    ///   - input: its standard input; belongs to the call, as both outputs do, and is closed here once the command runs.
    ///   - output: its standard output.
    ///   - errors: its standard error.
    /// - Throws: ``ChildProcessError``; `CancellationError`
    public func run(input: Int32, output: Int32, errors: Int32) async throws -> ChildStatus {
        let child = SpawnedChild()
        return try await withTaskCancellationHandler {
            try await BlockingThread.run { stop in
                let ends = [input, output, errors].map(OwnedDescriptor.init)
                defer { for end in ends { end.close() } }
                try stop.check()
                try child.start { try spawn(input: input, output: output, errors: errors) }
                if stop.isRaised { child.terminate() }
                // Left open here, they would hide from others that the command has ended.
                for end in ends { end.close() }
                let status = try child.wait(for: executable)
                try stop.check()
                return status
            }
        } onCancel: {
            child.terminate()
        }
    }

    /// Starts the command in a session of its own and leaves it: nobody waits for it, and it reads and says nothing.
    ///
    /// - Throws: ``ChildProcessError``
    public func startDetached() throws {
        let null = SystemCall.open("/dev/null", flags: O_RDWR | O_CLOEXEC)
        guard null >= 0 else {
            throw ChildProcessError(doing: "run `\(executable)`", reason: String(cString: strerror(errno)))
        }
        defer { close(null) }
        _ = try spawn(input: null, errors: null, isDetached: true)
    }

    /// - Parameter output: its standard output, which is dropped where there is none.
    private func spawn(
        input: Int32, output: Int32? = nil, errors: Int32, isDetached: Bool = false
    ) throws -> pid_t {
        guard let program = Self.found(executable) else { throw ChildProcessError(notFound: executable) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input, 0)
        if let output {
            posix_spawn_file_actions_adddup2(&actions, output, 1)
        } else {
            posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        }
        posix_spawn_file_actions_adddup2(&actions, errors, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        if isDetached {
            posix_spawnattr_setflags(&attributes, Int16(Self.newSession))
        } else {
            // A process group of its own, as every child has.
            posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
            posix_spawnattr_setpgroup(&attributes, 0)
        }
        var child: pid_t = 0
        let status = Self.withCStrings([program] + arguments) { words in
            Self.withCStrings(inheritedEnvironment) { variables in
                posix_spawn(&child, program, &actions, &attributes, words, variables)
            }
        }
        guard status == 0 else {
            throw ChildProcessError(doing: "run `\(executable)`", reason: String(cString: strerror(status)))
        }
        return child
    }

    #if os(Linux)
        /// POSIX_SPAWN_SETSID of posix_spawnattr_setflags(3), which the C library's module does not show.
        private static let newSession = 0x80
    #else
        private static let newSession = 0x0400
    #endif

    /// The first 64 KiB.
    private static func content(of descriptor: Int32) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, count in
            count = max(0, pread(descriptor, buffer.baseAddress, buffer.count, 0))
        }
    }

    private var inheritedEnvironment: [String] {
        var entries: [String] = []
        var next = environ
        while let entry = next.pointee {
            let text = String(cString: entry)
            if environment[String(text.prefix { $0 != "=" })] == nil { entries.append(text) }
            next += 1
        }
        for (name, value) in environment {
            if let value { entries.append("\(name)=\(value)") }
        }
        return entries
    }

    private static func withCStrings<Result>(
        _ texts: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        let words = texts.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        return words.withUnsafeBufferPointer { body($0.baseAddress!) }
    }
}

/// A child process, the first of its group, that can be killed as long as its number belongs to it.
private final class SpawnedChild: Sendable {
    private let process = Mutex<pid_t?>(nil)
    private let entry = RunningChild()

    func start(_ spawn: () throws -> pid_t) throws {
        try process.withLock { process in
            let child = try spawn()
            entry.begin(child, leadsGroup: true)
            process = child
        }
    }

    func terminate() {
        process.withLock { process in
            if let process { _ = kill(-process, SIGKILL) }
        }
    }

    /// Waits on this thread until the child has ended.
    func wait(for executable: String) throws -> ChildStatus {
        guard let child = process.withLock({ $0 }) else {
            throw ChildProcessError(doing: "wait for `\(executable)`", reason: "it was not started")
        }
        // Left as it is, so that its number stays its own until nobody can kill it any more.
        var info = siginfo_t()
        try Self.check(executable) { waitid(P_PID, id_t(child), &info, WEXITED | WNOWAIT) }
        return try process.withLock { process in
            process = nil
            entry.end()
            var ending: Int32 = 0
            try Self.check(executable) { waitpid(child, &ending, 0) }
            let signal = ending & 0x7f
            return signal == 0 ? .exited(ending >> 8 & 0xff) : .signalled(signal)
        }
    }

    private static func check(_ executable: String, _ call: () -> Int32) throws {
        do { try DirectoryHandle.check(call) } catch let error as Errno {
            throw ChildProcessError(doing: "wait for `\(executable)`", reason: error.description)
        }
    }
}
