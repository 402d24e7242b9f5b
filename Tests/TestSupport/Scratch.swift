import Files
import Archives

/// A folder for one test, gone with it.
@discardableResult
public func withScratch<Result>(_ body: (FilePath) async throws -> Result) async throws -> Result {
    var template = Array("\(getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp")/workspaces-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Errno(rawValue: errno) }
    let path = FilePath(platformString: template)
    let outcome: Swift.Result<Result, any Error>
    do { outcome = .success(try await body(path)) } catch { outcome = .failure(error) }
    try await run("chmod", "-R", "u+rwx", path.string)
    try await run("rm", "-rf", path.string)
    return try outcome.get()
}

/// Runs a program to its end, without blocking the pool of the tests.
///
/// - Throws: ``ProgramFailure`` when it does not exit with 0.
@discardableResult
public func run(_ arguments: String...) async throws -> [UInt8] {
    try await BlockingThread.run { _ in
        let (readEnd, writeEnd) = try makePipe()
        let ends = [readEnd.rawValue, writeEnd.rawValue]
        #if canImport(Darwin)
            var actions: posix_spawn_file_actions_t?
        #else
            var actions = posix_spawn_file_actions_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 2)
        var process = pid_t()
        let words = arguments.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        let failure = posix_spawnp(&process, arguments[0], &actions, nil, words, environ)
        close(ends[1])
        defer { close(ends[0]) }
        guard failure == 0 else { throw Errno(rawValue: failure) }
        var output: [UInt8] = []
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 1)
        defer { buffer.deallocate() }
        while true {
            let count = read(ends[0], buffer.baseAddress, buffer.count)
            if count <= 0 { break }
            output += buffer[..<count]
        }
        var status: Int32 = 0
        waitpid(process, &status, 0)
        if status != 0 {
            throw ProgramFailure(arguments: arguments, status: status, output: String(decoding: output, as: UTF8.self))
        }
        return output
    }
}

/// Whether something comes to be so within half a minute.
public func eventually(_ isSo: () async throws -> Bool) async throws -> Bool {
    for _ in 0..<600 {
        if try await isSo() { return true }
        try await Task.sleep(for: .milliseconds(50))
    }
    return false
}

/// Makes a program of a script. A child writes it: while this process had it open, another test could fork, and starting the
/// program would fail (`ETXTBSY`) for as long as that child has its copy of the descriptor.
public func makeProgram(_ script: String, at path: String) async throws {
    try await run("sh", "-c", #"mkdir -p "${1%/*}" && printf %s "$2" >"$1" && chmod 755 "$1""#, "sh", path, script)
}

/// A pipe that no child process inherits.
public func makePipe() throws -> (readEnd: FileDescriptor, writeEnd: FileDescriptor) {
    #if os(Linux)
        return try FileDescriptor.pipe(options: .closeOnExec)
    #else
        let ends = try FileDescriptor.pipe()
        for end in [ends.readEnd, ends.writeEnd] { _ = fcntl(end.rawValue, F_SETFD, FD_CLOEXEC) }
        return ends
    #endif
}

public struct ProgramFailure: Error {
    public let arguments: [String]
    public let status: Int32
    public let output: String
}

/// Whether the machine's `tar` is GNU's; a suite that needs it is skipped visibly elsewhere.
public let hasGNUTar: Bool = {
    guard let stream = popen("tar --version 2>/dev/null", "r") else { return false }
    defer { pclose(stream) }
    var line = [CChar](repeating: 0, count: 256)
    guard fgets(&line, 255, stream) != nil else { return false }
    return String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self).contains("GNU tar")
}()

extension FilePath {
    /// The whole file.
    public func bytes() throws -> [UInt8] {
        let file = try FileDescriptor.open(self, .readOnly)
        return try file.closeAfter {
            let size = Int(try file.seek(offset: 0, from: .end))
            return try [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
                count = try file.read(fromAbsoluteOffset: 0, into: UnsafeMutableRawBufferPointer(buffer))
            }
        }
    }

    /// The whole file as text.
    public func text() throws -> String { String(decoding: try bytes(), as: UTF8.self) }

    /// Makes the file of these bytes, with the folders above it.
    public func write(_ bytes: [UInt8]) throws {
        let file = try FileDescriptor.open(
            self, .writeOnly, options: [.create, .truncate], permissions: [.ownerReadWrite, .groupRead, .otherRead])
        try file.closeAfter { _ = try file.writeAll(bytes) }
    }

    public func write(_ text: String) throws { try write(Array(text.utf8)) }

    /// The names in a folder, or nothing where there is none.
    public func names() -> [String] {
        guard let stream = opendir(string) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            names.append(String(decoding: name, as: UTF8.self))
        }
        return names.filter { $0 != "." && $0 != ".." }.sorted()
    }

    /// Opened for reading; whoever gets it closes it.
    public func open() throws -> Int32 { try FileDescriptor.open(self, .readOnly).rawValue }
}

extension ArchiveEntry {
    public init(_ path: String, _ kind: Kind = .file, mode: UInt32 = 0o644) {
        self.init(path: Array(path.utf8), kind: kind, mode: mode, modified: .init(seconds: 1_700_000_000))
    }

    public static func link(_ path: String, to target: String) -> Self {
        Self(path, .symbolicLink(target: Array(target.utf8)), mode: 0o777)
    }

    public static func hardLink(_ path: String, to target: String) -> Self {
        Self(path, .hardLink(target: Array(target.utf8)))
    }

    public static func folder(_ path: String) -> Self { Self(path, .directory, mode: 0o755) }

    public var name: String { String(decoding: path, as: UTF8.self) }
}

/// An entry with its content.
public struct Sample: Equatable, Sendable {
    public var entry: ArchiveEntry
    public var content: [UInt8]

    public init(_ entry: ArchiveEntry, _ content: [UInt8] = []) {
        self.entry = entry
        self.entry.size = Int64(content.count)
        self.content = content
    }

    public init(_ path: String, _ content: String, mode: UInt32 = 0o644) {
        self.init(ArchiveEntry(path, mode: mode), Array(content.utf8))
    }
}

/// Writes a tar and opens it for reading.
public func tar(_ samples: [Sample], _ folder: FilePath, _ name: String = "stream.tar") throws -> Int32 {
    let path = folder.appending(name)
    let file = try FileDescriptor.open(path, .readWrite, options: [.create, .truncate], permissions: .ownerReadWrite)
    try file.closeAfter {
        let writer = try ArchiveWriter(fileDescriptor: file.rawValue, format: .tar)
        for sample in samples {
            try writer.begin(sample.entry)
            try sample.content.withUnsafeBytes { try writer.write($0) }
            try writer.end()
        }
        try writer.close()
    }
    return try path.open()
}

/// Everything in a tar.
public func untar(_ path: FilePath) throws -> [Sample] {
    let reader = try ArchiveReader(path: path)
    var samples: [Sample] = []
    while let entry = try reader.next() {
        var content: [UInt8] = []
        try reader.readBlocks { block in
            switch block {
            case .bytes(let bytes): content += bytes
            case .hole(let count): content += [UInt8](repeating: 0, count: Int(count))
            }
        }
        samples.append(Sample(entry, content))
    }
    return samples
}

/// Numbers that are the same in every run.
public struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64
    public init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    public mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state &* 0x2545_F491_4F6C_DD1D
    }
}

/// A small disk of its own, for what only a full or read-only one can show.
///
/// Making one takes the right to mount; tests that need it are skipped visibly without.
public enum SmallDisk {
    public static let isPossible: Bool = {
        #if os(Linux)
            var template = Array("/tmp/workspaces-mount-XXXXXX".utf8CString)
            guard mkdtemp(&template) != nil else { return false }
            defer { rmdir(template) }
            guard mount("tmpfs", template, "tmpfs", 0, "size=16k") == 0 else { return false }
            umount(template)
            return true
        #else
            return false
        #endif
    }()

    public static func with<Result>(size: String, _ body: (FilePath) async throws -> Result) async throws -> Result {
        try await withScratch { folder in
            let disk = folder.appending("disk")
            try await run("mkdir", disk.string)
            try await run("mount", "-t", "tmpfs", "-o", "size=\(size)", "tmpfs", disk.string)
            let outcome: Swift.Result<Result, any Error>
            do { outcome = .success(try await body(disk)) } catch { outcome = .failure(error) }
            // Lazily: a child that another test has just forked may hold a copy of a descriptor for a moment.
            try await run("umount", "-l", disk.string)
            return try outcome.get()
        }
    }
}
/// A tar by hand, for what no decent writer writes. Entries are empty.
public func rawTar(_ entries: [(name: String, type: Character, link: String)]) -> [UInt8] {
    var result: [UInt8] = []
    for entry in entries {
        var block = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at offset: Int) {
            block.replaceSubrange(offset..<offset + text.utf8.count, with: text.utf8)
        }
        put(entry.name, at: 0)
        put("0000644", at: 100)
        for (offset, width) in [(108, 7), (116, 7), (124, 11), (136, 11)] {
            put(String(repeating: "0", count: width), at: offset)
        }
        put("        ", at: 148)
        put(String(entry.type), at: 156)
        put(entry.link, at: 157)
        put("ustar\u{0}00", at: 257)
        let sum = block.reduce(0) { $0 + Int($1) }
        let octal = String(sum, radix: 8)
        put(String(repeating: "0", count: 6 - octal.count) + octal + "\u{0} ", at: 148)
        result += block
    }
    return result + [UInt8](repeating: 0, count: 1024)
}
