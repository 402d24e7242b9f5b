extension CuratedImage {
    /// The runtimes of the image as its newest release has them, without their commands; `nil` where they are not known here
    /// (CODEBUILD-2026 A.1). What an image has is said by its own file alone.
    public var runtimes: RuntimeCatalog? {
        guard let lines = Self.runtimeLines["\(repository):\(tag)"] else { return nil }
        return RuntimeCatalog(
            runtimes: lines.split(separator: ";").compactMap { line in
                let words = line.split(separator: " ").map(String.init)
                guard let name = words.first else { return nil }
                // Only these have no entry for versions of the user's own.
                let isClosed = name == "docker" || tag.hasPrefix("corretto")
                return RuntimeCatalog.Runtime(
                    name: name,
                    versions: (words.dropFirst() + (isClosed ? [] : [RuntimeCatalog.Version.fallbackKey])).map {
                        RuntimeCatalog.Version(key: $0, requirements: [], commands: [])
                    })
            })
    }

    private static let manyJava = "java corretto25 corretto21 corretto17 corretto11 corretto8"
    /// What the images of 2026 have in common, on either processor.
    private static let ofUbuntu24 =
        "\(manyJava);golang 1.26 1.25 1.24;python 3.14 3.13 3.12 3.11 3.10;php 8.5 8.4 8.3 8.2;ruby 4.0 3.4 3.3;dotnet 10.0 8.0"
    private static let ofUbuntu22 =
        "\(manyJava);golang 1.26 1.25 1.24 1.23 1.22 1.21 1.20;python 3.14 3.13 3.12 3.11 3.10 3.9;ruby 4.0 3.4 3.3 3.2 3.1;"
        + "dotnet 10.0 8.0 6.0"

    private static let runtimeLines: [String: String] = {
        let newest = "\(ofUbuntu24);nodejs 26 24 22;rust 1.97 1.93"
        let middle = "\(ofUbuntu22);php 8.5 8.4 8.3 8.2;nodejs 26 24 22 20 18"
        return [
            "standard:8.0": newest, "amazonlinux-x86_64-standard:6.0": newest,
            "standard:7.0": middle, "amazonlinux-x86_64-standard:5.0": middle,
            "standard:6.0": "java corretto17;golang 1.18;python 3.10;php 8.1;ruby 3.1;nodejs 16;dotnet 6.0",
            "standard:5.0":
                "java corretto8 corretto11;golang 1.15 1.16;python 3.7 3.8 3.9;php 7.3 7.4 8.0;ruby 2.6 2.7;nodejs 12 14;"
                + "dotnet 3.1 5.0",
            "amazonlinux-x86_64-standard:4.0":
                "java corretto17;golang 1.18;python 3.9;php 8.1;ruby 3.1;nodejs 16;dotnet 6.0;docker 20",
            "amazonlinux-x86_64-standard:corretto8": "java corretto8",
            "amazonlinux-x86_64-standard:corretto11": "java corretto11",
            "amazonlinux-aarch64-standard:4.0": "\(ofUbuntu24);nodejs 24 22;rust 1.94;docker 23",
            "amazonlinux-aarch64-standard:3.0":
                "\(ofUbuntu22);php 8.5 8.4 8.3 8.2 8.1;nodejs 24 22 20 18;rust 1.94;docker 23",
            "amazonlinux-aarch64-standard:2.0":
                "java corretto11 corretto8;golang 1.12 1.13 1.14;python 3.9 3.8 3.7;php 7.4 7.3;ruby 2.6 2.7;nodejs 10 12;"
                + "dotnet 3.1;docker 19",
        ]
    }()
}
