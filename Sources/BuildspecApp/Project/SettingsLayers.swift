internal import BuildPlanning
internal import SpecParsing

/// The layers that settings come from: flags, environment, settings file.
///
/// It looks values up in them, strongest first, and remembers where each was found.
struct SettingsLayers {
    let asked: Asked
    let file: ProjectSettings
    let places: Places
    /// What the settings file may name paths in.
    let bounds: SourceBounds
    private(set) var decisions: [BuildPlan.Decision] = []

    init(asked: Asked, file: ProjectSettings, places: Places, bounds: SourceBounds) {
        self.asked = asked
        self.file = file
        self.places = places
        self.bounds = bounds
    }

    /// The keys that a settings file may not have, since they reach for what is the user's: engines, accounts and secrets. The
    /// file may come from a stranger's repository (Documentation/security.md).
    static let usersAlone: Set<String> = [
        "engine", "context", "aws", "aws-credentials", "profile", "mask", "annotate",
    ]

    /// The keys that name what a build writes.
    private static let written: Set<String> = ["artifacts", "build-json", "html", "junit", "reports", "cache"]

    /// - Parameter setting: the same in the words of CreateProject, where it has some.
    /// - Throws: ``Failure`` (78) when the settings file decides what only the user may.
    mutating func text(_ flag: String?, _ name: String, setting: Located<String>? = nil) throws -> String? {
        let found: BuildPlan.Decision? =
            if let flag {
                .init(name: name, value: flag, origin: .flag, place: "--\(name)")
            } else if let text = places.variable(name) {
                .init(name: name, value: text, origin: .environment, place: Places.variableName(of: name))
            } else if let extra = file.extra[name], let text = extra.value.last {
                .init(name: name, value: text, origin: .settings, place: "\(extra.location)")
            } else if let setting {
                .init(name: name, value: setting.value, origin: .settings, place: "\(setting.location)")
            } else {
                nil
            }
        guard let found else { return nil }
        decisions.append(found)
        let isUsersAlone = Self.usersAlone.contains(name) && !Self.isOff(found.value)
        // A repository may ask for a daemon inside its container, but not for the user's own.
        let isUsersEngine = name == "docker" && found.value == ContainerPlan.Docker.host.rawValue
        if found.origin == .settings, isUsersAlone || isUsersEngine {
            throw refused("which only you may set, not a repository")
        }
        return found.value
    }

    /// The layer that a setting was found in; `nil` where nobody said anything.
    func origin(of name: String) -> BuildPlan.Origin? { decisions.last { $0.name == name }?.origin }

    /// The absolute path of a file or folder of this machine.
    ///
    /// - Throws: ``Failure`` (78) when the settings file names one outside of its source.
    mutating func path(_ flag: String?, _ name: String) throws -> String? { try text(flag, name).map(path) }

    /// The absolute path that the value means which was looked up last.
    func path(_ value: String) throws -> String {
        guard decisions.last?.origin == .settings else { return places.absolute(value) }
        guard !value.contains("://"), let inside = bounds.resolve(value) else {
            throw refused("which lies outside of the source")
        }
        if bounds.isFleeting, let last = decisions.last, Self.written.contains(last.name) {
            throw refused("and the source is an archive, into which nothing is written")
        }
        return inside
    }

    /// The last value that was looked up is one that the settings file may not decide.
    private func refused(_ why: String) -> Failure {
        guard let last = decisions.last else { return Failure(.invalidSettings, why) }
        return Failure(
            .invalidSettings, "`\(last.place ?? "")` sets `\(last.name)` to `\(last.value)`, \(why)",
            help: "if you want it, say so with --\(last.name) or \(Places.variableName(of: last.name))")
    }

    static func isOn(_ text: String) -> Bool { ["1", "true", "yes", "on"].contains(text.lowercased()) }

    static func isOff(_ text: String) -> Bool { ["0", "false", "no", "off"].contains(text.lowercased()) }

    /// How many processors the build may use, as the engine reads it.
    ///
    /// - Throws: ``Failure`` for what is no number.
    mutating func cpus() throws -> String? {
        guard let text = try text(asked.cpus, "cpus") else { return nil }
        guard text.wholeMatch(of: /[0-9]+(\.[0-9]*)?|\.[0-9]+/) != nil else {
            throw wrong("a number such as `2` or `0.5`")
        }
        return text
    }

    /// How much memory the build may use, as the engine reads it.
    ///
    /// - Throws: ``Failure`` for what is no size.
    mutating func memory() throws -> String? {
        guard let text = try text(asked.memory, "memory") else { return nil }
        guard text.lowercased().wholeMatch(of: /[0-9]+(\.[0-9]+)? ?([kmgtp](i?b)?|b)?/) != nil else {
            throw wrong("a size such as `512m` or `3g`")
        }
        return text
    }

    /// How long a container waits for the next build, in seconds; `nil` where none does.
    ///
    /// - Throws: ``Failure`` for what is no time, or too long a one.
    mutating func spare() throws -> Int? {
        guard let text = try text(asked.spare, "spare"), !Self.isOff(text) else { return nil }
        let time = try Settings.seconds(text, of: "spare")
        guard time <= SpareRules.longest else { throw wrong("at most \(SpareRules.longest / 60)m") }
        return time
    }

    /// The size of the machine that the build is to have; `nil` where nobody asks for one.
    ///
    /// - Throws: ``Failure`` for a compute type that is not known.
    mutating func computeSize() throws -> ComputeSize? {
        guard let text = try text(asked.compute, "compute", setting: sizeOfBuild) else { return nil }
        guard text == "project" else {
            guard
                let size = ComputeSize(
                    type: text, environmentType: asked.environmentType ?? file.compute.environmentType?.value)
            else {
                throw wrong((["project"] + ComputeSize.names).map { "`\($0)`" }.joined(separator: ", "))
            }
            return size
        }
        let compute = file.compute
        if let memory = compute.memory { return ComputeSize(processors: compute.processors, memory: memory) }
        guard let type = compute.type else {
            throw Failure(
                .invalidSettings, "`compute` is `project`, but the settings have no `environment.computeType`",
                help: "name a type: `--compute BUILD_GENERAL1_SMALL`")
        }
        guard let size = ComputeSize(type: type.value, environmentType: compute.environmentType?.value) else {
            throw Failure(
                .invalidSettings, "`\(type.location)`: buildspec does not know the size of `\(type.value)`",
                help: "say it with --cpus and --memory")
        }
        return size
    }

    /// A build that is run again has the size that it had, where that is known.
    private var sizeOfBuild: Located<String>? {
        let compute = file.compute
        guard file.isOfBuild, let type = compute.type,
            compute.memory != nil
                || ComputeSize(type: type.value, environmentType: compute.environmentType?.value) != nil
        else { return nil }
        return Located("project", at: type.location)
    }

    /// The folders that the user mounts in the place of the project's file systems.
    ///
    /// - Throws: ``Failure`` for what is no `ID=DIR`, an identifier that the project does not have, and a missing folder.
    func mounts() throws -> [FileSystemMount]? {
        guard let asked = asked.mount else { return nil }
        return try asked.map { text in
            guard let sign = text.firstIndex(of: "="), sign > text.startIndex else {
                throw Failure(.usage, "`--mount` is `\(text)`, expected ID=DIR")
            }
            let identifier = String(text[..<sign])
            guard let system = file.fileSystems.first(where: { $0.identifier == identifier }) else {
                let known = file.fileSystems.map { "`\($0.identifier)`" }.joined(separator: ", ")
                throw Failure(
                    .usage, "`--mount` names `\(identifier)`, and the project has no file system of that identifier",
                    help: known.isEmpty ? "`fileSystemLocations` of its settings is empty" : "it has \(known)")
            }
            let folder = places.absolute(String(text[text.index(after: sign)...]))
            guard Files.kind(of: folder) == .folder else {
                throw Failure(.noSuchFile, "cannot find the folder `\(folder)`, which `--mount` names")
            }
            guard system.mountPoint.hasPrefix("/"), !system.mountPoint.split(separator: "/").contains("..") else {
                throw Failure(
                    .invalidSettings,
                    "`\(system.place)`: `mountPoint` is `\(system.mountPoint)`, expected an absolute path")
            }
            return FileSystemMount(identifier: identifier, folder: folder, target: system.mountPoint)
        }
    }

    /// Remembers a value that follows from the compute type.
    mutating func derived(_ name: String, _ value: String?) -> String? {
        guard let value, let compute = decisions.last(where: { $0.name == "compute" }) else { return nil }
        decisions.append(.init(name: name, value: value, origin: compute.origin, place: compute.place))
        return value
    }

    /// A list that only the settings file can give.
    mutating func list(_ name: String) -> [Located<String>] {
        guard let extra = file.extra[name], !extra.value.isEmpty else { return [] }
        decisions.append(
            .init(
                name: name, value: extra.value.joined(separator: ", "), origin: .settings, place: "\(extra.location)"))
        return extra.value.map { Located($0, at: extra.location) }
    }

    /// Remembers a default, where nobody said anything.
    mutating func note(_ name: String, default value: String) {
        guard !decisions.contains(where: { $0.name == name }) else { return }
        decisions.append(.init(name: name, value: value, origin: .default, place: nil))
    }

    /// - Parameter setting: as of ``text(_:_:setting:)``.
    mutating func isOn(_ flag: Bool, _ name: String, setting: Located<Bool>? = nil) throws -> Bool {
        try isOn(flag ? true : nil, name, setting: setting)
    }

    /// - Parameter flag: what the flag says, or its opposite; `nil` where neither is given.
    mutating func isOn(_ flag: Bool?, _ name: String, setting: Located<Bool>? = nil) throws -> Bool {
        let setting = setting.map { Located($0.value ? "yes" : "no", at: $0.location) }
        guard let text = try text(flag.map { $0 ? "yes" : "no" }, name, setting: setting) else { return false }
        switch text {
        case _ where Self.isOn(text): return true
        case _ where Self.isOff(text): return false
        default: throw wrong("`yes` or `no`")
        }
    }

    mutating func choice<Choice: RawRepresentable & CaseIterable>(
        _ flag: String?, _ name: String, default fallback: Choice
    ) throws -> Choice where Choice.RawValue == String {
        guard let text = try text(flag, name) else { return fallback }
        guard let choice = Choice(rawValue: text) else {
            throw wrong(Choice.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", "))
        }
        return choice
    }

    mutating func failRules() throws -> [FailRule] {
        guard let text = try text(asked.failOn, "fail-on") else { return [] }
        guard let rules = FailRule.read(text) else {
            throw wrong("a list of `tests`, `new-failures`, `coverage<80` and `branches<80`")
        }
        return rules
    }

    /// The service that is told of failed tests in its own format; `nil` where none is.
    mutating func annotations() throws -> AnnotationFormat? {
        guard let text = try text(asked.annotate, "annotate"), !Self.isOff(text) else { return nil }
        guard let format = AnnotationFormat(rawValue: text) else { throw wrong("`github` or `gitlab`") }
        return format
    }

    /// The last value that was looked up is not a known one.
    private func wrong(_ expected: String) -> Failure {
        guard let last = decisions.last else { return Failure(.usage, "expected \(expected)") }
        let status: ExitStatus = last.origin == .settings ? .invalidSettings : .usage
        return Failure(status, "`\(last.place ?? last.name)` is `\(last.value)`, expected \(expected)")
    }
}
