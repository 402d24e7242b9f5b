import SpecParsing
import Testing

/// The images of CodeBuild by their names (CODEBUILD.md 10.1, CODEBUILD-2026 B.1 to B.3).
@Suite struct CuratedImageTests {
    struct Row: CustomTestStringConvertible {
        let name: String, kind: CuratedImage.Kind, architecture: CuratedImage.Architecture, tag: String
        var release: String?
        let folder: String?
        let publicNames: [String]
        var testDescription: String { name }
    }

    private static func linux(_ name: String, tag: String, in folder: String, as published: [String] = []) -> Row {
        Row(
            name: "aws/codebuild/\(name)", kind: .linux, architecture: name.contains("aarch64") ? .aarch64 : .x86_64,
            tag: tag, folder: folder, publicNames: published.map { "public.ecr.aws/codebuild/\($0)" })
    }

    static let rows: [Row] = [
        linux("standard:8.0", tag: "8.0", in: "ubuntu/standard/8.0"),
        linux("standard:7.0", tag: "7.0", in: "ubuntu/standard/7.0"),
        linux("standard:5.0", tag: "5.0", in: "ubuntu/standard/5.0"),
        linux("standard:4.0", tag: "4.0", in: "unsupported_images/ubuntu/standard/4.0"),
        linux(
            "amazonlinux-x86_64-standard:5.0", tag: "5.0", in: "al/x86_64/standard/5.0",
            as: ["amazonlinux-x86_64-standard:5.0", "amazonlinux2-x86_64-standard:5.0"]),
        linux(
            "amazonlinux2-x86_64-standard:4.0", tag: "4.0", in: "al/x86_64/standard/4.0",
            as: ["amazonlinux-x86_64-standard:4.0", "amazonlinux2-x86_64-standard:4.0"]),
        linux(
            "amazonlinux-x86_64-standard:3.0", tag: "3.0", in: "unsupported_images/al2/x86_64/standard/3.0",
            as: ["amazonlinux2-x86_64-standard:3.0", "amazonlinux-x86_64-standard:3.0"]),
        linux(
            "amazonlinux-x86_64-standard:corretto8", tag: "corretto8", in: "al/x86_64/standard/corretto8",
            as: ["amazonlinux-x86_64-standard:corretto8", "amazonlinux2-x86_64-standard:corretto8"]),
        linux(
            "amazonlinux-aarch64-standard:3.0", tag: "3.0", in: "al/aarch64/standard/3.0",
            as: ["amazonlinux-aarch64-standard:3.0", "amazonlinux2-aarch64-standard:3.0"]),
        linux("java:openjdk-8", tag: "openjdk-8", in: "unsupported_images/java/openjdk-8"),
        linux("nodejs:8.11.0", tag: "8.11.0", in: "unsupported_images/nodejs/8.11.0"),
        Row(
            name: "aws/codebuild/standard:7.0-24.10.29", kind: .linux, architecture: .x86_64, tag: "7.0",
            release: "24.10.29", folder: "ubuntu/standard/7.0", publicNames: []),
        Row(
            name: "public.ecr.aws/codebuild/amazonlinux2-x86_64-standard:5.0-1.0.0", kind: .linux,
            architecture: .x86_64, tag: "5.0", release: "1.0.0", folder: "al/x86_64/standard/5.0",
            publicNames: [
                "public.ecr.aws/codebuild/amazonlinux-x86_64-standard:5.0-1.0.0",
                "public.ecr.aws/codebuild/amazonlinux2-x86_64-standard:5.0-1.0.0",
            ]),
        Row(
            name: "aws/codebuild/amazonlinux-aarch64-lambda-standard:python3.12", kind: .lambda,
            architecture: .aarch64, tag: "python3.12", folder: "al-lambda/aarch64/python3.12",
            publicNames: ["public.ecr.aws/codebuild/amazonlinux-aarch64-lambda-standard:python3.12"]),
        Row(
            name: "aws/codebuild/windows-base:2019-2.0", kind: .windows, architecture: .x86_64, tag: "2019-2.0",
            folder: nil, publicNames: []),
        Row(
            name: "aws/codebuild/windows-base:2.0", kind: .windows, architecture: .x86_64, tag: "2.0", folder: nil,
            publicNames: []),
        Row(
            name: "aws/codebuild/macos-arm-base:15", kind: .macOS, architecture: .aarch64, tag: "15", folder: nil,
            publicNames: []),
        Row(
            name: "aws/codebuild/ami/amazonlinux-x86_64-base:latest", kind: .ec2, architecture: .x86_64,
            tag: "latest", folder: nil, publicNames: []),
    ]

    @Test("a name says which image it is", arguments: rows)
    func names(_ row: Row) throws {
        let image = try #require(CuratedImage(named: row.name))
        #expect(image.kind == row.kind && image.architecture == row.architecture)
        #expect(image.tag == row.tag && image.release == row.release)
        #expect(image.sourceFolder == row.folder)
        #expect(image.publicNames == row.publicNames)
        #expect(image.isPublished == !row.publicNames.isEmpty)
        // Every name means the same image.
        for name in image.names + image.publicNames { #expect(CuratedImage(named: name) == image, "\(name)") }
    }

    @Test(
        "what is no image of CodeBuild is none",
        arguments: [
            "debian", "aws/codebuild/standard", "aws/codebuild/standard:", "aws/codebuild/standard:9.0",
            "aws/codebuild/standards:7.0", "acme/codebuild/standard:7.0", "aws/codebuild/standard:7.0:8",
            "aws/codebuild/standard@sha256:00", "aws/codebuild/amazonlinux2-x86_64-lambda-standard:go1.21",
            "aws/codebuild/standard:7.00",
        ])
    func others(_ name: String) { #expect(CuratedImage(named: name) == nil) }

    @Test("each image is listed once, and known by its own name")
    func all() {
        #expect(Set(CuratedImage.all.map(\.name)).count == CuratedImage.all.count)
        for image in CuratedImage.all { #expect(CuratedImage(named: image.name) == image) }
        #expect(CuratedImage.all.filter { $0.kind == .lambda }.count == 40)
    }
}
