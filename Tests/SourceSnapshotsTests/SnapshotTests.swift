import TestSupport
@testable import SourceSnapshots
import Foundation
import Testing

/// What a snapshot is of, and that taking it changes nothing.
@Suite struct SnapshotTests {
    @Test func `a working tree is its tracked and untracked files as they are, and no ignored ones`() async throws {
        try await TestRepository.with { repository in
            try repository.write("kept.txt", "changed\n")
            try repository.write("new.txt", "new\n")
            try repository.write("target/junk", "j")
            try repository.write(".buildspec/out/old", "o")
            let snapshot = try await repository.take()
            // The same by hand, in a copy.
            try await run("cp", "-a", repository.path, "\(repository.root)/copy")
            try await run("rm", "-rf", "\(repository.root)/copy/.buildspec")
            try await TestRepository.git(in: "\(repository.root)/copy", ["add", "-A"])
            let byHand = try await TestRepository.git(in: "\(repository.root)/copy", ["write-tree"])
            #expect(snapshot.tree == byHand)
            #expect(snapshot.warnings.isEmpty)
        }
    }

    @Test func `equal content has an equal name wherever it lies, and other content another`() async throws {
        try await TestRepository.with { repository in
            let first = try await repository.take()
            try await TestRepository.with(isEmpty: true) { other in
                try other.write("kept.txt", "kept\n")
                try other.write(".gitignore", "target/\n")
                let same = try await other.take()
                #expect(same.tree == first.tree && same.identity == first.identity)
                try other.write("kept.txt", "KEPT\n")
                let different = try await other.take()
                #expect(different.tree != first.tree && different.identity != first.identity)
            }
        }
    }

    @Test func `the index and a commit are what git has, whatever lies around`() async throws {
        try await TestRepository.with { repository in
            let head = try await repository.git("rev-parse", "HEAD^{tree}")
            try repository.write("kept.txt", "staged\n")
            try await repository.git("add", "kept.txt")
            let staged = try await repository.git("write-tree")
            try repository.write("kept.txt", "broken\n")
            try repository.write("new.txt", "new\n")
            #expect(try await repository.take(.index).tree == staged)
            #expect(try await repository.take(.revision("HEAD")).tree == head)
            #expect(try await repository.take(.revision("main")).head.reference == "refs/heads/main")
        }
    }

    @Test func `a change of the same size within the same second is seen`() async throws {
        try await TestRepository.with { repository in
            var seen: Set<String> = []
            for number in 10..<30 {
                try repository.write("kept.txt", "\(number)\n")
                if number % 3 == 0 { try await repository.git("add", "-A") }
                seen.insert(try await repository.take().tree)
            }
            #expect(seen.count == 20)
        }
    }

    @Test(arguments: [
        "printf 'KEPT' > kept.txt; touch -d @1000 kept.txt",
        "touch -r dir mark; echo x > dir/new; touch -r mark dir; rm mark",
        "touch -r dir mark; rm dir/a; touch -r mark dir; rm mark", "rm dir/a; mkdir dir/a; echo x > dir/a/b",
        "rm -r dir; echo x > dir", "mkdir -p new/inner; echo x > new/inner/file", "chmod +x dir/a",
        "rm kept.txt; ln -s dir/a kept.txt", "echo dir > .gitignore; echo x > dir/ignored",
        "git init -q dir/nested; echo x > dir/y",
        "echo x > \"$(printf 'a\\nb \"c')\"", "echo '*.log' > dir/.gitignore; echo x > dir/x.log; echo x > dir/y",
    ])
    func `a change is seen though times are put back, whatever was seen before`(change: String) async throws {
        try await TestRepository.with { repository in
            try await run(
                "sh", "-c",
                "cd \"$0\"; mkdir dir; echo a > dir/a; printf 'kept' > kept.txt; touch -d @1000 kept.txt dir/a dir",
                repository.path)
            // So often that nothing is young any more, and what was seen is remembered.
            for _ in 0..<3 { _ = try await repository.take() }
            // git compares times of change by the second: a file that is written twice in one, and gets its old time, escapes it.
            try await run("sh", "-c", "cd \"$0\"; sleep 1; \(change)", repository.path)
            let found = try await repository.take().tree, again = try await repository.take().tree
            let copy = "\(repository.root)/copy"
            try await run("sh", "-c", "cp -a \"$0\" \"$1\"; rm -rf \"$1/dir/nested\"", repository.path, copy)
            try await TestRepository.git(in: copy, ["add", "-A"])
            let tree = try await TestRepository.git(in: copy, ["write-tree"])
            #expect(found == tree && again == tree)
        }
    }

    @Test(arguments: [
        "git add -A", "git update-index --split-index; echo x > kept.txt",
        "git config core.splitIndex true; echo x > new",
        "git config core.fsmonitor true; echo x > new",
        "git config core.untrackedCache true; git update-index --untracked-cache",
        "printf '#!/bin/sh\\ntouch \"$PWD/hooked\"' > .git/hooks/post-index-change; chmod +x .git/hooks/post-index-change; echo x > new",
        "git gc -q; echo x > new", "git pack-refs --all", "git init -q nested; git rm -q --cached kept.txt",
        "git config filter.lfs.clean false; echo '*.bin filter=lfs' > .gitattributes; echo data > a.bin",
        "git checkout -q -b other; echo y > kept.txt; git commit -qam y; git checkout -q main; echo z > kept.txt; git commit -qam z; git merge other || true",
        "git config core.autocrlf true; printf 'a\\r\\n' > crlf.txt", "chmod 0400 kept.txt; touch -d @1 kept.txt",
        "git sparse-checkout set nothing", "git config maintenance.auto true; git config gc.auto 1; echo x > new",
    ])
    func `nothing in the user's repository changes`(situation: String) async throws {
        try await TestRepository.with { repository in
            try await run("sh", "-c", "cd \"$0\"; \(situation)", repository.path)
            let before = try await repository.fingerprint()
            for kind in [SourceKind.worktree, .revision("HEAD"), .worktree] {
                let staged = try await repository.stage(kind)
                staged.release()
            }
            _ = try? await repository.take(.index)  // With conflicts in the index it is refused.
            #expect(try await repository.fingerprint() == before)
        }
    }

    @Test func `whatever happens in a repository, a snapshot is right and leaves it as it was`() async throws {
        let happenings = [
            "echo $RANDOM$N > kept.txt", "echo x > f$N; git add f$N", "echo y > u$N", "git commit -qam $N || true",
            "git stash -q || true", "git checkout -q -b b$N", "git tag t$N", "rm -f f*", "git gc -q",
            "mkdir -p d/$N; cp kept.txt d/$N",
            "git mv kept.txt moved$N; git mv moved$N kept.txt", "chmod +x kept.txt", "ln -sf kept.txt link",
            "git reset -q --hard", "git clean -fdq", "git add -A", "git rm -q --cached kept.txt; git add kept.txt",
            "git add -N u* 2>/dev/null || true", "git update-index --assume-unchanged .gitignore",
            "git pack-refs --all",
        ]
        var number: UInt32 = 7
        try await TestRepository.with { repository in
            for step in 0..<60 {
                number = number &* 1_664_525 &+ 1_013_904_223
                let happening = happenings[Int(number >> 16) % happenings.count]
                try await run("sh", "-c", "cd \"$0\"; N=\(step); \(happening)", repository.path)
                let before = try await repository.fingerprint()
                let staged = try await repository.stage(step % 7 == 6 ? .revision("HEAD") : .worktree)
                #expect(try await repository.fingerprint() == before, "\(happening)")
                // By hand, in a copy.
                let copy = "\(repository.root)/copy"
                try await run("sh", "-c", "rm -rf \"$1\"; cp -a \"$0\" \"$1\"", repository.path, copy)
                if step % 7 != 6 { try await TestRepository.git(in: copy, ["add", "-A"]) }
                let tree = try await TestRepository.git(
                    in: copy, step % 7 == 6 ? ["rev-parse", "HEAD^{tree}"] : ["write-tree"])
                #expect(staged.snapshot.tree == tree, "\(step): \(happening)")
                try await TestRepository.git(in: copy, ["read-tree", tree])
                let status = try await TestRepository.git(
                    in: copy, ["--work-tree", staged.files, "status", "--porcelain", "--ignored"])
                #expect(
                    status.split(separator: "\n").allSatisfy {
                        !$0.dropFirst().hasPrefix("M") && !$0.dropFirst().hasPrefix("D") && !$0.hasPrefix("?")
                            && !$0.hasPrefix("!")
                    }, "\(happening): \(status)")
                staged.release()
            }
            #expect(try await repository.git("fsck", "--strict") == "")
        }
    }

    @Test(arguments: ["a b", "a:b", "a, \"b\"", "a\\b", "ä", "-C"])
    func `a repository may lie at any path`(name: String) async throws {
        try await withScratch { scratch in
            let odd = TestRepository(root: "\(scratch.string)/\(name)")
            try await run("git", "init", "-q", "-b", "main", odd.path)
            try odd.write("f", "committed\n")
            try await odd.git("add", "-A")
            try await odd.git("-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-q", "-m", "x")
            try odd.write("f", "changed\n")
            let staged = try await odd.stage()
            #expect(try String(contentsOfFile: "\(staged.files)/f", encoding: .utf8) == "changed\n")
            staged.release()
            let committed = try await odd.stage(.revision("HEAD"))
            #expect(try String(contentsOfFile: "\(committed.files)/f", encoding: .utf8) == "committed\n")
        }
    }

    @Test func `what cannot be taken is said in git's words`() async throws {
        try await TestRepository.with { repository in
            try await repository.git("config", "filter.broken.clean", "false")
            try await repository.git("config", "filter.broken.required", "true")
            try repository.write(".gitattributes", "*.x filter=broken\n")
            try repository.write("a.x", "a")
            let error = await #expect(throws: SourceError.self) { try await repository.take() }
            #expect(
                error?.description.hasPrefix("cannot take a snapshot of `\(repository.path)`: ") == true
                    && error?.description.contains("a.x") == true, "\(String(describing: error))")
        }
    }

    @Test func `a tracked .buildspec is no part of the source`() async throws {
        try await TestRepository.with { repository in
            let tree = try await repository.take().tree
            try repository.write(".buildspec/out/old", "o")
            try await repository.git("add", "-Af")
            try await repository.git("commit", "-qm", "by mistake")
            #expect(try await repository.take().tree == tree)
            #expect(try await repository.take(.revision("HEAD")).tree == tree)
        }
    }

    @Test func `what is to be left out is, tracked or not, ignored or not, and whatever was taken before`() async throws
    {
        try await TestRepository.with { repository in
            let tree = try await repository.take().tree
            for name in ["[a]*", "!b", "plain.env"] {
                let git = Git(folder: repository.path, inherited: [String]())
                func take() async throws -> String? {
                    try await repository.store().take(.worktree, git, without: [Array(name.utf8)])?.tree
                }
                try repository.write(name, "secret")
                #expect(try await take() == tree)
                #expect(try await repository.take().tree != tree, "\(name)")
                #expect(try await take() == tree)
                try await repository.git("add", "-A")
                #expect(try await take() == tree)
                try await repository.git("reset", "-q", "--hard")
                try repository.write(name, "secret")
                try repository.write(".git/info/exclude", "*.env\n")
                #expect(try await take() == tree)
                try repository.remove(name)
                try repository.write(".git/info/exclude", "")
            }
        }
    }

    @Test func `a subfolder is a source of its own, with the attributes of the folders above it`() async throws {
        try await TestRepository.with { repository in
            try repository.write(".gitattributes", "*.txt eol=crlf\n")
            try repository.write("sub/a.txt", "a\n")
            try await repository.commit("sub")
            try repository.write("sub/new.txt", "n\n")
            let staged = try await repository.stage(at: "\(repository.path)/sub")
            #expect(try await repository.names(in: staged.files) == ["a.txt", "new.txt"])
            #expect(try String(contentsOfFile: "\(staged.files)/a.txt", encoding: .utf8) == "a\r\n")
            #expect(staged.gitLayer == nil)
            #expect(staged.snapshot.head.commit == (try await repository.git("rev-parse", "HEAD")))
            let committed = try await repository.take(.revision("HEAD"), at: "\(repository.path)/sub")
            #expect(committed.tree == (try await repository.git("rev-parse", "HEAD:sub")))
        }
    }

    @Test(arguments: ["", "deep/"]) func `a subfolder of which git knows nothing yet is a source`(above: String) async throws {
        try await TestRepository.with { repository in
            try repository.write("\(above)new/a.txt", "a\n")
            for name in ["b.txt", "c.txt"] {
                let staged = try await repository.stage(at: "\(repository.path)/\(above)new")
                #expect(try await repository.names(in: staged.files).contains("a.txt"))
                try repository.write("\(above)new/\(name)", "b\n")
            }
            let staged = try await repository.stage(at: "\(repository.path)/\(above)new")
            #expect(try await repository.names(in: staged.files) == ["a.txt", "b.txt", "c.txt"])
        }
    }

    @Test func `a folder that git ignores, or that is in no repository, is no snapshot`() async throws {
        try await TestRepository.with { repository in
            try repository.write("target/project/a", "a")
            let git = Git(folder: "\(repository.path)/target/project", inherited: [String]())
            #expect(try await repository.store().take(.worktree, git)?.tree == nil)
            let outside = Git(folder: repository.root, inherited: [String]())
            #expect(try await repository.store().take(.worktree, outside)?.tree == nil)
            let error = await #expect(throws: SourceError.self) { try await repository.store().take(.index, outside) }
            #expect(error?.description.hasSuffix("it is in no git repository") == true)
        }
    }
}
