internal import BuildPlanning

/// The tables of differences that two runs of the same build may have, each row with its reason.
struct ComparisonRules: Sendable {
    /// A part of a line that differs in every run.
    private struct VariablePart: Sendable {
        let mark: String
        let reason: String
        let pattern: BytePattern
        /// Whether the part begins at the start of a word; others begin with a character such as `/`.
        var beginsWord = true

        init(_ mark: String, because reason: String, matching pattern: BytePattern, beginsWord: Bool = true) {
            self.mark = mark
            self.reason = reason
            self.pattern = pattern
            self.beginsWord = beginsWord
        }
    }

    /// The folder of the build's source, which has another name in every build.
    private let sourceDirectory: BytePattern

    /// The parts that can begin with each byte.
    private static let partsByFirstByte = (0...255).map { byte in
        parts.filter { $0.beginsWord == UInt8(byte).isWord && $0.pattern.canBegin(with: UInt8(byte)) }
    }

    /// The ignored lines that can begin with each byte.
    private static let linesByFirstByte = (0...255).map { byte in
        lines.map(\.pattern).filter { $0.canBegin(with: UInt8(byte)) }
    }

    /// Makes the rules for the lines of one build.
    ///
    /// - Parameter sourceDirectory: the source directory of the build; `nil` when it is not known.
    init(sourceDirectory: String?) {
        self.sourceDirectory = sourceDirectory.map { .text($0) + .wordEnd } ?? Self.anySourceDirectory
    }

    /// The folder of every source.
    private static let plainSourceDirectory =
        BytePattern.text(ContainerLayout.sourcePrefix) + .digits() + .text(ContainerLayout.sourceSuffix) + .wordEnd

    /// The folders that can contain a source, depending on where it comes from (CODEBUILD.md 3.3).
    private static let anySourceDirectory: BytePattern = {
        let name = BytePattern.text("/") + .run { $0.isWord || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }
        return plainSourceDirectory
            + .maybe(
                .either(
                    .either(["/github.com", "/bitbucket.org"]) + name + name,
                    .text("/git-codecommit.") + .upTo("/v1/repos") + name, .text("/s3/") + .digits()))
    }()

    /// The part of a line of output that is compared; `nil` when the line is ignored.
    func key(of line: String) -> String? {
        var text = line
        let key: Key = text.withUTF8 { bytes in
            // A progress bar overwrites its line, and only its final state counts.
            guard let last = bytes.lastIndex(of: 0x0d) else { return self.key(of: bytes) }
            let rest = UnsafeBufferPointer(rebasing: bytes[(last + 1)...])
            let key = self.key(of: rest)
            if case .same = key { return .text(Array(rest)) }
            return key
        }
        switch key {
        case .ignored: return nil
        case .same: return line
        case .text(let bytes): return String(decoding: bytes, as: UTF8.self)
        }
    }

    private enum Key { case ignored, same, text([UInt8]) }

    private func key(of bytes: UnsafeBufferPointer<UInt8>) -> Key {
        if let first = bytes.first,
            Self.linesByFirstByte[Int(first)].contains(where: { $0.end(in: bytes, at: 0) != nil })
        {
            return .ignored
        }
        // Most lines have no such part, and are their own keys.
        var key: [UInt8] = [], copied = 0, place = 0, isInWord = false
        while place < bytes.count {
            let isWord = bytes[place].isWord
            if !(isWord && isInWord), let (mark, end) = match(in: bytes, at: place) {
                key += bytes[copied..<place]
                key += mark.utf8
                place = end
                copied = end
                isInWord = false
            } else {
                isInWord = isWord
                place += 1
            }
        }
        guard copied > 0 else { return .same }
        key += bytes[copied...]
        return .text(key)
    }

    private func match(in bytes: UnsafeBufferPointer<UInt8>, at place: Int) -> (mark: String, end: Int)? {
        if bytes[place] == UInt8(ascii: "/") {
            if let end = sourceDirectory.end(in: bytes, at: place) { return ("‹source›", end) }
            if let end = Self.anySourceDirectory.end(in: bytes, at: place) { return ("‹another source›", end) }
        }
        for part in Self.partsByFirstByte[Int(bytes[place])] {
            if let end = part.pattern.end(in: bytes, at: place) { return (part.mark, end) }
        }
        return nil
    }

    // MARK: The tables

    private static let number = BytePattern.digits() + .maybe(.any(of: ".,") + .digits())
    private static let fraction = BytePattern.maybe(.any(of: ".,") + .digits())
    private static let clock =
        BytePattern.digits(1...2) + .text(":") + .digits(2) + .text(":") + .digits(2) + fraction
    private static let uuid: BytePattern = {
        let groups = [8, 4, 4, 4, 12].map { count in BytePattern.run(count...count, of: \.isHexDigit) }
        return groups.dropFirst().reduce(groups[0]) { $0 + .text("-") + $1 } + .wordEnd
    }()
    private static let month = BytePattern.either([
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ])
    private static let offset = BytePattern.either(
        .text("Z") + .wordEnd, .any(of: "+-") + .digits(2) + .maybe(.text(":")) + .digits(2))
    private static let blanks = BytePattern.run(0...Int.max) { $0 == 0x20 || $0 == 0x09 }
    private static let value = BytePattern.run { byte in !" \t\"',)]".utf8.contains(byte) }
    private static let quote = BytePattern.maybe(.any(of: "\"'"))
    /// A port that the system chooses: 32768 to 65999. Lower ones are chosen by people.
    private static let freePort =
        BytePattern.either(
            .text("3276") + .any(of: "89"), .text("327") + .any(of: "789") + .digits(1),
            .text("32") + .any(of: "89")
                + .digits(2), .text("3") + .any(of: "3456789") + .digits(3), .any(of: "45") + .digits(4),
            .text("6") + .any(of: "012345") + .digits(3)) + .wordEnd
    private static let size =
        number + .maybe(.text(" ")) + .either(["kB", "KB", "MB", "GB", "KiB", "MiB", "GiB", "B", "K", "M", "G", "k"])

    private static let parts = [
        VariablePart(
            "‹id›", because: "AWS gives every request another id",
            matching: .maybe(.folded("extended ")) + .either(.folded("request"), .folded("host"))
                + .maybe(.any(of: " _-"))
                + .folded("id") + quote + blanks + .any(of: ":=") + blanks + quote + value),
        VariablePart(
            "‹arn›", because: "accounts, regions and names of AWS resources are not the local ones",
            matching: .text("arn:aws") + .run(0...Int.max, of: { $0.isLetter || $0 == UInt8(ascii: "-") }) + .text(":")
                + value),
        VariablePart(
            "‹id›", because: "build, log stream and request ids are made anew for every build", matching: uuid),
        VariablePart(
            "‹build›", because: "every build has an id of its own: its project's name and a UUID",
            matching: .run(of: { $0.isWord || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") }) + .text(":") + uuid),
        VariablePart(
            "‹registry›", because: "an account's registry, in its region",
            matching: .digits(12) + .text(".dkr.ecr.") + .run(of: { $0.isWord || $0 == UInt8(ascii: "-") })
                + .text(".amazonaws.com")),
        VariablePart(
            "‹time›", because: "a date as `date` writes it",
            matching: .either(["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]) + .maybe(.text(",")) + .text(" ")
                + .either(month + .run(of: { $0 == 0x20 }) + .digits(1...2), .digits(1...2) + .text(" ") + month)
                + .maybe(.text(" ") + .digits(4)) + .text(" ") + clock + .maybe(.either([" AM", " PM"]))
                + .maybe(.text(" ") + .either(.run(2...5, of: { (0x41...0x5a).contains($0) }) + .wordEnd, offset))
                + .maybe(.text(" ") + .digits(4) + .wordEnd)),
        VariablePart(
            "‹time›", because: "the time of the run",
            matching: .digits(4) + .any(of: "-/") + .digits(2) + .any(of: "-/") + .digits(2)
                + .maybe(
                    .any(of: "T ") + .digits(2) + .text(":") + .digits(2) + .maybe(.text(":") + .digits(2)) + fraction
                        + .maybe(.maybe(.text(" ")) + offset)) + .wordEnd),
        VariablePart(
            "‹time›", because: "the time of the run, seconds or milliseconds since 1970",
            matching: .text("1") + .any(of: "6789") + .digits(8)
                + .either(.digits(3) + .wordEnd, .text(".") + .digits() + .wordEnd, .wordEnd)),
        VariablePart("‹account›", because: "account ids are not the local ones", matching: .digits(12) + .wordEnd),
        VariablePart(
            "‹speed›", because: "how fast a network was",
            matching: number + .maybe(.text(" ")) + .maybe(.any(of: "kKMG")) + .maybe(.text("i")) + .text("B/s")),
        VariablePart(
            "‹span›", because: "how long something took, as `time` writes it",
            matching: .digits() + .text("m") + .maybe(.text(" ")) + number + .text("s") + .wordEnd),
        VariablePart(
            "‹span›", because: "how long something took, as Maven writes it",
            matching: .digits(1...2) + .text(":") + .digits(2) + .text(" ") + .either(["min", "h"]) + .wordEnd),
        VariablePart(
            "‹time›", because: "the time of day of the run, or how long something took", matching: clock + .wordEnd),
        VariablePart(
            "‹span›", because: "how long something took",
            matching: number + .maybe(.text(" "))
                + .either([
                    "ns", "µs", "us", "ms", "seconds", "second", "secs", "sec", "s", "minutes", "minute", "mins", "min",
                    "hours", "hour", "h",
                ]) + .wordEnd),
        VariablePart(
            "‹object›", because: "the address of an object differs in every process",
            matching: .text("0x") + .run(6...16, of: \.isHexDigit) + .wordEnd),
        VariablePart(
            "‹object›", because: "the address of an object differs in every process",
            matching: .text("@") + .run(5...8, of: \.isHexDigit) + .wordEnd, beginsWord: false),
        VariablePart(
            "‹source›", because: "the digits of the source's folder are made anew for every build",
            matching: plainSourceDirectory, beginsWord: false),
        VariablePart(
            "‹temporary›", because: "`mktemp` and its like choose names by chance",
            matching: .text("/tmp/tmp") + .run(6...Int.max, of: { $0.isWord || $0 == UInt8(ascii: ".") }),
            beginsWord: false),
        VariablePart(
            "‹temporary›", because: "Go, Java and JUnit put a long number behind the name of a temporary file",
            matching: .text("/tmp/")
                + .run(0...Int.max, of: { $0.isLetter || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") })
                + .digits(8...Int.max) + .wordEnd, beginsWord: false),
        VariablePart(
            "‹temporary›", because: "pip puts eight characters by chance behind its names",
            matching: .text("/tmp/pip-")
                + .either([
                    "install", "req-build", "build-env", "ephem-wheel-cache", "modern-metadata", "unpack", "wheel",
                ])
                + .text("-") + .run(8...8, of: { $0.isWord }) + .wordEnd, beginsWord: false),
        VariablePart(
            "‹temporary›", because: "gcc names its intermediate files by chance",
            matching: .text("/tmp/cc") + .run(6...6, of: { $0.isWord }) + .text(".")
                + .either(["o", "s", "res", "ltrans"])
                + .wordEnd, beginsWord: false),
        VariablePart(
            "‹time›", because: "npm names its logs by the time of the run",
            matching: .digits(4) + .text("-") + .digits(2) + .text("-") + .digits(2) + .text("T") + .digits(2)
                + .any(of: "_-") + .digits(2) + .any(of: "_-") + .digits(2) + .any(of: "_-.") + .digits(3) + .text("Z")),
        VariablePart(
            "port ‹free›", because: "the system chooses a free port",
            matching: .folded("port") + .maybe(.either(["(s)", "s"])) + .maybe(.any(of: ":=")) + .maybe(.text(" "))
                + freePort),
        VariablePart(
            "localhost:‹free›", because: "the system chooses a free port", matching: .text("localhost:") + freePort),
        VariablePart(
            "‹address›:‹free›", because: "the system chooses a free port",
            matching: .either(["127.0.0.1:", "0.0.0.0:"]) + freePort),
        VariablePart(
            "‹address›:‹free›", because: "the system chooses a free port",
            matching: .either(["[::]:", "[::1]:", ":::"]) + freePort, beginsWord: false),
        VariablePart(
            "‹process›", because: "the system numbers its processes",
            matching: .folded("pid") + .maybe(.any(of: ":=")) + .maybe(.text(" ")) + .digits() + .wordEnd),
    ]

    /// The lines of output that are ignored, by their beginnings.
    private static let lines: [(reason: String, pattern: BytePattern)] = [
        (
            "what Maven fetches depends on what the cache held",
            .maybe(.text("[INFO] ")) + .text("Download") + .either(["ing", "ed"])
                + .maybe(.text(" from ") + .run { $0 != UInt8(ascii: ":") }) + .text(": ")
        ),
        ("what Maven fetches depends on what the cache held", .text("Progress (") + .digits() + .text("): ")),
        ("curl's meter shows how fast a network was", blanks + .digits() + .text(" ") + .upTo("--:--")),
        (
            "what apt fetches, and how fast, depends on the mirror",
            .either(["Get:", "Hit:", "Ign:", "Err:"]) + .digits() + .text(" ") + .upTo("://")
        ),
        ("what apt fetches, and how fast, depends on the mirror", .text("Fetched ") + number + .upTo("B in ")),
        (
            "which layers of an image are fetched depends on what the engine has, their order on the network",
            .run(12...12, of: \.isHexDigit) + .text(": ")
                + .either([
                    "Pulling fs layer", "Waiting", "Downloading", "Verifying Checksum", "Download complete",
                    "Extracting",
                    "Pull complete", "Already exists", "Preparing", "Pushing", "Pushed", "Layer already exists",
                    "Mounted from",
                ])
        ),
        (
            "BuildKit shows how far it is with a layer",
            .text("#") + .digits() + .text(" ") + .either(["sha256:", "extracting sha256:"])
                + .run(of: \.isHexDigit) + .text(" ")
        ),
        ("wget's dots show how far it is", blanks + .digits() + .text("K ") + .run(of: { $0 == 0x2e || $0 == 0x20 })),
        ("wget's bar shows how far it is", .upTo("%[") + .run(of: { "=> +".utf8.contains($0) }) + .text("]")),
        (
            "pip's bar shows how far it is",
            blanks + .run(5...Int.max, of: { $0 >= 0x80 }) + .text(" ") + .maybe(number + .text("/")) + size
        ),
        ("pip's bar shows how far it is", blanks + .text("|") + .run(of: { $0 >= 0x80 || $0 == 0x20 }) + .text("| ")),
        (
            "what pip fetches depends on what the cache held",
            blanks + .either(["Downloading ", "Using cached "]) + .run { $0 != 0x20 } + .text(" (") + size
        ),
        (
            "Gradle's bar shows how far it is",
            .text("<") + .run(of: { "=-".utf8.contains($0) }) + .text("> ") + .digits() + .text("%")
        ),
        ("what Go fetches depends on what the cache held", .text("go: downloading ")),
        (
            "git's meters show how far it is",
            .maybe(.text("remote: "))
                + .either([
                    "Counting objects", "Compressing objects", "Receiving objects", "Resolving deltas",
                    "Updating files",
                    "Enumerating objects", "Unpacking objects", "Writing objects",
                ]) + .text(": ")
        ),
        (
            "curl's bar shows how far it is",
            .run(of: { "#=O-".utf8.contains($0) }) + blanks + .digits(1...3) + .text(".") + .digits(1) + .text("%")
        ),
    ]

    /// Whether a line of the agent is compared: lines about the build are, lines about the service are not.
    ///
    /// Lines that no row names are not compared: agents change, and their effects show in commands, states and
    /// artifacts.
    static func comparesAgentLine(_ line: String) -> Bool {
        agentLines.first { line.hasPrefix($0.beginning) }?.isCompared ?? false
    }

    private static let agentLines: [(beginning: String, isCompared: Bool, reason: String)] = [
        ("Running on ", false, "the first line names the service, or us"),
        ("Waiting for ", false, "how the agent comes up"),
        ("CODEBUILD_SRC_DIR", false, "its digits and the rest of its path depend on where the source comes from"),
        ("YAML location is ", false, "the same path again"),
        ("Moving to directory ", false, "the same path again"),
        ("No commands found for phase name: ", true, "the two buildspecs differ"),
        ("Found possible syntax errors in buildspec", true, "the two buildspecs differ"),
        ("Selecting shell ", true, "another shell runs the commands"),
        ("Selecting '", false, "curated images install runtimes, others have them"),
        ("Resolved '", false, "curated images install runtimes, others have them"),
        ("Setting HTTP client timeout ", false, "depends on where the source comes from"),
        ("Decrypting parameter store ", false, "values may be given by hand here"),
        (
            "Phases found in YAML", false,
            "the order of the phases changes from build to build; their commands are compared"
        ),
        ("Found ", true, "another number of artifact files"),
        ("Skipping invalid file path ", true, "an artifact is missing"),
        ("Preparing to copy secondary artifacts", true, "another artifact"),
    ]

    /// The lines of the agent that are compared for a phase.
    ///
    /// Lines after `Set report auto-discover` are not compared, because the service searches for reports by
    /// undocumented names (CODEBUILD.md 8).
    static func comparedLines(_ phase: BuildLog.Phase) -> [String] {
        phase.agentLines.prefix { !$0.hasPrefix("Set report auto-discover") }.filter(comparesAgentLine)
    }

    /// Whether the commands of a phase come from the buildspec. Those of DOWNLOAD_SOURCE install runtimes (CODEBUILD.md
    /// 3.1).
    static func comparesCommands(of phase: String) -> Bool { phase != "DOWNLOAD_SOURCE" }

    /// Whether a command begins the installation of a runtime, which only the cloud does; older agents do it in
    /// INSTALL.
    static func beginsRuntime(_ command: String) -> Bool {
        command.hasPrefix("echo \"Installing ") && command.contains(" version ")
    }
}
