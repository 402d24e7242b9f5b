internal import Crypto
internal import Synchronization
internal import Files

/// Reads the body of a recorded response and checks it. The last bytes of a damaged body are never returned.
public final class BodyReader: Sendable {
    private struct State {
        var hash = SHA256()
        var rest: Int
    }

    private let response: RecordedResponse
    private let path: String
    private let file: OwnedDescriptor?
    private let state: Mutex<State>

    /// - Throws: ``DamagedRecording`` when the file is missing or has another length.
    public convenience init(_ response: RecordedResponse) throws {
        guard let path = response.body else {
            try self.init(response, path: "/dev/null", file: nil)
            return
        }
        let (file, length) = try storing("read the recording `\(path)`") {
            guard let file = try Folder.open(path) else {
                throw DamagedRecording(url: response.url, file: path, reason: "its body is missing")
            }
            return (file, Int(try FileStatus.of(file.rawValue).size))
        }
        guard length == response.bodyLength else {
            throw DamagedRecording(
                url: response.url, file: path, reason: "its body has \(length) bytes instead of \(response.bodyLength)")
        }
        try self.init(response, path: path, file: file)
    }

    private init(_ response: RecordedResponse, path: String, file: OwnedDescriptor?) throws {
        self.response = response
        self.path = path
        self.file = file
        state = Mutex(State(rest: file == nil ? 0 : response.bodyLength))
    }

    /// - Returns: how many bytes were put at the start of `buffer`; 0 at the end.
    /// - Throws: ``DamagedRecording`` instead of returning the last bytes, when the whole is not what was recorded.
    public func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        try state.withLock { state in
            guard let file, state.rest > 0, buffer.count > 0 else { return 0 }
            let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(buffer.count, state.rest)])
            let count = try storing("read the recording `\(path)`") { try file.read(into: part) }
            state.hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: part[..<count]))
            state.rest -= count
            if count == 0 || state.rest == 0 && hexadecimal(state.hash.finalize()) != response.bodyHash {
                throw DamagedRecording(url: response.url, file: path, reason: "its body is not what was recorded")
            }
            return count
        }
    }

    /// Reads the rest of the body in order to check it.
    func readThrough() throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 4096)
        defer { buffer.deallocate() }
        while try read(into: buffer) > 0 {}
    }
}
