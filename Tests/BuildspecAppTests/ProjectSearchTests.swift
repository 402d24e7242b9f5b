import TestSupport
import Testing

@testable import BuildspecApp

/// Projects that a source itself writes down, and the settings that are taken of them.
@Suite struct ProjectSearchTests {
    private static func template(_ names: String...) -> String {
        "Resources:\n"
            + names.map {
                "  \($0): {Type: 'AWS::CodeBuild::Project', Properties: {Environment: {Image: image/\($0.lowercased())}}}\n"
            }.joined()
    }

    /// A source with some files, and what is found in it.
    private func search(_ files: [String: String]) async throws -> ProjectSearch {
        try await withScratch { folder in
            for (path, text) in files {
                let file = folder.appending(path)
                try await run("mkdir", "-p", file.removingLastComponent().string)
                try file.write(text)
            }
            return ProjectSearch(in: folder.string)
        }
    }

    @Test(arguments: [
        "template.yml", "template.yaml", "ci.template.json", "cdk.out/Stack.template.json", "cloudformation/ci.yml",
        "cfn/project.yaml", "infra/x.yml", "deploy/stack.json", "ci/codebuild.yml",
    ])
    func `a template in a usual place is found`(path: String) async throws {
        let found = try await search([path: Self.template("App")])
        #expect(found.found.map(\.words) == ["\(path)#App"])
        #expect(found.notes == ["settings of the project `\(path)#App` (`--project none` leaves them out)"])
    }

    @Test func `of several projects all are named`() async throws {
        let found = try await search([
            "template.yml": Self.template("App"), "cdk.out/S.template.json": Self.template("One", "Two"),
        ])
        #expect(
            found.notes == [
                "the source has 3 projects, and none of them is used; choose one with `--project`: `template.yml#App`, "
                    + "`cdk.out/S.template.json#One`, `cdk.out/S.template.json#Two`"
            ])
    }

    @Test func `files without projects say nothing, those of Terraform are named`() async throws {
        let files = [
            "template.yml": "Resources: {Bucket: {Type: 'AWS::S3::Bucket'}}\n",
            "main.tf": "resource \"aws_s3_bucket\" \"b\" {}",
            "other/template.yml": Self.template("App"), "template.json": "{",
        ]
        #expect(try await search(files).notes == [])
        let project = "resource \"aws_codebuild_project\" \"app\" {}\n"
        #expect(
            try await search(files.merging(["terraform/ci.tf": project]) { $1 }).notes == [
                "`terraform/ci.tf` defines a CodeBuild project, but only Terraform can evaluate it: "
                    + "`terraform show -json >project.json`, then `--project project.json`"
            ])
    }

    /// The image of a source's builds.
    private func image(_ files: [String: String], _ asked: Asked = Asked()) async throws -> String {
        try await withScratch { folder in
            let source = folder.appending("app")
            try await run("mkdir", source.string)
            for (path, text) in files { try source.appending(path).write(text) }
            let machine = Machine(
                places: Places(
                    environment: ["HOME": folder.string], currentDirectory: source.string, isInteractive: false),
                terminal: Terminal(environment: [:]))
            return try await Project.find(asked, on: machine).settings.container.image
        }
    }

    @Test func `one project is taken, several are not, and a settings file comes before all`() async throws {
        let standard = try await image([:])
        #expect(try await image(["template.yml": Self.template("App")]) == "image/app")
        #expect(try await image(["template.yml": Self.template("App", "Other")]) == standard)
        #expect(
            try await image(["template.yml": Self.template("App"), "codebuild.yml": "environment: {image: own}"])
                == "own")
        let windows = Self.template("App").replacing("{Image:", with: "{Type: WINDOWS_CONTAINER, Image:")
        #expect(try await image(["template.yml": windows]) == standard)
        var asked = Asked()
        asked.project = "none"
        #expect(
            try await image(
                ["template.yml": Self.template("App"), "codebuild.yml": "environment: {image: own}"], asked)
                == standard)
        asked.project = "template.yml#Other"
        #expect(try await image(["template.yml": Self.template("App", "Other")], asked) == "image/other")
    }

    @Test func `a template of a stranger names no engine, no account and no file elsewhere`() async throws {
        for extra in ["context: other", "aws: yes", "profile: p", "artifacts: ../x", "secrets: /etc/passwd"] {
            let text =
                "Resources: {P: {Type: 'AWS::CodeBuild::Project', Properties: {x-buildspec: {\(extra)}, Environment: {Image: i}}}}\n"
            let failure = await #expect(throws: Failure.self) { try await image(["template.yml": text]) }
            #expect(failure?.status == .invalidSettings, "\(extra)")
        }
    }

    @Test func `a template that is a link out of the source is not read`() async throws {
        try await withScratch { folder in
            let source = folder.appending("app")
            try await run("mkdir", source.string)
            try folder.appending("outside.yml").write(Self.template("App"))
            try await run("ln", "-s", "../outside.yml", source.appending("template.yml").string)
            let search = ProjectSearch(in: source.string)
            #expect(search.found == [])
            #expect(
                search.notes == [
                    "`template.yml` is a link that leads outside of the source: buildspec does not look for a project in it"
                ])
        }
    }
}
