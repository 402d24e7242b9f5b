internal import Archives
internal import Crypto
internal import Files

/// Serves git as a "long running filter process": turns content into Git LFS pointers (clean), and back (smudge).
///
/// The protocol: https://git-scm.com/docs/gitattributes#_long_running_filter_process; pointers:
/// https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
public struct LFSFilterProcess {
    private let ownStore: String
    private let userStore: String
    private let missing: String
    private var packets: PacketStream

    /// - Parameters:
    ///   - ownStore: where objects go that the user's store does not have.
    ///   - missing: a file that gets a line for every object that is in neither.
    public init(ownStore: String, userStore: String, missing: String, input: Int32, output: Int32) {
        self.ownStore = ownStore
        self.userStore = userStore
        self.missing = missing
        packets = PacketStream(input: input, output: output)
    }

    /// Serves git until it closes the stream.
    public mutating func run() throws {
        _ = try packets.readList()  // git-filter-client, version=2
        try packets.write(list: ["git-filter-server", "version=2"])
        _ = try packets.readList()  // what git can do
        try packets.write(list: ["capability=clean", "capability=smudge"])
        try Folder.make(ownStore)
        let draft = "\(ownStore)/draft.\(UniqueName.make())"
        while let request = try packets.readList() {
            let content = try ReceivedFile(draft, &packets)
            if request.contains("command=clean") {
                try clean(content, draft)
            } else {
                try smudge(content, draft)
            }
        }
        unlink(draft)
    }

    /// Stores content and answers with its pointer. Pointers and empty content stay as they are.
    private mutating func clean(_ content: ReceivedFile, _ draft: String) throws {
        guard content.size > 0, content.pointer == nil else { return try packets.answer(withFile: draft) }
        if !Folder.exists(Self.path(of: content.id, in: userStore)) {
            let path = Self.path(of: content.id, in: ownStore)
            try Folder.make(String(path.dropLast(65)))
            try explaining("write `\(path)`") { _ = try DirectoryHandle.check { rename(draft, path) } }
        }
        let text = "version https://git-lfs.github.com/spec/v1\noid sha256:\(content.id)\nsize \(content.size)\n"
        try packets.answer(with: Array(text.utf8))
    }

    /// Answers with the content of a pointer. Other content stays as it is, and so does the pointer of a missing object.
    private mutating func smudge(_ content: ReceivedFile, _ draft: String) throws {
        guard let id = content.pointer else { return try packets.answer(withFile: draft) }
        for store in [ownStore, userStore] where Folder.exists(Self.path(of: id, in: store)) {
            return try packets.answer(withFile: Self.path(of: id, in: store))
        }
        let line = Array("\(id)\n".utf8)
        try explaining("write `\(missing)`") {
            let file = OwnedDescriptor(
                try DirectoryHandle.check { open(missing, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600) })
            try file.writeAll(line)
        }
        try packets.answer(withFile: draft)
    }

    private static func path(of id: String, in store: String) -> String {
        "\(store)/\(id.prefix(2))/\(id.dropFirst(2).prefix(2))/\(id)"
    }

    /// The content of one file as git sent it, stored in a draft.
    private struct ReceivedFile {
        private(set) var size = 0
        let id: String
        /// The id of the object, when the content is a pointer to one.
        let pointer: String?

        init(_ path: String, _ packets: inout PacketStream) throws {
            var hash = SHA256(), head: [UInt8] = []
            let flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC
            let file = OwnedDescriptor(
                try explaining("write `\(path)`") { try DirectoryHandle.check { open(path, flags, 0o600) } })
            while let bytes = try packets.read() {
                hash.update(data: bytes)
                if head.count < 1024 { head += bytes.prefix(1024 - head.count) }
                size += bytes.count
                try explaining("write `\(path)`") { try file.writeAll(bytes) }
            }
            id = hexadecimal(hash.finalize())
            let lines = size < 1024 ? String(decoding: head, as: UTF8.self).split(separator: "\n") : []
            let named = lines.first { $0.hasPrefix("oid sha256:") }?.dropFirst(11)
            pointer =
                lines.first == "version https://git-lfs.github.com/spec/v1" && named?.count == 64
                    && named?.allSatisfy({ $0.isHexDigit }) == true ? named.map(String.init) : nil
        }
    }
}

/// Reads and writes git's packets: four hexadecimal digits of length, then the bytes. `0000` ends a list.
private struct PacketStream {
    private let input: OwnedDescriptor
    private let output: OwnedDescriptor
    /// The most bytes that one packet can carry.
    private static let limit = 65_516

    init(input: Int32, output: Int32) {
        self.input = OwnedDescriptor(input)
        self.output = OwnedDescriptor(output)
    }

    /// - Returns: `nil` at the end of a list.
    func read() throws -> [UInt8]? {
        guard let head = try bytes(4), let length = Int(String(decoding: head, as: UTF8.self), radix: 16) else {
            return nil
        }
        return length <= 4 ? nil : try bytes(length - 4)
    }

    /// - Returns: `nil` at the end of the stream.
    func readList() throws -> [String]? {
        guard let head = try bytes(4), var length = Int(String(decoding: head, as: UTF8.self), radix: 16) else {
            return nil
        }
        var lines: [String] = []
        while length > 4, let line = try bytes(length - 4) {
            lines.append(String(String(decoding: line, as: UTF8.self).trimmingSuffix(while: { $0 == "\n" })))
            guard let next = try bytes(4) else { return nil }
            length = Int(String(decoding: next, as: UTF8.self), radix: 16) ?? 0
        }
        return lines
    }

    func write(list: [String]) throws {
        for line in list { try write(Array("\(line)\n".utf8)[...]) }
        try output.writeAll(Array("0000".utf8))
    }

    func answer(with bytes: [UInt8]) throws {
        try write(list: ["status=success"])
        if !bytes.isEmpty { try write(bytes[...]) }
        try output.writeAll(Array("00000000".utf8))  // the content's end, and an empty list: the status stands
    }

    func answer(withFile path: String) throws {
        try write(list: ["status=success"])
        let file = OwnedDescriptor(
            try explaining("read `\(path)`", as: .cannotRead) {
                try DirectoryHandle.check { open(path, O_RDONLY | O_CLOEXEC) }
            })
        try file.readToEnd(stop: nil) { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                try write(Array(rest.prefix(Self.limit))[...])
                rest = rest.dropFirst(Self.limit)
            }
        }
        try output.writeAll(Array("00000000".utf8))
    }

    private func write(_ bytes: ArraySlice<UInt8>) throws {
        let digits = String(bytes.count + 4, radix: 16)
        try output.writeAll(Array((String(repeating: "0", count: 4 - digits.count) + digits).utf8) + bytes)
    }

    /// - Returns: `nil` at the end of the stream.
    private func bytes(_ count: Int) throws -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count), filled = 0
        while filled < count {
            let read = try bytes.withUnsafeMutableBytes { buffer in
                try FileDescriptor(rawValue: input.rawValue).read(
                    into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]))
            }
            guard read > 0 else { return nil }
            filled += read
        }
        return bytes
    }
}

extension StringProtocol {
    fileprivate func trimmingSuffix(while predicate: (Character) -> Bool) -> SubSequence {
        var end = endIndex
        while end > startIndex, predicate(self[index(before: end)]) { end = index(before: end) }
        return self[..<end]
    }
}
