import Archives
import Files
import TestSupport
import Testing

@testable import SourceSnapshots

/// Archives that become sources, a stranger's among them.
@Suite struct ArchiveUnpackingTests {
    private typealias Entry = (path: String, kind: ArchiveEntry.Kind, content: String)

    /// Writes an archive, unpacks it, and gives `body` the folder and what was said.
    private func unpacking(
        _ entries: [Entry], as format: ArchiveWriter.Format = .zip,
        within limits: ArchiveUnpacking.Limits = ArchiveUnpacking.Limits(),
        _ body: (FilePath, [String]) async throws -> Void
    ) async throws {
        try await withScratch { scratch in
            let archive = scratch.appending("a.zip"), folder = scratch.appending("a/b")
            try Folder.make(folder.string)
            let file = try FileDescriptor.open(
                archive, .writeOnly, options: [.create], permissions: .ownerReadWrite)
            let writer = try ArchiveWriter(fileDescriptor: file.rawValue, format: format)
            for (path, kind, content) in entries {
                let bytes = kind == .file ? Array(content.utf8) : []
                try writer.begin(
                    ArchiveEntry(
                        path: Array(path.utf8), kind: kind, mode: path.hasSuffix(".sh") ? 0o755 : 0o640,
                        modified: .init(seconds: 1_600_000_000), size: Int64(bytes.count)))
                try bytes.withUnsafeBytes { try writer.write($0) }
                try writer.end()
            }
            try writer.close()
            try file.close()
            let said = try await ArchiveUnpacking.unpack(archive, into: folder, limits)
            try await body(folder, said)
            // Nothing has come to lie beside the folder.
            #expect(try Folder.names(scratch.string).sorted() == ["a", "a.zip"])
            #expect(try Folder.names(scratch.appending("a").string) == ["b"])
        }
    }

    private func text(_ path: FilePath) throws -> String {
        String(decoding: try Folder.read(path.string), as: UTF8.self)
    }

    @Test func `files keep their content, modes and times, and folders need no entries`() async throws {
        try await unpacking([
            ("top.txt", .file, "t"), ("x/y/run.sh", .file, "#!"), ("empty", .directory, ""),
            ("link", .symbolicLink(target: Array("x/y".utf8)), ""),
        ]) { folder, said async throws in
            #expect(said == [])
            #expect(try text(folder.appending("top.txt")) == "t")
            #expect(try text(folder.appending("link/run.sh")) == "#!")
            #expect(Folder.status(folder.appending("x/y/run.sh").string)?.mode == 0o755)
            #expect(Folder.status(folder.appending("top.txt").string)?.mode == 0o640)
            #expect(Folder.status(folder.appending("top.txt").string)?.modified == .seconds(1_600_000_000))
            #expect(Folder.status(folder.appending("empty").string)?.kind == .directory)
        }
    }

    @Test func `names that lead out, and those below a link of the archive, are left out`() async throws {
        try await unpacking([
            ("../out", .file, "x"), ("/abs", .file, "x"), ("a/../../out", .file, "x"),
            ("up", .symbolicLink(target: Array("..".utf8)), ""), ("up/out", .file, "x"), ("kept", .file, "k"),
        ]) { folder, said async throws in
            // The file came first, so that its folder has the name, and the link is the one that is left out.
            #expect(try Folder.names(folder.string) == ["kept", "up"])
            #expect(try text(folder.appending("up/out")) == "x")
            #expect(
                said == [
                    "`../out` left out: its path contains `..`", "`/abs` left out: its path is absolute",
                    "`a/../../out` left out: its path contains `..`",
                    "`up` left out: the archive has something else of that name, or above it",
                ])
        }
    }

    @Test func `of two files of one name the last counts, and a file is no folder`() async throws {
        try await unpacking(
            [
                ("a", .file, "1"), ("a", .file, "22"), ("a/b", .file, "x"), ("d/e", .file, "x"), ("d", .file, "y"),
            ], as: .tar
        ) { folder, said async throws in
            #expect(try text(folder.appending("a")) == "22")
            #expect(try text(folder.appending("d/e")) == "x")
            #expect(
                said
                    == ["a/b", "d"].map { "`\($0)` left out: the archive has something else of that name, or above it" }
            )
        }
    }

    @Test func `an archive that unpacks to far more than its size is refused`() async throws {
        var limits = ArchiveUnpacking.Limits()
        limits.honestByteCount = 1 << 16
        let bomb = String(repeating: "0", count: 1 << 22)
        let error = await #expect(throws: SourceError.self) {
            try await unpacking([("bomb", .file, bomb)], within: limits) { _, _ in }
        }
        #expect(error?.reason == "it unpacks to more than 200 times its own size")
    }

    @Test func `an archive with too many entries, or folders within folders, is refused`() async throws {
        var limits = ArchiveUnpacking.Limits()
        limits.entries = 2
        limits.depth = 3
        let many = await #expect(throws: SourceError.self) {
            try await unpacking([("a", .file, ""), ("b", .file, ""), ("c", .file, "")], within: limits) { _, _ in }
        }
        #expect(many?.reason == "it has more than 2 entries")
        let deep = await #expect(throws: SourceError.self) {
            try await unpacking([("a/b/c/d", .file, "")], within: limits) { _, _ in }
        }
        #expect(deep?.reason == "it has folders within folders, more than 3 of them")
    }

    @Test func `what is no archive is named`() async throws {
        try await withScratch { scratch in
            try scratch.appending("a.zip").write("no zip at all")
            let error = await #expect(throws: FileError.self) {
                try await ArchiveUnpacking.unpack(scratch.appending("a.zip"), into: scratch)
            }
            #expect(error?.doing == "unpack the source `\(scratch.appending("a.zip"))`")
        }
    }
}
