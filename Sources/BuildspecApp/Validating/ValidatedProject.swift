internal import BuildPlanning
internal import Files
internal import SpecParsing

/// What the checks of a buildspec know of its project: what flags, the environment and the settings file say.
struct ValidatedProject: Sendable {
    let asked: Asked
    let places: Places

    /// The facts about the project that a file would be run in, by the rules of `run FILE`.
    ///
    /// A settings file that cannot be used gives no facts. It is no matter of `validate`, and every run tells of it.
    ///
    /// - Parameter path: the absolute path of the file; `nil` for standard input, which belongs to the current folder.
    func facts(ofFile path: String?) -> ProjectFacts {
        var asked = asked
        asked.path = path
        let location = try? ProjectLocation(asked, places)
        let file = (try? location?.settingsFile()).flatMap { settings(in: $0) } ?? ProjectSettings()
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
