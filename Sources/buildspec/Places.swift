#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Where things lie on this machine (XDG Base Directory Specification 0.8).
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

    /// The folder of the cache tarballs, when no other is named.
    var cacheStore: String { "\(cache)/caches" }

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
        let joined = path.hasPrefix("/") ? path : "\(currentDirectory)/\(path)"
        var parts: [Substring] = []
        for part in joined.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }
}

/// The few questions to the file system that the front door asks itself.
enum Files {
    enum Kind { case folder, file, other }

    static func kind(of path: String) -> Kind? {
        var info = stat()
        guard stat(path, &info) == 0 else { return nil }
        switch info.st_mode & S_IFMT {
        case S_IFDIR: return .folder
        case S_IFREG: return .file
        default: return .other
        }
    }

    /// - Throws: ``Failure`` that names the file and the reason.
    static func read(_ path: String) throws -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw unreadable("`\(path)`") }
        defer { close(descriptor) }
        return try readAll(descriptor, named: "`\(path)`")
    }

    /// Reads a descriptor to its end.
    ///
    /// - Parameter name: what to call it in a message.
    static func readAll(_ descriptor: Int32, named name: String) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = buffer.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count == 0 { return bytes }
            if count > 0 { bytes += buffer[..<count] } else if errno != EINTR { throw unreadable(name) }
        }
    }

    private static func unreadable(_ name: String) -> Failure {
        let isMissing = errno == ENOENT || errno == ENOTDIR
        return Failure(
            isMissing ? .noSuchFile : .inputOutput, "cannot read \(name): \(String(cString: strerror(errno)))")
    }

    /// The names in a folder, sorted; none when there is no such folder.
    static func names(in folder: String) -> [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Removes a folder with the files in it; those that cannot be removed stay.
    static func removeFolder(_ path: String) {
        for name in names(in: path) where unlink("\(path)/\(name)") != 0 { removeFolder("\(path)/\(name)") }
        rmdir(path)
    }

    /// Makes a folder and those above it.
    static func makeFolder(_ path: String) throws {
        if mkdir(path, 0o777) == 0 || errno == EEXIST { return }
        if errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex {
            try makeFolder(String(path[..<slash]))
            if mkdir(path, 0o777) == 0 || errno == EEXIST { return }
        }
        throw Failure(.cannotWriteOutput, "cannot make the folder `\(path)`: \(String(cString: strerror(errno)))")
    }

    /// Makes a new, empty file and opens it for writing; or opens one that may be there, to write at its end.
    static func create(_ path: String, appends: Bool = false, mode: mode_t = 0o666) throws -> Int32 {
        let descriptor = open(path, O_WRONLY | O_CREAT | (appends ? O_APPEND : O_TRUNC) | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw unwritable(path) }
        return descriptor
    }

    /// Writes a file whole or not at all.
    static func replace(_ path: String, with bytes: [UInt8], mode: mode_t = 0o666) throws {
        let temporary = "\(path).\(getpid()).tmp"
        let descriptor = try create(temporary, mode: mode)
        do {
            defer { close(descriptor) }
            try Terminal.write(bytes, to: descriptor, named: "`\(path)`")
        } catch {
            unlink(temporary)
            throw error
        }
        guard rename(temporary, path) == 0 else {
            unlink(temporary)
            throw unwritable(path)
        }
    }

    private static func unwritable(_ path: String) -> Failure {
        Failure(.cannotWriteOutput, "cannot write `\(path)`: \(String(cString: strerror(errno)))")
    }
}
