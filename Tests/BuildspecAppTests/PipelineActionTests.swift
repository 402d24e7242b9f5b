import BuildPlanning
import Files
import Foundation
import SpecParsing
import TestSupport
import Testing

@testable import BuildspecApp

@Suite("a build as an action of a pipeline")
struct PipelineActionTests {
    /// A project with git in `app`, and a folder `pipe` with the artifacts `Source` (a zip of it), `Other` and `my-dir` (folders).
    private func withPipeline<Result>(
        _ change: (inout Asked) -> Void, settings: String? = nil, _ body: (Project, FilePath) async throws -> Result
    ) async throws -> Result {
        try await withScratch { folder in
            let app = folder.appending("app"), pipe = folder.appending("pipe")
            for name in ["Other", "my-dir"] { try await run("mkdir", "-p", pipe.appending(name).string) }
            try pipe.appending("Other/o.txt").write("o")
            try await run("git", "init", "-q", "-b", "main", app.string)
            try app.appending("buildspec.yml").write("version: 0.2\nphases: {build: {commands: [':']}}\n")
            if let settings { try app.appending("codebuild.yml").write(settings) }
            try await run("git", "-C", app.string, "add", "-A")
            try await run(
                "git", "-C", app.string, "-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-q", "-m",
                "1")
            try await run("git", "-C", app.string, "archive", "-o", pipe.appending("Source.zip").string, "main")
            let environment = ["HOME": folder.string, "PATH": ProcessInfo.processInfo.environment["PATH"] ?? ""]
            let machine = Machine(
                places: Places(environment: environment, currentDirectory: app.string, isInteractive: false),
                terminal: Terminal(environment: environment))
            var asked = Asked()
            asked.pipeline = "../pipe"
            change(&asked)
            var project = try await Project.find(asked, on: machine, heldBy: "test")
            defer { project.release() }
            return try await body(project, folder)
        }
    }

    private func values(_ project: Project) async throws -> (plan: BuildPlan, values: [String: String]) {
        let build = PlannedBuild(
            of: project, try project.read(try project.buildspec()),
            on: .init(
                id: BuildID(project: "app", uuid: "00000000-0000-0000-0000-000000000000"), number: 1,
                start: Timestamp(microseconds: 0), snapshots: try await project.snapshots()))
        return (build.plan, Dictionary(build.plan.variables.map { ($0.name, $0.value) }) { $1 })
    }

    @Test("the first input is the primary source, the others lie beside it by their names")
    func inputs() async throws {
        try await withPipeline {
            $0.inputs = ["Source", "my-dir", "Other"]
            $0.account = "111122223333"
            $0.region = "eu-west-1"
        } _: { project, folder in
            let (plan, values) = try await values(project), top = ContainerLayout.sourceFolder(of: plan.id)
            let prefix = "arn:aws:s3:::codepipeline-eu-west-1-111122223333/pipe"
            #expect(values["CODEBUILD_INITIATOR"] == "codepipeline/pipe")
            #expect(values["CODEBUILD_SRC_DIR"] == "\(top)/s3/00")
            #expect(values["CODEBUILD_SRC_DIR_my_dir"] == "\(top)/s3/01")
            #expect(values["CODEBUILD_SRC_DIR_Other"] == "\(top)/s3/02")
            #expect(values["CODEBUILD_SOURCE_VERSION"] == "\(prefix)/Source/Source.zip")
            #expect(values["CODEBUILD_SOURCE_VERSION_my_dir"] == "\(prefix)/my-dir/my-dir.zip")
            for name in ["RESOLVED_SOURCE_VERSION", "WEBHOOK_TRIGGER"] { #expect(values["CODEBUILD_\(name)"] == nil) }
            #expect(values["CODEBUILD_SOURCE_REPO_URL"] == "")
            #expect(project.identity.folder == folder.appending("app").string)
        }
    }

    @Test("a state of git is handed over without git, and its commit is told")
    func gitState() async throws {
        for inputs in [["Source=git:main"], nil] {
            try await withPipeline {
                $0.inputs = inputs
            } _: { project, _ in
                var project = project
                let values = try await values(project).values
                #expect(values["CODEBUILD_RESOLVED_SOURCE_VERSION"]?.count == 40)
                #expect(values["CODEBUILD_SOURCE_VERSION"]?.hasPrefix("arn:aws:s3:::codepipeline-") == true)
                try await project.stage(for: "test")
                #expect(project.staged != nil && project.staged?.gitLayer == nil)
                project.release()
            }
        }
    }

    @Test("settings ask for no sources, and outputs go into the pipeline's folder as zips")
    func outputs() async throws {
        let settings = "secondarySources: [{sourceIdentifier: lib, type: GITHUB, location: 'https://a/b'}]\n"
        try await withPipeline({ $0.outputs = ["Built"] }, settings: settings) { project, folder in
            #expect(project.unusedSettings.map(\.path) == ["secondarySources.lib"])
            #expect(project.artifactsFolder == folder.appending("pipe").string)
            #expect(project.settings.artifacts.zips && project.settings.artifacts.outputs == ["Built"])
            #expect(project.others.isEmpty)
        }
    }

    @Test("what no pipeline has is refused")
    func refusals() async throws {
        let cases: [(BuildspecApp.ExitStatus, (inout Asked) -> Void)] = [
            (.noSuchFile, { $0.inputs = ["Nothing"] }), (.noSuchFile, { $0.pipeline = "nowhere" }),
            (.usage, { $0.inputs = ["Source", "Source"] }), (.usage, { $0.outputs = ["a/b"] }),
            (.usage, { ($0.inputs, $0.outputs) = (["Source"], ["Source"]) }),
            (.usage, { ($0.inputs, $0.source) = (["Source"], ".") }), (.usage, { $0.otherSources = ["lib=."] }),
            (.usage, { ($0.outputs, $0.artifacts) = (["A"], "out") }),
            (.usage, { $0.outputs = (1...6).map { "o\($0)" } }),
            (.usage, { ($0.pipeline, $0.outputs) = (nil, ["A"]) }),
            (.usage, { $0.inputs = ["Source", "a-b=.", "a_b=."] }),
            (.noSuchFile, { $0.env = ["X=#{Built.TAG}"] }), (.usage, { $0.namespace = "../x" }),
        ]
        for (index, (status, change)) in cases.enumerated() {
            let failure = await #expect(throws: Failure.self) { try await withPipeline(change) { _, _ in } }
            #expect(failure?.status == status, "\(index): \(failure?.message ?? "")")
        }
    }

    @Test("a later action has the variables that an earlier one exported")
    func variables() async throws {
        try await withPipeline {
            $0.namespace = "Built"
        } _: { project, folder in
            try #require(project.location.pipeline).export([
                .init(name: "TAG", value: "v\"7"), .init(name: "EMPTY", value: ""),
            ])
            var asked = Asked()
            asked.pipeline = folder.appending("pipe").string
            asked.env = ["X=a #{Built.TAG} #{Built.EMPTY}.", "Y=#{}"]
            let again = try await Project.find(asked, on: project.machine, heldBy: "test")
            #expect(again.settings.values.variables.map(\.value) == ["a v\"7 .", "#{}"])
        }
    }

    @Test("a single output is the primary artifact, several are the secondary ones of their names")
    func deliveries() throws {
        func spec(_ artifacts: String) throws -> BuildSpec {
            let text = "version: 0.2\nphases: {build: {commands: [':']}}\nartifacts: \(artifacts)\n"
            return try #require(readBuildSpec(Array(text.utf8), file: "b.yml").spec)
        }
        func names(_ outputs: [String]?, _ spec: BuildSpec) -> [String] {
            var plan = ArtifactsPlan(folder: nil, zips: outputs != nil, taskDefinition: nil)
            plan.outputs = outputs
            return spec.artifacts.map(plan.names) ?? []
        }
        let both = try spec("{files: a, secondary-artifacts: {one: {files: b}, two: {files: c}, three: {files: d}}}")
        #expect(names(nil, both) == ["artifacts", "one", "two", "three"])
        #expect(names(["one"], both) == ["one.zip"])
        #expect(names(["two", "one"], both) == ["one.zip", "two.zip"])
        #expect(both.refusal(of: ["X"]) == nil && both.refusal(of: ["one", "two"]) == nil)
        #expect(both.refusal(of: ["one", "X"])?.message.contains("no `X`") == true)
        let secondary = try spec("{secondary-artifacts: {one: {files: b}}}")
        #expect(secondary.refusal(of: ["one"])?.message == "no definition for primary artifacts in buildspec")
    }
}
