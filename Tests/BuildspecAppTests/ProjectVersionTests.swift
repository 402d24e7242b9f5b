import BuildPlanning
import Foundation
import TestSupport
import Testing

@testable import BuildspecApp

/// `--source git:sourceVersion`, and the clone that the settings ask for.
@Suite struct ProjectVersionTests {
    /// A repository of two commits and a submodule, whose folder has settings.
    private func with(
        _ settings: String, _ body: (Machine, _ first: String) async throws -> Void
    ) async throws {
        try await withScratch { folder in
            let source = folder.appending("app")
            let made = try await run(
                "sh", "-c",
                """
                set -e; cd "$0"
                git() { command git -c user.name=t -c user.email=t@example.org -c protocol.file.allow=always "$@"; }
                git init -q lib; echo lib >lib/code; git -C lib add -A; git -C lib commit -q -m lib
                git init -q -b main app; cd app
                echo one >kept; printf 'version: 0.2\\nphases: {build: {commands: [make]}}\\n' >buildspec.yml
                git add -A; git commit -q -m one
                git submodule --quiet add ../lib lib; git commit -q -m lib
                echo two >kept; git add -A; git commit -q -m two
                git rev-parse HEAD~2
                """, folder.string)
            try source.appending("codebuild.yml").write(settings)
            let machine = Machine(
                places: Places(
                    environment: ["HOME": folder.string], currentDirectory: source.string, isInteractive: false),
                terminal: Terminal(environment: [:]))
            try await body(machine, String(String(decoding: made, as: UTF8.self).split(separator: "\n").last ?? ""))
        }
    }

    private func text(_ project: Project, _ name: String) throws -> String {
        try String(contentsOfFile: "\(project.files)/\(name)", encoding: .utf8)
    }

    private var asked: Asked {
        var asked = Asked()
        asked.source = "git:sourceVersion"
        return asked
    }

    @Test func `the version of the settings is built, with the settings of the folder`() async throws {
        try await with("sourceVersion: main~2\nenvironment: {image: own}\n") { machine, first in
            var project = try await Project.find(asked, on: machine, heldBy: "test")
            defer { project.release() }
            #expect(try text(project, "kept") == "one\n")
            #expect(project.staged?.snapshot.head.commit == first)
            #expect(project.settings.container.image == "own")
            #expect(!project.unusedSettings.contains { $0.path == "sourceVersion" })
            var other = try await Project.find(Asked(), on: machine, heldBy: "other")
            try await other.stage(for: "other")
            defer { other.release() }
            #expect(try text(other, "kept") == "two\n")
            #expect(other.unusedSettings.map(\.path) == ["sourceVersion"])
        }
    }

    @Test(arguments: ["environment: {image: own}\n", "sourceVersion: ''\n", "sourceVersion: x1\nsource: {type: S3}\n"])
    func `settings without a version that git has are a wrong call`(settings: String) async throws {
        try await with(settings) { machine, _ in
            let failure = await #expect(throws: Failure.self) { try await Project.find(asked, on: machine) }
            #expect(failure?.status == .usage)
        }
    }

    @Test func `the clone has the depth and the submodules of the settings`() async throws {
        let settings =
            "sourceVersion: main\nsource: {gitCloneDepth: 1, gitSubmodulesConfig: {fetchSubmodules: false}}\n"
        try await with(settings) { machine, _ in
            for asked in [asked, Asked()] {
                var project = try await Project.find(asked, on: machine, heldBy: "test")
                try await project.stage(for: "test")
                defer { project.release() }
                #expect(!FileManager.default.fileExists(atPath: "\(project.files)/lib/code"))
                let layer = try #require(project.staged?.gitLayer)
                let shallow = try String(contentsOfFile: "\(layer)/.git/shallow", encoding: .utf8)
                #expect(shallow == "\(project.staged?.snapshot.head.commit ?? "")\n")
            }
        }
    }
}
