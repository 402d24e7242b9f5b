internal import Files

/// The folders of this machine that we keep things in (XDG Base Directory Specification 0.8).
struct Places {
    let cache: String
    let state: String
    let currentDirectory: String
    let environment: [String: String]
    /// Whether a person is at the other end of standard error.
    let isInteractive: Bool

    init(environment: [String: String], currentDirectory: String, isInteractive: Bool) {
        self.isInteractive = isInteractive
        let home = environment["HOME"] ?? "/root"
        // A relative path in an XDG variable is to be ignored, says the specification.
        func base(_ variable: String, _ fallback: String) -> String {
            environment[variable].flatMap { $0.hasPrefix("/") ? $0 : nil } ?? "\(home)/\(fallback)"
        }
        cache = base("XDG_CACHE_HOME", ".cache") + "/buildspec"
        state = base("XDG_STATE_HOME", ".local/state") + "/buildspec"
        self.environment = environment
        self.currentDirectory = currentDirectory
    }

    /// Whether a failed build is likely to be looked into: a person at a terminal, and no CI or hook.
    var keepsFailures: Bool { isInteractive && (environment["CI"] ?? "").isEmpty && environment["GIT_DIR"] == nil }

    /// Keeps other users out of what is kept: records and caches hold what a build has read and said.
    ///
    /// - Throws: ``FileError`` where the system refuses.
    func close() throws {
        for folder in [state, cache] { try Folder.close(folder) }
    }

    /// The folder of the cache tarballs, when no other is named.
    var cacheStore: String { "\(cache)/caches" }

    /// The folder with a folder of recorded responses for each project.
    var recordings: String { "\(cache)/recordings" }

    /// The folder of a project's recorded responses.
    ///
    /// - Parameter key: ``BuildPlanning/ProjectIdentity/key``.
    func recordings(of key: String) -> String { "\(recordings)/\(key)" }

    /// The folder of a project's certificate authority, for this user alone.
    func authority(of key: String) -> String { "\(state)/authorities/\(key)" }

    /// The folder of the source snapshots.
    var snapshots: String { "\(cache)/snapshots" }

    /// Returns the same places, seen from another folder.
    func inFolder(_ folder: String) -> Places {
        Places(environment: environment, currentDirectory: folder, isInteractive: isInteractive)
    }

    /// The value of the environment variable that stands for a flag; an empty one is none.
    func variable(_ flag: String) -> String? {
        environment[Self.variableName(of: flag)].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// `BUILDSPEC_LOG_FORMAT` for `log-format`.
    static func variableName(of flag: String) -> String {
        "BUILDSPEC_" + String(flag.uppercased().map { $0 == "-" ? "_" : $0 })
    }

    /// An absolute path as it is shown: relative when it lies below the current folder.
    func shown(_ path: String) -> String {
        let here = absolute(".") + "/"
        return path.hasPrefix(here) ? String(path.dropFirst(here.count)) : path
    }

    /// A path as the user typed it, made absolute.
    func absolute(_ path: String) -> String {
        let joined = path.utf8.first == UInt8(ascii: "/") ? path : "\(currentDirectory)/\(path)"
        guard !Self.isNormal(joined) else { return joined }
        var parts: [Substring] = []
        for part in joined.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }

    /// Whether an absolute path surely has no empty step, no `.` and no `..`, and no slash at its end.
    private static func isNormal(_ path: String) -> Bool {
        var isStart = false
        for byte in path.utf8 {
            if isStart, byte == UInt8(ascii: "/") || byte == UInt8(ascii: ".") { return false }
            isStart = byte == UInt8(ascii: "/")
        }
        return !isStart
    }
}

/// The few questions to the file system that the front door asks itself.
enum Files {
    enum Kind { case folder, file, other }

    static func kind(of path: String) -> Kind? {
        switch FileStatus.at(path)?.kind {
        case .directory: .folder
        case .file: .file
        case nil: nil
        default: .other
        }
    }

    /// - Parameters:
    ///   - name: how the user would name the file, when that is not `path`.
    ///   - limit: how many bytes are of interest; of a longer file somewhat more than these are read.
    /// - Throws: ``Failure`` that names the file and the reason.
    static func read(_ path: String, named name: String? = nil, limit: Int = .max) throws -> [UInt8] {
        let descriptor = SystemCall.open(path, flags: O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw unreadable("`\(name ?? path)`") }
        defer { close(descriptor) }
        return try readAll(descriptor, named: "`\(name ?? path)`", limit: limit)
    }

    /// Reads a descriptor to its end.
    ///
    /// - Parameters:
    ///   - name: what to call it in a message.
    ///   - limit: how many bytes are of interest; of more somewhat more than these are read.
    ///   - wait: called before each part is read, to throw when nobody waits for it any more.
    static func readAll(
        _ descriptor: Int32, named name: String, limit: Int = .max, wait: () throws -> Void = {}
    ) throws -> [UInt8] {
        var bytes: [UInt8] = []
        // What has no status fails when it is read.
        let status = try? FileStatus.of(descriptor)
        let isRegular = status?.kind == .file, size = Int(status?.size ?? 0)
        // A byte more than the file has, so that its end shows at once.
        var capacity = isRegular ? min(size, limit - 1) + 1 : 65_536
        while bytes.count <= limit {
            try wait()
            var count = 0
            let part = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, filled in
                repeat {
                    count = SystemCall.read(descriptor, into: UnsafeMutableRawBufferPointer(buffer))
                } while count < 0 && errno == EINTR
                filled = max(0, count)
            }
            guard count >= 0 else { throw unreadable(name) }
            if count == 0 { break }
            if bytes.isEmpty { bytes = part } else { bytes += part }
            if isRegular, size > 0, part.count < capacity { break }
            capacity = 65_536
        }
        return bytes
    }

    /// Waits until standard input has something, and asks now and then whether to go on.
    static func waitForInput(asking check: () throws -> Void) throws {
        var input = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        var ready: Int32 = 0
        repeat {
            ready = poll(&input, 1, 100)
            if ready <= 0 { try check() }
        } while ready == 0 || ready < 0 && errno == EINTR
    }

    private static func unreadable(_ name: String) -> Failure {
        let isMissing = errno == ENOENT || errno == ENOTDIR
        return Failure(
            isMissing ? .noSuchFile : .inputOutput, "cannot read \(name): \(String(cString: strerror(errno)))")
    }

    /// The names in a folder, sorted; none when it cannot be read.
    static func names(in folder: String) -> [String] { (try? Folder.names(folder)) ?? [] }

    /// Makes a new, empty file and opens it for writing; or opens one that may be there, to write at its end.
    static func create(_ path: String, appends: Bool = false, mode: mode_t = 0o600) throws -> Int32 {
        let descriptor = SystemCall.open(
            path, flags: O_WRONLY | O_CREAT | (appends ? O_APPEND : O_TRUNC) | O_CLOEXEC, mode: UInt32(mode))
        guard descriptor >= 0 else { throw unwritable(path) }
        return descriptor
    }

    /// Opens a file for reading; whoever gets it closes it.
    static func open(_ path: String) throws -> Int32 {
        let descriptor = SystemCall.open(path, flags: O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw unreadable("`\(path)`") }
        return descriptor
    }

    private static func unwritable(_ path: String) -> Failure {
        Failure(.cannotWriteOutput, "cannot write `\(path)`: \(String(cString: strerror(errno)))")
    }
}
