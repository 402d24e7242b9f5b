/// Warns about runtimes and versions that the image does not have: the build ends before its first command (CODEBUILD-2026.md A).
extension ContentChecks {
    mutating func checkRuntimes() {
        guard let install = top.section("phases")?.section(PhaseName.install.rawValue),
            let versions = install.entries["runtime-versions"]?.node
        else { return }
        let path = install.path.key("runtime-versions"), image = CuratedRuntimes(image: facts.image)
        guard let image else { return }
        for (key, value) in versions.pairs where !value.isNull {
            guard image.names.contains(key.text) else {
                warnOfRuntime(key, of: image, at: path)
                continue
            }
            guard value.kind == .scalar, let fault = image.fault(of: key.text, version: value.text) else { continue }
            warn(
                .unknownRuntimeVersion, at: FindingPlace(value, path.key(key.text)), fault.message, help: fault.help)
        }
    }

    private mutating func warnOfRuntime(_ key: SpecNode, of image: CuratedRuntimes, at path: SpecPath) {
        let near = nearName(to: key.text, among: image.names.sorted()).map { "did you mean `\($0)`? Else " } ?? ""
        warn(
            .unknownRuntime, at: FindingPlace(key, path.key(key.text)),
            "\(image.lacking(key.text)) \(quoted(key.text)): there the build ends with \"Unknown runtime named "
                + "'\(key.text)'\"",
            help: key.text == "docker"
                ? "take the line away: every image has docker"
                : "\(near)take the line away, and install it with a command")
    }
}

/// The runtimes that an image of CodeBuild's has.
struct CuratedRuntimes {
    let names: Set<String>
    private let image: String?
    private let catalog: RuntimeCatalog?

    /// Which images lack a runtime, as the beginning of a sentence: "`aws/codebuild/standard:7.0` has no runtime".
    func lacking(_ runtime: String) -> String {
        if let image { return "\(quoted(image)) has no runtime" }
        return runtime == "docker"
            ? "`standard:5.0` and `amazonlinux-x86_64-standard:5.0` and what is newer have no runtime"
            : "no image of CodeBuild has the runtime"
    }

    /// Looks the image up; `nil` for an image whose runtimes are not known, such as one of the user's.
    ///
    /// Where no image is named, what hardly any image of today has is known all the same.
    init?(image: String?) {
        self.image = image
        guard let image else {
            names = ["android", "dotnet", "golang", "java", "nodejs", "php", "python", "ruby", "rust"]
            catalog = nil
            return
        }
        guard let catalog = CuratedImage(named: image)?.runtimes else { return nil }
        self.catalog = catalog
        names = Set(catalog.runtimes.map(\.name))
    }

    /// What is wrong with a version of a runtime that the image has; `nil` when the image has the version or can install it.
    func fault(of name: String, version: String) -> (message: String, help: String)? {
        // A variable's value is not known before the build.
        guard let image, let runtime = catalog?.runtimes.first(where: { $0.name == name }), !version.contains("$")
        else { return nil }
        let keys = runtime.named.map(\.key)
        let meant = runtime.version(meantBy: version)
        if let meant, keys.contains(meant) { return nil }
        let near = Self.near(version, among: keys)
        let help =
            (near.map { "take `\($0)`, if that is meant; " } ?? "") + "there: " + keys.joined(separator: ", ")
        guard meant != nil, runtime.fallback != nil else {
            return (
                "\(quoted(image)) has no version \(quoted(version)) of `\(name)`: there the build ends with \"Unknown runtime "
                    + "version named '\(version)' of \(name)\"", help
            )
        }
        guard let form = CustomVersion(of: name), !form.allows(version) else { return nil }
        return (
            "\(quoted(image)) has no version \(quoted(version)) of `\(name)` and cannot install it: one that it has not is "
                + "written \(form.words)", help
        )
    }

    /// The key that a version probably means: the newest with the same first numbers, else one that resembles it.
    private static func near(_ version: String, among keys: [String]) -> String? {
        let numbers = VersionText(version).numbers
        let same = keys.filter { key in
            let found = VersionText(key).numbers
            return found.starts(with: numbers) || numbers.starts(with: found)
        }
        return VersionText.newest(same) ?? nearName(to: version, among: keys)
    }
}

/// The form of versions that an image installs though it does not list them (CODEBUILD-2026 A.3).
private struct CustomVersion {
    /// `8.0.100`, as an example of the form.
    let words: String
    private let word: String
    private let counts: ClosedRange<Int>

    init?(of runtime: String) {
        switch runtime {
        case "dotnet": (words, word, counts) = ("with three numbers: `8.0.100`", "", 3...3)
        case "golang": (words, word, counts) = ("with two or three numbers: `1.19`", "", 2...3)
        case "java": (words, word, counts) = ("as `corretto15`", "corretto", 1...1)
        case "nodejs": (words, word, counts) = ("with one to three numbers: `16.20.2`", "", 1...3)
        case "php": (words, word, counts) = ("with three numbers: `8.1.27`", "", 3...3)
        case "python": (words, word, counts) = ("with one to three numbers: `3.8.18`", "", 1...3)
        case "ruby": (words, word, counts) = ("with three numbers: `3.0.6`", "", 3...3)
        default: return nil
        }
    }

    func allows(_ version: String) -> Bool {
        let text = VersionText(version)
        // A bare number of Java's does what `corretto` before it does. [inferred, CODEBUILD-2026 A.2]
        return text.isPlain && (text.word == word || word == "corretto" && text.word.isEmpty)
            && counts.contains(text.numbers.count)
    }
}
