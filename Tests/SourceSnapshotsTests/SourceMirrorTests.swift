import TestSupport
@testable import Files
@testable import SourceSnapshots
import Foundation
import Testing

/// How a mirror follows the source, and the `.git` that goes with it.
@Suite struct SourceMirrorTests {
    private func inode(_ path: String) throws -> UInt64 {
        try #require(try FileManager.default.attributesOfItem(atPath: path)[.systemFileNumber] as? UInt64)
    }

    @Test func `only what changed is written anew`() async throws {
        try await TestRepository.with { repository in
            try repository.write("a", "a")
            try repository.write("d/b", "b")
            let first = try await repository.stage()
            let kept = try inode("\(first.files)/kept.txt")
            first.release()
            try repository.write("a", "changed")
            try repository.remove("d")
            try repository.write("d", "now a file")
            let second = try await repository.stage()
            #expect(second.files == first.files)
            #expect(try inode("\(second.files)/kept.txt") == kept)
            #expect(try String(contentsOfFile: "\(second.files)/a", encoding: .utf8) == "changed")
            #expect(try String(contentsOfFile: "\(second.files)/d", encoding: .utf8) == "now a file")
        }
    }

    @Test func `a mirror that a build uses does not change under it`() async throws {
        try await TestRepository.with { repository in
            let first = try await repository.stage(for: "one")
            try repository.write("kept.txt", "changed\n")
            let second = try await repository.stage(for: "two")
            #expect(first.files != second.files)
            #expect(try String(contentsOfFile: "\(first.files)/kept.txt", encoding: .utf8) == "kept\n")
            // Equal content is shared.
            let third = try await repository.stage(for: "three")
            #expect(third.files == second.files && third.gitLayer != second.gitLayer)
            first.release()
            try repository.write("kept.txt", "again\n")
            #expect(try await repository.stage(for: "four").files == first.files)
        }
    }

    @Test func `a kept container holds its mirror until it is forgotten`() async throws {
        try await TestRepository.with { repository in
            let first = try await repository.stage(for: "kept")
            first.release(isKept: true)
            try repository.write("kept.txt", "changed\n")
            let second = try await repository.stage(for: "two")
            #expect(first.files != second.files)
            #expect(FileManager.default.fileExists(atPath: try #require(first.gitLayer)))
            SnapshotStore.forget("kept", root: repository.cache)
            #expect(!FileManager.default.fileExists(atPath: try #require(first.gitLayer)))
            try repository.write("kept.txt", "again\n")
            #expect(try await repository.stage(for: "three").files == first.files)
        }
    }

    @Test func `a plan that was killed leaves the mirror free`() async throws {
        try await TestRepository.with { repository in
            // What is never released is, for everybody else, what a killed process leaves: a mark without a lock.
            let files = try await repository.stageForReading().files
            try repository.write("kept.txt", "changed\n")
            #expect(try await repository.stage().files == files)
        }
    }

    @Test func `a mirror that a plan reads does not change under it`() async throws {
        try await TestRepository.with { repository in
            let reading = try await repository.stageForReading()
            #expect(reading.gitLayer == nil && reading.objectMounts.isEmpty)
            try repository.write("kept.txt", "changed\n")
            #expect(try await repository.stage().files != reading.files)
            #expect(try String(contentsOfFile: "\(reading.files)/kept.txt", encoding: .utf8) == "kept\n")
            reading.release()
            #expect(try Folder.names("\(reading.files.dropLast("/files".count))/readers").isEmpty)
        }
    }

    @Test func `a container has its source once`() async throws {
        try await TestRepository.with { repository in
            let first = try await repository.stage(for: "one")
            let refusal = await #expect(throws: FileError.self) { _ = try await repository.stage(for: "one") }
            #expect(refusal?.code == .conflict)
            withExtendedLifetime(first) {}
        }
    }

    @Test func `many at once get what they asked for`() async throws {
        try await TestRepository.with { repository in
            for number in 0..<4 {
                try repository.write("kept.txt", "\(number)\n")
                try await repository.git("commit", "-qam", "\(number)")
                try await repository.git("tag", "v\(number)")
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<8 {
                    group.addTask {
                        let staged = try await repository.stage(.revision("v\(number % 4)"), for: "c\(number)")
                        let text = try String(contentsOfFile: "\(staged.files)/kept.txt", encoding: .utf8)
                        #expect(text == "\(number % 4)\n")
                        staged.release()
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func `an update that was interrupted, or files that somebody changed, are made good`() async throws {
        try await TestRepository.with { repository in
            let first = try await repository.stage()
            first.release()
            let mirror = SourceMirror(folder: String(first.files.dropLast("/files".count)))
            // As after SIGKILL in the middle: locks are left, the content is not known.
            for name in ["\(mirror.folder)/index-0.lock", "\(repository.store().folder)/index.lock"] {
                try Data().write(to: URL(filePath: name))
            }
            try Folder.remove("\(mirror.folder)/content")
            try Data("junk".utf8).write(to: URL(filePath: "\(first.files)/junk"))
            try repository.write("kept.txt", "changed\n")
            let second = try await repository.stage()
            #expect(try await repository.names(in: second.files) == [".gitignore", "kept.txt"])
            second.release()
            try Data("meddled".utf8).write(to: URL(filePath: "\(second.files)/kept.txt"))
            try repository.write("kept.txt", "once more\n")
            let third = try await repository.stage()
            #expect(try String(contentsOfFile: "\(third.files)/kept.txt", encoding: .utf8) == "once more\n")
        }
    }

    // MARK: .git

    @Test func `git in a build says of a working tree what it says outside`() async throws {
        try await TestRepository.with { repository in
            for name in ["staged", "both", "deleted", "moved", "mode"] { try repository.write(name, "\(name)\n") }
            try await repository.commit("second")
            try await repository.git("tag", "-a", "-m", "t", "v1")
            try await repository.git("remote", "add", "origin", "https://user:secret@example.org/x.git")
            try await repository.git("config", "http.extraheader", "Authorization: secret")
            try repository.write("staged", "1\n")
            try repository.write("both", "1\n")
            try await repository.git("add", "-A")
            try await repository.git("mv", "moved", "new-name")
            try repository.write("both", "2\n")
            try repository.remove("deleted")
            try await run("chmod", "+x", "\(repository.path)/mode")
            try repository.write("untracked", "u")
            try await repository.git("commit", "-q", "--allow-empty", "-m", "third", "--only")
            let assembled = try await repository.assembled(repository.stage())
            for question in [
                ["status", "--porcelain=v2", "--branch"], ["log", "--format=%H %s"], ["describe", "--dirty"],
                ["branch", "-a"],
                ["tag", "-l"], ["diff"], ["diff", "--cached"], ["rev-parse", "HEAD"], ["stash", "list"],
            ] {
                #expect(
                    try await TestRepository.git(in: assembled, question)
                        == (try await TestRepository.git(in: repository.path, question)), "\(question)")
            }
            #expect(
                try await TestRepository.git(in: assembled, ["remote", "get-url", "origin"])
                    == "https://example.org/x.git")
            let config = try String(contentsOfFile: "\(assembled)/.git/config", encoding: .utf8)
            #expect(!config.contains("secret"))
        }
    }

    @Test(arguments: [
        ("main", "ref: refs/heads/main"), ("v1", nil), ("HEAD~1", nil), ("HEAD", "ref: refs/heads/main"),
    ])
    func `a commit is checked out clean, on its branch when one was named`(name: String, head: String?) async throws {
        try await TestRepository.with { repository in
            try repository.write("a", "a")
            try await repository.commit("second")
            try await repository.git("tag", "v1")
            try repository.write("kept.txt", "dirty\n")
            try repository.write("untracked", "u")
            let staged = try await repository.stage(.revision(name))
            let assembled = try await repository.assembled(staged)
            let commit = try await repository.git("rev-parse", name)
            #expect(try await TestRepository.git(in: assembled, ["rev-parse", "HEAD"]) == commit)
            #expect(
                try String(contentsOfFile: "\(assembled)/.git/HEAD", encoding: .utf8) == "\(head ?? commit)\n")
            // Scripts ask without refreshing the index first.
            #expect(try await TestRepository.git(in: assembled, ["diff-index", "HEAD"]) == "")
            #expect(try await TestRepository.git(in: assembled, ["status", "--porcelain"]) == "")
            #expect(staged.snapshot.head.commit == commit)
        }
    }

    @Test func `commands may commit, tag and clean, and it stays theirs`() async throws {
        try await TestRepository.with { repository in
            try repository.write("untracked", "u")
            let before = try await repository.fingerprint()
            let assembled = try await repository.assembled(repository.stage())
            for command in [
                ["clean", "-fdq"], ["commit", "-q", "--allow-empty", "-m", "in the build"], ["tag", "built"],
                ["checkout", "-q", "-b", "side"], ["gc", "-q"], ["fsck", "--strict"],
            ] {
                try await TestRepository.git(in: assembled, command)
            }
            #expect(try await TestRepository.git(in: assembled, ["log", "--format=%s"]) == "in the build\nfirst")
            #expect(try await repository.fingerprint() == before)
        }
    }
}

/// What is left behind does not grow without end.
@Suite struct SnapshotPruningTests {
    @Test func `old objects go once there are many, and not while a build needs them`() async throws {
        try await TestRepository.with { repository in
            try repository.write("new", "n")
            let staged = try await repository.stage()
            let objects = "\(repository.store().folder)/objects"
            try Folder.make("\(objects)/17")
            for number in 0...256 { try Folder.write("\(objects)/17/\(number)", []) }
            _ = try await repository.take()
            #expect(try Folder.names("\(objects)/17").count == 257)
            staged.release()
            let after = try await repository.stage()
            #expect(try Folder.names("\(objects)/17").count < 257)
            #expect(try String(contentsOfFile: "\(after.files)/new", encoding: .utf8) == "n")
        }
    }

    @Test func `a plan that was killed does not keep old objects for ever`() async throws {
        try await TestRepository.with { repository in
            _ = try await repository.stageForReading()
            let objects = "\(repository.store().folder)/objects"
            try Folder.make("\(objects)/17")
            for number in 0...256 { try Folder.write("\(objects)/17/\(number)", []) }
            _ = try await repository.take()
            #expect(try Folder.names("\(objects)/17").count < 257)
        }
    }
}
