internal import AWSCalls
internal import BuildPlanning
internal import Rendering
internal import SpecParsing
internal import Synchronization

/// The builds of the user's AWS account, for the commands that show builds: `builds`, `show`, `logs` with `--aws`.
struct CloudHistory {
    /// The project whose builds are meant; `nil` for those of all projects.
    let project: String?
    let machine: Machine
    let region: String?
    let profile: String?
    let aws: AWSCommandLine
    let repetition: AWSRepetition
    private let name: CloudBuildName?
    private let builds: CodeBuildBuilds

    /// - Parameter name: what the user calls the build, if one is meant.
    /// - Throws: ``Failure`` when the name is none, or the settings of this folder are wrong.
    init(_ options: CloudOptions, of name: String? = nil, on machine: Machine) async throws {
        let name = try name.map(CloudBuildName.init)
        let asked = options.asked
        let location = try ProjectLocation(asked, machine.places)
        var settings = ProjectSettings()
        if let project = location.projectName {
            guard CloudBuildName.isProject(project) else {
                throw Failure(.usage, "no project of CodeBuild is called `\(project)`")
            }
            self.project = project
        } else {
            settings = try await WrittenSettings.find(location, asked, on: machine).settings
            if let written = settings.name, !CloudBuildName.isProject(written.value) {
                throw Failure(
                    .invalidSettings, "`\(written.location)`: no project of CodeBuild is called `\(written.value)`",
                    help: "name the project with --project; `--project none` means all of them")
            }
            project = settings.name?.value
        }
        var lookup = SettingsLayers(
            asked: asked, file: settings, places: machine.places, bounds: SourceBounds(root: location.source))
        guard try !lookup.isOn(asked.offline, "offline") else {
            throw Failure(.usage, "`--aws` needs the network, and \(Places.variableName(of: "offline")) is set")
        }
        region = try asked.region ?? name?.region ?? lookup.text(nil, "region")
        profile = try lookup.text(asked.profile, "profile")
        aws = AWSCommandLine(profile: profile, region: region)
        repetition = Self.repetition(on: machine)
        builds = CodeBuildBuilds(by: aws, repetition: repetition)
        self.name = name
        self.machine = machine
    }

    /// Says once that AWS wants to be asked less often.
    private static func repetition(on machine: Machine) -> AWSRepetition {
        final class Once: Sendable { let hasSpoken = Atomic(false) }
        let once = Once()
        var repetition = AWSRepetition()
        repetition.onPause = { error in
            guard !once.hasSpoken.exchange(true, ordering: .relaxed) else { return }
            machine.say("AWS refuses for the moment (\(error)): asking again, for some minutes at most\n")
        }
        return repetition
    }

    /// The newest builds.
    ///
    /// - Throws: ``Failure`` when AWS cannot be asked, or has no such project.
    func newest(_ limit: Int) async throws -> [CloudBuild] {
        try await explaining {
            let ids = try await builds.ids(ofProject: project, limit: limit)
            return try await builds.builds(ids).builds
        }
    }

    /// The build that is meant, and what the CLI prints of it. Without a name it is the newest one.
    ///
    /// - Throws: ``Failure`` when there is none, or more than one.
    func find() async throws -> (build: CloudBuild, answer: [UInt8]) {
        try await explaining {
            let found = try await builds.builds([try await id()])
            guard let build = found.builds.first, let answer = found.answers.first else {
                throw Failure(
                    .noSuchFile, "AWS has no build `\(found.missing.first ?? "")`",
                    help: "`buildspec builds --aws` lists them; AWS keeps builds for a year")
            }
            return (build, answer)
        }
    }

    /// How many lists of a hundred ids are searched for the beginning of an id.
    private static let searchedPages = 10

    private func id() async throws -> String {
        if let id = name?.id { return id }
        let project = name?.project ?? project
        if let project, let name, name.isWhole { return "\(project):\(name.uuid)" }
        var place: String?
        for _ in 0..<Self.searchedPages {
            let page = try await builds.page(ofProject: project, at: place)
            guard let name else {
                if let newest = page.ids.first { return newest }
                break
            }
            let found = page.ids.filter { $0.drop { $0 != ":" }.dropFirst().hasPrefix(name.uuid) }
            guard found.count < 2 else {
                throw Failure(
                    .noSuchFile, "\(found.count) builds have an id that begins with `\(name.uuid)`",
                    help: found.prefix(4).map { "`\($0)`" }.joined(separator: ", "))
            }
            if let id = found.first { return id }
            place = page.next
            if place == nil { break }
        }
        let whose = project.map { " of the project `\($0)`" } ?? ""
        guard let name else { throw Failure(.noSuchFile, "AWS has no builds\(whose) yet") }
        throw Failure(
            .noSuchFile, "AWS has no build\(whose) that begins with `\(name.uuid)` among the newest ones",
            help: "give its whole id, PROJECT:UUID; `buildspec builds --aws` lists builds")
    }

    /// Does something by the user's AWS CLI, and explains why it cannot be done.
    func explaining<Value>(
        _ doing: String = "cannot read builds from AWS", _ body: () async throws -> Value
    ) async throws -> Value {
        try await Failure.explaining(doing) {
            do { return try await body() } catch let error as AWSError
                where error.code == "ResourceNotFoundException" && error.doing == Self.listing
            {
                let names = try await CodeBuildProjects(by: aws, repetition: repetition).names()
                throw Failure.missingProject(name?.project ?? project ?? "", among: names, in: region)
            }
        }
    }

    private static let listing = "aws codebuild list-builds-for-project"
}
