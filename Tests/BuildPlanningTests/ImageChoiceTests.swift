import BuildPlanning
import SpecParsing
import Testing

/// Which image of an engine a name means, and what is said where it has none.
@Suite struct ImageChoiceTests {
    private static let own = "aws/codebuild/", pub = "public.ecr.aws/codebuild/"

    @Test(
        "a name means the image itself, another name of it, its public name, or what comes near",
        arguments: [
            ("debian:12", [], true, "debian:12", .same),
            ("\(own)standard:7.0", ["\(own)standard:7.0"], true, "\(own)standard:7.0", .same),
            (
                "\(own)amazonlinux-x86_64-standard:5.0", ["\(own)amazonlinux2-x86_64-standard:5.0"], true,
                "\(own)amazonlinux2-x86_64-standard:5.0", .alias
            ),
            (
                "\(own)amazonlinux2-x86_64-standard:5.0", ["\(pub)amazonlinux-x86_64-standard:5.0"], true,
                "\(pub)amazonlinux-x86_64-standard:5.0", .alias
            ),
            (
                "\(own)amazonlinux-x86_64-standard:5.0", [], true, "\(pub)amazonlinux-x86_64-standard:5.0", .published
            ),
            (
                "\(own)amazonlinux2-x86_64-standard:5.0", [], true, "\(pub)amazonlinux2-x86_64-standard:5.0",
                .published
            ),
            (
                "\(own)amazonlinux-x86_64-standard:3.0", [], true, "\(pub)amazonlinux2-x86_64-standard:3.0", .published
            ),
            // Another release only where the very one cannot be pulled.
            (
                "\(own)standard:7.0-24.10.29", ["\(own)standard:7.0", "\(own)standard:7.0-23.1.1"], true,
                "\(own)standard:7.0", .release
            ),
            (
                "\(own)standard:7.0", ["\(own)standard:7.0-23.01.10", "\(own)standard:7.0-24.10.29"], true,
                "\(own)standard:7.0-24.10.29", .release
            ),
            (
                "\(own)amazonlinux-x86_64-standard:5.0", ["\(pub)amazonlinux-x86_64-standard:5.0-1.0.0"], true,
                "\(pub)amazonlinux-x86_64-standard:5.0", .published
            ),
            (
                "\(own)amazonlinux-x86_64-standard:5.0", ["\(pub)amazonlinux-x86_64-standard:5.0-1.0.0"], false,
                "\(pub)amazonlinux-x86_64-standard:5.0-1.0.0", .release
            ),
            ("\(own)standard:7.0", ["buildspec/standard:latest"], true, "buildspec/standard", .standIn),
            (
                "\(own)standard:7.0", ["\(own)standard:6.0", "buildspec/standard:latest"], true,
                "buildspec/standard", .standIn
            ),
            ("\(own)standard:7.0", ["\(own)standard:6.0"], true, "\(own)standard:7.0", .nowhere),
            ("\(own)java:openjdk-8", ["buildspec/standard:latest"], true, "\(own)java:openjdk-8", .nowhere),
            ("\(own)standard:9.0", ["buildspec/standard:latest"], true, "\(own)standard:9.0", .nowhere),
        ] as [(String, [String], Bool, String, ImageChoice.Relation)])
    func choice(asked: String, there: [String], mayPull: Bool, name: String, relation: ImageChoice.Relation) {
        let choice = ImageChoice(of: asked, among: there, mayPull: mayPull)
        #expect(choice.name == name && choice.relation == relation)
        #expect((choice.notice == nil) == (relation == .same || relation == .nowhere))
        if let notice = choice.notice { #expect(notice.contains("`\(asked)`") && notice.contains("`\(name)`")) }
    }

    private func ways(
        _ asked: String, _ there: [String] = [], isOffline: Bool = false, said: String? = nil
    ) -> ImageWays {
        ImageWays(
            to: ImageChoice(of: asked, among: there, mayPull: !isOffline), among: there, isOffline: isOffline,
            said: said)
    }

    @Test func `an image that was never published is not to be pulled`() {
        let ways = ways("aws/codebuild/standard:7.0", ["debian:12", "aws/codebuild/standard:6.0"])
        #expect(ways.reason == "AWS has never published it, only how it is built: no registry has it")
        #expect(!ways.help.contains("docker pull"))
        #expect(ways.lines.first == "`--image aws/codebuild/standard:6.0`, which this engine has")
        #expect(ways.help.contains("`--image aws/codebuild/amazonlinux-x86_64-standard:5.0`, which AWS publishes"))
        #expect(ways.help.contains("`buildspec images build standard`"))
        #expect(ways.help.contains("`buildspec images build aws/codebuild/standard:7.0 --from DIR`"))
        // Without a network that is no way.
        #expect(!self.ways("aws/codebuild/standard:7.0", isOffline: true).help.contains("publishes"))
    }

    @Test(
        "a pull that was refused is explained",
        arguments: [
            (
                "123456789012.dkr.ecr.eu-west-1.amazonaws.com/app:1", "no basic auth credentials",
                "`aws ecr get-login-password --region eu-west-1 | docker login --username AWS --password-stdin "
                    + "123456789012.dkr.ecr.eu-west-1.amazonaws.com`"
            ),
            ("123456789012.dkr.ecr.eu-west-1.amazonaws.com/app:1", "denied", "imagePullCredentialsType"),
            ("registry.acme.test:5000/app", "Error: unauthorized", "`docker login registry.acme.test:5000`"),
            ("acme/app:1", "pull access denied for acme/app", "registryCredential"),
            ("acme/app:1", "dial tcp: lookup registry-1.docker.io: no such host", "reaches the registry"),
        ])
    func refusal(image: String, said: String, words: String) {
        #expect(ways(image, said: said).lines.first?.contains(words) == true, "\(ways(image, said: said).lines)")
    }

    @Test func `a name that is none of CodeBuild's has a near one`() {
        let ways = ways("aws/codebuild/standart:7.0")
        #expect(ways.reason == "CodeBuild has no image of that name")
        #expect(ways.lines.first == "`--image aws/codebuild/standard:7.0`, if that is meant")
    }

    @Test(
        arguments: [
            ("aws/codebuild/windows-base:2022-1.0", "is an image of Windows"),
            ("aws/codebuild/macos-arm-base:26", "is an image of macOS"),
            ("aws/codebuild/ami/amazonlinux-arm-base:latest", "is the image of a machine of EC2"),
            ("aws/codebuild/standard:7.0", nil), ("aws/codebuild/amazonlinux-x86_64-lambda-standard:go1.25", nil),
        ] as [(String, String?)])
    func `what no Linux container can be is refused`(name: String, words: String?) throws {
        let refusal = try #require(CuratedImage(named: name)).refusal
        #expect((refusal == nil) == (words == nil))
        if let words { #expect(refusal?.message.hasPrefix("`\(name)` \(words)") == true) }
    }

    @Test(
        arguments: [
            ("amazonlinux-aarch64-standard:3.0", "amd64", "aarch64, and this engine's processor is x86_64", "arm64`"),
            ("amazonlinux-x86_64-standard:5.0", "arm64", "x86_64, and this engine's processor is aarch64", "amd64`"),
            ("standard:7.0", "amd64", nil, ""), ("amazonlinux-aarch64-standard:3.0", "aarch64", nil, ""),
            ("standard:7.0", "riscv64", nil, ""),
        ] as [(String, String, String?, String)])
    func `another processor takes emulation`(name: String, engine: String, words: String?, install: String) throws {
        let warning = try #require(CuratedImage(named: "aws/codebuild/\(name)")).emulationWarning(on: engine)
        #expect((warning == nil) == (words == nil))
        if let words { #expect(warning?.contains(words) == true && warning?.contains("--install \(install)") == true) }
    }
}
