import TestSupport
@testable import Artifacts
@testable import Files
import Archives
import Testing

@Suite("storing artifacts")
struct ArtifactStoreTests {
    /// Sources stored under their own names, or `source>stored`.
    private func selection(_ names: String..., keepsLinks: Bool = false) -> ArtifactSelection {
        let files = names.map { name in
            let parts = name.split(separator: ">").map { Array($0.utf8) }
            return ArtifactSelection.File(source: parts[0], stored: parts[parts.count - 1])
        }
        return ArtifactSelection(
            files: files, foundCount: files.count, invalidPatterns: [], directoryPatterns: [], collisions: [],
            keepsLinks: keepsLinks,
            leftOutGit: false)
    }

    private func store(
        _ samples: [Sample], _ selection: ArtifactSelection, in folder: FilePath, asZip: Bool = false,
        wholeTree: Bool = false,
        map: PathMap = .identity
    ) async throws -> StoredArtifact {
        try await ArtifactStore(directory: folder.appending("out")).store(
            "artifacts", from: TarStreams([TarStream(try tar(samples, folder), map: map)]), selection: selection,
            asZip: asZip, holdsWholeTree: wholeTree)
    }

    private let samples = [
        Sample(.folder("target")), Sample("target/app.sh", "#!/bin/sh\n", mode: 0o755),
        Sample("target/notes", "text", mode: 0o4600),
        Sample("a", "A"),
    ]

    @Test("a folder with content, modes and times, and nothing else")
    func folder() async throws {
        try await withScratch { folder in
            let stored = try await store(samples, selection("target/app.sh", "target/notes"), in: folder)
            let out = folder.appending("out").appending("artifacts")
            #expect(stored == StoredArtifact(path: out, fileCount: 2, byteCount: 14, missing: [], warnings: []))
            #expect(folder.appending("out").names() == ["artifacts"])
            #expect(out.names() == ["target"])
            #expect(try out.appending("target").appending("app.sh").text() == "#!/bin/sh\n")
            let target = try DirectoryHandle(opening: out.appending("target"))
            #expect(try target.status(Array("app.sh".utf8)).mode == 0o755)
            // Never setuid.
            #expect(try target.status(Array("notes".utf8)).mode == 0o600)
            #expect(try target.status(Array("notes".utf8)).modified == .seconds(1_700_000_000))
        }
    }

    @Test("names are the selection's, and the stream's are mapped to it")
    func names() async throws {
        try await withScratch { folder in
            _ = try await store(
                samples.map {
                    Sample(ArchiveEntry(path: Array("./src/".utf8) + $0.entry.path, kind: $0.entry.kind), $0.content)
                },
                selection("build/target/app.sh>app.sh", "build/a>deep/er/a"), in: folder,
                map: PathMap([.init(stream: "src", stored: "build")]))
            #expect(try folder.appending("out/artifacts/app.sh").text() == "#!/bin/sh\n")
            #expect(try folder.appending("out/artifacts/deep/er/a").text() == "A")
        }
    }

    @Test("any bytes in a name")
    func rawNames() async throws {
        try await withScratch { folder in
            let name = Array("ä\n".utf8) + [0xff, 0x01]
            let file = ArtifactSelection.File(source: name, stored: name)
            var chosen = selection()
            chosen = ArtifactSelection(
                files: [file], foundCount: 1, invalidPatterns: [], directoryPatterns: [], collisions: [],
                keepsLinks: false, leftOutGit: false)
            _ = try await store([Sample(ArchiveEntry(path: name), [7])], chosen, in: folder)
            #expect(try DirectoryHandle(opening: folder.appending("out/artifacts")).names() == [name])
        }
    }

    @Test("a new artifact replaces the old one whole, and only that", arguments: [false, true])
    func replacing(asZip: Bool) async throws {
        try await withScratch { folder in
            _ = try await store(samples, selection("a", "target/app.sh"), in: folder, asZip: asZip)
            try folder.appending("out/other").write("mine")
            _ = try await store([Sample("b", "B")], selection("b"), in: folder, asZip: asZip)
            #expect(folder.appending("out").names() == [asZip ? "artifacts.zip" : "artifacts", "other"])
            if asZip {
                #expect(try untar(folder.appending("out/artifacts.zip")).map(\.entry.name) == ["b"])
            } else {
                #expect(folder.appending("out/artifacts").names() == ["b"])
            }
        }
    }

    @Test("a folder takes a file's place and a file a folder's; folders closed to their owner do not stop it")
    func kinds() async throws {
        try await withScratch { folder in
            try await run(
                "sh", "-c",
                "cd '\(folder)' && mkdir -p out/artifacts.zip/x && echo file > out/artifacts && chmod 0 out/artifacts.zip/x"
            )
            _ = try await store(samples, selection("a"), in: folder)
            _ = try await store(samples, selection("a"), in: folder, asZip: true)
            #expect(folder.appending("out").names() == ["artifacts", "artifacts.zip"])
            #expect(folder.appending("out/artifacts").names() == ["a"])
        }
    }

    @Test("a zip has modes, links and UTF-8 names, sorted, and is the same each time")
    func zip() async throws {
        try await withScratch { folder in
            let samples = [
                Sample("z", "Z", mode: 0o755), Sample("ä", "Ä", mode: 0o000), Sample("b", "B"),
                Sample(.link("l", to: "b")),
            ]
            let chosen = selection("z", "ä", "b", "l", keepsLinks: true)
            _ = try await store(samples, chosen, in: folder, asZip: true)
            let zip = folder.appending("out/artifacts.zip")
            let first = try zip.bytes()
            let entries = try untar(zip)
            #expect(entries.map(\.entry.name) == ["b", "l", "z", "ä"])
            #expect(entries.map(\.entry.mode) == [0o644, 0o777, 0o755, 0])
            #expect(entries[1].entry.kind == .symbolicLink(target: Array("b".utf8)))
            #expect(entries.map(\.content) == [Array("B".utf8), [], Array("Z".utf8), Array("Ä".utf8)])
            _ = try await store(samples.reversed(), chosen, in: folder, asZip: true)
            #expect(try zip.bytes() == first)
        }
    }

    @Test(
        "a zip has every file whole: large ones, empty ones, holes, several names, and those of a name that comes twice"
    )
    func wholeZip() async throws {
        try await withScratch { folder in
            var numbers = SeededNumbers(seed: 3)
            let noise = (0..<700_000).map { _ in UInt8.random(in: 0...255, using: &numbers) }
            let zeros = [UInt8](repeating: 0, count: 300_000)
            let samples = [
                Sample("twice", "an older one"), Sample(ArchiveEntry("noise"), noise), Sample("empty", ""),
                Sample(ArchiveEntry("hole"), zeros), Sample(ArchiveEntry("ends"), noise + zeros),
                Sample(.hardLink("other", to: "noise")), Sample(.link("link", to: "noise")), Sample("twice", "new"),
            ]
            let names = selection("twice", "noise", "empty", "hole", "ends", "other", "link")
            let stored = try await store(samples, names, in: folder, asZip: true)
            #expect(stored.fileCount == 7)
            let entries = try untar(folder.appending("out/artifacts.zip"))
            #expect(entries.map(\.entry.name) == ["empty", "ends", "hole", "link", "noise", "other", "twice"])
            #expect(entries.map(\.content) == [[], noise + zeros, zeros, noise, noise, noise, Array("new".utf8)])
            #expect(folder.appending("out").names() == ["artifacts.zip"])
        }
    }

    @Test("links are followed within the stream, and their content is a copy")
    func followedLinks() async throws {
        try await withScratch { folder in
            let samples = [
                Sample("real", "R", mode: 0o000), Sample(.link("l", to: "real")), Sample(.link("d/up", to: "../l")),
                Sample(.link("dir", to: "d")),
                Sample(.folder("d")), Sample(.link("loop", to: "loop")), Sample(.link("out", to: "../../etc/passwd")),
                Sample(.link("abs", to: "/etc/passwd")), Sample(.link("gone", to: "nowhere")), Sample("hidden", "H"),
                Sample(.link("lh", to: "hidden")),
                Sample(.link("through", to: "dir/up")),
            ]
            let names = selection("real", "l", "d/up", "dir", "loop", "out", "abs", "gone", "lh", "through", "absent")
            let stored = try await store(samples, names, in: folder, wholeTree: true)
            let out = folder.appending("out/artifacts")
            #expect(out.names() == ["d", "l", "lh", "real", "through"])
            #expect(stored.fileCount == 5)
            #expect(
                stored.missing.map { "\($0.name): \($0.reason)" } == [
                    "abs: linkTargetOutside", "absent: notInArchive", "dir: linkToDirectory", "gone: linkTargetMissing",
                    "loop: linkLoop",
                    "out: linkTargetOutside",
                ])
            let directory = try DirectoryHandle(opening: out)
            let inodes = try ["real", "l", "through"].map { try directory.status(Array($0.utf8)) }
            #expect(Set(inodes.map(\.inode)).count == 3)
            #expect(inodes.allSatisfy { $0.kind == .file && $0.size == 1 && $0.mode == 0 })
            #expect(try out.appending("lh").text() == "H")
        }
    }

    @Test("a link to a file that the stream does not hold is told as missing")
    func linkToUnselected() async throws {
        try await withScratch { folder in
            let stored = try await store(
                [Sample("hidden", "H"), Sample(.link("l", to: "hidden"))], selection("l"), in: folder)
            #expect(stored.missing == [SkippedEntry(path: [0x6c], reason: .linkTargetMissing)])
            #expect(stored.fileCount == 0)
        }
    }

    @Test("kept links are stored as they are, also those that lead out, and nothing is written through them")
    func keptLinks() async throws {
        try await withScratch { folder in
            let victim = folder.appending("victim")
            try await run("mkdir", victim.string)
            let samples = [
                Sample(.link("l", to: victim.string)), Sample("l/x", "evil"), Sample(.link("ok", to: "a")),
                Sample("a", "A"),
            ]
            await #expect {
                try await store(samples, selection("l", "l/x", keepsLinks: true), in: folder)
            } throws: { error in
                (error as? FileError)?.code == .conflict
            }
            #expect(victim.names() == [])
            #expect(folder.appending("out").names() == [])
            _ = try await store(samples, selection("l", "ok", "a", keepsLinks: true), in: folder)
            let out = try DirectoryHandle(opening: folder.appending("out/artifacts"))
            #expect(try out.status([0x6c]).kind == .symbolicLink)
            #expect(try out.status(Array("ok".utf8)).kind == .symbolicLink)
        }
    }

    @Test("hard links stay links", arguments: [false, true])
    func hardLinks(wholeTree: Bool) async throws {
        try await withScratch { folder in
            let samples = [
                Sample("a", "A"), Sample(.hardLink("b", to: "a")), Sample("u", "U"), Sample(.hardLink("v", to: "u")),
            ]
            let stored = try await store(samples, selection("a", "b", "v"), in: folder, wholeTree: wholeTree)
            let out = try DirectoryHandle(opening: folder.appending("out/artifacts"))
            #expect(try out.status([0x61]).inode == out.status([0x62]).inode)
            #expect(stored.missing.map(\.name) == (wholeTree ? [] : ["v"]))
        }
    }

    @Test("hostile names in the stream are nobody's, wherever they lead")
    func hostile() async throws {
        try await withScratch { folder in
            let samples = [
                Sample("../up", "x"), Sample("/tmp/abs", "x"), Sample("a/../../b", "x"), Sample("ok", "fine"),
            ]
            _ = try await store(samples, selection("ok", "up>up2"), in: folder, wholeTree: true)
            #expect(folder.names() == ["out", "stream.tar"])
            #expect(folder.appending("out/artifacts").names() == ["ok"])
        }
    }

    @Test("devices and folders under a selected name are told as missing")
    func special() async throws {
        try await withScratch { folder in
            let raw = folder.appending("raw.tar")
            try raw.write(rawTar([("fifo", "6", ""), ("null", "3", ""), ("dir", "5", ""), ("f", "0", "")]))
            let stored = try await ArtifactStore(directory: folder.appending("out")).store(
                "artifacts", from: try raw.open(), selection: selection("fifo", "null", "dir", "f"), asZip: false)
            #expect(stored.missing.map(\.reason) == [.directory, .special("FIFO"), .special("character device")])
            #expect(folder.appending("out/artifacts").names() == ["f"])
        }
    }

    @Test("a file and a folder of one name cannot both be stored")
    func conflict() async throws {
        try await withScratch { folder in
            for names in [selection("a>x", "b>x/y"), selection("b>x/y", "a>x")] {
                await #expect {
                    try await store([Sample("a", "A"), Sample("b", "B")], names, in: folder)
                } throws: { error in
                    (error as? FileError)?.code == .conflict && "\(error)".hasPrefix("cannot store `x")
                }
            }
            #expect(folder.names() == ["stream.tar"])
        }
    }

    @Test("identifiers are plain names", arguments: ["", ".", "..", "a/b", "../x", "a\0b"])
    func identifiers(identifier: String) async throws {
        try await withScratch { folder in
            await #expect {
                try await ArtifactStore(directory: folder.appending("out")).store(
                    identifier, from: try tar([], folder), selection: selection(), asZip: false)
            } throws: { ($0 as? FileError)?.code == .refused }
            #expect(folder.names() == ["stream.tar"])
        }
    }

    @Test("a sparse file keeps its holes", .enabled(if: hasGNUTar, "needs GNU tar"))
    func sparse() async throws {
        try await withScratch { folder in
            try await run("sh", "-c", "cd '\(folder)' && printf start > s && truncate -s 40M s && tar -S -cf s.tar s")
            let stored = try await ArtifactStore(directory: folder.appending("out")).store(
                "artifacts", from: try folder.appending("s.tar").open(), selection: selection("s"), asZip: false)
            #expect(stored.byteCount == 40 << 20)
            let blocks = String(
                decoding: try await run("du", "-k", folder.appending("out/artifacts/s").string), as: UTF8.self)
            #expect(try #require(Int(blocks.split(separator: "\t")[0])) < 1000)
            try await run("cmp", folder.appending("s").string, folder.appending("out/artifacts/s").string)
        }
    }

    @Test("many files at once")
    func many() async throws {
        try await withScratch { folder in
            let samples = (0..<500).map { Sample("d\($0 % 7)/f\($0)", "\($0)") }
            let files = samples.map { ArtifactSelection.File(source: $0.entry.path, stored: $0.entry.path) }
            let chosen = ArtifactSelection(
                files: files, foundCount: 500, invalidPatterns: [], directoryPatterns: [], collisions: [],
                keepsLinks: false, leftOutGit: false)
            let stored = try await store(samples, chosen, in: folder)
            #expect(stored.fileCount == 500)
            #expect(try folder.appending("out/artifacts/d3/f3").text() == "3")
        }
    }
}
