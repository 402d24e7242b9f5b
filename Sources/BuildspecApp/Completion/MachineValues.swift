internal import BuildPlanning
internal import Caches
internal import ChildProcesses
internal import Engines
internal import Files
internal import SpecParsing
#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// The values that this machine knows: of its records, engine, files and settings. What cannot be read, or not in a moment, is left out:
/// whoever waits for a word wants no errors.
struct MachineValues: Sendable {
    let machine: Machine
    /// How long a program may take to answer.
    let limit: Duration
    /// Whether what is found is to be explained, too.
    let hasNotes: Bool

    private var places: Places { machine.places }
    private var records: BuildRecords { BuildRecords(places) }
    /// How many builds and batches are listed.
    private static let buildLimit = 30

    func values(of kind: CompletedValue, for current: String) async -> [Candidate] {
        switch kind {
        case .list(let values): values.map { Candidate($0) }
        case .rules(let rules): Self.rules(rules, after: current)
        case .builds: builds(current, (try? records.newestHere(Self.buildLimit)) ?? [])
        case .keptBuilds: builds(current, records.newest().filter { $0.isKept || $0.hasCheckpoints || $0.isRunning })
        case .batches:
            BatchRecords.uuids(in: places).prefix(Self.buildLimit).map { id($0, for: current, note: "batch") }
        case .batchBuilds: await batchBuilds
        case .phases: Self.phases(current)
        case .breakpoints: Self.phases(current) + [Candidate("failure", "after any command that failed")]
        case .images: await images() + Self.curatedImages
        case .curatedImages: Self.curatedImages
        case .projects: projects(current)
        case .sources: await sources(current)
        case .branches: await references("refs/heads")
        case .files: FileCandidates(places: places).candidates(for: current)
        case .folders: FileCandidates(places: places, foldersOnly: true).candidates(for: current)
        case .contexts: contexts
        case .profiles: profiles
        case .regions: Self.regions.map { Candidate($0) }
        case .caches: caches
        case .helpWords: HelpTopic.all.map { Candidate($0.name, $0.title) }
        }
    }

    // MARK: Builds

    /// Builds by the beginnings of their ids; by their trees where the word begins one of these.
    private func builds(_ current: String, _ builds: [RecordedBuild]) -> [Candidate] {
        let here = builds.filter { (try? $0.isOfProject(in: places)) ?? false }.prefix(Self.buildLimit)
        let named = here.map { id($0.uuid, for: current, note: hasNotes ? note(of: $0) : "") }
        guard current.utf8.count >= 4, !named.contains(where: { $0.word.hasPrefix(current) }) else { return named }
        return here.compactMap { build in
            guard let tree = try? build.tree() else { return nil }
            return Candidate(tree, "the tree of \(build.uuid.prefix(8))")
        }
    }

    /// An id as it is usually written; the whole one for who has written more.
    private func id(_ uuid: String, for current: String, note: String) -> Candidate {
        Candidate(current.utf8.count > 8 ? uuid : String(uuid.prefix(8)), note)
    }

    private func note(of build: RecordedBuild) -> String {
        guard let result = try? build.outline().result else { return "" }
        let minutes = max(0, (machine.now().microseconds - build.lastChange) / 60_000_000)
        let age = minutes < 120 ? "\(minutes) min" : minutes < 2880 ? "\(minutes / 60) h" : "\(minutes / 1440) days"
        return "\(result.status.rawValue), \(age) ago" + (build.isKept ? ", kept" : "")
    }

    // MARK: Words of buildspecs and images

    private var batchBuilds: [Candidate] {
        get async {
            guard var project = try? await Project.find(Asked(), on: machine) else { return [] }
            defer { project.release() }
            guard let place = try? project.buildspec(), let text = try? place.read(),
                let batch = readBuildSpec(text, file: place.shownPath).spec?.batch
            else { return [] }
            return BatchPlan(batch).builds.map { Candidate($0.identifier) }
        }
    }

    private static func phases(_ current: String) -> [Candidate] {
        let isLower = current.contains { $0.isLowercase }
        return PhaseName.allCases.map { Candidate(isLower ? $0.rawValue : $0.apiName) }
    }

    private static func rules(_ rules: [String], after current: String) -> [Candidate] {
        let head = current.lastIndex(of: ",").map { String(current[...$0]) } ?? ""
        let given = head.split(separator: ",").map(String.init)
        return rules.filter { !given.contains($0) }.map { Candidate(head + $0) }
    }

    private func images() async -> [Candidate] {
        ((try? await machine.briefEngine(within: limit).imageNames()) ?? []).map { Candidate($0, "on this engine") }
    }

    private static let curatedImages = CuratedImage.all
        .filter { $0.kind == .linux && ($0.state == .maintained || $0.state == .listed) }
        .map { Candidate($0.name, "CodeBuild's, \($0.state.rawValue)") }

    // MARK: Sources and settings

    private func projects(_ current: String) -> [Candidate] {
        if let mark = current.lastIndex(of: "#") {
            let file = String(current[..<mark])
            guard let bytes = try? Files.read(places.absolute(file), limit: Self.fileLimit) else { return [] }
            return projectNames(bytes, file: file).map { Candidate("\(file)#\($0)", "project") }
        }
        let found = ProjectSearch(in: places.absolute(".")).found.map { Candidate($0.words, "project") }
        return found + [Candidate("none", "no settings of the source")]
            + FileCandidates(places: places, ends: [".yml", ".yaml", ".json", ".template"]).candidates(for: current)
    }

    private static let fileLimit = 2 << 20

    private func sources(_ current: String) async -> [Candidate] {
        let fixed = [
            Candidate("git:worktree", "the files as they are"), Candidate("git:index", "what `git commit` would take"),
            Candidate("git:HEAD", "the last commit"), Candidate("git:sourceVersion", "what the settings name"),
        ]
        guard current.hasPrefix("git:") else {
            return fixed + FileCandidates(places: places, ends: [".zip"]).candidates(for: current)
        }
        return fixed + (await references("refs/heads", "refs/tags")).map { $0.following("git:") }
    }

    /// The short names of the branches or tags of the repository whose folder this is.
    private func references(_ kinds: String...) async -> [Candidate] {
        var command = Command(
            "git",
            [
                "-C", places.absolute("."), "for-each-ref", "--count=200", "--sort=-committerdate",
                "--format=%(refname:short)",
            ]
                + kinds, environment: ["GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"])
        command.patience = Command.Patience(limit: limit)
        guard let answer = try? await command.collect(), answer.status.isSuccess else { return [] }
        return answer.text.split(separator: "\n").map { Candidate(String($0)) }
    }

    // MARK: Names of other programs' settings

    /// The docker contexts, from docker's own folder.
    private var contexts: [Candidate] {
        struct Context: Decodable {
            let name: String
            enum CodingKeys: String, CodingKey { case name = "Name" }
        }
        let folder = places.environment["DOCKER_CONFIG"] ?? home.map { "\($0)/.docker" }
        guard let folder = folder.map({ "\($0)/contexts/meta" }) else { return [Candidate("default")] }
        return [Candidate("default")]
            + Files.names(in: folder).compactMap { name in
                guard let bytes = try? Files.read("\(folder)/\(name)/meta.json", limit: Self.fileLimit) else {
                    return nil
                }
                return (try? JSONDecoder().decode(Context.self, from: Data(bytes))).map { Candidate($0.name) }
            }
    }

    /// The names of the AWS CLI's profiles; nothing else of its files is looked at.
    private var profiles: [Candidate] {
        let files = [
            places.environment["AWS_CONFIG_FILE"] ?? home.map { "\($0)/.aws/config" },
            places.environment["AWS_SHARED_CREDENTIALS_FILE"] ?? home.map { "\($0)/.aws/credentials" },
        ]
        return files.compactMap { $0 }.flatMap { file -> [Candidate] in
            guard let bytes = try? Files.read(file, limit: Self.fileLimit) else { return [] }
            return bytes.split(separator: 0x0a).compactMap { line in
                let text = String(decoding: line, as: UTF8.self)
                guard text.hasPrefix("["), let end = text.firstIndex(of: "]") else { return nil }
                let words = text[..<end].dropFirst().split(separator: " ")
                guard words.count == 1 || words.count == 2 && words[0] == "profile" else { return nil }
                return words.last.map { Candidate(String($0)) }
            }
        }
    }

    private var home: String? { places.environment["HOME"] }

    private var caches: [Candidate] {
        let names = (try? CacheStore(directory: FilePath(places.cacheStore)).list().map(\.name)) ?? []
        return (names + ProjectRecordings.all(places).map(\.name)).map { Candidate($0) }
    }

    /// The regions that every account has.
    private static let regions = [
        "us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "sa-east-1", "eu-central-1", "eu-west-1",
        "eu-west-2", "eu-west-3", "eu-north-1", "ap-south-1", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3",
        "ap-southeast-1", "ap-southeast-2",
    ]
}
