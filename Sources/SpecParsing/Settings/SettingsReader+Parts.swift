/// Sources, artifacts, file systems and the machine of a project.
extension SettingsReader {
    // MARK: Sources

    /// The most commits of a shallow clone; a greater depth is all of the history (CODEBUILD-2026 F.2).
    private static let depthLimit = 25

    mutating func source(_ section: Section, version: Located<String>? = nil) -> ProjectSettings.Source {
        let depth = section.number("gitCloneDepth").flatMap { (1...Self.depthLimit).contains($0.value) ? $0 : nil }
        return ProjectSettings.Source(
            identifier: section.text("sourceIdentifier"),
            type: choice(ProjectSettings.Source.Kind.self, "type", in: section), location: section.text("location"),
            version: version, cloneDepth: depth,
            fetchesSubmodules: section.section("gitSubmodulesConfig")?.flag("fetchSubmodules"))
    }

    mutating func secondarySources(_ project: Section) -> [ProjectSettings.Source] {
        var versions: [String: Located<String>] = [:]
        for entry in project.sections("secondarySourceVersions") {
            guard let name = entry.text("sourceIdentifier")?.value else {
                noteMissing("sourceIdentifier", in: entry)
                continue
            }
            versions[name] = entry.text("sourceVersion")
        }
        var sources: [ProjectSettings.Source] = []
        for section in project.sections("secondarySources") {
            guard let identifier = identifier("sourceIdentifier", in: section, among: sources.map(\.identifier?.value))
            else { continue }
            sources.append(source(section, version: versions.removeValue(forKey: identifier)))
        }
        for name in versions.keys.sorted() {
            guard let node = project.key("secondarySourceVersions") else { continue }
            reader.findings.warning(
                .unknownValue, at: FindingPlace(node, project.path.key("secondarySourceVersions")),
                "`secondarySourceVersions` has a version of \(quoted(name)), and no secondary source has that identifier"
            )
        }
        return sources
    }

    /// Reads the identifier of a member of a list, which no other member may have.
    private mutating func identifier(_ key: String, in section: Section, among taken: [String?]) -> String? {
        guard let node = section.node(key) else {
            noteMissing(key, in: section)
            return nil
        }
        let place = FindingPlace(node, section.path.key(key)), text = node.text
        guard text.utf8.count < 128, text.utf8.allSatisfy({ $0.isNamePart }) else {
            reader.findings.error(
                .invalidIdentifier, at: place,
                "\(place.path.quoted) is \(quoted(text)), expected fewer than 128 letters, digits and `_`")
            return nil
        }
        guard !taken.contains(text) else {
            reader.findings.error(.duplicateIdentifier, at: place, "\(quoted(text)) is the identifier of two of them")
            return nil
        }
        return text
    }

    private mutating func noteMissing(_ key: String, in section: Section) {
        guard !section.hasValue(key) else { return }
        reader.findings.error(
            .missingKey, at: FindingPlace(section.node, section.path), "\(section.path.quoted) has no `\(key)`")
    }

    // MARK: Artifacts

    mutating func artifacts(_ section: Section) -> ProjectSettings.Artifacts {
        var artifacts = ProjectSettings.Artifacts(
            identifier: section.text("artifactIdentifier")?.value, place: section.node.location)
        artifacts.type = choice(ProjectSettings.Artifacts.Kind.self, "type", in: section)
        func text(_ key: String) -> String? { section.text(key).flatMap { $0.value.isEmpty ? nil : $0.value } }
        artifacts.bucket = text("location")
        artifacts.path = text("path").map { $0.split(separator: "/").joined(separator: "/") }
        artifacts.name = text("name")
        artifacts.hasBuildFolder = choice(Namespace.self, "namespaceType", in: section) == .build
        artifacts.isZip = choice(Packaging.self, "packaging", in: section) == .zip
        artifacts.takesNameOfBuildspec = section.isOn("overrideArtifactName")
        return artifacts
    }

    private enum Namespace: String, CaseIterable { case none = "NONE", build = "BUILD_ID" }
    private enum Packaging: String, CaseIterable { case none = "NONE", zip = "ZIP" }

    mutating func secondaryArtifacts(_ project: Section) -> [ProjectSettings.Artifacts] {
        var all: [ProjectSettings.Artifacts] = []
        for section in project.sections("secondaryArtifacts") {
            guard identifier("artifactIdentifier", in: section, among: all.map(\.identifier)) != nil else { continue }
            all.append(artifacts(section))
        }
        return all
    }

    // MARK: The machine

    mutating func fileSystems(_ project: Section) -> [ProjectSettings.FileSystem] {
        var all: [ProjectSettings.FileSystem] = []
        for section in project.sections("fileSystemLocations") {
            guard let name = identifier("identifier", in: section, among: all.map(\.identifier)) else { continue }
            guard let mountPoint = section.text("mountPoint")?.value else {
                noteMissing("mountPoint", in: section)
                continue
            }
            all.append(.init(identifier: name, mountPoint: mountPoint, place: section.node.location))
        }
        return all
    }

    mutating func compute(_ environment: Section) -> ProjectSettings.Compute {
        var compute = ProjectSettings.Compute()
        compute.environmentType = environment.text("type")
        compute.type = environment.text("computeType")
        let configuration = environment.section("computeConfiguration")
        compute.memory = configuration?.number("memory")?.value
        compute.processors = configuration?.number("vCpu")?.value
        if let node = environment.node("type"), node.text.hasPrefix("WINDOWS_") || node.text.hasPrefix("MAC_") {
            reader.findings.error(
                .notSupported, at: FindingPlace(node, environment.path.key("type")),
                "`environment.type` is \(quoted(node.text)): builds run in Linux containers here")
        }
        return compute
    }

    // MARK: Batches

    func batch(_ project: Section) -> ProjectSettings.Batch {
        var batch = ProjectSettings.Batch()
        guard let section = project.section("buildBatchConfig") else { return batch }
        let restrictions = section.section("restrictions")
        batch.maximumBuilds = restrictions?.number("maximumBuildsAllowed")
        batch.computeTypes =
            restrictions?.nodes("computeTypesAllowed").map { Located($0.text, at: $0.location) } ?? []
        batch.timeoutInMinutes = section.number("timeoutInMins")
        batch.combinesArtifacts = section.flag("combineArtifacts")?.value ?? false
        return batch
    }

    // MARK: The cache

    mutating func cacheModes(_ section: Section) -> [ProjectSettings.Cache.Mode] {
        section.nodes("modes").compactMap { node in
            let mode = ProjectSettings.Cache.Mode(rawValue: node.text)
            if mode == nil {
                noteUnknown(
                    node, among: ProjectSettings.Cache.Mode.allCases.map(\.rawValue), at: section.path.key("modes"))
            }
            return mode
        }
    }

    /// The value of a key that has only some values, in any case: public templates have `no_artifacts`.
    ///
    /// - Returns: `nil` for an absent one, and for an unknown one, about which there is a warning then.
    private mutating func choice<Choice: RawRepresentable & CaseIterable>(
        _ type: Choice.Type, _ key: String, in section: Section
    ) -> Choice? where Choice.RawValue == String {
        guard let node = section.node(key), !node.text.isEmpty else { return nil }
        let choice = Choice(rawValue: node.text.uppercased())
        if choice == nil {
            let path = section.path.key(key), names = Choice.allCases.map(\.rawValue)
            reader.findings.warning(
                .unknownValue, at: FindingPlace(node, path),
                "\(path.quoted) is \(quoted(node.text)), expected \(SectionReader.choice(names)): it counts as not set")
        }
        return choice
    }
}
