internal import BuildPlanning

/// A kind of values that an argument may have, as far as this machine knows some.
enum CompletedValue: Equatable, Sendable {
    case list([String])
    /// Rules with commas between.
    case rules([String])
    case builds, keptBuilds, batches
    /// The identifiers of the builds of this folder's batch.
    case batchBuilds
    case phases, breakpoints
    case images, curatedImages
    /// What `--project` of a build takes.
    case projects
    case sources, branches
    case files, folders
    case contexts, profiles, regions, caches
    /// The commands and topics that `help` explains.
    case helpWords

    /// The kinds of values that an argument of a command takes; none where nothing can be said.
    static func kinds(of flag: CommandTree.Flag, in command: CommandTree) -> [CompletedValue] {
        if !flag.values.isEmpty { return [flag.name == "--fail-on" ? .rules(flag.values) : .list(flag.values)] }
        return byCommand(flag, command.path.dropFirst().joined(separator: " ")) ?? byName[flag.name]
            ?? byValue[flag.valueName] ?? []
    }

    /// What a name means in one command only.
    private static func byCommand(_ flag: CommandTree.Flag, _ command: String) -> [CompletedValue]? {
        switch (command, flag.name) {
        case ("show", "build"): [.builds, .batches]
        case ("shell", "build"), ("resume", "build"): [.keptBuilds]
        case ("logs", "--diff"): [.builds, .files]
        case ("images build", "image"): [.list(["standard"]), .curatedImages]
        case ("images build", "--from"), ("images list", "--project"), ("images pull", "--project"),
            ("images serve", "--project"):
            [.folders]
        case ("builds", "--project"), ("show", "--project"), ("logs", "--project"), ("hook install", "--path"),
            ("hook run", "--path"), ("shell", "--copy-out"):
            []
        case ("hook run", "hook"): [.list(["pre-push"])]
        case ("hook run", "words"): []
        case ("help", "topic"): [.helpWords]
        default: nil
        }
    }

    private static let byName: [String: [CompletedValue]] = [
        "--source": [.sources], "--project": [.projects], "--branch": [.branches], "--break": [.breakpoints],
        "--compute": [.list(ComputeSize.names)], "--pipeline": [.folders], "--from-build": [.files],
        "--aws-credentials": [.profiles], "--env": [], "--cache": [.folders], "--only": [.batchBuilds],
    ]

    private static let byValue: [String: [CompletedValue]] = [
        "build": [.builds], "phase": [.phases], "image": [.images], "context": [.contexts], "profile": [.profiles],
        "region": [.regions], "cache": [.caches], "file": [.files], "paths": [.files], "path": [.files],
        "dir": [.folders],
    ]
}
