import Foundation
import Testing

/// The programs every build finds in /codebuild/user/bin.
@Suite(.tags(.docker), .enabled(if: Docker.isThere))
struct BuildProgramTests {
    /// Runs commands in a source with some files.
    private func printed(_ commands: String..., image: String = debian, shell: String = "sh") async throws -> [String] {
        let play = try Playground()
        for (path, text) in [
            ("pom.xml", "1"), ("a/pom.xml", "2"), ("a/b/pom.xml", "3"), ("a/b/x.js", "4"), ("a/y.ts", "5"),
            (".hidden/pom.xml", "6"), ("sp ace/ü $x.js", "7"), ("-dash.js", "8"), ("new\nline/z.js", "9"),
        ] { try play.write(path, text) }
        let lines = commands.map { "      - |\n        \($0)" }.joined(separator: "\n")
        try play.buildspec("version: 0.2\nenv: {shell: \(shell)}\nphases:\n  build:\n    commands:\n\(lines)\n")
        let result = try await play.run(["--no-cache"], image: image)
        #expect(result.status.isSuccess)
        return result.printed
    }

    private static let shells = [(debian, "sh"), (debian, "bash"), (busybox, "sh")]

    @Test(arguments: shells)
    func `glob-search lists files below the current folder, hash-files looks below the source`(
        image: String, shell: String
    ) async throws {
        let lines = try await printed(
            "codebuild-glob-search '**/pom.xml'", "cd a; codebuild-glob-search '*/*.js' y.{ts,js}",
            "[ $(codebuild-hash-files a/pom.xml) = $(cd b; codebuild-hash-files 'a/*.xml') ] && echo same",
            "codebuild-glob-search '[!b]/../*' './/**/q'; echo status $?", "codebuild-hash-files nothing", image: image,
            shell: shell)
        #expect(
            lines == [
                "a/b/pom.xml", "a/pom.xml", "pom.xml", ".hidden/pom.xml", "b/x.js", "y.ts", "same",
                "codebuild-glob-search: no files found matching: [!b]/../* .//**/q", "status 0",
                "codebuild-hash-files: no files found matching: nothing",
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            ])
    }

    @Test func `the hash is the same whatever the image has, and changes with names and content`() async throws {
        let all = "codebuild-hash-files '**/*'"
        var hashes: Set<String> = []
        for (image, shell) in Self.shells {
            // The buildspec differs from shell to shell.
            hashes.formUnion(try await printed("rm buildspec.yml; \(all)", image: image, shell: shell))
        }
        hashes.formUnion(try await printed("rm buildspec.yml; LC_ALL=tr_TR.UTF-8 \(all)"))
        let poor = try await printed(
            "rm buildspec.yml; mkdir /poor; ln -s $(command -v od) /poor/od; PATH=/poor:/codebuild/user/bin \(all)")
        hashes.formUnion(poor)
        #expect(hashes.count == 1)
        #expect(hashes.first?.count == 64)
        let changed = try await printed("rm buildspec.yml; mv pom.xml pam.xml; \(all); echo x >> a/y.ts; \(all)")
        #expect(changed.count == 2)
        #expect(hashes.union(changed).count == 3)
    }

    @Test func `it is what sha256sum makes of the list that sha256sum makes`() async throws {
        let lines = try await printed(
            "codebuild-hash-files a/pom.xml pom.xml", "sha256sum a/pom.xml pom.xml | sha256sum | cut -c 1-64")
        #expect(lines.count == 2)
        #expect(lines[0] == lines[1])
    }

    @Test func `a script of the source finds them too, as another user`() async throws {
        let play = try Playground()
        try play.write("ci.sh", "codebuild-glob-search '*.sh'\n")
        try play.buildspec(
            "version: 0.2\nrun-as: nobody\nphases: {build: {commands: ['sh ci.sh']}}\n")
        #expect(try await play.run(["--no-cache"]).printed == ["ci.sh"])
    }
}
