internal import AWSCalls
internal import BuildPlanning
internal import BuildRunning
internal import Engines
internal import OfflineWorld
internal import SpecParsing

/// What a build is to be like, decided: flag over environment over settings file over default (Documentation/guides/settings.md).
struct Settings: Sendable, Codable {
    var container: ContainerPlan
    /// Absent in what an older version kept: docker.
    var engine: EngineClient?
    /// How long the engine may take to answer, in seconds.
    var engineTimeout: Int
    var network: NetworkPlan
    var values: Values
    var cache: CachePlacement
    var artifacts: ArtifactsPlan
    var output: Output
    var ending: EndingPlan
    var stops: Stops
    /// Whether a build of a batch finds the artifacts of those that it waited for.
    var handsOver: Bool
    /// How long a container waits for the next build, in seconds; `nil` where none does, and in what an older version kept.
    var spare: Int?
    /// Each of the above with the place it came from, as far as the build depends on it.
    var decisions: [BuildPlan.Decision]

    /// The sources that variables, parameters and secrets get their values from.
    struct Values: Sendable, Codable, Equatable {
        /// Variables of the settings file, of `--env-file` and of `--env`, in this order.
        var variables: [BuildPlan.Variable]
        /// What the user should know of the files of `--env-file`, a line for each.
        var notes: [String]
        /// The absolute path of the file with parameters and secrets.
        var secretsFile: String?
        /// The forms of secrets that the log does not show.
        var mask: MaskRule
        /// Whether values come from the user's AWS account.
        var asksAWS: Bool
        /// Whether the build's commands get credentials of the user's.
        var givesCredentials: Bool
        /// The profile that these are of; as ``profile`` when absent.
        var credentialsProfile: String?
        /// The profile of the AWS CLI.
        var profile: String?
        /// The region as it was named; the AWS CLI has a default of its own.
        var region: String?
    }

    /// What a build prints, and where its result is written.
    struct Output: Sendable, Codable, Equatable {
        enum LogFormat: String, Sendable, Codable, CaseIterable { case codebuild, json, quiet }

        var logFormat: LogFormat
        var progress = ProgressStyle.auto
        /// The absolute path of the file that gets the build as BatchGetBuilds shows it.
        var buildJSON: String?
        /// The absolute path of the file that gets the build as a page.
        var html: String?
        /// The absolute path of the file that gets all test cases as one JUnit report.
        var junit: String?
        /// The absolute path of the folder that gets the report files as the build wrote them.
        var reports: String?
        var annotations: AnnotationFormat?
        /// What in its reports makes a build fail that has succeeded.
        var failRules: [FailRule] = []
    }

    /// The part of the build that is run, and where it waits to be looked at.
    struct Stops: Sendable, Codable, Equatable {
        var part: BuildPart
        /// Commands before which the build waits.
        var points: [ResumePoint]
        var pausesAfterFailure: Bool
        var isDebugSession: Bool
        /// Whether the user is asked before each command.
        var asksBeforeCommands: Bool
    }

    /// The keys a settings file may use under `x-buildspec`.
    static let fileKeys: Set<String> = [
        "engine", "context", "pull", "platform", "compute", "cpus", "memory", "privileged", "docker", "images", "cache",
        "no-cache", "cache-images", "spare",
        "profile",
        "region", "aws-credentials", "artifacts", "zip", "task-definition", "offline", "timeout", "engine-timeout",
        "log-format", "progress",
        "build-json", "html", "junit", "reports", "annotate", "fail-on", "strict",
        "keep", "checkpoint", "hand-over", "secrets", "aws", "aws-local", "account", "repositories", "record", "mirror",
        "insecure", "mask",
    ]

    /// - Throws: ``Failure`` with status 64 for a flag or a variable, 78 for the settings file.
    init(from layers: SettingsLayers) throws {
        var lookup = layers
        let asked = layers.asked, file = layers.file, environment = layers.places.environment
        let client = try lookup.choice(asked.engine, "engine", default: layers.places.engineClient)
        if client != .docker { lookup.note("engine", default: client.rawValue) }
        engine = client
        container = try ContainerPlan(&lookup)
        let isOffline = try lookup.isOn(asked.offline, "offline")
        let policy = try NetworkPolicy(&lookup, isOffline: isOffline)
        let pull = try lookup.choice(asked.pull, "pull", default: ContainerPlan.Pull.missing)
        container.pull = isOffline ? .never : pull
        values = try Values(&lookup, isOffline: isOffline)
        network = try NetworkPlan(policy, &lookup)
        guard !(isOffline && container.docker == .host) else {
            throw Failure(
                .usage, "`--offline` and `--docker host` contradict one another: the engine outside has its network",
                help: "`--docker inside` gives the build a daemon of its own, without a network")
        }
        guard !(values.asksAWS && network.playsAWS) else {
            throw Failure(
                .usage, "`--aws` and `--aws-local` contradict one another",
                help: "leave one out: values come from your account, or from the AWS played on this machine")
        }
        guard client == .docker || !network.playsAWS else {
            throw Failure(
                .usage, "`--aws-local` needs Docker, and the engine is podman",
                help: "leave it out, or name Docker with --engine docker")
        }
        guard !(values.givesCredentials && (network.playsAWS || isOffline)) else {
            throw Failure(
                .usage,
                "`--aws-credentials` and `\(isOffline ? "--offline" : "--aws-local")` contradict one another",
                help: "leave one out: where AWS is played on this machine no credentials are needed")
        }
        cache = try CachePlacement(&lookup)
        values.profile = try lookup.text(asked.profile, "profile")
        values.region = try lookup.text(asked.region, "region", setting: file.arnPart(3))
        network.region =
            values.region ?? environment["AWS_REGION"] ?? environment["AWS_DEFAULT_REGION"] ?? "us-east-1"
        if isOffline, cache.isUsed, case .bucket(let url) = cache.place {
            throw Failure(
                .offlineMissing, "cannot use the cache `\(url)` with `--offline`",
                help: "name a folder with --cache, or leave the cache out with --no-cache")
        }
        let folder = try lookup.path(asked.artifacts, "artifacts")
        let definition = try lookup.path(asked.taskDefinition, "task-definition")
        artifacts = ArtifactsPlan(
            folder: folder, zips: try lookup.isOn(asked.zip, "zip"), taskDefinition: definition)
        // `zip: no` beats what the project says of its artifacts.
        artifacts.zipped = lookup.decisions.contains { $0.name == "zip" } ? nil : file.zippedArtifacts
        artifacts.places = file.artifactPlaces
        let minutes = file.timeoutInMinutes.map { Located("\($0.value)m", at: $0.location) }
        let timeout = try Self.seconds(lookup.text(asked.timeout, "timeout", setting: minutes) ?? "60m")
        lookup.note("timeout", default: "60m")
        engineTimeout = try Self.seconds(
            lookup.text(asked.engineTimeout, "engine-timeout") ?? Self.defaultEngineTimeout, of: "engine-timeout")
        output = Output(
            logFormat: try lookup.choice(asked.logFormat, "log-format", default: .codebuild),
            progress: try lookup.choice(asked.progress, "progress", default: .auto),
            buildJSON: try lookup.path(asked.buildJson, "build-json"), html: try lookup.path(asked.html, "html"),
            junit: try lookup.path(asked.junit, "junit"), reports: try lookup.path(asked.reports, "reports"),
            annotations: try lookup.annotations(), failRules: try lookup.failRules())
        spare = try lookup.spare()
        let isStrict = try lookup.isOn(asked.strict, "strict")
        ending = EndingPlan(
            keep: try lookup.choice(
                asked.keep, "keep", default: layers.places.keepsFailures || file.isOfBuild ? .failure : .never),
            makesCheckpoints: try lookup.isOn(asked.checkpoint, "checkpoint"), timeout: timeout, isStrict: isStrict)
        handsOver = try lookup.isOn(asked.handOver ?? false, "hand-over")
        stops = try Stops(asked)
        decisions = lookup.decisions
    }

    /// Takes what an action of a pipeline decides: artifacts are zips in its folder, and values of other actions are put in.
    mutating func follow(_ action: PipelineAction, _ asked: Asked) throws {
        decisions.append(
            .init(
                name: "pipeline", value: action.folder, origin: asked.pipeline == nil ? .environment : .flag,
                place: asked.pipeline == nil ? Places.variableName(of: "pipeline") : "--pipeline"))
        values.variables = try action.resolving(values.variables)
        guard !action.outputs.isEmpty else { return }
        artifacts.folder = action.folder
        artifacts.zips = true
        artifacts.places = nil
        artifacts.outputs = action.outputs
    }

    /// The time that an engine has to answer where nobody says another.
    static let defaultEngineTimeout = "60s"

    /// Reads a time such as `90s`, `60m` or `2h`; a bare number is minutes, as in `timeoutInMinutes`.
    ///
    /// - Parameter flag: the flag that it was given for.
    static func seconds(_ text: String, of flag: String = "timeout") throws -> Int {
        let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600]
        let factor = text.last.flatMap { units[$0] }
        guard let number = Int(factor == nil ? Substring(text) : text.dropLast()), number > 0, number < 1_000_000 else {
            throw Failure(.usage, "`--\(flag)` is `\(text)`, expected a time such as 90s, 60m or 2h")
        }
        return number * (factor ?? 60)
    }
}

// MARK: The groups

extension ContainerPlan {
    /// Everything but ``pull``, which depends on the network.
    fileprivate init(_ lookup: inout SettingsLayers) throws {
        let asked = lookup.asked, file = lookup.file
        let image = try lookup.text(asked.image, "image", setting: file.image)
        if image == nil { lookup.note("image", default: ImageNames.standard) }
        let platform = try lookup.text(asked.platform, "platform")
        let size = try lookup.computeSize()
        let cpus = try lookup.cpus() ?? lookup.derived("cpus", size?.processors.map { "\($0)" })
        let memory = try lookup.memory() ?? lookup.derived("memory", size.map { "\($0.memory)g" })
        self = Self(
            image: image ?? ImageNames.standard, imageIsDefault: image == nil,
            context: try lookup.text(asked.context, "context"), pull: .missing,
            platform: platform, cpus: cpus, memory: memory,
            docker: try Docker(&lookup),
            otherImages: lookup.list("images"))
        mounts = try lookup.mounts()
    }
}

extension ContainerPlan.Docker {
    /// Of `--docker` and `--privileged` (or `privilegedMode`) the stronger layer counts; of one layer the former.
    init(_ lookup: inout SettingsLayers) throws {
        let asked = lookup.asked
        let isPrivileged = try lookup.isOn(asked.privileged, "privileged", setting: lookup.file.privilegedMode)
        let privileged = lookup.origin(of: "privileged")
        let docker = try lookup.choice(asked.docker, "docker", default: Self.absent)
        guard let named = lookup.origin(of: "docker"), named >= privileged ?? named else {
            self = isPrivileged ? .inside : .absent
            return
        }
        guard !asked.privileged || docker == .inside else {
            throw Failure(
                .usage, "`--privileged` and `--docker \(docker.rawValue)` contradict one another",
                help: "leave one out: `--privileged` means `--docker inside`")
        }
        self = docker
    }
}

extension NetworkPolicy {
    fileprivate init(_ lookup: inout SettingsLayers, isOffline: Bool) throws {
        let asked = lookup.asked
        let records = try lookup.isOn(asked.record, "record")
        guard !(asked.record && isOffline) else {
            throw Failure(
                .usage, "`--record` and `--offline` contradict one another",
                help: "record first, while there is a network; then build offline")
        }
        let mirrors = (lookup.file.extra["mirror"]?.value ?? []) + asked.mirror
        for text in mirrors { _ = try ProxyMirror(asked: text) }
        let trustsAll = try lookup.isOn(asked.insecure, "insecure")
        // A project that records by its settings can be built offline all the same.
        self = isOffline ? .replaying : records ? .recording(mirrors: mirrors, trustsAll: trustsAll) : .open
    }
}

extension ProxyMirror {
    /// - Throws: ``Failure`` for what is not two URLs.
    init(asked text: String) throws {
        guard let mirror = ProxyMirror(text) else {
            throw Failure(.usage, "`--mirror` is `\(text)`, expected two URLs, PREFIX=BASE")
        }
        self = mirror
    }
}

extension NetworkPlan {
    /// Everything but the region and what the recordings' folder says.
    fileprivate init(_ policy: NetworkPolicy, _ lookup: inout SettingsLayers) throws {
        let asked = lookup.asked
        let playsAWS = try lookup.isOn(asked.awsLocal, "aws-local")
        let account =
            try lookup.text(asked.account, "account", setting: lookup.file.arnPart(4))
            ?? (playsAWS ? "123456789012" : "000000000000")
        guard account.utf8.count == 12, account.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw Failure(.usage, "`--account` is `\(account)`, expected twelve digits")
        }
        self = Self(
            policy: policy, hasRecordings: false, playsAWS: playsAWS, account: account, region: "",
            repositories: lookup.file.extra["repositories"]?.value ?? [])
    }
}

extension CachePlacement {
    fileprivate init(_ lookup: inout SettingsLayers) throws {
        let asked = lookup.asked
        let text = try lookup.text(asked.cache, "cache"), place: Place
        if let text, text.contains("://"), lookup.decisions.last?.origin != .settings {
            guard S3Location(text) != nil else {
                throw Failure(.usage, "`--cache` is `\(text)`, expected a folder or s3://BUCKET/PREFIX")
            }
            place = .bucket(text)
        } else {
            place = try text.map { .folder(try lookup.path($0)) } ?? .shared
        }
        self = Self(
            place: place, isUsed: try !lookup.isOn(asked.noCache, "no-cache", setting: lookup.file.noCacheOfBuild),
            namespace: lookup.file.cache?.namespace)
        makesImages = try lookup.isOn(asked.cacheImages, "cache-images")
    }
}

extension Settings.Values {
    fileprivate init(_ lookup: inout SettingsLayers, isOffline: Bool) throws {
        let asked = lookup.asked
        secretsFile = try lookup.path(asked.secrets, "secrets")
        guard !(isOffline && asked.aws) else {
            throw Failure(
                .usage, "`--offline` and `--aws` contradict one another",
                help: "leave one out; without a network, give the values with --secrets FILE")
        }
        let credentials = try lookup.text(asked.awsCredentials, "aws-credentials")
        let wanted = credentials.flatMap { $0.isEmpty || SettingsLayers.isOff($0) ? nil : $0 }
        givesCredentials = wanted != nil
        credentialsProfile = wanted.flatMap { SettingsLayers.isOn($0) ? nil : $0 }
        mask = try lookup.choice(asked.mask, "mask", default: .all)
        asksAWS = try lookup.isOn(asked.aws, "aws") && !isOffline
        variables = lookup.file.environmentVariables.map {
            BuildPlan.Variable(
                name: $0.name, value: $0.value, origin: .settings, place: "\($0.location)", type: $0.type)
        }
        var files = EnvFile(environment: lookup.places.environment)
        for path in asked.envFile {
            let file = lookup.places.absolute(path)
            guard Files.kind(of: file) != nil else {
                throw Failure(
                    .noSuchFile, "cannot find `\(path)`, which `--env-file` names",
                    help: "give a file of lines such as `NAME=value`; `--env NAME=VALUE` sets one variable")
            }
            try files.read(try Files.read(file), named: path)
        }
        notes = files.notes
        variables += files.variables
        variables += try asked.env.map { try EnvFile.variable($0) }
    }
}

extension Settings.Stops {
    fileprivate init(_ asked: Asked) throws {
        part = try Self.part(asked)
        points = try asked.breaks.filter { $0 != "failure" }.map { text in
            guard let point = ResumePoint(text) else {
                throw Failure(.usage, "`--break` is `\(text)`, expected a phase such as BUILD, BUILD:3, or failure")
            }
            return point
        }
        pausesAfterFailure = asked.breaks.contains("failure")
        isDebugSession = asked.debugSession
        asksBeforeCommands = asked.step
    }

    private static func part(_ asked: Asked) throws -> BuildPart {
        func phase(_ text: String, _ flag: String) throws -> PhaseName {
            guard let phase = PhaseName(rawValue: text.lowercased()) else {
                throw Failure(
                    .usage,
                    "`\(flag)` is `\(text)`, expected \(PhaseName.allCases.map(\.apiName).joined(separator: ", "))")
            }
            return phase
        }
        if let only = try asked.phase.map({ try phase($0, "--phase") }) {
            guard asked.from == nil, asked.until == nil else {
                throw Failure(.usage, "`--phase` names the one phase to run", help: "leave out --from and --until")
            }
            return BuildPart(start: ResumePoint(phase: only), last: only)
        }
        let last = try asked.until.map { try phase($0, "--until") } ?? .postBuild
        guard let from = asked.from else { return BuildPart(last: last) }
        guard let start = ResumePoint(from) else {
            throw Failure(.usage, "`--from` is `\(from)`, expected a phase such as BUILD, or its command, BUILD:3")
        }
        guard start.phase <= last else {
            throw Failure(.usage, "`--from \(from)` comes after `--until \(last.apiName)`")
        }
        return BuildPart(start: start, last: last)
    }
}

extension ProjectSettings {
    /// A build that is run again has no cache where it had none; `nil` for any other.
    fileprivate var noCacheOfBuild: Located<Bool>? {
        guard isOfBuild, let cache, let cachePlace else { return nil }
        let hasNone = cache.type == .none || cache.type == .local && !cache.modes.contains(.custom)
        return hasNone ? Located(true, at: cachePlace) : nil
    }

    /// A part of the build's ARN, with its place: 3 is the region, 4 the account.
    func arnPart(_ index: Int) -> Located<String>? {
        arn.flatMap { arn in
            let parts = arn.value.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count > index, !parts[index].isEmpty else { return nil }
            return Located(String(parts[index]), at: arn.location)
        }
    }
}
