import BuildPlanning
import Files
import Foundation
import SpecParsing
import TestSupport
import Testing

@testable import BuildspecApp

@Suite("secondary sources: who names them, and what a build is told")
struct OtherSourceTests {
    /// A project in `app`, a library with git in `lib`, and a folder without git in `data`.
    private func withFolders<Result>(
        settings: String? = nil, sources: [String] = [], environment: [String: String] = [:],
        _ body: (Project, FilePath) async throws -> Result
    ) async throws -> Result {
        try await withScratch { folder in
            for name in ["app", "lib", "data"] { try await run("mkdir", folder.appending(name).string) }
            let source = folder.appending("app")
            try source.appending("buildspec.yml").write("version: 0.2\nphases: {build: {commands: [':']}}\n")
            if let settings { try source.appending("codebuild.yml").write(settings) }
            try folder.appending("data/d.txt").write("d")
            let lib = folder.appending("lib").string
            try folder.appending("lib/l.txt").write("1")
            try folder.appending("lib/.gitignore").write("*.o\n")
            try folder.appending("lib/x.o").write("o")
            try await run("git", "init", "-q", "-b", "main", lib)
            try await run("git", "-C", lib, "add", "-A")
            try await run("git", "-C", lib, "remote", "add", "origin", "https://example.org/lib.git")
            try await run(
                "git", "-C", lib, "-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-q", "-m", "1")
            try folder.appending("lib/l.txt").write("2")
            var environment = environment
            environment["HOME"] = folder.string
            environment["PATH"] = ProcessInfo.processInfo.environment["PATH"]
            let machine = Machine(
                places: Places(environment: environment, currentDirectory: source.string, isInteractive: false),
                terminal: Terminal(environment: environment))
            let arguments = SourceArguments(sources)
            var asked = Asked()
            asked.source = arguments.primary
            asked.otherSources = arguments.others
            var project = try await Project.find(asked, on: machine, heldBy: "test")
            defer { project.release() }
            return try await body(project, folder)
        }
    }

    private func planned(_ project: Project) async throws -> PlannedBuild {
        PlannedBuild(
            of: project, try project.read(try project.buildspec()),
            on: .init(
                id: BuildID(project: "app", uuid: "00000000-0000-0000-0000-000000000000"), number: 1,
                start: Timestamp(microseconds: 0), snapshots: try await project.snapshots()))
    }

    @Test("a build has their folders, versions and URLs, beside a primary source that makes room")
    func variables() async throws {
        try await withFolders(sources: ["lib=../lib", "data=../data"]) { project, _ in
            let build = try await planned(project), plan = build.plan
            let values = Dictionary(plan.variables.map { ($0.name, $0.value) }) { $1 }
            let top = ContainerLayout.sourceFolder(of: plan.id)
            #expect(values["CODEBUILD_SRC_DIR"] == "\(top)/s3/00")
            #expect(values["CODEBUILD_SRC_DIR_lib"] == "\(top)/s3/01")
            #expect(values["CODEBUILD_SRC_DIR_data"] == "\(top)/s3/02")
            #expect(values["CODEBUILD_SOURCE_VERSION_lib"] == "main")
            #expect(values["CODEBUILD_SOURCE_REPO_URL_lib"] == "https://example.org/lib.git")
            #expect(values["CODEBUILD_SOURCE_VERSION_data"] == nil)
            #expect(values["CODEBUILD_SOURCE_REPO_URL_data"] == "")
            #expect(values["CODEBUILD_GOPATH"] == String(top.dropLast(4)))
            #expect(
                plan.openingLines.prefix(3) == [
                    "CODEBUILD_SRC_DIR=\(top)/s3/00", "CODEBUILD_SRC_DIR_lib=\(top)/s3/01",
                    "CODEBUILD_SRC_DIR_data=\(top)/s3/02",
                ])
            #expect(build.recipe.sources.map(\.identifier) == [nil, "lib", "data"])
        }
    }

    @Test("a single source lies where it always did")
    func alone() async throws {
        try await withFolders { project, _ in
            let plan = try await planned(project).plan
            #expect(plan.sourceDirectory == ContainerLayout.sourceFolder(of: plan.id))
        }
    }

    @Test("each is what git has of it, as a work tree or as a commit")
    func gitStates() async throws {
        try await withFolders(sources: ["lib=../lib", "old=../lib#git:main"]) { project, _ in
            var project = project
            try await project.stage(for: "test")
            let files = project.others.compactMap { $0.source?.files }
            try #require(files.count == 2)
            #expect(String(decoding: try Folder.read("\(files[0])/l.txt"), as: UTF8.self) == "2")
            #expect(String(decoding: try Folder.read("\(files[1])/l.txt"), as: UTF8.self) == "1")
            #expect(!Folder.exists("\(files[0])/x.o"))
            project.release()
        }
    }

    @Test("a variable names one, a flag beats it, and an empty flag leaves it out")
    func layers() async throws {
        let variable = ["BUILDSPEC_SOURCE_lib": "../lib"]
        func path(_ sources: [String]) async throws -> [String] {
            try await withFolders(sources: sources, environment: variable) { project, folder in
                project.others.map { String($0.source?.place.path.dropFirst(folder.string.count) ?? "-") }
            }
        }
        #expect(try await path([]) == ["/lib"])
        #expect(try await path(["lib=../data"]) == ["/data"])
        #expect(try await path(["lib="]) == [])
    }

    private static let settings = """
        secondarySources:
          - {sourceIdentifier: lib, type: GITHUB, location: "https://github.com/acme/lib.git"}
          - {sourceIdentifier: data, type: S3, location: bucket/data.zip}
        secondarySourceVersions: [{sourceIdentifier: lib, sourceVersion: main}]
        """

    @Test("what settings have and nobody brings in is named, with the flags that do")
    func missing() async throws {
        try await withFolders(settings: Self.settings) { project, _ in
            let build = try await planned(project)
            #expect(build.plan.secondarySources.isEmpty)
            let refusal = try #require(build.refusalForMissingSources()).failure
            #expect(refusal.status == .invalidSettings)
            #expect(
                refusal.message.hasSuffix(
                    "the settings name the secondary sources `lib` (https://github.com/acme/lib.git), "
                        + "`data` (s3://bucket/data.zip), but no flag says where they are on this machine"))
            #expect(refusal.message.hasPrefix("codebuild.yml:2:"))
            #expect(refusal.help?.hasPrefix("--source lib=FOLDER --source data=FOLDER brings them in") == true)
        }
    }

    @Test("an answer fills what settings say: URL, version, and the order")
    func answers() async throws {
        try await withFolders(settings: Self.settings, sources: ["data=../data", "lib=../lib#git:sourceVersion"]) {
            project, _ in
            let build = try await planned(project)
            #expect(build.refusalForMissingSources() == nil)
            #expect(build.plan.secondarySources.map(\.identifier) == ["lib", "data"])
            let facts = build.plan.secondarySources.map(\.facts)
            #expect(facts.map(\.repositoryURL) == ["https://example.org/lib.git", "s3://bucket/data.zip"])
            #expect(facts.map(\.version) == ["main", nil])
            #expect(project.others[0].source?.place.words.hasSuffix("/lib#git:main") == true)
            #expect(project.unusedSettings.isEmpty)
        }
    }

    @Test("one that the user leaves out is no part of the build, and the plan says so")
    func leftOut() async throws {
        try await withFolders(settings: Self.settings, sources: ["lib=", "data=../data"]) { project, _ in
            let build = try await planned(project)
            #expect(build.refusalForMissingSources() == nil)
            #expect(build.plan.secondarySources.map(\.identifier) == ["data"])
            #expect(project.unusedSettings.map(\.path) == ["secondarySources.lib"])
        }
    }

    @Test("what is no source is refused")
    func refusals() async throws {
        let cases: [([String], BuildspecApp.ExitStatus)] = [
            (["my-lib=../lib"], .usage), (["lib=../lib", "lib=../data"], .usage), (["lib=../nothing"], .noSuchFile),
            (["lib=../lib#git:nothing"], .noSuchFile), ((0...12).map { "s\($0)=../lib" }, .usage),
        ]
        for (sources, status) in cases {
            do {
                try await withFolders(sources: sources) { project, _ in
                    var project = project
                    defer { project.release() }
                    try await project.stage(for: "test")
                }
                Issue.record("\(sources) was taken")
            } catch let failure as Failure {
                #expect(failure.status == status, "\(sources)")
            } catch { #expect("\(error)".contains("no commit of that name"), "\(sources)") }
        }
    }

    @Test("paths with a sign of equality are sources, too")
    func paths() {
        let arguments = SourceArguments(["./a=b", "git:x=y", "lib=c=d"])
        #expect(arguments.primary == "git:x=y" && arguments.primaryCount == 2)
        #expect(arguments.others == ["lib=c=d"])
        #expect(SourceArguments.split("lib=c=d")?.text == "c=d")
    }

    @Test("a zip is a source without git, and the project's own folder stays what it was")
    func archive() async throws {
        try await withFolders { _, folder in
            let zip = folder.appending("lib.zip").string, app = folder.appending("app").string
            try await run("git", "-C", folder.appending("lib").string, "archive", "-o", zip, "main")
            var asked = Asked()
            asked.source = zip
            asked.otherSources = ["same=\(zip)"]
            let environment = ["HOME": folder.string, "PATH": ProcessInfo.processInfo.environment["PATH"] ?? ""]
            let machine = Machine(
                places: Places(environment: environment, currentDirectory: app, isInteractive: false),
                terminal: Terminal(environment: environment))
            var project = try await Project.find(asked, on: machine, heldBy: "test")
            try await project.stage(for: "test")
            #expect(project.identity.folder == app)
            #expect(project.artifactsFolder == "\(app)/.buildspec/out")
            let facts = project.facts(try await project.snapshots())
            #expect(project.staged == nil && facts.path == app && facts.snapshot == nil)
            let folders = [project.files, project.others[0].source?.files ?? ""]
            for folder in folders { #expect(try Folder.names(folder) == [".gitignore", "l.txt"]) }
            // Nobody says that a file of the archive is ours to write to.
            #expect(project.location.relative("\(app)/buildspec.yml") == nil)
            project.release()
            #expect(!folders.contains(where: Folder.exists))
        }
    }

    @Test("settings in an archive say nothing of what is written")
    func archivedSettings() async throws {
        try await withScratch { folder in
            let app = folder.appending("app").string, zip = folder.appending("app.zip").string
            try await run("git", "init", "-q", app)
            try folder.appending("app/codebuild.yml").write("x-buildspec: {artifacts: out}\n")
            try await run("git", "-C", app, "add", "-A")
            let tree = String(decoding: try await run("git", "-C", app, "write-tree"), as: UTF8.self)
            try await run("git", "-C", app, "archive", "-o", zip, tree.trimmingCharacters(in: .newlines))
            var asked = Asked()
            asked.source = zip
            let machine = Machine(
                places: Places(
                    environment: ["HOME": folder.string], currentDirectory: folder.string, isInteractive: false),
                terminal: Terminal(environment: [:]))
            let failure = await #expect(throws: Failure.self) { try await Project.find(asked, on: machine) }
            #expect(failure?.status == .invalidSettings && failure?.help?.contains("--artifacts") == true)
            #expect(Files.names(in: "\(folder)/.cache/buildspec/sources").filter { $0 != ".marks" } == [])
        }
    }
}
