/// The `sh` of an image, judged by the image's name (CODEBUILD.md 3.4, 10.1).
enum ImageShell {
    /// Ubuntu and Debian.
    case dash
    /// Amazon Linux, Fedora and their relatives, whose `sh` is bash.
    case bash
    /// The commands of a Windows image are for PowerShell or `cmd.exe`.
    case windows

    /// Recognises the image; `nil` for images whose names do not tell.
    init?(of image: String) {
        var path = image.split(separator: "@").first ?? ""
        if let slash = path.lastIndex(of: "/"), let colon = path.lastIndex(of: ":"), slash < colon {
            path = path[..<colon]
        } else if !path.contains("/"), let colon = path.firstIndex(of: ":") {
            path = path[..<colon]
        }
        var parts = path.split(separator: "/")
        let host = parts.count > 1 && parts[0].contains(where: { $0 == "." || $0 == ":" }) ? parts.removeFirst() : ""
        guard let name = parts.last else { return nil }
        if parts.dropLast().last == "codebuild" {
            switch name {
            case _ where name.hasPrefix("amazonlinux"): self = .bash
            case _ where name.hasPrefix("windows"): self = .windows
            case _ where name.hasPrefix("macos"): return nil
            // The others, `standard` and the old ones of one language each, are Ubuntu.
            case _ where parts.first == "aws": self = .dash
            default: return nil
            }
            return
        }
        switch name {
        case "ubuntu", "debian": self = .dash
        case "amazonlinux", "fedora", "centos", "rockylinux", "almalinux", "oraclelinux": self = .bash
        case _ where name.hasPrefix("ubi") && name.dropFirst(3).first.map { $0 >= "7" && $0 <= "9" } ?? true:
            self = .bash
        case _ where host == "public.ecr.aws" && (parts.first == "lambda" || parts.first == "sam"): self = .bash
        case "servercore", "nanoserver", "windows": self = .windows
        default: return nil
        }
    }
}

/// The package managers that commands call, which tell the family of the image they are written for.
struct PackageManagers: OptionSet {
    let rawValue: UInt8
    /// Debian and Ubuntu, whose `sh` is dash.
    static let apt = PackageManagers(rawValue: 1)
    /// `yum`, `dnf` and others of families whose `sh` is no dash.
    static let others = PackageManagers(rawValue: 2)

    init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Finds the package managers among the names of the commands, also behind `sudo`.
    init(in commands: [SpecCommand]) {
        var found: PackageManagers = [], text = ShellText()
        for command in commands {
            command.node.withText { bytes in
                guard Self.marks.contains(where: { bytes.contains($0) }) else { return }
                ShellLexer.read(bytes, into: &text)
                let view = ShellView(text: text, bytes: bytes)
                for command in text.commands {
                    guard let program = view.program(command),
                        let word = Self.words.first(where: { view.isWord(program, $0.name) })
                    else { continue }
                    found.insert(word.managers)
                }
            }
        }
        self = found
    }

    /// A text of which each of the names has one.
    private static let marks: [StaticString] = ["apt", "yum", "dnf", "extras", "apk", "zypper"]

    private static let words: [(name: StaticString, managers: PackageManagers)] = [
        ("apt-get", .apt), ("apt", .apt), ("yum", .others), ("dnf", .others), ("microdnf", .others),
        ("amazon-linux-extras", .others), ("apk", .others), ("zypper", .others),
    ]
}

extension ShellView {
    /// The program of a command, which stands behind `sudo` and its options where there is one.
    func program(_ command: ShellText.Command) -> ShellText.Word? {
        guard let name = name(command) else { return nil }
        guard isWord(name, "sudo") else { return name }
        return arguments(command).first { bytes[$0.start] != "-" && !bytes[$0.range].contains { $0 == "=" } }
    }
}

extension ContentChecks {
    /// The images that are known to run the commands of this file: those of a batch's builds, and the project's.
    ///
    /// A build of a batch with a `buildspec` of its own does not run the commands of this file.
    private var images: [String] {
        var images = facts.image.map { [$0] } ?? []
        guard let batch = top.section("batch") else { return images }
        for build in batch.sections("build-list") + batch.sections("build-graph") where !build.hasValue("buildspec") {
            images += [build.section("env")?.text("image")?.value].compactMap { $0 }
        }
        if let matrix = batch.section("build-matrix") {
            let dynamic = matrix.section("dynamic")
            if dynamic?.hasValue("buildspec") != true {
                images += (dynamic?.section("env")?.texts("image") ?? []).map(\.value)
                images += [matrix.section("static")?.section("env")?.text("image")?.value].compactMap { $0 }
            }
        }
        return images
    }

    /// The shell that the commands are written for; `nil` for shells that are not checked.
    func scriptShell(_ commands: [SpecCommand]) -> ScriptShell? {
        let shells = images.compactMap(ImageShell.init)
        guard !shells.contains(.windows) || shells.contains(where: { $0 != .windows }) else { return nil }
        return .of(top, commands)
    }

    /// Whether `sh` is known to be dash, which does not understand bash's own words.
    ///
    /// Where nobody names an image, a run takes one of Amazon Linux, whose `sh` is bash. The commands decide otherwise
    /// when they call the package manager of Debian and Ubuntu.
    func isDash(_ commands: [SpecCommand]) -> Bool {
        let managers = PackageManagers(in: commands)
        guard !managers.contains(.others) else { return false }
        let shells = images.compactMap(ImageShell.init)
        return shells.isEmpty ? managers.contains(.apt) : shells.contains(.dash)
    }
}
