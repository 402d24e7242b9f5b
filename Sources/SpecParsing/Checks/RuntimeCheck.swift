/// Warns about runtimes that the image does not have: the build ends before its first command (CODEBUILD-2026.md A.1).
extension ContentChecks {
    mutating func checkRuntimes() {
        // Windows images have runtimes of their own.
        guard scriptShell(SpecCommand.all(of: top)) != nil,
            let install = top.section("phases")?.section(PhaseName.install.rawValue),
            let versions = install.entries["runtime-versions"]?.node
        else { return }
        let path = install.path.key("runtime-versions"), image = CuratedRuntimes(image: facts.image)
        guard let image else { return }
        for (key, value) in versions.pairs where !value.isNull && !image.names.contains(key.text) {
            let name = quoted(key.text)
            warn(
                .unknownRuntime, at: FindingPlace(key, path.key(key.text)),
                "\(image.lacking(key.text)) \(name): there the build ends with \"Unknown runtime named '\(key.text)'\"",
                help: key.text == "docker"
                    ? "take the line away: every image has docker" : "take the line away, and install it with a command"
            )
        }
    }
}

/// The runtimes that an image of CodeBuild's has.
struct CuratedRuntimes {
    let names: Set<String>
    private let image: String?

    /// Which images lack a runtime, as the beginning of a sentence: "`aws/codebuild/standard:7.0` has no runtime".
    func lacking(_ runtime: String) -> String {
        if let image { return "\(quoted(image)) has no runtime" }
        return runtime == "docker"
            ? "`standard:5.0` and `amazonlinux-x86_64-standard:5.0` and what is newer have no runtime"
            : "no image of CodeBuild has the runtime"
    }

    private static let common: Set<String> = ["dotnet", "golang", "java", "nodejs", "php", "python", "ruby"]

    /// Looks the image up; `nil` for an image whose runtimes are not known, such as one of the user's.
    ///
    /// Where no image is named, what hardly any image of today has is known all the same.
    init?(image: String?) {
        self.image = image
        guard let image else {
            names = Self.common.union(["rust", "android"])
            return
        }
        let path = image.split(separator: "/")
        guard path.dropLast().last == "codebuild", let last = path.last else { return nil }
        let parts = last.split(separator: ":")
        guard parts.count == 2, let major = parts[1].split(separator: ".").first.flatMap({ Int($0) }) else {
            return nil
        }
        let name =
            parts[0].hasPrefix("amazonlinux2-")
            ? "amazonlinux-" + parts[0].dropFirst("amazonlinux2-".count) : String(parts[0])
        switch (name, major) {
        case ("standard", 8), ("amazonlinux-x86_64-standard", 6): names = Self.common.union(["rust"])
        case ("standard", 5...7), ("amazonlinux-x86_64-standard", 5): names = Self.common
        case ("amazonlinux-x86_64-standard", 4), ("amazonlinux-aarch64-standard", 2):
            names = Self.common.union(["docker"])
        case ("amazonlinux-aarch64-standard", 3...4): names = Self.common.union(["docker", "rust"])
        default: return nil
        }
    }
}
