import BuildPlanning
import SpecParsing
import Testing

/// What is said of builds in images for Lambda compute (CODEBUILD-2026 B.2).
@Suite struct LambdaRulesTests {
    private let lambda = "aws/codebuild/amazonlinux-x86_64-lambda-standard:python3.12"

    private func notes(_ rest: String, image: String, isPrivileged: Bool = false) throws -> [String] {
        let text = "version: 0.2\n\(rest)\n"
        let spec = try #require(readBuildSpec(Array(text.utf8), file: "buildspec.yml").spec)
        let plan = BuildPlan(
            spec,
            BuildRequest(
                id: BuildID(project: "p", uuid: "0b5c2a7e-1111-2222-3333-444455556666"), image: image,
                buildspecPath: "buildspec.yml", overrides: [], source: SourceFacts(), initiator: "me", region: "r",
                buildNumber: 1, startMilliseconds: 0, timeout: 3600, usesCache: true))
        let container = ContainerPlan(
            image: image, imageIsDefault: false, context: nil, pull: .missing, platform: nil, cpus: nil, memory: nil,
            docker: isPrivileged ? .inside : .absent, otherImages: [])
        return LambdaRules.notes(on: plan, container)
    }

    @Test func `what Lambda compute has not is named`() throws {
        let notes = try notes(
            """
            phases:
              install: {runtime-versions: {python: 3.12}, commands: [yum install -y zip]}
              build: {run-as: nobody, on-failure: CONTINUE, commands: [docker build .]}
            cache: {paths: [/root/.cache/**/*]}
            """, image: lambda)
        #expect(
            notes.count == 2 && notes[0].hasPrefix("`\(lambda)` is for Lambda compute: there commands are not root"))
        #expect(
            notes.last
                == "Lambda compute has nothing of what this build uses: `docker`, a cache, `on-failure` (BUILD), "
                + "`run-as` (BUILD), `yum`, which wants root, `runtime-versions`")
        let privileged = try self.notes(
            "phases: {build: {commands: [docker ps]}}", image: lambda, isPrivileged: true)
        #expect(privileged.last == "Lambda compute has nothing of what this build uses: privileged mode")
    }

    @Test func `a build that is fit for it gets one line, and one elsewhere none`() throws {
        let text = "phases: {build: {commands: [make]}}"
        #expect(try notes(text, image: lambda).count == 1)
        #expect(try notes(text, image: "aws/codebuild/standard:7.0").isEmpty)
        #expect(try notes(text, image: "debian").isEmpty)
    }
}
