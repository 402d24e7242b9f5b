internal import BuildPlanning
internal import Files
internal import SourceSnapshots
internal import SpecParsing

/// A secondary source of a project: one that the user gave, or that the settings ask for.
struct OtherSource: Sendable {
    let identifier: String
    /// The settings' own entry, where they have one.
    let setting: ProjectSettings.Source?
    /// The source; `nil` when nobody has said where on this machine it is.
    var source: ProjectSource?

    /// Whether it is checked out for the build, or no part of it.
    var isStagedOrAbsent: Bool { source?.staged != nil || source == nil }

    /// How many a project may have (CODEBUILD-2026.md F.2).
    static let limit = 12

    /// The secondary sources of a project: those of the settings in their order, then those that only the user names.
    ///
    /// A settings file says no more than that there is such a source: it may be a stranger's, and where on this machine the
    /// source lies is for the user to say.
    ///
    /// - Throws: ``Failure`` for a name that is none, or a source that is not there.
    static func all(
        of location: ProjectLocation, _ asked: Asked, _ file: ProjectSettings, on machine: Machine
    ) throws -> [OtherSource] {
        if let pipeline = location.pipeline { return try all(pipeline, on: machine) }
        var given: [(identifier: String, text: String)] = []
        let variables = machine.environment.filter { $0.key.hasPrefix(variablePrefix) && !$0.value.isEmpty }
        for (name, value) in variables.sorted(by: { $0.key < $1.key }) {
            given.append((String(name.dropFirst(variablePrefix.count)), value))
        }
        for text in asked.otherSources ?? [] {
            guard let (identifier, text) = SourceArguments.split(text) else { continue }
            guard isIdentifier(identifier) else {
                throw Failure(
                    .usage, "`--source` names the source `\(identifier)`",
                    help: "an identifier has letters, digits and underscores, as CODEBUILD_SRC_DIR_ID needs them")
            }
            // A flag beats the variable, and comes behind it.
            if let place = given.firstIndex(where: { $0.identifier == identifier }) {
                guard place < variables.count else {
                    throw Failure(.usage, "`--source` names the source `\(identifier)` twice")
                }
                given[place].text = text
            } else {
                given.append((identifier, text))
            }
        }
        var names = file.secondarySources.compactMap(\.identifier?.value)
        names += given.map(\.identifier).filter { !names.contains($0) }
        guard names.count <= limit else {
            throw Failure(.usage, "there are \(names.count) secondary sources; a project has at most \(limit)")
        }
        var number = 0
        return try names.compactMap { name in
            let setting = file.secondarySources.first { $0.identifier?.value == name }
            guard let text = given.first(where: { $0.identifier == name })?.text else {
                return OtherSource(identifier: name, setting: setting)
            }
            // `ID=` is the user's word that the build does without it.
            guard !text.isEmpty else { return nil }
            number += 1
            let place = try SourcePlace(text, of: location.folder, machine.places).meaning(setting)
            return OtherSource(
                name, setting, at: place, number: number,
                on: machine)
        }
    }

    /// Those of a pipeline's action: its inputs but for the first. What the settings say of sources has no meaning there.
    private static func all(_ action: PipelineAction, on machine: Machine) throws -> [OtherSource] {
        let others = action.inputs.dropFirst().enumerated().map { index, input in
            OtherSource(
                PipelineAction.identifier(of: input.name), nil, at: input.place, number: index + 1, on: machine)
        }
        guard Set(others.map(\.identifier)).count == others.count else {
            throw Failure(.usage, "two inputs have names that differ in `-` and `_` alone", help: "rename one")
        }
        return others
    }

    private init(identifier: String, setting: ProjectSettings.Source?) {
        self.identifier = identifier
        self.setting = setting
        source = nil
    }

    private init(
        _ identifier: String, _ setting: ProjectSettings.Source?, at place: SourcePlace, number: Int,
        on machine: Machine
    ) {
        self.init(identifier: identifier, setting: setting)
        bringIn(place, number: number, on: machine)
    }

    /// Means a source that lies somewhere on this machine.
    ///
    /// - Parameter number: 1 for the first secondary source that is brought in.
    mutating func bringIn(_ place: SourcePlace, number: Int, on machine: Machine) {
        var checkout = SourceCheckout(
            of: place, storedAs: "\(ProjectLocation.key(of: place.path)).\(identifier)",
            objects: ContainerLayout.gitObjects(number), machine)
        if let setting { checkout.clone = setting.clone }
        source = ProjectSource(checkout)
    }

    /// `BUILDSPEC_SOURCE_lib` stands for `--source lib=…`.
    private static let variablePrefix = "\(Places.variableName(of: "source"))_"

    static func isIdentifier(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count < 128
            && name.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0) || $0 == 0x5f
            }
    }

    /// What a build is told of it: what git knows, or else what the settings say.
    func facts(_ snapshots: TakenSnapshots) -> SourceFacts? {
        guard let source else { return nil }
        var facts = source.facts(snapshots.others[identifier])
        facts.version = facts.version ?? setting?.version?.value
        facts.repositoryURL = facts.repositoryURL ?? setting?.address
        return facts
    }
}

extension SourcePlace {
    /// The place with the version that the settings name, where that is asked for: `git:sourceVersion`.
    ///
    /// - Throws: ``Failure`` when they name none.
    func meaning(_ setting: ProjectSettings.Source?) throws -> SourcePlace {
        guard kind == .revision("sourceVersion") else { return self }
        guard let version = setting?.version?.value, !version.isEmpty else {
            throw Failure(
                .usage, "`git:sourceVersion`, and the settings of the project name no version of that source",
                help: "name a version: FOLDER#git:REV")
        }
        return SourcePlace(folder: path, kind: .revision(version), isHandedOver: isHandedOver)
    }
}

/// The values of `--source`, told apart.
struct SourceArguments {
    /// The primary source; the last one, if there are several.
    private(set) var primary: String?
    private(set) var primaryCount = 0
    /// `ID=SOURCE`
    private(set) var others: [String] = []

    init(_ arguments: [String]) {
        for argument in arguments {
            if Self.split(argument) == nil {
                primary = argument
                primaryCount += 1
            } else {
                others.append(argument)
            }
        }
    }

    /// The identifier and the source of `ID=SOURCE`; `nil` for a primary source. A path with `=` in its first name needs `./` in
    /// front.
    static func split(_ argument: String) -> (identifier: String, text: String)? {
        guard let sign = argument.utf8.firstIndex(of: UInt8(ascii: "=")) else { return nil }
        let name = argument[..<sign]
        guard !name.isEmpty, !name.utf8.contains(where: { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: ":") }) else {
            return nil
        }
        return (String(name), String(argument[argument.index(after: sign)...]))
    }
}

extension PlannedBuild {
    /// The secondary sources that the settings have, and for which there is neither a source here nor a folder of the container.
    var missingSources: [OtherSource] {
        project.others.filter { other in
            other.source == nil && !plan.variables.contains { $0.name == "CODEBUILD_SRC_DIR_\(other.identifier)" }
        }
    }

    /// Says which secondary sources the settings have and nobody brings in.
    ///
    /// - Returns: why the build cannot run; `nil` when all are here.
    func refusalForMissingSources() -> (context: PhaseContext, failure: Failure)? {
        let missing = missingSources
        guard let first = missing.first else { return nil }
        let names = missing.map { other in
            let origin = other.setting?.address.map { " (\($0))" } ?? ""
            return "`\(other.identifier)`\(origin)"
        }
        let message =
            "the settings name the secondary source\(missing.count == 1 ? "" : "s") \(names.joined(separator: ", ")), "
            + "but no flag says where \(missing.count == 1 ? "it is" : "they are") on this machine"
        let place = first.setting?.identifier.map { "\($0.location): " } ?? ""
        let flags = missing.map { "--source \($0.identifier)=FOLDER" }.joined(separator: " ")
        return (
            .ours(statusCode: "CLIENT_ERROR", message: message),
            Failure(
                .invalidSettings, "\(place)\(message)",
                help:
                    "\(flags) brings \(missing.count == 1 ? "it" : "them") in, from a checkout of yours (FOLDER#git:REV for "
                    + "one of its commits); --source \(first.identifier)= builds without it")
        )
    }
}
