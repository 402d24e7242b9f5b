import TestSupport
@testable import SourceSnapshots
import Foundation
import Testing

/// Repositories that are not like others: each works, or is refused in one clear sentence.
@Suite struct SnapshotOddityTests {
    private func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    @Test func `an empty repository has a working tree and no commit`() async throws {
        try await TestRepository.with(isEmpty: true) { repository in
            let empty = try await repository.take()
            #expect(empty.tree == "4b825dc642cb6eb9a060e54bf8d69288fbee4904")
            #expect(empty.head == SourceHead(commit: nil, reference: "refs/heads/main", origin: nil))
            try repository.write("a", "a")
            let staged = try await repository.stage()
            #expect(try await repository.names(in: staged.files) == ["a"])
            let assembled = try await repository.assembled(staged)
            #expect(try await TestRepository.git(in: assembled, ["status", "--porcelain"]) == "?? a")
            let error = await #expect(throws: SourceError.self) { try await repository.take(.revision("HEAD")) }
            #expect(error?.description.contains("the repository has no commit of that name") == true)
        }
    }

    @Test(arguments: [
        "git init -q nested",
        "git init -q nested; git -C nested -c user.name=t -c user.email=t commit -q --allow-empty -m x",
    ])
    func `an untracked repository inside is left out with a warning`(making: String) async throws {
        try await TestRepository.with { repository in
            let tree = try await repository.take().tree
            try await run("sh", "-c", "cd \"$0\"; \(making); echo x > nested/file", repository.path)
            let snapshot = try await repository.take()
            #expect(snapshot.tree == tree)
            #expect(snapshot.warnings == ["`nested` is a repository of its own and no submodule: left out"])
        }
    }

    /// A repository with a submodule `lib` in it.
    private func withSubmodule(_ body: (TestRepository) async throws -> Void) async throws {
        try await TestRepository.with { library in
            try library.write("code", "1\n")
            try await library.commit("code")
            try await TestRepository.with { repository in
                try await repository.git("submodule", "add", "-q", library.path, "lib")
                try await repository.commit("lib")
                try await body(repository)
            }
        }
    }

    @Test func `a submodule is as the working tree has it, and what changes in it changes the identity`() async throws {
        try await withSubmodule { repository in
            let first = try await repository.take()
            try repository.write("lib/code", "dirty\n")
            try repository.write("lib/new", "n")
            let before = try await repository.fingerprint()
            let second = try await repository.stage()
            #expect(second.snapshot.tree == first.tree && second.snapshot.identity != first.identity)
            #expect(try text("\(second.files)/lib/code") == "dirty\n")
            let assembled = try await repository.assembled(second)
            #expect(
                try await TestRepository.git(in: assembled, ["status", "--porcelain"])
                    == (try await repository.git("--no-optional-locks", "status", "--porcelain")))
            #expect(
                try await TestRepository.git(in: "\(assembled)/lib", ["status", "--porcelain"]) == " M code\n?? new")
            second.release()
            let committed = try await repository.stage(.revision("HEAD"))
            #expect(try text("\(committed.files)/lib/code") == "1\n")
            #expect(try await repository.names(in: "\(committed.files)/lib").contains("new") == false)
            #expect(try await repository.fingerprint() == before)
        }
    }

    @Test func `a submodule that was never fetched is an empty folder`() async throws {
        try await withSubmodule { repository in
            try await run("git", "clone", "-q", repository.path, "\(repository.root)/clone")
            let staged = try await repository.stage(at: "\(repository.root)/clone")
            #expect(try await repository.names(in: "\(staged.files)/lib").isEmpty)
            #expect(FileManager.default.fileExists(atPath: "\(staged.files)/lib"))
        }
    }

    @Test func `a submodule that goes takes its files along`() async throws {
        try await withSubmodule { repository in
            try await repository.stage().release()
            try await repository.git("rm", "-qf", "lib")
            let staged = try await repository.stage()
            #expect(try await repository.names(in: staged.files) == [".gitignore", ".gitmodules", "kept.txt"])
        }
    }

    @Test func `Git LFS content comes from this machine, and a pointer stays where it is not`() async throws {
        try await TestRepository.with { repository in
            let content = "large\n", oid = "7deab2f1a3f16b9b0ee1acdcd32f65d2ea9dba8fa2f3d1a4a7ee9a49a5b4d7ce"
            let real = try await run("sh", "-c", "printf 'large\\n' | sha256sum | cut -c 1-64")
            let id = String(decoding: real, as: UTF8.self).trimmingCharacters(in: .newlines)
            func pointer(_ id: String) -> String {
                "version https://git-lfs.github.com/spec/v1\noid sha256:\(id)\nsize 6\n"
            }
            try repository.write(".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n")
            try repository.write("here.bin", pointer(id))
            try repository.write("gone.bin", pointer(oid))
            try await repository.commit("pointers")
            try repository.write(".git/lfs/objects/\(id.prefix(2))/\(id.dropFirst(2).prefix(2))/\(id)", content)
            try repository.write("changed.bin", "other\n")
            let before = try await repository.fingerprint()
            let staged = try await repository.stage()
            #expect(try text("\(staged.files)/here.bin") == content)
            #expect(try text("\(staged.files)/gone.bin") == pointer(oid))
            #expect(try text("\(staged.files)/changed.bin") == "other\n")
            #expect(
                staged.warnings == ["1 Git LFS file is not in this repository: the build gets the pointer"])
            #expect(try await repository.fingerprint() == before)
        }
    }

    @Test func `a sparse checkout is built whole`() async throws {
        try await TestRepository.with { repository in
            try repository.write("a/x", "x")
            try repository.write("b/y", "y")
            try await repository.commit("more")
            let tree = try await repository.git("rev-parse", "HEAD^{tree}")
            for index in ["--no-sparse-index", "--sparse-index"] {
                try await repository.git("sparse-checkout", "set", "--cone", index, "a")
                let staged = try await repository.stage()
                #expect(staged.snapshot.tree == tree)
                #expect(try await repository.names(in: staged.files) == [".gitignore", "a/x", "b/y", "kept.txt"])
                staged.release()
            }
        }
    }

    @Test func `a linked worktree and a shallow clone are sources like any other`() async throws {
        try await TestRepository.with { repository in
            try repository.write("kept.txt", "second\n")
            try await repository.commit("second")
            let linked = "\(repository.root)/linked"
            try await repository.git("worktree", "add", "-q", "-b", "side", linked)
            try "l".write(toFile: "\(linked)/new", atomically: true, encoding: .utf8)
            let staged = try await repository.stage(at: linked)
            #expect(staged.snapshot.head.reference == "refs/heads/side")
            #expect(
                try await TestRepository.git(in: repository.assembled(staged), ["status", "--porcelain"]) == "?? new")

            let shallow = "\(repository.root)/shallow"
            try await run("git", "clone", "-q", "--depth", "1", "file://\(repository.path)", shallow)
            let assembled = try await repository.assembled(repository.stage(at: shallow))
            #expect(try await TestRepository.git(in: assembled, ["log", "--format=%s"]) == "second")
            #expect(try await TestRepository.git(in: assembled, ["status", "--porcelain"]) == "")
            #expect(try await TestRepository.git(in: assembled, ["fsck", "--connectivity-only"]) == "")
        }
    }

    @Test func `a clone that borrows its objects, and a bare repository, have their commits`() async throws {
        try await TestRepository.with { repository in
            let borrower = "\(repository.root)/borrower", bare = "\(repository.root)/bare.git"
            try await run("git", "clone", "-q", "--shared", repository.path, borrower)
            let staged = try await repository.stage(at: borrower)
            #expect(try text("\(staged.files)/kept.txt") == "kept\n")
            #expect(
                staged.objectMounts.contains { $0.host == "\(repository.path)/.git/objects" && $0.host == $0.container }
            )
            try await run("git", "clone", "-q", "--bare", repository.path, bare)
            let committed = try await repository.stage(.revision("main"), at: bare)
            #expect(try text("\(committed.files)/kept.txt") == "kept\n")
        }
    }

    @Test func `line ends, filters and attributes are those of a checkout on Linux`() async throws {
        try await TestRepository.with { repository in
            try repository.write(
                ".gitattributes", "*.win text eol=crlf\n*.up filter=upper\nhidden export-ignore\n*.id ident\n")
            try await repository.git("config", "filter.upper.clean", "tr A-Z a-z")
            try await repository.git("config", "filter.upper.smudge", "tr a-z A-Z")
            for (name, content) in [("a.win", "w\n"), ("a.up", "up\n"), ("hidden", "h"), ("a.id", "$Id$\n")] {
                try repository.write(name, content)
            }
            try await repository.commit("attributes")
            try await repository.git("config", "core.autocrlf", "true")
            try await repository.git("config", "core.safecrlf", "true")
            try repository.write("new.txt", "a\r\nb\n")
            let staged = try await repository.stage()
            #expect(try text("\(staged.files)/a.win") == "w\r\n")
            #expect(try text("\(staged.files)/a.up") == "UP\n")
            #expect(try text("\(staged.files)/hidden") == "h")
            #expect(try text("\(staged.files)/a.id").hasPrefix("$Id: "))
            #expect(try text("\(staged.files)/new.txt") == "a\nb\n")
        }
    }

    @Test func `links, modes and any name a file system takes come through`() async throws {
        try await TestRepository.with { repository in
            try await run(
                "sh", "-c",
                """
                cd "$0"; echo x > 'new
                line'; echo y > "$(printf 'b\\377')"; echo z > '"q" $x \\ *'; echo e > :colon; echo m > ./-dash
                ln -s nowhere link; ln -s . loop; chmod +x kept.txt; mkdir empty; mkfifo pipe
                """, repository.path)
            let staged = try await repository.stage()
            let listing = try await run(
                "sh", "-c", "cd \"$0\"; find . -mindepth 1 -printf '%M %P %l\\0' | LC_ALL=C sort -z", staged.files)
            let expected = [
                "-rw-r--r-- \"q\" $x \\ * ", "-rw-r--r-- -dash ", "-rw-r--r-- .gitignore ", "-rw-r--r-- :colon ",
                "-rw-r--r-- b", "-rw-r--r-- new\nline ", "-rwxr-xr-x kept.txt ", "lrwxrwxrwx link nowhere",
                "lrwxrwxrwx loop .",
            ]
            var bytes = expected.map { Array($0.utf8) }
            bytes[4] += [0xff, 0x20]
            #expect(listing.split(separator: 0).map(Array.init) == bytes)
        }
    }

    @Test func `modes do not depend on the umask, and one built before is taken up again`() async throws {
        try await TestRepository.with { repository in
            try repository.write("sub/script", "#!/bin/sh\n")
            try await run("chmod", "-R", "go=,u+x", "\(repository.path)/sub")
            let staged = try await repository.stage()
            let modes = try await run("sh", "-c", "cd \"$0\"; stat -c %a . sub sub/script kept.txt", staged.files)
            #expect(String(decoding: modes, as: UTF8.self) == "755\n755\n755\n644\n")
        }
    }

    @Test(.enabled(if: getuid() == 0)) func `a repository of another user is refused with the way to trust it`()
        async throws
    {
        try await TestRepository.with { repository in
            try await run("chown", "-R", "12345", repository.path)
            let error = await #expect(throws: SourceError.self) { try await repository.take() }
            #expect(error?.description.contains("it belongs to another user") == true)
            #expect(error?.help?.contains("safe.directory '\(repository.path)'") == true)
        }
    }

    @Test func `conflicts are built as they lie there, but are no index`() async throws {
        try await TestRepository.with { repository in
            for (branch, content) in [("other", "o\n"), ("main", "m\n")] {
                if branch == "other" { try await repository.git("checkout", "-q", "-b", branch) }
                if branch == "main" { try await repository.git("checkout", "-q", branch) }
                try repository.write("kept.txt", content)
                try await repository.commit(branch)
            }
            try await run("sh", "-c", "git -C \"$0\" merge -q other || true", repository.path)
            let staged = try await repository.stage()
            #expect(try text("\(staged.files)/kept.txt").contains("<<<<<<<"))
            let error = await #expect(throws: SourceError.self) { try await repository.take(.index) }
            #expect(error?.description.hasSuffix("a merge is not finished: the index holds conflicts") == true)
        }
    }
}
