internal import SpecParsing

/// The settings of a project as they are written somewhere, and read.
struct WrittenSettings {
    /// The name of the place, for people; `nil` where there is none.
    var shown: String?
    var settings = ProjectSettings()

    /// Finds the settings of a project and reads them: those that `--project` names in a file or in an AWS account, those of
    /// the source, or else those of the one project that a template of the source has.
    ///
    /// - Throws: ``Failure`` when settings that are meant cannot be had or are wrong.
    static func find(_ location: ProjectLocation, _ asked: Asked, on machine: Machine) async throws -> WrittenSettings {
        if let repeated = location.repeated {
            var settings = repeated.settings
            settings.extra = try ownKeys(location, machine)
            return WrittenSettings(shown: repeated.shown, settings: settings)
        }
        let choice = try location.projectChoice(asked, machine.places)
        if let account = try AccountProject(location, asked, in: machine.places) {
            machine.say("asking AWS for the project `\(account.name)`\n")
            let shown = "aws:\(account.name)"
            return try WrittenSettings(
                shown: shown,
                settings: machine.settings(
                    in: try await account.read(), of: shown, ProjectChoice(parameters: choice.parameters)))
        }
        if let path = try location.settingsFile() {
            let shown = machine.places.shown(path)
            return try WrittenSettings(
                shown: shown, settings: machine.settings(in: Files.read(path), of: shown, choice))
        }
        guard location.isSearched else { return WrittenSettings() }
        return try found(in: location, choice, machine)
    }

    /// The keys under `x-buildspec` that a build of the service says nothing of: what stands here for its surroundings.
    private static func ownKeys(
        _ location: ProjectLocation, _ machine: Machine
    ) throws -> [String: Located<[String]>] {
        guard let path = try location.settingsFile() else { return [:] }
        let shown = machine.places.shown(path), bytes = try Files.read(path)
        let reading = readProjectSettings(bytes, file: shown, extraKeys: Settings.fileKeys)
        guard reading.isValid else {
            machine.say("the settings in `\(shown)` cannot be used: the build goes on without them\n")
            return [:]
        }
        return reading.settings.extra.filter { !RepeatedBuild.decides($0.key) }
    }

    /// Looks for a project in the templates of the source, and says what was found.
    private static func found(
        in location: ProjectLocation, _ choice: ProjectChoice, _ machine: Machine
    ) throws -> WrittenSettings {
        let search = ProjectSearch(in: location.contents)
        for note in search.notes { machine.say("\(note)\n") }
        guard search.found.count == 1, let project = search.found.first else { return WrittenSettings() }
        let bytes = try Files.read("\(location.contents)/\(project.file)")
        var choice = choice
        choice.name = project.name
        let reading = readProjectSettings(bytes, file: project.file, choice: choice, extraKeys: Settings.fileKeys)
        machine.say(reading.diagnostics, source: bytes)
        guard reading.isValid else {
            // Nobody has named it, and it may be none of the build's business.
            machine.say("the settings of `\(project.words)` cannot be used: the build goes on without them\n")
            return WrittenSettings()
        }
        return WrittenSettings(shown: project.words, settings: reading.settings)
    }
}

extension ProjectLocation {
    /// Which project of its file is meant, and with which parameters.
    fileprivate func projectChoice(_ asked: Asked, _ places: Places) throws -> ProjectChoice {
        let environment = places.environment
        return try projectChoice(
            region: asked.region ?? places.variable("region") ?? environment["AWS_REGION"]
                ?? environment["AWS_DEFAULT_REGION"] ?? "us-east-1",
            account: asked.account ?? places.variable("account") ?? "000000000000")
    }
}

extension Machine {
    /// Reads settings, and says what is wrong with them.
    fileprivate func settings(in bytes: [UInt8], of shown: String, _ choice: ProjectChoice) throws -> ProjectSettings {
        if let form = ForeignForm(ofFile: shown) {
            throw Failure(
                .invalidSettings, "cannot read `\(shown)` as the settings of a project: \(form.words)", help: form.help)
        }
        let reading = readProjectSettings(bytes, file: shown, choice: choice, extraKeys: Settings.fileKeys)
        say(reading.diagnostics, source: bytes)
        guard reading.isValid else {
            throw Failure(
                .invalidSettings, "cannot use the settings in `\(shown)`", help: "correct the errors shown above")
        }
        return reading.settings
    }
}
