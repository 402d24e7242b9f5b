internal import SpecParsing

/// A difference between the set-ups of two builds, which may be why their logs differ.
public struct Cause: Sendable, Equatable {
    /// What differs.
    public enum Subject: Sendable, Equatable {
        case source, image, computeSize
        case variable(String)
        /// A parameter or secret that one of the builds could not have.
        case secret
        case runtime(String)
        case tool(String)
    }

    /// How likely it is the reason for the first difference of the logs, the likeliest first.
    public enum Rating: Int, Sendable, Comparable {
        /// It was there before the first difference, whose lines or command name it.
        case explains
        /// It was there before the first difference.
        case precedes
        /// It shows only behind the first difference.
        case follows

        public static func < (one: Self, other: Self) -> Bool { one.rawValue < other.rawValue }
    }

    public let subject: Subject
    public internal(set) var rating = Rating.precedes
    /// The values of both sides; `nil` for a side that has none, or for a value that must not be shown.
    public let one: String?
    public let other: String?
    /// Whether the values are left out because they may be secret.
    public let isSecret: Bool
    let place: BuildPlace

    /// The differences between two set-ups in the order of the build, without a rating. What only one side knows is none.
    public static func all(between one: BuildFacts, and other: BuildFacts) -> [Cause] {
        CauseFinding(one: one, other: other).causes()
    }

    init(_ subject: Subject, _ values: (one: String?, other: String?), at place: BuildPlace, isSecret: Bool = false) {
        self.subject = subject
        one = values.one
        other = values.other
        self.place = place
        self.isSecret = isSecret
    }
}

/// Finds the causes of differences in the facts of two builds.
struct CauseFinding {
    let one: BuildFacts
    let other: BuildFacts

    /// The causes in the order of the build, without a rating. What only one side knows is none.
    func causes() -> [Cause] {
        [source, image, computeSize].compactMap { $0 } + variables + [secret].compactMap { $0 } + runtimes + tools
    }

    private func both<Value: Equatable>(_ fact: KeyPath<BuildFacts, Value?>) -> (one: Value, other: Value)? {
        guard let own = one[keyPath: fact], let another = other[keyPath: fact], own != another else { return nil }
        return (own, another)
    }

    private var source: Cause? {
        // Equal trees are equal sources, whatever the commits are.
        if let own = one.tree, own == other.tree { return nil }
        if let trees = both(\.tree) {
            return Cause(.source, ("tree \(trees.one)", "tree \(trees.other)"), at: .settings)
        }
        return both(\.commit).map { Cause(.source, ("commit \($0.one)", "commit \($0.other)"), at: .settings) }
    }

    private var image: Cause? {
        if let own = one.imageID, own == other.imageID { return nil }
        let digests = (one: one.digestAlone, other: other.digestAlone)
        if let own = digests.one, own == digests.other { return nil }
        if let names = both(\.image), !ImageName.areSame(names.one, names.other) {
            return Cause(.image, names, at: .settings)
        }
        if let own = digests.one, let another = digests.other {
            return Cause(.image, (one.imageName(with: own), other.imageName(with: another)), at: .settings)
        }
        return both(\.imageID).map {
            Cause(.image, (one.imageName(with: $0.one), other.imageName(with: $0.other)), at: .settings)
        }
    }

    private var computeSize: Cause? {
        both(\.computeType).map { Cause(.computeSize, $0, at: .settings) }
    }

    /// The variables that project and user gave, and those that the builds printed. Each list is complete in itself, and
    /// is compared with its like alone.
    private var variables: [Cause] {
        var found: [String: Cause] = [:]
        for list in [\BuildFacts.variables, \.printedVariables] {
            guard let lists = both(list) else { continue }
            for name in Set(lists.one.keys).union(lists.other.keys) where found[name] == nil {
                let own = lists.one[name], another = lists.other[name]
                guard own != another, ![own, another].contains(where: { $0?.value.contains("***") ?? false }) else {
                    continue
                }
                let values = [own, another].compactMap { $0 }
                // A name of a parameter is none of its value, but nor is it worth showing beside a value.
                let isSecret = values.contains {
                    $0.type != "PLAINTEXT" || ValueSecrecy.isSecret($0.value, named: name)
                }
                let shown = [own, another].map { variable in variable.map { isSecret ? "" : $0.value } }
                found[name] = Cause(.variable(name), (shown[0], shown[1]), at: .settings, isSecret: isSecret)
            }
        }
        return found.sorted { $0.key < $1.key }.map(\.value)
    }

    private var secret: Cause? {
        // Both builds failing for want of a value is no difference between them.
        guard (one.missingSecret == nil) != (other.missingSecret == nil) else { return nil }
        return Cause(.secret, (one.missingSecret, other.missingSecret), at: .downloadSource)
    }

    private var runtimes: [Cause] {
        one.runtimes.sorted { $0.key < $1.key }.compactMap { name, version in
            guard let another = other.runtimes[name], another != version else { return nil }
            return Cause(.runtime(name), (version, another), at: .downloadSource)
        }
    }

    /// The first other version of each tool that the same command printed in the same form.
    private var tools: [Cause] {
        let others = Dictionary(grouping: other.tools, by: \.source)
        var found: [Cause] = [], seen: Set<String> = []
        for (source, versions) in Dictionary(grouping: one.tools, by: \.source) {
            guard let another = others[source], another.count == versions.count else { continue }
            guard let pair = zip(versions, another).first(where: { $0.version != $1.version }) else { continue }
            found.append(Cause(.tool(pair.0.tool), (pair.0.version, pair.1.version), at: pair.0.place))
        }
        return found.sorted { $0.place < $1.place }.filter { cause in
            guard case .tool(let name) = cause.subject else { return false }
            return seen.insert(name).inserted
        }
    }
}

extension BuildFacts {
    /// The name of the image, where it is known, with a digest that tells it from others of its name.
    fileprivate func imageName(with digest: String) -> String {
        image.map { "\($0.prefix { $0 != "@" }) (\(digest))" } ?? digest
    }

    /// The registry's digest without the image's name, also where only the name of the image has it.
    fileprivate var digestAlone: String? {
        for text in [imageDigest, image].compactMap({ $0 }) {
            if let at = text.lastIndex(of: "@") { return String(text[text.index(after: at)...]) }
            if text == imageDigest { return text }
        }
        return nil
    }
}

/// Names of images.
enum ImageName {
    /// Whether two names mean the same image: the same text but for what engines leave out, or names of one image of
    /// CodeBuild's.
    static func areSame(_ one: String, _ other: String) -> Bool {
        if plain(one) == plain(other) { return true }
        guard let own = CuratedImage(named: one), let another = CuratedImage(named: other) else { return false }
        return own.isRelease(of: another) && (own.release == nil || another.release == nil || own == another)
    }

    /// The name without Docker Hub's host and folder, without a digest, and with a tag.
    private static func plain(_ name: String) -> String {
        var text = name.prefix { $0 != "@" }
        for beginning in ["index.docker.io/", "docker.io/", "library/"] where text.hasPrefix(beginning) {
            text = text.dropFirst(beginning.count)
        }
        let last = text.split(separator: "/").last ?? text
        return last.contains(":") ? String(text) : "\(text):latest"
    }
}
