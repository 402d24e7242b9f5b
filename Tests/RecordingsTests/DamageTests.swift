import Foundation
import Recordings
import Testing

/// A damaged recording is found, named, and mended by recording it again.
@Suite struct DamageTests {
    private let url = "https://example.com/a?b=1"

    /// What is done to a file of the store, and what is said of it then.
    struct Damage: Sendable, CustomTestStringConvertible {
        let part: String
        let reason: String
        let change: @Sendable (inout Data) -> Void
        var testDescription: String { "\(part): \(reason)" }

        init(_ part: String, _ reason: String, _ change: @escaping @Sendable (inout Data) -> Void) {
            self.part = part
            self.reason = reason
            self.change = change
        }
    }

    private func damage(_ folder: StoreFolder, _ part: String, _ change: (inout Data) -> Void) throws -> String {
        let file = folder.url(try #require(folder.files(in: part).first))
        var data = try Data(contentsOf: file)
        change(&data)
        try data.write(to: file)
        return file.path
    }

    @Test(
        "every kind of damage has its words",
        arguments: [
            Damage("entries", "it is cut short or was changed") { $0.removeLast() },
            Damage("entries", "it is cut short or was changed") { $0.removeLast(80) },
            Damage("entries", "it is cut short or was changed") { $0[40] ^= 1 },
            Damage("entries", "it is not readable") { $0[0] ^= 1 },
            Damage("entries", "it is not readable") { $0 = Data() },
            Damage("entries", "it is of another version of buildspec") { $0[$0.firstIndex(of: 0x0a)! - 1] += 1 },
            Damage("bodies", "its body has 3 bytes instead of 4") { $0.removeLast() },
            Damage("bodies", "its body has 5 bytes instead of 4") { $0.append(0) },
            Damage("bodies", "its body is not what was recorded") { $0[1] ^= 0x20 },
        ])
    func damaged(damage: Damage) throws {
        let reason = damage.reason
        let folder = try StoreFolder()
        try folder.record(get(url), "body")
        let file = try self.damage(folder, damage.part, damage.change)
        let error = try #require(throws: DamagedRecording.self) { try folder.store.response(to: get(url)) }
        #expect(error.url == url)
        #expect(error.file == file)
        #expect(error.reason == reason)
        #expect(error.description == "cannot use the recording of \(url): \(reason) (`\(file)`)")
        #expect(error.help.contains("--record"))
        #expect(try folder.store.verify().map(\.reason) == [reason])
        // Looking does not mend it, recording does.
        try folder.record(get(url), "body")
        #expect(try folder.answer(get(url)) == "body")
        #expect(try folder.store.verify().isEmpty)
    }

    @Test func `a missing body is damage`() throws {
        let folder = try StoreFolder()
        try folder.record(get(url), "body")
        try FileManager.default.removeItem(at: folder.url(try #require(folder.files(in: "bodies").first)))
        #expect(throws: DamagedRecording.self) { try folder.store.response(to: get(url)) }
        #expect(try folder.store.verify().map(\.reason) == ["its body is missing"])
    }

    @Test func `of a large damaged body the last bytes never come`() throws {
        let folder = try StoreFolder()
        try folder.record(get(url), String(repeating: "x", count: 300_000))
        _ = try damage(folder, "bodies") { $0[1000] = 0 }
        let found = try #require(try folder.store.response(to: get(url)))
        #expect(throws: DamagedRecording.self) { try folder.store.check(found) }
        #expect(throws: DamagedRecording.self) { try bytes(of: found) }
        _ = try damage(folder, "bodies") { $0.removeLast() }
        #expect(throws: DamagedRecording.self) { try folder.store.response(to: get(url)) }
    }

    @Test func `a body that was checked is checked again once it is another file`() throws {
        let folder = try StoreFolder()
        try folder.record(get(url), String(repeating: "x", count: 300_000))
        let found = try #require(try folder.store.response(to: get(url)))
        try folder.store.check(found)
        try folder.store.check(found)
        _ = try damage(folder, "bodies") { $0[1000] = 0 }
        #expect(throws: DamagedRecording.self) { try folder.store.check(found) }
    }

    @Test func `a damaged entry beside a sound one that would do does not matter`() throws {
        let folder = try StoreFolder()
        try folder.record(get(url, [("Accept", "a/b")]), "one")
        _ = try damage(folder, "entries") { $0[30] ^= 1 }
        #expect(throws: DamagedRecording.self) { try folder.store.response(to: get(url)) }
        try folder.record(get(url, [("Accept", "c/d")]), "two")
        #expect(try folder.answer(get(url)) == "two")
        #expect(throws: DamagedRecording.self) { try folder.store.response(to: get(url, [("Accept", "a/b")])) }
    }

    @Test func `an entry in another's place is damage`() throws {
        let folder = try StoreFolder()
        try folder.record(get(url), "one")
        let one = try #require(folder.files(in: "entries").first)
        try folder.record(get("https://example.com/other"), "two")
        let two = try #require(folder.files(in: "entries").first { $0 != one })
        try Data(contentsOf: folder.url(one)).write(to: folder.url(two))
        #expect(try folder.store.verify().map(\.reason) == ["it lies in the place of another request"])
    }

    @Test func `nothing is set aside while somebody uses the recordings`() throws {
        let folder = try StoreFolder()
        try folder.record(get(url), "body")
        try folder.record(get("https://example.com/sound"), "sound")
        let entry = try #require(try folder.store.entries().first { $0.url == url })
        try Data("bodx".utf8).write(to: folder.url(entry.files[1]))
        let other = folder.fresh
        _ = try other.response(to: get("https://example.com/sound"))
        #expect(try folder.fresh.setAside() == nil, "somebody is using them")
        withExtendedLifetime(other) {}
    }

    @Test func `what is set aside counts as missing; what is sound, or of another version, stays`() throws {
        let folder = try StoreFolder()
        try folder.record(get(url), "body")
        try folder.record(get("https://example.com/sound"), "sound")
        let entry = try #require(try folder.store.entries().first { $0.url == url })
        try Data("bodx".utf8).write(to: folder.url(entry.files[1]))
        let aside = try #require(try folder.store.setAside())
        #expect(aside.map(\.damage.reason) == ["its body is not what was recorded"])
        #expect(try #require(aside.first?.place).hasPrefix("\(folder.store.folder)/damaged/"))
        #expect(try folder.store.verify().isEmpty)
        #expect(try folder.store.setAsideCount == 1)
        #expect(try folder.store.response(to: get(url)) == nil)
        #expect(try folder.answer(get("https://example.com/sound")) == "sound")
        try folder.record(get(url), "body")
        #expect(try folder.answer(get(url)) == "body")
        #expect(try #require(try folder.store.prune(unusedSince: nil)).damaged == 1)
        #expect(try folder.store.setAsideCount == 0)

        let file = folder.url(try #require(folder.files(in: "entries").first))
        var data = try Data(contentsOf: file)
        data[try #require(data.firstIndex(of: 0x0a)) - 1] += 1
        try data.write(to: file)
        let kept = try #require(try folder.store.setAside())
        #expect(kept.count == 1 && kept[0].place == nil)
        #expect(FileManager.default.fileExists(atPath: file.path))
    }

    @Test func `prune removes the damaged, bodies nobody names and drafts, and nothing else`() throws {
        let folder = try StoreFolder()
        try folder.record(get(url), "old")
        try folder.record(get(url), "kept")
        try folder.record(get("https://example.com/bad"), "body")
        let bad = try #require(try folder.store.entries().first { $0.url.hasSuffix("bad") })
        try Data("BODY".utf8).write(to: folder.url(bad.files[1]))
        try Data("left".utf8).write(to: folder.url("drafts/4711-dead"))
        let outcome = try #require(try folder.store.prune(unusedSince: nil))
        #expect(outcome.damaged == 1)
        #expect(outcome.bodies == 2)
        #expect(!outcome.all)
        #expect(try folder.answer(get(url)) == "kept")
        #expect(folder.files(in: "bodies").count == 1)
        #expect(folder.files(in: "entries").count == 1)
        #expect(folder.files(in: "drafts") == [])
    }

    /// As many as that would fill the tasks' pool of any machine, and nobody could end the pruning.
    @Test(.timeLimit(.minutes(1)))
    func `waiting for the pruning of a store stops nobody, and may be cancelled`() async throws {
        let folder = try StoreFolder()
        try FileManager.default.createDirectory(atPath: folder.store.folder, withIntermediateDirectories: true)
        let pruning = open("\(folder.store.folder)/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        defer { close(pruning) }
        #expect(flock(pruning, LOCK_EX | LOCK_NB) == 0)
        let stores = (0..<64).map { _ in folder.fresh }, other = folder.fresh
        try await withThrowingTaskGroup(of: Void.self) { group in
            for store in stores { group.addTask { try await store.hold() } }
            let cancelled = Task { try await other.hold() }
            try await Task.sleep(for: .milliseconds(50))
            cancelled.cancel()
            await #expect(throws: CancellationError.self) { try await cancelled.value }
            #expect(flock(pruning, LOCK_UN) == 0)
            try await group.waitForAll()
        }
        #expect(try folder.fresh.prune(unusedSince: nil) == nil)
        withExtendedLifetime(stores) {}
    }

    @Test func `prune removes a store that was not used since, unless somebody uses it now`() throws {
        let folder = try StoreFolder()
        try folder.record(get(url), "x")
        let used = try #require(folder.store.lastUsed)
        #expect(try folder.fresh.prune(unusedSince: used + .seconds(60)) == nil)
        #expect(try folder.answer(get(url)) == "x")
        #expect(try #require(try folder.store.prune(unusedSince: used - .seconds(60))).all == false)
        #expect(try folder.answer(get(url)) == "x")
        #expect(try #require(try folder.store.prune(unusedSince: used + .seconds(60))).all)
        #expect(!FileManager.default.fileExists(atPath: folder.store.folder))
    }
}
