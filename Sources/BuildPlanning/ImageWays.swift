internal import SpecParsing

/// Why an image cannot be had, and the ways to one that exist on this machine.
public struct ImageWays: Sendable, Equatable {
    /// Why the image is not to be had, where that is known before an engine is asked.
    public let reason: String?
    /// What the user can do, one a line.
    public let lines: [String]

    /// - Parameters:
    ///   - choice: the image that was asked for, and the name it would be got by.
    ///   - names: the names of the engine's images.
    ///   - isOffline: whether nothing may be pulled.
    ///   - said: the engine's words about a pull; `nil` where it was not asked.
    public init(
        to choice: ImageChoice, among names: some Sequence<String>, isOffline: Bool, said: String? = nil
    ) {
        let asked = choice.asked, image = CuratedImage(named: asked)
        reason = Self.reason(asked, image)
        var lines: [String] = []
        if choice.canBePulled {
            if isOffline {
                lines.append("`docker pull \(choice.name)` while there is a network")
            } else if let said, let login = Self.login(for: choice.name, after: said) {
                lines.append(login)
            } else {
                lines.append("check that this machine reaches the registry: `docker pull \(choice.name)`")
            }
        }
        if image == nil, CuratedImage.isName(asked) {
            let length = CuratedImage.prefix.count
            let near = nearName(
                to: String(asked.dropFirst(length)), among: CuratedImage.all.map { String($0.name.dropFirst(length)) })
            if let near { lines.append("`--image \(CuratedImage.prefix)\(near)`, if that is meant") }
        }
        if let near = Self.near(choice, among: names) {
            lines.append("`--image \(near)`, which this engine has, if that is meant")
        }
        let others = Self.others(like: image, besides: choice, among: names)
        lines += others.map { "`--image \($0)`, which this engine has" }
        if let image, !image.isPublished, image.sourceFolder != nil, !isOffline {
            if image.repository == "standard" {
                lines.append(
                    "`buildspec images build standard`, which makes a stand-in of Debian's packages and PyPI's")
            }
            lines.append(
                "`buildspec images build \(image.newest?.name ?? image.name) --from DIR`, which builds AWS's own in a checkout "
                    + "of https://github.com/aws/aws-codebuild-docker-images")
        }
        if !isOffline, let relative = image?.publishedRelative, !others.contains(relative.name) {
            lines.append(
                "`--image \(relative.name)`, which AWS publishes: the same runtimes on Amazon Linux instead of Ubuntu")
        }
        lines.append("another image by --image NAME, or by `environment.image` in codebuild.yml")
        self.lines = lines
    }

    /// The lines as one help text.
    public var help: String { lines.joined(separator: "\n      ") }

    private static func reason(_ asked: String, _ image: CuratedImage?) -> String? {
        guard CuratedImage.isName(asked) else { return nil }
        guard let image else { return "CodeBuild has no image of that name" }
        guard !image.isPublished else { return nil }
        return image.state == .withdrawn
            ? "AWS has withdrawn it, and publishes it nowhere"
            : "AWS has never published it, only how it is built: no registry has it"
    }

    /// An image of the engine whose name is nearly the one that was asked for, which is none of CodeBuild's.
    private static func near(_ choice: ImageChoice, among names: some Sequence<String>) -> String? {
        guard !CuratedImage.isName(choice.asked) else { return nil }
        let names = names.map { $0.hasSuffix(":latest") ? String($0.dropLast(":latest".count)) : $0 }
        return nearName(to: choice.asked, among: names.filter { $0 != choice.asked })
    }

    /// Images of the engine that may do instead: those of the same name, then others of CodeBuild's, then our own.
    private static func others(
        like image: CuratedImage?, besides choice: ImageChoice, among names: some Sequence<String>
    ) -> [String] {
        guard CuratedImage.isName(choice.asked) else { return [] }
        let standIn = "\(ImageChoice.standIn):latest"
        let found = Set(names).filter { $0 != choice.name && $0 != choice.asked }.compactMap {
            name -> (rank: Int, name: String)? in
            if name == standIn { return (2, ImageChoice.standIn) }
            guard let other = CuratedImage(named: name), other.kind == .linux else { return nil }
            return (other.repository == image?.repository ? 0 : 1, name)
        }
        return found.sorted { ($0.rank, $1.name) < ($1.rank, $0.name) }.prefix(3).map(\.name)
    }

    /// How to log in at a registry that has refused a pull; `nil` where it was another trouble.
    static func login(for name: String, after said: String) -> String? {
        let words = said.lowercased()
        let signs = ["denied", "unauthorized", "authentication", "credentials", "authorization", "forbidden"]
        guard signs.contains(where: words.contains), let host = host(of: name) else { return nil }
        let parts = host.split(separator: ".")
        if parts.count >= 6, parts[1] == "dkr", parts[2] == "ecr" {
            return
                "log in, if the repository is yours (CodeBuild does so by itself, as the service or, with `imagePullCredentialsType: "
                + "SERVICE_ROLE`, as the project's role): `aws ecr get-login-password --region \(parts[3]) | docker login "
                + "--username AWS --password-stdin \(host)`"
        }
        return
            "log in, if the image is private (CodeBuild does so with the secret of the project's `registryCredential`): "
            + "`docker login\(host == "docker.io" ? "" : " \(host)")`"
    }

    private static func host(of name: String) -> String? {
        guard let first = name.split(separator: "/").first, name.contains("/"),
            first == "localhost" || first.contains(where: { $0 == "." || $0 == ":" })
        else { return "docker.io" }
        return String(first)
    }
}
