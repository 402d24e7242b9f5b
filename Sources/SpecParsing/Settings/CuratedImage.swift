/// One of CodeBuild's own images, under any of its names (CODEBUILD.md 10.1, CODEBUILD-2026 B).
public struct CuratedImage: Sendable, Equatable {
    /// The compute that an image is for.
    public enum Kind: String, Sendable {
        case linux, lambda
        /// A machine's image, which no container can begin with.
        case ec2
        case windows, macOS
    }

    public enum Architecture: String, Sendable { case x86_64, aarch64 }

    /// How AWS looks after an image.
    public enum State: String, Sendable {
        case maintained
        /// The guide lists the image, and new versions of its programs no longer come.
        case listed
        case deprecated, withdrawn
    }

    /// The image's present name behind `aws/codebuild/`, without a tag: `amazonlinux-x86_64-standard`.
    public let repository: String
    /// The tag that moves with the image's newest release: `5.0`.
    public let tag: String
    /// The release that a granular tag names: `24.10.29` of `5.0-24.10.29`; `nil` for the newest.
    public let release: String?
    public let kind: Kind
    public let architecture: Architecture
    public let state: State

    public static let prefix = "aws/codebuild/"
    public static let publicPrefix = "public.ecr.aws/codebuild/"

    /// All of them that are known by name, without granular tags.
    public static let all = CuratedRepository.all.flatMap { repository in
        repository.tags.flatMap { state, tags in
            tags.map { CuratedImage(repository, tag: $0, release: nil, state) }
        }
    }

    fileprivate init(_ repository: CuratedRepository, tag: String, release: String?, _ state: State) {
        self.repository = repository.name
        self.tag = tag
        self.release = release
        self.state = state
        kind = repository.kind
        architecture = repository.architecture
    }

    /// Recognises a name: CodeBuild's own, an older one of the same image, or the public one.
    ///
    /// - Returns: `nil` for other images, and for tags that no image of CodeBuild has.
    public init?(named name: String) {
        let prefixes = [Self.prefix, Self.publicPrefix]
        guard let prefix = prefixes.first(where: name.hasPrefix), !name.contains("@") else { return nil }
        let parts = name.dropFirst(prefix.count).split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let repository = CuratedRepository(named: String(parts[0])) else { return nil }
        let asked = String(parts[1])
        // `2019-2.0` is no granular tag of `2019`: the longest tag that fits counts.
        var best: (tag: String, state: State)?
        for (state, tags) in repository.tags {
            for tag in tags where asked == tag || asked.hasPrefix("\(tag)-") {
                if tag.count > best?.tag.count ?? 0 { best = (tag, state) }
            }
        }
        guard let best = best ?? (repository.hasOtherTags && !asked.isEmpty ? (asked, .withdrawn) : nil) else {
            return nil
        }
        let release = asked.dropFirst(best.tag.count + 1)
        self.init(repository, tag: best.tag, release: release.isEmpty ? nil : String(release), best.state)
    }

    /// Whether a name is one of CodeBuild's own, which no registry knows; also one that does not exist.
    public static func isName(_ name: String) -> Bool { name.hasPrefix(prefix) }

    /// The tag with its release.
    public var fullTag: String { release.map { "\(tag)-\($0)" } ?? tag }

    /// The image's present name.
    public var name: String { "\(Self.prefix)\(repository):\(fullTag)" }

    /// The names that the image has had, the present one first; all of them are valid.
    public var names: [String] { repositories.map { "\(Self.prefix)\($0):\(fullTag)" } }

    /// The names that the image can be pulled under, the likeliest first; none for an image that AWS does not publish.
    public var publicNames: [String] {
        guard isPublished else { return [] }
        // The old repositories are older than the new ones. [inferred, CODEBUILD-2026 B.3]
        let isOld = state == .deprecated || state == .withdrawn
        return (isOld ? repositories.reversed() : repositories).map { "\(Self.publicPrefix)\($0):\(fullTag)" }
    }

    /// Whether AWS publishes the image. The Ubuntu images never were (CODEBUILD-2026 B.3).
    public var isPublished: Bool {
        (kind == .linux || kind == .lambda) && repository.hasPrefix(CuratedRepository.amazonLinux)
    }

    private var repositories: [String] {
        guard kind == .linux, repository.hasPrefix(CuratedRepository.amazonLinux) else { return [repository] }
        return [repository, "amazonlinux2-" + repository.dropFirst(CuratedRepository.amazonLinux.count)]
    }

    /// The same image without a granular tag.
    public var newest: CuratedImage? { CuratedImage(named: "\(Self.prefix)\(repository):\(tag)") }

    /// Whether two names are of one image, whatever release they name.
    public func isRelease(of other: CuratedImage) -> Bool { repository == other.repository && tag == other.tag }
}

/// The images of one name without a tag.
struct CuratedRepository: Sendable {
    let name: String
    let kind: CuratedImage.Kind
    let architecture: CuratedImage.Architecture
    let tags: [(state: CuratedImage.State, tags: [String])]
    /// Whether there were tags that the table does not list.
    let hasOtherTags: Bool

    static let amazonLinux = "amazonlinux-"

    private init(
        _ name: String, _ kind: CuratedImage.Kind, on architecture: CuratedImage.Architecture = .x86_64,
        hasOtherTags: Bool = false, tags: [(CuratedImage.State, String)]
    ) {
        self.name = name
        self.kind = kind
        self.architecture = architecture
        self.hasOtherTags = hasOtherTags
        self.tags = tags.map { ($0.0, $0.1.split(separator: " ").map(String.init)) }
    }

    /// Finds the repository of a name, present or past.
    init?(named name: String) {
        let old = "amazonlinux2-"
        let present = name.hasPrefix(old) ? Self.amazonLinux + name.dropFirst(old.count) : name
        guard let found = Self.all.first(where: { $0.name == present }) else { return nil }
        guard present == name || found.kind == .linux else { return nil }
        self = found
    }

    private static let lambdaTags =
        "corretto25 corretto21 corretto17 corretto11 nodejs24 nodejs22 nodejs20 nodejs18 python3.14 python3.13 "
        + "python3.12 python3.11 ruby3.4 ruby3.2 go1.25 go1.24 go1.21 dotnet10 dotnet8 dotnet6"

    static let all =
        [
            CuratedRepository(
                "standard", .linux,
                tags: [
                    (.maintained, "8.0 7.0"), (.listed, "6.0 5.0"), (.deprecated, "4.0 3.0"), (.withdrawn, "2.0 1.0"),
                ]),
            CuratedRepository(
                "amazonlinux-x86_64-standard", .linux,
                tags: [
                    (.maintained, "6.0 5.0"), (.listed, "4.0 corretto11 corretto8"), (.deprecated, "3.0 2.0"),
                    (.withdrawn, "1.0"),
                ]),
            CuratedRepository(
                "amazonlinux-aarch64-standard", .linux, on: .aarch64,
                tags: [(.maintained, "4.0 3.0"), (.listed, "2.0"), (.deprecated, "1.0")]),
            CuratedRepository("amazonlinux-x86_64-lambda-standard", .lambda, tags: [(.maintained, lambdaTags)]),
            CuratedRepository(
                "amazonlinux-aarch64-lambda-standard", .lambda, on: .aarch64, tags: [(.maintained, lambdaTags)]),
            CuratedRepository(
                "windows-base", .windows, hasOtherTags: true,
                tags: [(.maintained, "2022-1.0 2019-3.0 2019-2.0 2019-1.0")]),
            CuratedRepository(
                "macos-arm-base", .macOS, on: .aarch64, hasOtherTags: true, tags: [(.maintained, "26 15")]),
            // Seen in public projects; the guide's table of them was not at hand.
            CuratedRepository("ami/amazonlinux-x86_64-base", .ec2, hasOtherTags: true, tags: [(.maintained, "latest")]),
            CuratedRepository(
                "ami/amazonlinux-arm-base", .ec2, on: .aarch64, hasOtherTags: true, tags: [(.maintained, "latest")]),
        ]
        // Of the first years: one language each, many tags, no runtimes.yml.
        + [
            ("java", "openjdk-11 openjdk-8"), ("nodejs", "10.14.1"), ("python", "3.7.1"), ("docker", "18.09.0"),
            ("golang", "1.11"), ("ruby", "2.5.3"), ("php", "7.1"), ("dot-net", "core-2.1"),
            ("android-java-8", "26.1.1"), ("ubuntu-base", "14.04"),
        ].map { CuratedRepository($0.0, .linux, hasOtherTags: true, tags: [(.withdrawn, $0.1)]) }
}

extension CuratedImage {
    /// The folder that the image is built in, in a checkout of AWS's repository aws/aws-codebuild-docker-images; `nil` for
    /// an image that is not built there. [img]
    public var sourceFolder: String? {
        let isOld = state == .deprecated || state == .withdrawn
        switch (kind, repository) {
        case (.linux, "standard"): return (isOld ? "unsupported_images/" : "") + "ubuntu/standard/\(tag)"
        case (.linux, _) where repository.hasPrefix(CuratedRepository.amazonLinux):
            return (isOld ? "unsupported_images/al2" : "al") + "/\(architecture.rawValue)/standard/\(tag)"
        case (.linux, _): return "unsupported_images/\(repository)/\(tag)"
        case (.lambda, _): return "al-lambda/\(architecture.rawValue)/\(tag)"
        case (.ec2, _), (.windows, _), (.macOS, _): return nil
        }
    }

    /// A published image that has the same runtimes as this one, where this one is not published (CODEBUILD-2026 A.1).
    public var publishedRelative: CuratedImage? {
        guard repository == "standard" else { return nil }
        let relatives = ["8.0": "6.0", "7.0": "5.0", "6.0": "4.0"]
        return relatives[tag].flatMap { CuratedImage(named: "\(Self.prefix)amazonlinux-x86_64-standard:\($0)") }
    }
}
