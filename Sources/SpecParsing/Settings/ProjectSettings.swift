/// The settings file: the properties of a CodeBuild project that matter for a local build.
public struct ProjectSettings: Sendable, Equatable {
    public var image: Located<String>?
    /// Whether the build gets its own Docker daemon.
    public var privilegedMode: Located<Bool>?
    /// The variables in the order of the file. Of duplicate names the last counts.
    public var environmentVariables: [EnvironmentVariable]
    public var timeoutInMinutes: Located<Int>?
    /// The path or the text of a buildspec, from `source.buildspec`.
    public var buildspec: Located<String>?
    public var cache: Cache?
    /// The name of the project, which its artifacts have unless they have one of their own.
    public var name: Located<String>?
    /// Whether they are those of one build of the service, and not of a project.
    public var isOfBuild = false
    /// The ARN of the build.
    public var arn: Located<String>?
    /// The place of the cache's type; `nil` where no file has it.
    public var cachePlace: SourceLocation?
    /// What `run --batch` keeps to.
    public var batch = Batch()
    /// The primary source, without its buildspec.
    public var source = Source()
    /// The secondary sources in the order of the file, each with its version.
    public var secondarySources: [Source] = []
    public var artifacts: Artifacts?
    public var secondaryArtifacts: [Artifacts] = []
    public var fileSystems: [FileSystem] = []
    public var compute = Compute()
    /// The KMS key of the artifacts: an ARN, or `alias/NAME`.
    public var encryptionKey: Located<String>?
    /// The keys that have a value and decide nothing here, sorted by their paths.
    public var unused: [Unused] = []
    /// The flags under `x-buildspec`: their names without dashes, with their values.
    public var extra: [String: Located<[String]>]

    public init(
        image: Located<String>? = nil, privilegedMode: Located<Bool>? = nil,
        environmentVariables: [EnvironmentVariable] = [],
        timeoutInMinutes: Located<Int>? = nil, buildspec: Located<String>? = nil,
        cache: Cache? = nil, extra: [String: Located<[String]>] = [:]
    ) {
        self.image = image
        self.privilegedMode = privilegedMode
        self.environmentVariables = environmentVariables
        self.timeoutInMinutes = timeoutInMinutes
        self.buildspec = buildspec
        self.cache = cache
        self.extra = extra
    }

    /// The `cache` section, as far as it matters for a local build. Where a cache is stored is set by `--cache` alone.
    public struct Cache: Sendable, Equatable {
        /// The type of the cache, in the API's words.
        public enum Kind: String, Sendable, CaseIterable {
            case none = "NO_CACHE"
            case s3 = "S3"
            case local = "LOCAL"
        }

        /// The things that a local cache keeps, in the API's words.
        public enum Mode: String, Sendable, CaseIterable {
            case source = "LOCAL_SOURCE_CACHE"
            case dockerLayers = "LOCAL_DOCKER_LAYER_CACHE"
            case custom = "LOCAL_CUSTOM_CACHE"
        }

        public init(type: Kind, location: String?, namespace: String?) {
            self.type = type
            self.location = location
            self.namespace = namespace
        }

        public let type: Kind
        /// What a local cache keeps.
        public var modes: [Mode] = []
        /// The `BUCKET/PREFIX` of an S3 cache.
        public let location: String?
        /// The namespace. Projects with the same one share caches that have a `key`.
        public let namespace: String?
    }

    /// One entry of `environment.environmentVariables`.
    public struct EnvironmentVariable: Sendable, Equatable, Codable {
        /// The source of the value, in the API's words.
        public enum Kind: String, Sendable, Codable, CaseIterable {
            case plaintext = "PLAINTEXT"
            case parameterStore = "PARAMETER_STORE"
            case secretsManager = "SECRETS_MANAGER"
        }

        public let name: String
        /// The value, or the reference to look it up.
        public let value: String
        public let type: Kind
        /// The place of the name.
        public let location: SourceLocation
    }
}

/// The result of reading a settings file.
public struct SettingsReading: Sendable {
    /// The settings, as far as they could be read.
    public let settings: ProjectSettings
    /// The findings in the order of the file.
    public let diagnostics: [Diagnostic]
    /// The text that the locations refer to, as UTF-8.
    public let source: [UInt8]

    /// Whether there is no error. Warnings are allowed.
    public var isValid: Bool { !diagnostics.contains { $0.severity == .error } }
}

/// Reads a settings file: YAML or JSON in the words of the CreateProject API, the output of `batch-get-projects` or
/// `terraform show -json`, or a template of CloudFormation.
///
/// Unknown keys, keys that are not supported yet and values that cannot be known here are warnings. An empty file gives empty
/// settings.
///
/// - Parameters:
///   - bytes: the file's content.
///   - file: the path to show in findings.
///   - choice: which project of the file is meant.
///   - extraKeys: the valid keys of `x-buildspec`; any other is an error.
public func readProjectSettings(
    _ bytes: [UInt8], file: String, choice: ProjectChoice = ProjectChoice(), extraKeys: Set<String>
) -> SettingsReading {
    switch SpecDocument.read(bytes, file: file) {
    case .success(let document):
        var reader = SettingsReader(choice: choice, extraKeys: extraKeys)
        let settings = reader.settings(document)
        return SettingsReading(
            settings: settings, diagnostics: reader.reader.findings.sorted, source: document.source.utf8)
    case .failure(let unreadable):
        return SettingsReading(
            settings: ProjectSettings(), diagnostics: [unreadable.diagnostic], source: unreadable.source.utf8)
    }
}

/// Reads the settings that one build of the service had, out of what `aws codebuild batch-get-builds` prints.
///
/// - Parameters:
///   - bytes: the file's content.
///   - file: the path to show in findings.
///   - id: of the build: `PROJECT:UUID`.
public func readBuildSettings(_ bytes: [UInt8], file: String, id: String) -> SettingsReading {
    switch SpecDocument.read(bytes, file: file) {
    case .success(let document):
        let (settings, diagnostics) = SettingsReader.settings(ofBuild: id, in: document)
        return SettingsReading(settings: settings, diagnostics: diagnostics, source: document.source.utf8)
    case .failure(let unreadable):
        return SettingsReading(
            settings: ProjectSettings(), diagnostics: [unreadable.diagnostic], source: unreadable.source.utf8)
    }
}
