internal import ArgumentParser
internal import BuildPlanning
internal import Engines
internal import SpecParsing
internal import Workspaces

/// The flags of `run`, as they were typed. What they mean together with the environment and the settings is
/// ``RunSettings``.
struct RunOptions: ParsableArguments {
    @Argument(help: "A folder with a buildspec.yml, or a buildspec file.")
    var path: String?

    @Option(name: [.customShort("f"), .long], help: "The buildspec: a file, relative to the source first.")
    var buildspec: String?

    @Option(name: [.customShort("s"), .long], help: "The folder with the source (default: PATH).")
    var source: String?

    @Option(name: [.customShort("i"), .long], help: "The image to build in.")
    var image: String?

    @Option(
        name: [.customShort("e"), .long], help: "A variable, NAME=VALUE; beats settings and buildspec. Repeatable.")
    var env: [String] = []

    @Option(help: "A file of NAME=VALUE lines; `#` begins a comment line, quotes are literal. Repeatable.")
    var envFile: [String] = []

    @Option(help: "The docker context to use.")
    var context: String?

    @Option(help: "When to pull the image: always, missing or never.")
    var pull: String?

    @Option(help: "The platform of the image, as docker names it.")
    var platform: String?

    @Option(help: "How many processors the build may use.")
    var cpus: String?

    @Option(help: "How much memory the build may use, as docker writes it (3g).")
    var memory: String?

    @Option(
        help: """
            Where cache tarballs are kept: a folder (default: $XDG_CACHE_HOME/buildspec/caches), or s3://BUCKET/PREFIX, \
            reached by your AWS CLI.
            """)
    var cache: String?

    @Flag(help: "Neither restore nor save a cache.")
    var noCache = false

    @Option(help: "The profile your AWS CLI is to use.")
    var profile: String?

    @Option(
        help: "The AWS region, of the build's AWS_REGION and for your AWS CLI (default: AWS_REGION, else us-east-1).")
    var region: String?

    @Option(name: [.customShort("a"), .long], help: "Where artifacts go (default: .buildspec/out in the source).")
    var artifacts: String?

    @Flag(help: "Store each artifact as a zip file instead of a folder.")
    var zip = false

    @Flag(help: "Pull nothing, and give the container no network.")
    var offline = false

    @Option(help: "How long the build may take: 90s, 60m, 2h, or minutes (default: 60m).")
    var timeout: String?

    @Option(help: "What goes to standard output: codebuild, json or quiet.")
    var logFormat: String?

    @Option(help: "Write the build as BatchGetBuilds would show it to this file.")
    var buildJson: String?

    @Flag(help: "Treat warnings about the buildspec as errors.")
    var strict = false

    @Flag(help: "Say on standard error what is done and why.")
    var verbose = false

    /// The names a settings file may use under `x-buildspec`.
    static let settingsKeys: Set<String> = [
        "context", "pull", "platform", "cpus", "memory", "cache", "no-cache", "profile", "region", "artifacts", "zip",
        "offline", "timeout",
        "log-format", "build-json", "strict",
    ]
}

/// What `run` is to do: flag over environment over settings over default (README, "Settings").
struct RunSettings {
    enum LogFormat: String { case codebuild, json, quiet }

    let image: String
    let imageIsDefault: Bool
    let context: String?
    let pull: ContainerSpec.Pull
    let platform: String?
    let cpus: String?
    let memory: String?
    /// `nil` for the one all projects of this user share.
    let cacheFolder: String?
    let cacheBucket: S3Location?
    let usesCache: Bool
    let profile: String?
    /// As it was named; the build has a default.
    let region: String?
    let artifacts: String?
    let zips: Bool
    let isOffline: Bool
    /// Seconds.
    let timeout: Int
    let logFormat: LogFormat
    let buildJSON: String?
    let isStrict: Bool
    let overrides: [BuildPlan.Variable]

    init(_ options: RunOptions, project: ProjectSettings, places: Places) throws {
        let environment = places.environment
        func value(_ flag: String?, _ name: String) -> String? {
            let variable = "BUILDSPEC_" + name.uppercased().replacingDashes
            return flag ?? environment[variable].flatMap { $0.isEmpty ? nil : $0 } ?? project.extra[name]?.value.last
        }
        func isOn(_ flag: Bool, _ name: String) throws -> Bool {
            guard !flag, let text = value(nil, name) else { return flag }
            switch text.lowercased() {
            case "1", "true", "yes", "on": return true
            case "0", "false", "no", "off": return false
            default:
                throw Failure(.usage, "`\(name)` is `\(text)`, expected yes or no")
            }
        }
        let named = value(options.image, "image") ?? project.image?.value
        image = named ?? ImageNames.standard
        imageIsDefault = named == nil
        context = value(options.context, "context")
        let isOffline = try isOn(options.offline, "offline")
        self.isOffline = isOffline
        let pullText = value(options.pull, "pull") ?? "missing"
        guard let pull = ContainerSpec.Pull(rawValue: pullText) else {
            throw Failure(.usage, "`--pull` is `\(pullText)`, expected always, missing or never")
        }
        self.pull = isOffline ? .never : pull
        platform = value(options.platform, "platform")
        cpus = value(options.cpus, "cpus")
        memory = value(options.memory, "memory")
        let cache = value(options.cache, "cache")
        cacheBucket = try cache.flatMap(Self.bucket)
        cacheFolder = cacheBucket == nil ? cache.map(places.absolute) : nil
        usesCache = try !isOn(options.noCache, "no-cache")
        profile = value(options.profile, "profile")
        region = value(options.region, "region")
        guard !isOffline || !usesCache || cacheBucket == nil else {
            throw Failure(
                .offlineMissing, "`--offline`, and the cache is in S3: `\(cache ?? "")`",
                help: "name a folder with --cache, or leave the cache out with --no-cache")
        }
        artifacts = value(options.artifacts, "artifacts").map(places.absolute)
        zips = try isOn(options.zip, "zip")
        timeout =
            try value(options.timeout, "timeout").map(Self.seconds) ?? (project.timeoutInMinutes?.value ?? 60) * 60
        let formatText = value(options.logFormat, "log-format") ?? "codebuild"
        guard let format = LogFormat(rawValue: formatText) else {
            throw Failure(.usage, "`--log-format` is `\(formatText)`, expected codebuild, json or quiet")
        }
        logFormat = format
        buildJSON = value(options.buildJson, "build-json").map(places.absolute)
        isStrict = try isOn(options.strict, "strict")
        overrides = try Self.overrides(options, project: project, places: places)
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
        var variables = project.environmentVariables.filter { $0.type == .plaintext }.map {
            BuildPlan.Variable(name: $0.name, value: $0.value, origin: .settings)
        }
        for file in options.envFile {
            let text = String(decoding: try Files.read(places.absolute(file)), as: UTF8.self)
            for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
                let line = line.hasSuffix("\r") ? line.dropLast() : line
                guard !line.allSatisfy(\.isWhitespace), !line.hasPrefix("#") else { continue }
                variables.append(try assignment(line, place: "\(file):\(number + 1): "))
            }
        }
        return try variables + options.env.map { try assignment(Substring($0), place: "`--env` ") }
    }

    private static func assignment(_ text: Substring, place: String) throws -> BuildPlan.Variable {
        guard let equals = text.firstIndex(of: "="), equals > text.startIndex else {
            throw Failure(.usage, "\(place)has `\(text)`, expected NAME=VALUE")
        }
        return BuildPlan.Variable(
            name: String(text[..<equals]), value: String(text[text.index(after: equals)...]), origin: .flag)
    }
}

extension String {
    fileprivate var replacingDashes: String { String(map { $0 == "-" ? "_" : $0 }) }
}
