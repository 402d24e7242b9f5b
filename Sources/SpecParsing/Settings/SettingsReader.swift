/// Makes settings out of a document.
struct SettingsReader {
    let choice: ProjectChoice
    let extraKeys: Set<String>
    var reader: SectionReader

    init(choice: ProjectChoice, extraKeys: Set<String>) {
        self.choice = choice
        self.extraKeys = extraKeys
        reader = SectionReader(.projectSettings(extraKeys: extraKeys), version: .v02)
    }

    /// Reads a build of the service.
    private init() {
        choice = ProjectChoice()
        extraKeys = []
        reader = SectionReader(.cloudBuild, version: .v02)
    }

    /// Reads the settings of one build out of what `batch-get-builds` prints, or of the build alone.
    ///
    /// - Parameter id: of the build.
    static func settings(ofBuild id: String, in document: SpecDocument) -> (ProjectSettings, [Diagnostic]) {
        var reader = SettingsReader()
        guard let root = document.root, root.kind == .mapping else { return (ProjectSettings(), []) }
        let build = root["builds"].flatMap { $0.items.first { $0["id"]?.text == id } } ?? root
        var settings = reader.settings(of: build)
        settings.isOfBuild = true
        return (settings, reader.reader.findings.sorted)
    }

    mutating func settings(_ document: SpecDocument) -> ProjectSettings {
        guard let root = document.root, !root.isNull, reader.isMapping(root, at: .root) else {
            return ProjectSettings()
        }
        switch ProjectForm(root) {
        case .project: return noteOtherForm(root) ? ProjectSettings() : settings(of: root)
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
        settings.name = project.text("name") ?? project.text("projectName")
        settings.arn = project.text("arn")
        settings.batch = batch(project)
        settings.cachePlace = project.section("cache")?.node("type")?.location
        settings.source = ProjectSettings.Source(version: project.text("sourceVersion"))
        if let section = project.section("source") {
            settings.source = source(section, version: project.text("sourceVersion"))
        }
        settings.secondarySources = secondarySources(project)
        settings.artifacts = project.section("artifacts").map { artifacts($0) }
        settings.secondaryArtifacts = secondaryArtifacts(project)
        settings.fileSystems = fileSystems(project)
        if let environment { settings.compute = compute(environment) }
        settings.encryptionKey = project.text("encryptionKey")
        settings.unused = unused
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

    /// The keys that decide nothing here, by their paths. The API and its answers have two places for one of them.
    private var unused: [ProjectSettings.Unused] {
        reader.unusedKeys.map { path, reason, location in
            let path = path.text == "badge.badgeEnabled" ? "badgeEnabled" : path.text
            return .init(path: path, why: reason.why, location: location, isLabel: reason.isLabel)
        }.sorted { $0.path < $1.path }
    }

    private mutating func cache(_ section: Section) -> ProjectSettings.Cache? {
        guard let node = section.node("type") else { return nil }
        guard let type = ProjectSettings.Cache.Kind(rawValue: node.text) else {
            noteUnknown(node, among: ProjectSettings.Cache.Kind.allCases.map(\.rawValue), at: section.path.key("type"))
            return nil
        }
        var cache = ProjectSettings.Cache(
            type: type, location: section.text("location")?.value, namespace: section.text("cacheNamespace")?.value)
        cache.modes = cacheModes(section)
        return cache
    }

    mutating func noteUnknown(_ node: SpecNode, among names: [String], at path: SpecPath) {
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
