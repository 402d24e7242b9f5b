/// What two runs of one build may differ in and still be the same: tables, each row with its reason.
///
/// A value of its own because patterns are costly to make and belong to one log: the source's folder is replaced too.
struct ComparisonRules {
    /// A part of a line that differs in every run.
    private struct Part {
        let mark: String
        let reason: String
        /// What a line must contain to be looked at more closely; `nil` for any digit.
        let needle: String?
        let pattern: Regex<Substring>
    }

    /// A line of output that says nothing about the build.
    private struct Line {
        let reason: String
        let needle: String
        let pattern: Regex<Substring>
    }

    private let sourceDirectory: String?
    private let parts: [Part]
    private let lines: [Line]

    /// - Parameter sourceDirectory: of the build whose lines are read.
    init(sourceDirectory: String?) {
        self.sourceDirectory = sourceDirectory
        parts = Self.partTable()
        lines = Self.lineTable()
    }

    /// What is compared of a line of output: `nil` when nothing of it counts.
    func key(of line: String) -> String? {
        // A progress bar draws its line again and again; what stays is what counts.
        var text =
            line.contains("\r") ? String(line[(line.lastIndex(of: "\r") ?? line.startIndex)...].dropFirst()) : line
        for rule in lines where text.contains(rule.needle) && text.firstMatch(of: rule.pattern) != nil { return nil }
        if let sourceDirectory, text.contains(sourceDirectory) {
            text = text.replacing(sourceDirectory, with: "‹source›")
        }
        let hasDigit = text.utf8.contains(where: \.isDigit)
        for part in parts where part.needle.map(text.contains) ?? hasDigit {
            text.replace(part.pattern, with: part.mark)
        }
        return text
    }

    // MARK: The tables

    private static func partTable() -> [Part] {
        let clock = #"\d{1,2}:\d{2}:\d{2}(?:[.,]\d+)?"#
        let uuid = #"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}"#
        let unit = "(?:ns|µs|us|ms|s|secs?|seconds?|mins?|minutes?|h|hours?)"
        let rows: [(mark: String, reason: String, needle: String?, pattern: String)] = [
            (
                "‹id›", "AWS gives every request another id", nil,
                #"(?i)\b(?:extended )?(?:request|host)[ _-]?id["']?\s*[:=]\s*["']?[^\s"',)]+"#
            ),
            (
                "‹arn›", "accounts, regions and names of AWS resources are not the local ones", "arn:aws",
                #"\barn:aws[a-z-]*:[^\s"',)\]]+"#
            ),
            ("‹build›", "every build has an id of its own", "-", #"\b[A-Za-z0-9][\w.-]*:"# + uuid + #"\b"#),
            ("‹id›", "build, log stream and request ids are made anew for every build", "-", #"\b"# + uuid + #"\b"#),
            (
                "‹source›", "the digits of the source's folder are made anew for every build", "/codebuild/output/src",
                #"/codebuild/output/src\d+/src"#
            ),
            (
                "‹registry›", "an account's registry, in its region", ".dkr.ecr.",
                #"\b\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com"#
            ),
            ("‹account›", "account ids are zeros here", nil, #"\b\d{12}\b"#),
            (
                "‹time›", "a date as `date` writes it", nil,
                #"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? (?:\d{1,2} [A-Z][a-z]{2}|[A-Z][a-z]{2} +\d{1,2})(?: \d{4})? "#
                    + clock + #"(?: [AP]M)?(?: (?:[A-Z]{2,5}|[+-]\d{4}))?(?: \d{4})?"#
            ),
            (
                "‹time›", "the time of the run", nil,
                #"\b\d{4}[-/]\d{2}[-/]\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?(?:[.,]\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?"#
            ),
            (
                "‹time›", "the time of the run, seconds or milliseconds since 1970", nil,
                #"\b1[6-9]\d{8}(?:\d{3}|\.\d+)?\b"#
            ),
            ("‹speed›", "how fast a network was", "B/s", #"\b\d+(?:[.,]\d+)? ?[kKMG]?i?B/s"#),
            ("‹span›", "how long something took, as `time` writes it", "m", #"\b\d+m ?\d+(?:[.,]\d+)?s\b"#),
            ("‹span›", "how long something took, as Maven writes it", ":", #"\b\d{1,2}:\d{2} (?:min|h)\b"#),
            ("‹time›", "the time of day of the run, or how long something took", ":", #"\b"# + clock),
            ("‹span›", "how long something took", nil, #"\b\d+(?:[.,]\d+)? ?"# + unit + #"\b"#),
            ("‹temporary›", "`mktemp` and its like choose names by chance", "/tmp", #"/tmp[./][A-Za-z0-9._-]*\b"#),
            ("‹object›", "the address of an object differs in every process", "@", #"@[0-9a-f]{5,8}\b"#),
            ("‹object›", "the address of an object differs in every process", "0x", #"\b0x[0-9a-f]{6,16}\b"#),
        ]
        return rows.map { row in
            Part(mark: row.mark, reason: row.reason, needle: row.needle, pattern: compiled(row.pattern))
        }
    }

    private static func lineTable() -> [Line] {
        let rows: [(reason: String, needle: String, pattern: String)] = [
            (
                "what Maven fetches depends on what the cache held", "ownload",
                #"^(?:\[INFO\] )?Download(?:ing|ed)(?: from [^:]+)?: "#
            ),
            ("what Maven fetches depends on what the cache held", "Progress (", #"^Progress \(\d+\): "#),
            ("curl's meter shows how fast a network was", ":--", #"^ *\d+ +[\d.]+[kMG]? +\d+ .*--:--"#),
            ("what apt fetches, and how fast, depends on the mirror", "://", #"^(?:Get|Hit|Ign|Err):\d+ \S+://"#),
            ("what apt fetches, and how fast, depends on the mirror", "Fetched ", #"^Fetched [\d.,]+ ?[kMG]?B in "#),
        ]
        return rows.map { row in Line(reason: row.reason, needle: row.needle, pattern: compiled(row.pattern)) }
    }

    /// The patterns stand in the tables above, and a test reads each: one that is no pattern matches nothing.
    private static func compiled(_ pattern: String) -> Regex<Substring> {
        let regex = (try? Regex(pattern, as: Substring.self)) ?? #/(?!)/#
        return regex.wordBoundaryKind(.simple)
    }

    /// The agent's own lines: those that tell what a build did, and those that tell how a service is run.
    ///
    /// What no row names is not compared either: agents change, and what they do shows in commands, states and artifacts.
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

    /// The agent's lines of a phase that count.
    ///
    /// Reports are looked for by names which the service does not tell (CODEBUILD.md 8), so that what follows
    /// `Set report auto-discover` does not count.
    static func comparedLines(_ phase: BuildLog.Phase) -> [String] {
        phase.agentLines.prefix { !$0.hasPrefix("Set report auto-discover") }.filter(comparesAgentLine)
    }

    /// Whether the commands of a phase are the buildspec's: those of DOWNLOAD_SOURCE install runtimes (CODEBUILD.md 3.1).
    static func comparesCommands(of phase: String) -> Bool { phase != "DOWNLOAD_SOURCE" }

    /// Whether a command that only the cloud ran begins the installation of a runtime; older agents do that in INSTALL.
    static func beginsRuntime(_ command: String) -> Bool {
        command.hasPrefix("echo \"Installing ") && command.contains(" version ")
    }
}
