import TestSupport
@testable import Artifacts
@testable import Files
import Archives
import Testing

@Suite("combining artifacts")
struct ArtifactCombiningTests {
    private func parts(in folder: FilePath) async throws -> [FilePath] {
        let store = ArtifactStore(directory: folder.appending("parts"))
        func make(_ name: String, _ samples: [Sample], asZip: Bool) async throws -> FilePath {
            let listing = samples.map { ListedFile(path: $0.entry.path, kind: .file) }
            return try await store.store(
                name, from: TarStreams([TarStream(try tar(samples, folder))]),
                selection: .select(listing, ArtifactPatterns(files: ["**/*"], keepsLinks: true)), asZip: asZip
            ).path
        }
        return [
            try await make("one", [Sample("both", "first"), Sample("bin/a", "A", mode: 0o755)], asZip: false),
            try await make("two", [Sample("both", "second"), Sample("b", "B")], asZip: true),
        ]
    }

    @Test("folders and zips become one folder, in which the later file stays", arguments: [false, true])
    func combined(asZip: Bool) async throws {
        try await withScratch { folder in
            let store = ArtifactStore(directory: folder.appending("out"))
            let (artifact, collisions) = try await store.combine(
                "artifacts", of: try await parts(in: folder), asZip: asZip)
            #expect(artifact.fileCount == 3 && artifact.byteCount == 8)
            #expect(collisions == [Array("both".utf8)])
            #expect(artifact.path == folder.appending("out").appending(asZip ? "artifacts.zip" : "artifacts"))
            guard !asZip else { return }
            #expect(try artifact.path.appending("both").text() == "second")
            #expect(try artifact.path.appending("b").text() == "B")
            let inner = try DirectoryHandle(opening: artifact.path.appending("bin"))
            #expect(try inner.status(Array("a".utf8)).mode == 0o755)
        }
    }

    @Test("links stay links, and lead nothing out")
    func links() async throws {
        try await withScratch { folder in
            let part = folder.appending("part")
            try DirectoryHandle(opening: folder).makeDirectory(Array("part".utf8))
            let handle = try DirectoryHandle(opening: part)
            try handle.makeSymbolicLink(Array("out".utf8), to: Array("/etc".utf8))
            let (artifact, _) = try await ArtifactStore(directory: folder.appending("out")).combine(
                "artifacts", of: [part], asZip: false)
            let made = try DirectoryHandle(opening: artifact.path)
            #expect(try made.target(ofSymbolicLink: Array("out".utf8)) == Array("/etc".utf8))
        }
    }

    @Test("a part that is gone is an error, and nothing is left")
    func missing() async throws {
        try await withScratch { folder in
            await #expect(throws: FileError.self) {
                _ = try await ArtifactStore(directory: folder.appending("out")).combine(
                    "artifacts", of: [folder.appending("nowhere")], asZip: false)
            }
            #expect(!Folder.exists(folder.appending("out").string))
        }
    }
}
