/// Makes a ``BuildSpec`` out of a document. ``KeyTable`` knows the keys and shapes, and this type the rules beyond
/// them.
struct SpecReader {
    var reader: SectionReader
    /// Whether the file can also run as an ordinary build.
    private(set) var hasPhases = false
    /// What the checks of the meaning of values know beside the file; `nil` when only the form is checked.
    let content: ContentChecks.Surroundings?
    private var scripts: [ShellScript] = []

    private init(_ root: SpecNode, content: ContentChecks.Surroundings?) {
        reader = SectionReader(.buildSpec, version: Self.peekedVersion(root) ?? .v02)
        self.content = content
    }

    /// The result of reading a document.
    struct SpecAndFindings {
        /// The buildspec; `nil` when the file has an error.
        var spec: BuildSpec?
        /// The findings in the order of the file.
        var diagnostics: [Diagnostic]
        /// The commands for a shell to check; empty unless the content is checked.
        var scripts: [ShellScript] = []
    }

    static func read(_ document: SpecDocument, content: ContentChecks.Surroundings? = nil) -> SpecAndFindings {
        guard let root = document.root, !root.isNull else {
            return SpecAndFindings(spec: nil, diagnostics: [emptyFile(document.source)])
        }
        var reader = SpecReader(root, content: content)
        let spec = reader.spec(root)
        let findings = reader.reader.findings
        return SpecAndFindings(
            spec: findings.hasBlockingError ? nil : spec, diagnostics: findings.sorted, scripts: reader.scripts)
    }

    private static func emptyFile(_ source: SourceText) -> Diagnostic {
        Diagnostic(
            severity: .error, code: FindingCode.emptyFile.rawValue,
            message: "the file is empty, expected a mapping with `version` and `phases`",
            location: source.location(ofScalar: 0), codebuildMessage: ServiceMessage.notABuildspec,
            help: beginning)
    }

    /// How to begin a buildspec.
    private static let beginning =
        "begin with `version: 0.2`, and put the commands into a list under `phases.build.commands`"

    private mutating func spec(_ root: SpecNode) -> BuildSpec? {
        guard root.kind == .mapping else {
            error(
                .wrongType, at: FindingPlace(root, .root),
                "the file is \(root.kindName), expected a mapping with `version` and `phases`",
                codebuild: ServiceMessage.notABuildspec, help: Self.beginning)
            return nil
        }
        let top = reader.section(root, under: nil, .buildSpec, at: .root)
        checkVersion(top)
        checkPhases(top, in: root)
        hasPhases = top.has("phases")
        let batch = top.section("batch").flatMap { self.batch($0) }
        let isBatchWrong = reader.findings.hasBlockingErrorInBatch
        if let content {
            var checks = ContentChecks(top, version: reader.version, in: content, findings: reader.findings)
            checks.run()
            (reader.findings, scripts) = (checks.findings, checks.scripts)
        }
        let spec = BuildSpec(
            version: reader.version, runAs: top.text("run-as"), environment: environment(top), phases: phases(top),
            hasPhases: hasPhases, artifacts: top.section("artifacts").flatMap { artifacts($0) },
            cache: top.section("cache").map { cache($0) }, reports: reports(top),
            batch: isBatchWrong ? nil : batch,
            hasWrongBatch: isBatchWrong || top.section("batch") != nil && batch == nil,
            unknownKeys: reader.unknownKeysInBlockOrder)
        return hasPhases || !isBatchWrong ? spec : nil
    }

    // MARK: What every file must have

    /// The version if it is a known one, read first because the valid keys depend on it.
    private static func peekedVersion(_ root: SpecNode) -> BuildSpec.Version? {
        root.pairs.last { $0.key.text == "version" }.flatMap { BuildSpec.Version(rawValue: $0.value.text) }
    }

    /// Checks `version` by its source text, so that `0.20` is not taken for `0.2`.
    private mutating func checkVersion(_ top: Section) {
        guard let entry = top.entries["version"] else {
            let message = "`version` is missing", help = "begin the file with `version: 0.2`"
            guard !Self.mayLackVersion(top) else {
                return reader.findings.warning(.missingKey, at: FindingPlace(top.node, .root), message, help: help)
            }
            return error(
                .missingKey, at: FindingPlace(top.node, .root), message, codebuild: ServiceMessage.notABuildspec,
                help: help)
        }
        let version = top.text("version")?.value ?? ""
        guard top.node("version") != nil || !top.hasValue("version") else { return }
        guard BuildSpec.Version(rawValue: version) == nil else { return }
        error(
            .invalidVersion, at: FindingPlace(top.node("version") ?? entry.key, top.path.key("version")),
            "`version` is \(version.isEmpty ? "empty" : quoted(version)), expected `0.2` or `0.1`",
            codebuild: ServiceMessage.invalidVersion(version), help: "write `version: 0.2`")
    }

    /// Whether a file needs no `version` because it has a `batch` and no `phases`.
    ///
    /// [inferred] Public projects, including some of AWS, have built with such files for years
    /// (Documentation/survey.md).
    private static func mayLackVersion(_ top: Section) -> Bool { top.hasValue("batch") && !top.has("phases") }

    private mutating func checkPhases(_ top: Section, in root: SpecNode) {
        guard let key = top.key("phases") else {
            guard !top.hasValue("batch") else { return }
            return error(
                .missingKey, at: FindingPlace(top.node, .root), "`phases` is missing",
                codebuild: ServiceMessage.notABuildspec,
                help: "a buildspec has `phases`, or for a batch build `batch`, at the top level")
        }
        guard let phases = top.section("phases"), phases.entries.isEmpty else { return }
        let beside = root.pairs.map(\.key.text).filter { PhaseName(rawValue: $0) != nil }
        if beside.isEmpty {
            reader.findings.warning(
                .emptyValue, at: FindingPlace(key, phases.path), "`phases` is empty: nothing will run")
        } else {
            error(
                .phasesNotIndented, at: FindingPlace(key, phases.path),
                "`phases` is empty, and \(SectionReader.list(beside)) stand beside it",
                help: "indent them, to stand under `phases`")
        }
    }

    // MARK: Sections

    /// Reads `env` and, in version 0.1, `environment_variables` (CODEBUILD.md 1.5). Of duplicate names the one in `env`
    /// wins.
    private func environment(_ top: Section) -> BuildSpec.Environment {
        let env = top.section("env"), old = top.section("environment_variables")
        func variables(_ name: String, _ oldName: String) -> [BuildSpec.Variable] {
            let new = env?.variables(name) ?? []
            guard let old = old?.variables(oldName), !old.isEmpty else { return new }
            let names = Set(new.map(\.name))
            return old.filter { !names.contains($0.name) } + new
        }
        return BuildSpec.Environment(
            shell: env?.text("shell"),
            variables: variables("variables", "plaintext"),
            parameterStore: variables("parameter-store", "parameter-store"),
            secretsManager: env?.variables("secrets-manager") ?? [],
            exportedVariables: env?.texts("exported-variables") ?? [],
            gitCredentialHelper: env?.isOn("git-credential-helper") ?? false)
    }

    private mutating func phases(_ top: Section) -> [BuildSpec.Phase] {
        guard let phases = top.section("phases") else { return [] }
        var read: [BuildSpec.Phase] = []
        for name in PhaseName.allCases {
            guard let phase = phases.section(name.rawValue) else { continue }
            checkSteps(phase)
            read.append(
                BuildSpec.Phase(
                    name: name, location: phase.node.location, runAs: phase.text("run-as"),
                    onFailure: onFailure(phase), commands: phase.commands("commands"),
                    finally: phase.commands("finally"),
                    runtimeVersions: phase.variables("runtime-versions").map {
                        BuildSpec.RuntimeVersion(name: $0.name, version: $0.value, location: $0.location)
                    },
                    hasCommandsKey: phase.has("commands"), steps: Self.steps(phase)?.key.location))
        }
        return read
    }

    private static func steps(_ phase: Section) -> Section.Entry? {
        phase.entries["steps"].flatMap { $0.node.asksForNothing ? nil : $0 }
    }

    /// Warns about steps of GitHub Actions (CODEBUILD-2026.md E): CodeBuild had them from 2023 on, and its guide no longer
    /// has. Whether the service still runs them is [unknown].
    private mutating func checkSteps(_ phase: Section) {
        guard let entry = Self.steps(phase) else { return }
        let path = phase.path.key("steps")
        let areTexts =
            entry.node.kind == .scalar || entry.node.kind == .list && entry.node.items.contains { $0.kind == .scalar }
        reader.findings.warning(
            .gitHubSteps, at: FindingPlace(entry.key, path),
            "\(path.quoted) are steps of GitHub Actions, which CodeBuild's guide no longer has: they are not run here",
            help: areTexts
                ? "a step has `run` or `uses`; what is meant for the shell stands in a list under `commands`"
                : "write what they do as `commands`, or run them as a workflow of GitHub")
    }

    /// Reads the `on-failure` of a phase.
    ///
    /// What the service does with an invalid value is [unknown] (CODEBUILD.md 3.5). It is an error for `validate`, and
    /// counts as absent for a run.
    private mutating func onFailure(_ phase: Section) -> Located<BuildSpec.OnFailure>? {
        guard let node = phase.node("on-failure") else { return nil }
        let path = phase.path.key("on-failure")
        if let value = BuildSpec.OnFailure(node.text) {
            guard let problem = value.patternProblem else { return Located(value, at: node.location) }
            reader.findings.ignorableError(
                .invalidOnFailure, at: FindingPlace(node, path),
                "\(path.quoted) has a pattern that is no regular expression", help: problem)
            return nil
        }
        let isOnlyCase = BuildSpec.OnFailure(node.text.uppercased()) != nil
        reader.findings.ignorableError(
            .invalidOnFailure, at: FindingPlace(node, path),
            "\(path.quoted) is \(quoted(node.text)), expected `ABORT`, `CONTINUE` or `RETRY`",
            help: isOnlyCase
                ? "write it in upper case"
                : "a retry may also be `RETRY-COUNT`, `RETRY-REGEX` or `RETRY-COUNT-REGEX`, COUNT up to 100")
        return nil
    }

    private mutating func cache(_ cache: Section) -> BuildSpec.Cache {
        let fallbackKeys = cache.texts("fallback-keys")
        if let key = cache.key("fallback-keys"), !fallbackKeys.isEmpty {
            let path = cache.path.key("fallback-keys")
            if !cache.hasValue("key") {
                reader.findings.warning(
                    .withoutEffect, at: FindingPlace(key, path), "\(path.quoted) has no effect without `cache.key`")
            }
            warnIfMany(fallbackKeys.count, "keys", limit: 5, at: FindingPlace(key, path))
        }
        var action = BuildSpec.Cache.Action.both
        if let node = cache.node("action") {
            if let known = BuildSpec.Cache.Action(rawValue: node.text), known != .both {
                action = known
            } else {
                let path = cache.path.key("action")
                reader.findings.warning(
                    .unknownValue, at: FindingPlace(node, path),
                    "\(path.quoted) is \(quoted(node.text)), expected `restore` or `save`: it is read as both")
            }
        }
        return BuildSpec.Cache(
            paths: cache.texts("paths"), key: cache.text("key"), fallbackKeys: fallbackKeys, action: action,
            location: cache.node.location)
    }

    mutating func warnIfMany(_ count: Int, _ what: String, limit: Int, at place: FindingPlace) {
        guard count > limit else { return }
        reader.findings.warning(
            .tooMany, at: place, "\(place.path.quoted) has \(count) \(what); CodeBuild takes at most \(limit)")
    }

    mutating func error(
        _ code: FindingCode, at place: FindingPlace, _ message: @autoclosure () -> String,
        codebuild: @autoclosure () -> String? = nil, help: @autoclosure () -> String? = nil
    ) {
        reader.findings.error(code, at: place, message(), codebuild: codebuild(), help: help())
    }
}

extension BuildSpec.OnFailure {
    /// The error of a retry's regular expression, on one line; `nil` when it is valid.
    var patternProblem: String? {
        guard case .retry(_, let pattern?) = self else { return nil }
        do {
            _ = try Regex(pattern)
            return nil
        } catch {
            return "\(error)".split(separator: "\n").joined(separator: " ")
        }
    }

    /// Parses the grammar of CODEBUILD.md 3.5; `nil` for any other text.
    init?(_ text: String) {
        switch text {
        case "ABORT": self = .abort
        case "CONTINUE": self = .continue
        case "RETRY": self = .retry(count: 3, pattern: nil)
        default:
            guard text.hasPrefix("RETRY-") else { return nil }
            let rest = text.dropFirst("RETRY-".count)
            let digits = rest.prefix { ("0"..."9").contains($0) }, behind = rest.dropFirst(digits.count)
            if !digits.isEmpty, behind.isEmpty || behind.first == "-" {
                guard let count = Int(digits), count <= 100 else { return nil }
                self = .retry(count: count, pattern: behind.count > 1 ? String(behind.dropFirst()) : nil)
            } else {
                guard !rest.isEmpty else { return nil }
                self = .retry(count: 3, pattern: String(rest))
            }
        }
    }
}
