import Foundation
import TestSupport
import Testing

@testable import SourceSnapshots

/// Versions in the words of `sourceVersion`, and clones that are no full ones (CODEBUILD-2026 F.2).
@Suite struct SourceVersionTests {
    @Test func `every form of a version is found`() async throws {
        try await TestRepository.with { repository in
            let first = try await repository.git("rev-parse", "HEAD")
            try repository.write("kept.txt", "second\n")
            try await repository.commit("second")
            let second = try await repository.git("rev-parse", "HEAD")
            try await repository.git("tag", "v1", first)
            for (name, commit) in [
                ("refs/pull/25/head", first), ("refs/remotes/origin/pr/26", second),
                ("refs/remotes/origin/topic", first),
            ] {
                try await repository.git("update-ref", name, commit)
            }
            let forms = [
                ("main", second, "main"), ("refs/heads/main", second, "main"), ("v1", first, "v1"),
                ("refs/tags/v1", first, "v1"), (first, first, nil), ("pr/25", first, "pr/25"),
                ("pr/26", second, "pr/26"), ("topic", first, "topic"), ("refs/heads/topic", first, "topic"),
                ("refs/pull/25/head", first, "pr/25"), ("refs/heads/main^{\(first)}", first, "main"),
                ("HEAD^", first, nil),
            ]
            for (written, commit, name) in forms {
                let head = try await repository.take(.revision(written)).head
                #expect(head.commit == commit && head.shortName == name, "\(written): \(head)")
            }
            let error = await #expect(throws: SourceError.self) { try await repository.take(.revision("pr/1")) }
            #expect(error?.help?.contains("git fetch origin refs/pull/1/head") == true)
            let absent = String(repeating: "a", count: 40)
            await #expect(throws: SourceError.self) { try await repository.take(.revision("main^{\(absent)}")) }
        }
    }

    @Test func `a clone of some depth shows so many commits`() async throws {
        try await TestRepository.with { repository in
            try await repository.git("checkout", "-q", "-b", "side")
            try repository.write("side", "1")
            try await repository.commit("side")
            try await repository.git("checkout", "-q", "main")
            for number in 1...3 {
                try repository.write("kept.txt", "\(number)\n")
                try await repository.commit("change \(number)")
            }
            try await repository.git("merge", "-q", "--no-edit", "side")
            try await repository.git("tag", "old", "HEAD~2")
            for (depth, count) in [(1, 1), (2, 3), (3, 5), (10, 6)] {
                var store = repository.store()
                store.clone.depth = depth
                let git = Git(folder: repository.path, inherited: [String]())
                let staged = try #require(try await store.stage(.worktree, git, for: "c\(depth)"))
                let assembled = try await repository.assembled(staged)
                #expect(
                    try await TestRepository.git(in: assembled, ["rev-list", "--count", "HEAD"]) == "\(count)",
                    "depth \(depth)")
                #expect(try await TestRepository.git(in: assembled, ["status", "--porcelain"]) == "")
                staged.release()
            }
        }
    }

    @Test func `submodules can be left empty`() async throws {
        try await TestRepository.with { library in
            try await TestRepository.with { repository in
                try await repository.git("submodule", "add", "-q", library.path, "lib")
                try await repository.commit("lib")
                let full = try await repository.stage(.revision("HEAD"))
                #expect(FileManager.default.fileExists(atPath: "\(full.files)/lib/kept.txt"))
                var store = repository.store()
                store.clone.hasSubmodules = false
                let git = Git(folder: repository.path, inherited: [String]())
                let empty = try #require(try await store.stage(.revision("HEAD"), git, for: "empty"))
                #expect(FileManager.default.fileExists(atPath: "\(empty.files)/lib"))
                #expect(!FileManager.default.fileExists(atPath: "\(empty.files)/lib/kept.txt"))
                #expect(empty.snapshot.tree == full.snapshot.tree)
                #expect(empty.snapshot.identity != full.snapshot.identity)
            }
        }
    }
}
