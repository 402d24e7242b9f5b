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
    /// The secondary sources in their order.
    public var secondarySources: [Source] = []
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

    /// One entry of `secondarySources`, with its version.
    public struct Source: Sendable, Equatable {
        public var identifier: Located<String>?
        public var location: Located<String>?
        public var version: Located<String>?
    }

    /// The `cache` section, as far as it matters for a local build. Where a cache is stored is set by `--cache` alone.
    public struct Cache: Sendable, Equatable {
        /// The type of the cache, in the API's words.
        public enum Kind: String, Sendable, CaseIterable {
            case none = "NO_CACHE"
            case s3 = "S3"
            case local = "LOCAL"
        }

        public init(type: Kind, location: String?, namespace: String?) {
            self.type = type
            self.location = location
            self.namespace = namespace
        }

        public let type: Kind
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

/// Makes settings out of a document.
private struct SettingsReader {
    let choice: ProjectChoice
    let extraKeys: Set<String>
    var reader: SectionReader

    init(choice: ProjectChoice, extraKeys: Set<String>) {
        self.choice = choice
        self.extraKeys = extraKeys
        reader = SectionReader(.projectSettings(extraKeys: extraKeys), version: .v02)
    }

    mutating func settings(_ document: SpecDocument) -> ProjectSettings {
        guard let root = document.root, !root.isNull, reader.isMapping(root, at: .root) else {
            return ProjectSettings()
        }
        switch ProjectForm(root) {
        case .project: return settings(of: root)
        case .list:
            let projects = (root["projects"].map { Array($0.items) } ?? []).map { project in
                FoundProject(names: [project["name"], project["arn"]].compactMap { $0?.text }, node: project)
            }
            return choose(among: projects, of: root).map { settings(of: $0.node) } ?? ProjectSettings()
        case .terraform:
            return choose(among: TerraformProject.all(in: root), of: root)
                .flatMap { TerraformProject.document(of: $0)?.root }.map { settings(of: $0) } ?? ProjectSettings()
        case .template:
            guard let project = choose(among: TemplateProject.all(in: root, choice.parameters), of: root) else {
                return ProjectSettings()
            }
            return TemplateProject.document(of: project, in: root, choice.parameters, &reader.findings)?.root
                .map { settings(of: $0) } ?? ProjectSettings()
        }
    }

    private mutating func choose(among found: [FoundProject], of root: SpecNode) -> FoundProject? {
        FoundProject.choose(choice, among: found, of: root, &reader.findings)
    }

    /// Reads a project in the words of CreateProject.
    private mutating func settings(of project: SpecNode) -> ProjectSettings {
        guard reader.isMapping(project, at: .root) else { return ProjectSettings() }
        return settings(reader.section(project, under: nil, reader.rootTable, at: .root))
    }

    private mutating func settings(_ project: Section) -> ProjectSettings {
        let environment = project.section("environment")
        var settings = ProjectSettings(
            image: environment?.text("image"), privilegedMode: environment?.flag("privilegedMode"),
            timeoutInMinutes: timeout(project), buildspec: project.section("source")?.text("buildspec"),
            cache: project.section("cache").flatMap { cache($0) })
        for variable in environment?.sections("environmentVariables") ?? [] {
            if let variable = self.variable(variable) { settings.environmentVariables.append(variable) }
        }
        guard let extra = project.section("x-buildspec") else { return settings }
        for key in extraKeys where extra.hasValue(key) {
            let nodes = extra.nodes(key)
            guard let place = nodes.first ?? extra.key(key) else { continue }
            settings.extra[key] = Located(nodes.map(\.text), at: place.location)
        }
        return settings
    }

    private mutating func cache(_ section: Section) -> ProjectSettings.Cache? {
        guard let node = section.node("type") else { return nil }
        guard let type = ProjectSettings.Cache.Kind(rawValue: node.text) else {
            noteUnknown(node, among: ProjectSettings.Cache.Kind.allCases.map(\.rawValue), at: section.path.key("type"))
            return nil
        }
        return ProjectSettings.Cache(
            type: type, location: section.text("location")?.value, namespace: section.text("cacheNamespace")?.value)
    }

    private mutating func noteUnknown(_ node: SpecNode, among names: [String], at path: SpecPath) {
        reader.findings.error(
            .unknownValue, at: FindingPlace(node, path),
            "\(path.quoted) is \(quoted(node.text)), expected \(SectionReader.choice(names))")
    }

    private mutating func timeout(_ project: Section) -> Located<Int>? {
        guard let timeout = project.number("timeoutInMinutes"), timeout.value < 1 else {
            return project.number("timeoutInMinutes")
        }
        reader.findings.error(
            .notANumber,
            at: FindingPlace(project.key("timeoutInMinutes") ?? project.node, project.path.key("timeoutInMinutes")),
            "`timeoutInMinutes` is 0, expected 1 or more")
        return nil
    }

    /// The characters that a variable of a project may have. [issue #14: observed]
    private static let valueLimit = 4096

    private mutating func variable(_ section: Section) -> ProjectSettings.EnvironmentVariable? {
        guard let name = section.node("name") else {
            if !section.hasValue("name") {
                reader.findings.error(
                    .missingKey, at: FindingPlace(section.node, section.path), "\(section.path.quoted) has no `name`")
            }
            return nil
        }
        var type = ProjectSettings.EnvironmentVariable.Kind.plaintext
        if let node = section.node("type") {
            guard let known = ProjectSettings.EnvironmentVariable.Kind(rawValue: node.text) else {
                let names = ProjectSettings.EnvironmentVariable.Kind.allCases.map(\.rawValue)
                noteUnknown(node, among: names, at: section.path.key("type"))
                return nil
            }
            type = known
        }
        guard checkReference(of: section, named: name, type) else { return nil }
        if let value = section.node("value"), value.text.unicodeScalars.count > Self.valueLimit {
            reader.findings.warning(
                .tooMany, at: FindingPlace(name, section.path.key("value")),
                "\(quoted(name.text)) has \(value.text.unicodeScalars.count) characters; CodeBuild takes at most "
                    + "\(Self.valueLimit) in a variable of a project",
                help: "put it into a file, a parameter or a secret")
        }
        return ProjectSettings.EnvironmentVariable(
            name: name.text, value: section.text("value")?.value ?? "", type: type, location: name.location)
    }

    /// Checks the reference of a variable that is looked up.
    ///
    /// - Returns: whether the value can be looked up. If not, there is a finding about it.
    private mutating func checkReference(
        of section: Section, named name: SpecNode, _ type: ProjectSettings.EnvironmentVariable.Kind
    ) -> Bool {
        let use: KeyTable.VariableUse
        switch type {
        case .plaintext: return true
        case .parameterStore: use = .parameters
        case .secretsManager: use = .secrets
        }
        reader.checkName(name.text, for: use, at: name, path: section.path.key("name"))
        guard let value = section.node("value") else {
            if !section.hasValue("value") {
                reader.findings.error(
                    .missingKey, at: FindingPlace(name, section.path),
                    "\(section.path.quoted) has no `value` to look up")
            }
            return false
        }
        reader.checkReference(value, for: use, at: section.path.key("value"))
        return true
    }
}
