internal import Files

/// `CODEBUILD_BUILD_NUMBER`: the builds of one project of this user, counted from 1.
struct BuildNumber {
    private let path: String

    init(project: String, _ places: Places) { path = "\(places.state)/numbers/\(project)" }

    /// Counts one more build. Two builds at once get two numbers.
    ///
    /// - Throws: ``Failure`` when the count cannot be written.
    func next() async throws -> Int {
        try Folder.make(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]))
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw Failure(.cannotWriteOutput, "cannot write `\(path)`: \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        // Another build has it for a moment; waiting for it must not hold a thread of the pool.
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR else {
                throw Failure(.cannotWriteOutput, "cannot lock `\(path)`: \(String(cString: strerror(errno)))")
            }
            try await Task.sleep(for: .milliseconds(2))
        }
        let number = Self.number(try Files.readAll(descriptor, named: "`\(path)`")) + 1
        lseek(descriptor, 0, SEEK_SET)
        try Terminal.write(Array("\(number)\n".utf8), to: descriptor, named: "`\(path)`")
        return number
    }

    /// What ``next()`` would give.
    func upcoming() throws -> Int {
        Files.kind(of: path) == .file ? Self.number(try Files.read(path)) + 1 : 1
    }

    /// A count that was cut short begins anew: it means nothing but an order.
    private static func number(_ text: [UInt8]) -> Int {
        Int(String(decoding: text.prefix { $0 != 0x0a }, as: UTF8.self)) ?? 0
    }
}
