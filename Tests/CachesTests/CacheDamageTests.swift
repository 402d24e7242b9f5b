import TestSupport
@testable import Caches
@testable import Files
import Archives
import Testing

@Suite("caches that are damaged, hostile or foreign")
struct CacheDamageTests {
    private func store(_ folder: FilePath) -> CacheStore { CacheStore(directory: folder.appending("caches")) }

    /// - Returns: the code of the error, and what had been written to the receiver by then.
    private func failedRestore(_ folder: FilePath) async throws -> (code: FileError.Code?, bytes: Int) {
        let output = folder.appending("restored.tar")
        try output.write([])
        do {
            _ = try await store(folder).restore(
                CacheSample.key, to: try FileDescriptor.open(output, .writeOnly).rawValue, allowed: CacheSample.allowed)
            return (nil, try output.bytes().count)
        } catch let error as FileError {
            return (error.code, try output.bytes().count)
        }
    }

    @Test(
        "damage that can be seen at once is found by looking",
        arguments: ["shorter", "longer", "missing", "manifest", "hostile manifest", "no layers"])
    func visible(damage: String) async throws {
        try await withScratch { folder in
            try await CacheSample.save(in: folder)
            let tarball = try CacheSample.tarball(in: folder)
            let manifest = CacheSample.cacheFolder(in: folder).appending("manifest.json")
            let json = try manifest.text()
            switch damage {
            case "shorter": try tarball.write(Array(try tarball.bytes().dropLast()))
            case "longer": try tarball.write(try tarball.bytes() + [0])
            case "missing": unlink(tarball.string)
            case "manifest": try manifest.write(String(json.dropLast(40)))
            case "hostile manifest":
                try manifest.write(
                    CacheSample.withChecksum(json.replacingAll("\"file\" : \"", with: "\"file\" : \"../")))
            default: try manifest.write("{\"formatVersion\":2}")
            }
            guard case .damaged(let reason, let aside) = try await store(folder).lookup(CacheSample.key) else {
                Issue.record("not found damaged")
                return
            }
            #expect(!reason.isEmpty)
            #expect(aside == folder.appending("caches").appending("\(CacheSample.key.name).damaged"))
            #expect(try await store(folder).lookup(CacheSample.key) == .miss(reason: "nothing was saved yet"))
            #expect(try await failedRestore(folder).code == .notFound)
            // And the next build has a cache again.
            try await CacheSample.save(in: folder)
            #expect(try await CacheSample.restore(in: folder).samples == CacheSample.samples)
        }
    }

    @Test("a changed byte is found before any is used, and by verifying")
    func changedByte() async throws {
        for offset in [0, 60, -1] {
            try await withScratch { folder in
                let manifest = try await CacheSample.save(in: folder).manifest
                let tarball = try CacheSample.tarball(in: folder)
                var bytes = try tarball.bytes()
                bytes[offset < 0 ? bytes.count + offset : offset] ^= 1
                try tarball.write(bytes)
                #expect(try await store(folder).lookup(CacheSample.key) == .hit(manifest))
                #expect(try await failedRestore(folder) == (.damaged, 0))
                #expect(folder.appending("caches").names().contains("\(CacheSample.key.name).damaged"))
                try await CacheSample.save(in: folder)
                try tarball.write(bytes)
                guard case .damaged = try await store(folder).verify(CacheSample.key) else {
                    Issue.record("not found damaged")
                    return
                }
            }
        }
    }

    @Test("a byte that a disk lost under an intact seal is found too")
    func rot() async throws {
        try await withScratch { folder in
            let saved = try await CacheSample.save(in: folder).manifest
            let tarball = try CacheSample.tarball(in: folder)
            var bytes = try tarball.bytes()
            bytes[50] ^= 4
            try tarball.write(bytes)
            // As if nothing had touched the file: the seal is made to fit it.
            let cache = CacheSample.cacheFolder(in: folder)
            let status = try DirectoryHandle(opening: cache).status(Array(saved.layers[0].file.utf8))
            let seal = saved.layers[0].seal
            let manifest = cache.appending("manifest.json")
            try manifest.write(
                CacheSample.withChecksum(
                    try manifest.text().replacingAll("\(seal.changed)", with: "\(status.changed.wholeNanoseconds)")
                        .replacingAll("\(seal.modified)", with: "\(status.modified.wholeNanoseconds)")))
            #expect(try await failedRestore(folder) == (.damaged, 0))
        }
    }

    @Test("a cache that was copied elsewhere is verified by its checksum, and is good")
    func copied() async throws {
        try await withScratch { folder in
            try await CacheSample.save(in: folder)
            try await run("cp", "-R", folder.appending("caches").string, folder.appending("copy").string)
            try await run("rm", "-r", folder.appending("caches").string)
            try await run("mv", folder.appending("copy").string, folder.appending("caches").string)
            #expect(try await CacheSample.restore(in: folder).samples == CacheSample.samples)
            guard case .hit = try await store(folder).verify(CacheSample.key) else {
                Issue.record("not good")
                return
            }
        }
    }

    @Test(
        "a manifest of another version says so plainly, and is not damage",
        arguments: [
            (3, "it was written by a newer version of buildspec (cache format 3; this one reads 2)"),
            (1, "it was written by an older version of buildspec (cache format 1; this one reads 2)"),
        ])
    func otherVersion(version: Int, reason: String) async throws {
        try await withScratch { folder in
            try await CacheSample.save(in: folder)
            let manifest = CacheSample.cacheFolder(in: folder).appending("manifest.json")
            try manifest.write(
                CacheSample.withoutChecksum(try manifest.text())
                    .replacingAll("\"formatVersion\" : 2", with: "\"formatVersion\" : \(version)"))
            #expect(try await store(folder).lookup(CacheSample.key) == .miss(reason: reason))
            #expect(try await failedRestore(folder) == (.notFound, 0))
            #expect(try store(folder).list().map(\.state) == [.unusable(reason: reason)])
        }
    }

    @Test("entries of every bad kind are left out by name, and the rest is saved")
    func hostile() async throws {
        try await withScratch { folder in
            let path = folder.appending("raw.tar")
            try path.write(
                rawTar([
                    ("root/.m2/good", "0", ""), ("/root/.m2/absolute", "0", ""), ("root/.m2/../../up", "0", ""),
                    ("root/.m2/fifo", "6", ""),
                    ("root/.m2/null", "3", ""), ("etc/passwd", "0", ""), ("root/.m2/out", "1", "etc/passwd"),
                    ("root/.m2/link", "2", "/etc"),
                    ("root/.m2/link/passwd", "0", ""),
                ]))
            let summary = try await store(folder).save(
                CacheSample.key, from: try path.open(), allowed: CacheSample.allowed, metadata: CacheSample.metadata)
            #expect(
                summary.skipped.map(\.name) == [
                    "/root/.m2/absolute", "root/.m2/../../up", "root/.m2/fifo", "root/.m2/null", "etc/passwd",
                    "root/.m2/out", "root/.m2/link/passwd",
                ])
            #expect(
                summary.skipped.map(\.reason) == [
                    .absolutePath, .leadsUp, .special("FIFO"), .special("character device"), .outsideDeclaredPaths,
                    .linkTargetOutside, .throughLink,
                ])
            #expect(
                try await CacheSample.restore(in: folder).samples.map(\.entry.name) == [
                    "root/.m2/good", "root/.m2/link",
                ])
        }
    }

    @Test("a hostile tarball with a right checksum restores nothing hostile")
    func hostileTarball() async throws {
        try await withScratch { folder in
            try await CacheSample.save(in: folder)
            let evil = [
                Sample(.link("root/.m2/l", to: "/etc")), Sample("root/.m2/l/passwd", "x"), Sample("../up", "x"),
                Sample("/etc/x", "x"),
            ]
            try await replaceTarball(evil, in: folder)
            let (summary, samples) = try await CacheSample.restore(in: folder)
            #expect(samples.map(\.entry.name) == ["root/.m2/l"])
            #expect(summary.skipped.map(\.reason) == [.throughLink, .leadsUp, .absolutePath])
        }
    }

    private func replaceTarball(_ samples: [Sample], in folder: FilePath) async throws {
        let cache = CacheSample.cacheFolder(in: folder)
        let plain = try tar(samples, folder, "evil.tar")
        close(plain)
        try await run("sh", "-c", "zstd -q -c '\(folder)/evil.tar' > '\(cache)/evil.tar.zst'")
        let sum = String(
            decoding: try await run("sha256sum", cache.appending("evil.tar.zst").string).prefix(64), as: UTF8.self)
        let manifest = cache.appending("manifest.json")
        guard case .manifest(let old) = CacheManifest.Reading(try manifest.bytes()) else { return }
        let layer = old.layers[0]
        let count = try cache.appending("evil.tar.zst").bytes().count
        let text = try manifest.text().replacingAll(layer.file, with: "evil.tar.zst")
            .replacingAll(layer.sha256, with: sum)
            .replacingAll("\"byteCount\" : \(layer.byteCount)", with: "\"byteCount\" : \(count)")
        try manifest.write(CacheSample.withChecksum(text))
    }
}

extension String {
    func replacingAll(_ old: String, with new: String) -> String {
        split(separator: old, omittingEmptySubsequences: false).joined(separator: new)
    }
}
