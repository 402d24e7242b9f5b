public import SpecParsing

/// The name under which an engine finds the image that a build asks for.
///
/// `aws/codebuild/…` is no registry's name: the image is on the engine under it or another name of its own, or it is pulled
/// under its public name, or it is nowhere.
public struct ImageChoice: Sendable, Equatable {
    /// How the chosen name is related to the one asked for.
    public enum Relation: Sendable, Equatable {
        /// The name asked for, whether the engine has it or not.
        case same
        /// Another name of the same image.
        case alias
        /// The name that AWS publishes the image under; it has to be pulled.
        case published
        /// Another release of the same image.
        case release
        /// Our own stand-in.
        case standIn
        /// Nobody has it: neither the engine nor a registry.
        case nowhere
    }

    public let asked: String
    /// The name for the engine.
    public let name: String
    public let relation: Relation

    /// The image that `buildspec images build standard` makes.
    public static let standIn = "buildspec/standard"

    /// Chooses among what is there.
    ///
    /// - Parameters:
    ///   - asked: the image's name as the user or the settings have it.
    ///   - names: the names of the engine's images.
    ///   - mayPull: whether what is not there may be pulled.
    public init(of asked: String, among names: some Sequence<String>, mayPull: Bool = true) {
        self.asked = asked
        let there = Set(names)
        func chosen(_ name: String, _ relation: Relation) -> (String, Relation) { (name, relation) }
        (name, relation) = {
            guard CuratedImage.isName(asked), !there.contains(asked) else { return chosen(asked, .same) }
            guard let image = CuratedImage(named: asked) else { return chosen(asked, .nowhere) }
            let publicNames = Self.publicNames(of: image, askedAs: asked)
            if let other = (image.names + publicNames).first(where: there.contains) { return chosen(other, .alias) }
            if mayPull, let name = publicNames.first { return chosen(name, .published) }
            if let other = Self.release(of: image, among: there) { return chosen(other, .release) }
            if image.repository == "standard", there.contains("\(Self.standIn):latest") {
                return chosen(Self.standIn, .standIn)
            }
            return publicNames.first.map { chosen($0, .published) } ?? chosen(asked, .nowhere)
        }()
    }

    /// The public names, that with the same spelling first.
    private static func publicNames(of image: CuratedImage, askedAs asked: String) -> [String] {
        let same = CuratedImage.publicPrefix + asked.dropFirst(CuratedImage.prefix.count)
        let names = image.publicNames
        guard image.state == .maintained || image.state == .listed, names.contains(same) else { return names }
        return [same] + names.filter { $0 != same }
    }

    /// The newest release of an image that is there.
    private static func release(of image: CuratedImage, among there: Set<String>) -> String? {
        there.filter { CuratedImage(named: $0)?.isRelease(of: image) == true }
            .max { ($0.hasSuffix(":\(image.tag)") ? 1 : 0, $0) < ($1.hasSuffix(":\(image.tag)") ? 1 : 0, $1) }
    }

    /// Whether a registry may have the image.
    public var canBePulled: Bool {
        switch relation {
        case .same: CuratedImage(named: asked).map(\.isPublished) ?? !CuratedImage.isName(asked)
        case .alias: !CuratedImage.isName(name)
        case .published: true
        case .release, .standIn, .nowhere: false
        }
    }

    /// A line for the user, where another image is taken than he would expect.
    public var notice: String? {
        switch relation {
        case .same, .nowhere: nil
        case .alias: "`\(asked)` is on this engine as `\(name)`, another name of the same image"
        case .published: "`\(asked)` is pulled under its public name, `\(name)`"
        case .release: "this engine does not have `\(asked)`: using `\(name)`, another release of it"
        case .standIn:
            "this engine does not have `\(asked)`: using our stand-in `\(name)`, which is not AWS's image"
        }
    }
}

extension CuratedImage {
    /// Why no build can run in the image here; `nil` for images that can.
    public var refusal: (message: String, help: String)? {
        switch kind {
        case .linux, .lambda: nil
        case .windows:
            (
                "`\(name)` is an image of Windows, and builds run in Linux containers here",
                "name an image of Linux with --image; this build is one for the service"
            )
        case .macOS:
            (
                "`\(name)` is an image of macOS, which only CodeBuild's own machines run",
                "name an image of Linux with --image; this build is one for the service"
            )
        case .ec2:
            (
                "`\(name)` is the image of a machine of EC2, and no container can begin with it",
                "name the image of a container with --image: `\(ImageNames.standard)` is Amazon Linux, too"
            )
        }
    }

    /// A warning about an image that is made for another processor than the engine's, with what that takes.
    ///
    /// - Parameter engine: the engine's architecture in its own words: `amd64`, `arm64`.
    public func emulationWarning(on engine: String) -> String? {
        let own = ["amd64": Architecture.x86_64, "x86_64": .x86_64, "arm64": .aarch64, "aarch64": .aarch64][engine]
        guard let own, own != architecture else { return nil }
        let install = architecture == .aarch64 ? "arm64" : "amd64"
        return "`\(name)` is made for \(architecture.rawValue), and this engine's processor is \(own.rawValue): its "
            + "programs need QEMU, and take several times as long. Docker Desktop has it; elsewhere `apt-get install "
            + "qemu-user-static binfmt-support`, or `docker run --privileged --rm tonistiigi/binfmt --install \(install)`, "
            + "once on the engine's machine"
    }

    /// The platform to ask the engine for.
    public var platform: String { architecture == .aarch64 ? "linux/arm64" : "linux/amd64" }
}
