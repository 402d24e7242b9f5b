import Foundation
import Recordings

/// A store in a folder of its own for one test, gone with it.
final class StoreFolder: Sendable {
    let root: URL
    let store: RecordingStore

    init() throws {
        root = FileManager.default.temporaryDirectory.appending(path: "recordings-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
        store = RecordingStore(folder: root.appending(path: "store").path)
    }

    deinit { try? FileManager.default.removeItem(at: root) }

    /// The same folder as another process sees it.
    var fresh: RecordingStore { RecordingStore(folder: store.folder) }

    /// Paths of all files of the store, relative to it.
    var files: [String] {
        let all = FileManager.default.enumerator(atPath: store.folder)?.compactMap { $0 as? String } ?? []
        return all.filter { path in
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: "\(store.folder)/\(path)", isDirectory: &isFolder)
                && !isFolder.boolValue
        }.sorted()
    }

    func files(in folder: String) -> [String] { files.filter { $0.hasPrefix("\(folder)/") } }

    /// Everything on the disk, names and contents.
    var everything: String {
        files.map { path in
            "\(path)\n"
                + String(
                    decoding: FileManager.default.contents(atPath: "\(store.folder)/\(path)") ?? Data(), as: UTF8.self)
        }.joined(separator: "\n")
    }

    func url(_ file: String) -> URL { URL(filePath: "\(store.folder)/\(file)") }

    /// Records a response with a text as its body.
    func record(
        _ request: RecordedRequest, _ text: String, status: Int = 200, _ headers: [(name: String, value: String)] = []
    ) throws {
        let body = try store.startBody()
        try body.write(Array(text.utf8))
        try store.record(request, RecordedHead(status: status, reason: "OK", headers: headers), body: body)
    }

    /// The text that answers a request.
    func answer(_ request: RecordedRequest) throws -> String? {
        try store.response(to: request).map { String(decoding: $0.content ?? [], as: UTF8.self) }
    }
}

func get(_ url: String, _ headers: [(name: String, value: String)] = []) -> RecordedRequest {
    RecordedRequest(method: "GET", url: url, headers: headers)
}

extension RecordedHead {
    func value(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}

/// A response's body as it is read piece by piece.
func bytes(of response: RecordedResponse, piece: Int = 1 << 16) throws -> [UInt8] {
    let reader = try BodyReader(response)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: piece, alignment: 1)
    defer { buffer.deallocate() }
    var all: [UInt8] = []
    while case let count = try reader.read(into: buffer), count > 0 { all += buffer[..<count] }
    return all
}
