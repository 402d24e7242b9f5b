internal import AWSCalls
internal import OfflineWorld
internal import BuildRunning
internal import BuildPlanning
internal import Engines
internal import SpecParsing

/// What `run` is to do: flag over environment over settings over default (README, "Settings").
struct RunSettings {
    enum LogFormat: String, CaseIterable { case codebuild, json, quiet }

    let image: String
    let imageIsDefault: Bool
    let context: String?
    let pull: ContainerSpec.Pull
    let platform: String?
    let cpus: String?
    let memory: String?
    /// Whether the build gets a Docker daemon of its own.
    let isPrivileged: Bool
    /// Images of the engine that the daemon is lent, beside those the Dockerfiles name.
    let lentImages: [Located<String>]
    /// `nil` for the one all projects of this user share.
    let cacheFolder: String?
    let cacheBucket: S3Location?
    let usesCache: Bool
    let profile: String?
    /// As it was named; the build has a default.
    let region: String?
    let artifacts: String?
    let taskDefinition: String?
    let zips: Bool
    let isOffline: Bool
    /// Whether what the build gets is kept for builds without a network.
    let records: Bool
    let mirrors: [ProxyMirror]
    let isInsecure: Bool
    /// An absolute path.
    let secretsFile: String?
    let usesAWS: Bool
    let usesLocalCloud: Bool
    /// Twelve digits; zeros where nobody named one and nothing answers for it.
    let account: String
    /// Names of ECR repositories that the local cloud is to have.
    let repositories: [String]
    /// Seconds.
    let timeout: Int
    let logFormat: LogFormat
    let buildJSON: String?
    let isStrict: Bool
    let keep: EndingPlan.Keep
    let makesCheckpoints: Bool
    let part: BuildPart
    /// Without the questions of `--step`.
    let debugging: Debugging
    let overrides: [BuildPlan.Variable]
    /// Each of the above with the place it came from, as far as the build depends on it.
    let decisions: [BuildPlan.Decision]
    /// What else than ``image`` the build needs, by the settings (`x-buildspec: images`).
    let otherImages: [String]

    /// Whose caches without a key a build's are. In a place the user names, the project's name is enough to find them from
    /// another checkout; in the one all projects share, two of the same name must not meet.
    func cacheProject(_ location: BuildLocation) -> String {
        cacheFolder != nil || cacheBucket != nil ? location.projectName : location.source
    }

    init(_ options: RunOptions, project: ProjectSettings, places: Places) throws {
        var lookup = SettingsLookup(project: project, places: places)
        let named = lookup.text(options.image, "image", setting: project.image)
        image = named ?? ImageNames.standard
        imageIsDefault = named == nil
        lookup.note("image", named == nil ? image : nil)
        context = lookup.text(options.context, "context")
        platform = lookup.text(options.platform, "platform")
        cpus = lookup.text(options.cpus, "cpus")
        memory = lookup.text(options.memory, "memory")
        isPrivileged = try lookup.isOn(
            options.privileged, "privileged",
            setting: project.privilegedMode.map { Located($0.value ? "yes" : "no", at: $0.location) })
        lentImages = lookup.list("images")
        let isOffline = try lookup.isOn(options.offline, "offline")
        self.isOffline = isOffline
        // A project that records by its settings can be built offline all the same.
        records = try lookup.isOn(options.record, "record") && !isOffline
        guard !(options.record && isOffline) else {
            throw Failure(
                .usage, "`--record` and `--offline` contradict one another",
                help: "record first, while there is a network; then build offline")
        }
        mirrors = try ((project.extra["mirror"]?.value ?? []) + options.mirror).map { text in
            guard let mirror = ProxyMirror(text) else {
                throw Failure(.usage, "`--mirror` is `\(text)`, expected two URLs, PREFIX=BASE")
            }
            return mirror
        }
        isInsecure = try lookup.isOn(options.insecure, "insecure")
        let pull = try lookup.choice(options.pull, "pull", ContainerSpec.Pull.missing)
        self.pull = isOffline ? .never : pull
        secretsFile = lookup.text(options.secrets, "secrets").map(places.absolute)
        guard !(isOffline && options.aws) else {
            throw Failure(
                .usage, "`--offline` and `--aws` contradict one another",
                help: "leave one out; without a network, give the values with --secrets FILE")
        }
        usesAWS = try lookup.isOn(options.aws, "aws") && !isOffline
        usesLocalCloud = try lookup.isOn(options.awsLocal, "aws-local")
        guard !(usesAWS && usesLocalCloud) else {
            throw Failure(
                .usage, "`--aws` and `--aws-local` contradict one another",
                help: "leave one out: values come from your account, or from the AWS played on this machine")
        }
        account = try Self.account(lookup.text(options.account, "account"), isPlayed: usesLocalCloud)
        repositories = project.extra["repositories"]?.value ?? []
        let cache = lookup.text(options.cache, "cache")
        cacheBucket = try cache.flatMap(Self.bucket)
        cacheFolder = cacheBucket == nil ? cache.map(places.absolute) : nil
        usesCache = try !lookup.isOn(options.noCache, "no-cache")
        profile = lookup.text(options.profile, "profile")
        region = lookup.text(options.region, "region")
        guard !isOffline || !usesCache || cacheBucket == nil else {
            throw Failure(
                .offlineMissing, "`--offline`, and the cache is in S3: `\(cache ?? "")`",
                help: "name a folder with --cache, or leave the cache out with --no-cache")
        }
        artifacts = lookup.text(options.artifacts, "artifacts").map(places.absolute)
        taskDefinition = lookup.text(options.taskDefinition, "task-definition").map(places.absolute)
        zips = try lookup.isOn(options.zip, "zip")
        let minutes = project.timeoutInMinutes.map { Located("\($0.value)m", at: $0.location) }
        timeout = try Self.seconds(lookup.text(options.timeout, "timeout", setting: minutes) ?? "60m")
        lookup.note("timeout", "60m")
        logFormat = try lookup.choice(options.logFormat, "log-format", LogFormat.codebuild)
        buildJSON = lookup.text(options.buildJson, "build-json").map(places.absolute)
        isStrict = try lookup.isOn(options.strict, "strict")
        keep = try lookup.choice(options.keep, "keep", places.keepsFailures ? .failure : .never)
        makesCheckpoints = try lookup.isOn(options.checkpoint, "checkpoint")
        part = try Self.part(options)
        debugging = Debugging(
            points: try options.breaks.filter { $0 != "failure" }.map { text in
                guard let point = ResumePoint(text) else {
                    throw Failure(.usage, "`--break` is `\(text)`, expected a phase such as BUILD, BUILD:3, or failure")
                }
                return point
            }, pausesAfterFailure: options.breaks.contains("failure"), isOn: options.debugSession)
        otherImages = project.extra["images"]?.value ?? []
        decisions = lookup.decisions
        overrides = try Self.overrides(options, project: project, places: places)
    }

    private static func part(_ options: RunOptions) throws -> BuildPart {
        func phase(_ text: String, _ flag: String) throws -> PhaseName {
            guard let phase = PhaseName(rawValue: text.lowercased()) else {
                throw Failure(
                    .usage,
                    "`\(flag)` is `\(text)`, expected \(PhaseName.allCases.map(\.apiName).joined(separator: ", "))")
            }
            return phase
        }
        if let only = try options.phase.map({ try phase($0, "--phase") }) {
            guard options.from == nil, options.until == nil else {
                throw Failure(.usage, "`--phase` names the one phase to run", help: "leave out --from and --until")
            }
            return BuildPart(start: ResumePoint(phase: only), last: only)
        }
        let last = try options.until.map { try phase($0, "--until") } ?? .postBuild
        guard let from = options.from else { return BuildPart(last: last) }
        guard let start = ResumePoint(from) else {
            throw Failure(.usage, "`--from` is `\(from)`, expected a phase such as BUILD, or its command, BUILD:3")
        }
        guard start.phase <= last else {
            throw Failure(.usage, "`--from \(from)` comes after `--until \(last.apiName)`")
        }
        return BuildPart(start: start, last: last)
    }

    private static func account(_ text: String?, isPlayed: Bool) throws -> String {
        guard let text else { return isPlayed ? "123456789012" : "000000000000" }
        guard text.utf8.count == 12, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw Failure(.usage, "`--account` is `\(text)`, expected twelve digits")
        }
        return text
    }

    /// - Returns: `nil` for a folder.
    private static func bucket(_ place: String) throws -> S3Location? {
        guard place.contains("://") else { return nil }
        guard let location = S3Location(place) else {
            throw Failure(.usage, "`--cache` is `\(place)`, expected a folder or s3://BUCKET/PREFIX")
        }
        return location
    }

    /// `90s`, `60m`, `2h`; a bare number is minutes, as in `timeoutInMinutes`.
    static func seconds(_ text: String) throws -> Int {
        let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600]
        let factor = text.last.flatMap { units[$0] }
        guard let number = Int(factor == nil ? Substring(text) : text.dropLast()), number > 0, number < 1_000_000 else {
            throw Failure(.usage, "`--timeout` is `\(text)`, expected a time such as 90s, 60m or 2h")
        }
        return number * (factor ?? 60)
    }

    private static func overrides(
        _ options: RunOptions, project: ProjectSettings, places: Places
    ) throws -> [BuildPlan.Variable] {
        var variables = project.environmentVariables.map {
            BuildPlan.Variable(
                name: $0.name, value: $0.value, origin: .settings, place: "\($0.location)", type: $0.type)
        }
        for file in options.envFile {
            let text = String(decoding: try Files.read(places.absolute(file)), as: UTF8.self)
            for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
                let line = line.hasSuffix("\r") ? line.dropLast() : line
                guard !line.allSatisfy(\.isWhitespace), !line.hasPrefix("#") else { continue }
                variables.append(try assignment(line, place: "\(file):\(number + 1)"))
            }
        }
        return try variables + options.env.map { try assignment(Substring($0), place: "--env") }
    }

    private static func assignment(_ text: Substring, place: String) throws -> BuildPlan.Variable {
        guard let equals = text.firstIndex(of: "="), equals > text.startIndex else {
            throw Failure(.usage, "`\(place)` has `\(text)`, expected NAME=VALUE")
        }
        return BuildPlan.Variable(
            name: String(text[..<equals]), value: String(text[text.index(after: equals)...]), origin: .flag,
            place: place)
    }
}

/// Looks values up in the layers, strongest first, and remembers where each was found.
struct SettingsLookup {
    private let project: ProjectSettings
    private let places: Places
    private(set) var decisions: [BuildPlan.Decision] = []

    init(project: ProjectSettings, places: Places) {
        self.project = project
        self.places = places
    }

    /// - Parameter setting: the word that CreateProject has for it, if it has one.
    mutating func text(_ flag: String?, _ name: String, setting: Located<String>? = nil) -> String? {
        let found: BuildPlan.Decision? =
            if let flag {
                .init(name: name, value: flag, origin: .flag, place: "--\(name)")
            } else if let text = places.variable(name) {
                .init(name: name, value: text, origin: .environment, place: Places.variableName(of: name))
            } else if let extra = project.extra[name], let text = extra.value.last {
                .init(name: name, value: text, origin: .settings, place: "\(extra.location)")
            } else if let setting {
                .init(name: name, value: setting.value, origin: .settings, place: "\(setting.location)")
            } else {
                nil
            }
        if let found { decisions.append(found) }
        return found?.value
    }

    /// A list that only the settings can give.
    mutating func list(_ name: String) -> [Located<String>] {
        guard let extra = project.extra[name], !extra.value.isEmpty else { return [] }
        decisions.append(
            .init(
                name: name, value: extra.value.joined(separator: ", "), origin: .settings, place: "\(extra.location)"))
        return extra.value.map { Located($0, at: extra.location) }
    }

    /// Remembers a default, where nobody said anything.
    mutating func note(_ name: String, _ value: String?) {
        guard let value, !decisions.contains(where: { $0.name == name }) else { return }
        decisions.append(.init(name: name, value: value, origin: .default, place: nil))
    }

    /// - Parameter setting: as of ``text(_:_:setting:)``.
    mutating func isOn(_ flag: Bool, _ name: String, setting: Located<String>? = nil) throws -> Bool {
        guard let text = text(flag ? "yes" : nil, name, setting: setting) else { return false }
        switch text.lowercased() {
        case "1", "true", "yes", "on": return true
        case "0", "false", "no", "off": return false
        default: throw wrong("`yes` or `no`")
        }
    }

    mutating func choice<Choice: RawRepresentable & CaseIterable>(
        _ flag: String?, _ name: String, _ fallback: Choice
    ) throws -> Choice where Choice.RawValue == String {
        guard let text = text(flag, name) else { return fallback }
        guard let choice = Choice(rawValue: text) else {
            throw wrong(Choice.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", "))
        }
        return choice
    }

    /// The last value that was looked up is none that is known.
    private func wrong(_ expected: String) -> Failure {
        guard let last = decisions.last else { return Failure(.usage, "expected \(expected)") }
        let status: ExitStatus = last.origin == .settings ? .invalidSettings : .usage
        return Failure(status, "`\(last.place ?? last.name)` is `\(last.value)`, expected \(expected)")
    }
}
