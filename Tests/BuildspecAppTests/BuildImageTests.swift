import BuildPlanning
import Engines
import SpecParsing
import TestSupport
import Testing

@testable import BuildspecApp

/// What an engine is asked for an image of CodeBuild's, and what is said of it.
@Suite struct BuildImageTests {
    /// The processor that is not this machine's, in CodeBuild's word and in the engines' word for its platform.
    private static var foreign: (architecture: String, platform: String) {
        #if arch(arm64)
            ("x86_64", "linux/amd64")
        #else
            ("aarch64", "linux/arm64")
        #endif
    }

    private struct Asked {
        var spec: ContainerSpec
        var lines: [String]
    }

    private func ask(
        for name: String, _ pull: ContainerPlan.Pull = .missing, there: [String] = []
    ) async throws -> Asked {
        let container = ContainerPlan(
            image: name, imageIsDefault: false, context: nil, pull: pull, platform: nil, cpus: nil, memory: nil,
            docker: .absent, otherImages: [])
        let text = "version: 0.2\nphases: {build: {commands: [make]}}\n"
        let spec = try #require(readBuildSpec(Array(text.utf8), file: "buildspec.yml").spec)
        let plan = BuildPlan(
            spec,
            BuildRequest(
                id: BuildID(project: "p", uuid: "0b5c2a7e-1111-2222-3333-444455556666"), image: name,
                buildspecPath: "buildspec.yml", overrides: [], source: SourceFacts(), initiator: "me", region: "r",
                buildNumber: 1, startMilliseconds: 0, timeout: 60, usesCache: true))
        return try await HostShellEngine.with { engine in
            for image in there { try engine.makeImage(image, files: [:]) }
            let image = try await BuildImage(of: container, on: engine)
            var asked = ContainerSpec(name: "n", image: image.choice.name)
            asked.pull = ContainerSpec.Pull(rawValue: pull.rawValue) ?? .missing
            image.adjust(&asked)
            return Asked(spec: asked, lines: image.lines(on: plan, container))
        }
    }

    @Test func `of an image that is nobody's but the user's nothing is said`() async throws {
        let asked = try await ask(for: "acme/app:1", .always)
        #expect(asked.spec.image == "acme/app:1" && asked.spec.pull == .always && asked.lines.isEmpty)
    }

    @Test func `what no registry has is not pulled`() async throws {
        let name = "aws/codebuild/standard:7.0"
        let absent = try await ask(for: name)
        #expect(absent.spec.image == name && absent.spec.pull == .never && absent.lines.isEmpty)
        let there = try await ask(for: name, .always, there: [name])
        #expect(there.spec.pull == .never)
        #expect(there.lines == ["warning: `\(name)` is published nowhere: `--pull always` has no effect"])
        let standIn = try await ask(for: name, .always, there: ["buildspec/standard:latest"])
        #expect(standIn.spec.image == "buildspec/standard" && standIn.spec.pull == .never)
    }

    @Test func `an image for another processor is asked for by its platform, and warned of`() async throws {
        let (architecture, platform) = Self.foreign
        let name = "aws/codebuild/amazonlinux-\(architecture)-lambda-standard:python3.12"
        let absent = try await ask(for: name)
        #expect(absent.spec.platform == platform && absent.spec.image == "public.ecr.aws/\(name.dropFirst(4))")
        #expect(absent.lines.contains { $0.hasPrefix("warning: `\(name)` is made for \(architecture)") })
        // What is there under that name is made for this machine.
        let there = try await ask(for: name, there: [name])
        #expect(there.spec.platform == nil && !there.lines.contains { $0.contains("is made for \(architecture)") })
    }
}
