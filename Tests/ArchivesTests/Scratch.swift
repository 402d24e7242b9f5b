import Archives

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A folder for one test, gone with it.
@discardableResult
func withScratch<Result>(_ body: (FilePath) async throws -> Result) async throws -> Result {
    var template = Array("\(getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp")/archives-XXXXXX".utf8CString)
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
func run(_ arguments: String...) async throws -> [UInt8] {
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

/// A pipe that no child process inherits.
func makePipe() throws -> (readEnd: FileDescriptor, writeEnd: FileDescriptor) {
    #if os(Linux)
        return try FileDescriptor.pipe(options: .closeOnExec)
    #else
        let ends = try FileDescriptor.pipe()
        for end in [ends.readEnd, ends.writeEnd] { _ = fcntl(end.rawValue, F_SETFD, FD_CLOEXEC) }
        return ends
    #endif
}

struct ProgramFailure: Error {
    let arguments: [String]
    let status: Int32
    let output: String
}

/// Whether the machine's `tar` is GNU's; a suite that needs it is skipped visibly elsewhere.
let hasGNUTar: Bool = {
    guard let stream = popen("tar --version 2>/dev/null", "r") else { return false }
    defer { pclose(stream) }
    var line = [CChar](repeating: 0, count: 256)
    guard fgets(&line, 255, stream) != nil else { return false }
    return String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self).contains("GNU tar")
}()

extension FilePath {
    /// The whole file.
    func bytes() throws -> [UInt8] {
        let file = try FileDescriptor.open(self, .readOnly)
        return try file.closeAfter {
            let size = Int(try file.seek(offset: 0, from: .end))
            return try [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
                count = try file.read(fromAbsoluteOffset: 0, into: UnsafeMutableRawBufferPointer(buffer))
            }
        }
    }

    /// Makes the file of these bytes.
    func write(_ bytes: [UInt8]) throws {
        let file = try FileDescriptor.open(
            self, .writeOnly, options: [.create, .truncate], permissions: .ownerReadWrite)
        try file.closeAfter { _ = try file.writeAll(bytes) }
    }
}
