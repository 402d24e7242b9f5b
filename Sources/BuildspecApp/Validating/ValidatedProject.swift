internal import BuildPlanning
internal import Files
internal import SpecParsing

/// What the checks of a buildspec know of its project: what flags, the environment and the settings file say.
struct ValidatedProject: Sendable {
    let asked: Asked
    let places: Places
    /// The settings that `--project` names; `nil` where it was not given.
    private let settings: ProjectSettings?

    /// - Throws: ``Failure`` when `--project` names settings that cannot be had or are wrong.
    init(asked: Asked, on machine: Machine) async throws {
        self.asked = asked
        places = machine.places
        guard asked.project != nil else {
            settings = nil
            return
        }
        settings = try await WrittenSettings.find(try ProjectLocation(asked, places), asked, on: machine).settings
    }

    /// The buildspec of the project that `--project` names: a file of the source, or a text of the settings.
    func buildspec() throws -> BuildspecPlace? {
        try settings.map { try ProjectLocation(asked, places).buildspec($0) }
    }

    /// The facts about the project that a file would be run in, by the rules of `run FILE`.
    ///
    /// A settings file that cannot be used gives no facts. It is no matter of `validate`, and every run tells of it.
    ///
    /// - Parameter path: the absolute path of the file; `nil` for standard input, which belongs to the current folder.
    func facts(ofFile path: String?) -> ProjectFacts {
        var asked = asked
        asked.path = path
        let location = try? ProjectLocation(asked, places)
        let file = settings ?? (try? location?.settingsFile()).flatMap { settings(in: $0) } ?? ProjectSettings()
        var lookup = SettingsLayers(
            asked: asked, file: file, places: places, bounds: SourceBounds(root: location?.source ?? "/"))
        let image = try? lookup.text(asked.image, "image", setting: file.image)
        var facts = ProjectFacts(
            image: image, variables: Set(file.environmentVariables.map(\.name)), cache: file.cache?.type)
        // What cannot be used gives nothing, and every run tells of it.
        facts.hasDocker = ((try? ContainerPlan.Docker(&lookup)) ?? .absent) != .absent
        return facts
    }

    private func settings(in path: String) -> ProjectSettings? {
        guard let bytes = try? Files.read(path, named: path, limit: DocumentLimits.bytes) else { return nil }
        let reading = readProjectSettings(bytes, file: places.shown(path), extraKeys: Settings.fileKeys)
        return reading.isValid ? reading.settings : nil
    }
}

/// The facts of many files: those of one folder belong to one project, and its settings are read once.
struct FactsByFolder {
    private let project: ValidatedProject
    private var known: [Substring: ProjectFacts] = [:]

    init(project: ValidatedProject) { self.project = project }

    /// - Parameter path: as of ``ValidatedProject/facts(ofFile:)``.
    mutating func facts(ofFile path: String?) -> ProjectFacts {
        guard let path, let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")), !path.hasPrefix("/dev/") else {
            return project.facts(ofFile: path)
        }
        let folder = path[..<slash]
        if let facts = known[folder] { return facts }
        let facts = project.facts(ofFile: path)
        known[folder] = facts
        return facts
    }
}
