import Artifacts
import BuildPlanning
import BuildRunning
import Caches
import Engines
import Files
import Rendering
import SourceSnapshots
import SpecParsing
import Synchronization
import TestSupport

/// A source, a place for artifacts and one for caches, and builds of that source in this process: its commands are run by
/// the shell of this machine, below a folder of their own. What needs an image of its own is shown in containers.
///
/// Commands see this machine. They may write below their folder, to `$HOME` and to `$ROOT` (the container's `/`), and nowhere
/// else.
struct HostPlayground: Sendable {
    let engine: HostShellEngine
    /// All folders of one test.
    private let folder: FilePath
    private let clock = TickingClock()
    var source: FilePath { folder.appending("source") }
    func other(_ identifier: String) -> FilePath { folder.appending("others").appending(identifier) }
    var out: FilePath { folder.appending("out") }
    /// The folder of the build's record.
    var record: FilePath { folder.appending("record") }
    var caches: FilePath { folder.appending("caches") }

    /// What is open to choice about one build.
    struct Options: Sendable {
        var image = HostShellEngine.emptyImage
        var variables: [String: String] = [:]
        var ways: [SourceStaging.Way] = [.copy]
        /// The identifiers of secondary sources, whose files lie in ``HostPlayground/other(_:)``.
        var others: [String] = []
        var usesCache = false
        /// Whether the driver lies in a folder that the container sees, and tar streams go through FIFOs.
        var sharesFolders = false
        var zips = false
        var isStrict = false
        var timeout = 3600
        var keep = EndingPlan.Keep.never
        var part = BuildPart()
        var debugging = Debugging()
        var secrets = BuildSecrets()
        var beginning = Beginning.fresh
        var onCheckpoint: (@Sendable (Checkpoint) async throws -> Void)?
    }

    /// Runs `body` in new folders, which are gone afterwards.
    static func with<Result>(_ body: (HostPlayground) async throws -> Result) async throws -> Result {
        // As the program does it: what is written to a child that has ended is an error.
        signal(SIGPIPE, SIG_IGN)
        return try await withScratch { scratch in
            // `run-as` goes through it.
            chmod(scratch.string, 0o755)
            return try await HostShellEngine.with { engine in
                let play = HostPlayground(engine: engine, folder: scratch)
                try Folder.make(play.source.string, mode: 0o755)
                return try await body(play)
            }
        }
    }

    func write(_ path: String, _ text: String, mode: UInt32 = 0o644) throws {
        let file = source.appending(path)
        try Folder.make(file.removingLastComponent().string, mode: 0o755)
        try file.write(text)
        chmod(file.string, mode)
    }

    /// Builds a buildspec's text, which is no file of the source.
    ///
    /// - Parameters:
    ///   - id: names the container, and the place that the source has in it.
    ///   - events: receives the events as they come.
    /// - Throws: what the build throws.
    @discardableResult
    func run(
        _ text: String, _ options: Options = Options(), as id: BuildID = newID(), to events: Events = Events()
    ) async throws -> HostBuild {
        let reading = readBuildSpec(Array(text.utf8), file: "buildspec.yml")
        guard let spec = reading.spec else { throw Unreadable(findings: reading.diagnostics.map(\.message)) }
        let job = try await job(BuildPlan(spec, request(id, text, options)), options)
        try await LocalPlace().run(job, from: options.beginning) { events.add($0) }
        return events.build
    }

    static func newID() -> BuildID {
        let parts = (0..<4).map { _ in String(UInt32.random(in: .min ... .max), radix: 16) }
        return BuildID(project: "source", uuid: parts.joined(separator: "-"))
    }

    /// Whether builds can be run so: the driver reads `/proc`, as in every container.
    static let isPossible: Bool = {
        #if os(Linux)
            true
        #else
            false
        #endif
    }()

    struct Unreadable: Error { let findings: [String] }

    private func request(_ id: BuildID, _ text: String, _ options: Options) -> BuildRequest {
        let root = engine.root(of: id.containerName)
        // Where a container has its own file system these are paths without the folder in front.
        let directories = ContainerLayout.sourceDirectories(of: id, count: 1 + options.others.count)
        var places = ["ROOT": root, "HOME": "\(root)/root", "CODEBUILD_SRC_DIR": root + directories[0]]
        for (name, directory) in zip(options.others, directories.dropFirst()) {
            places["CODEBUILD_SRC_DIR_\(name)"] = root + directory
        }
        let overrides = places.merging(options.variables) { $1 }.sorted { $0.key < $1.key }
        var request = BuildRequest(
            id: id, image: options.image, buildspecPath: nil,
            overrides: overrides.map { .init(name: $0.key, value: $0.value, origin: .flag) }, source: SourceFacts(),
            initiator: "test", region: "eu-west-1", buildNumber: 1, startMilliseconds: 1_600_000_000_000,
            timeout: options.timeout, usesCache: options.usesCache, inlineBuildspec: text)
        request.isStrict = options.isStrict
        request.secondarySources = options.others.map { ($0, SourceFacts()) }
        return request
    }

    private func job(_ plan: BuildPlan, _ options: Options) async throws -> BuildJob {
        var container = ContainerSpec(name: plan.id.containerName, image: plan.image)
        container.memoryMounts = [ContainerLayout.state]
        var surroundings = Surroundings(
            engine: engine, container: container,
            source: SourceStaging(
                .folder(source.string, excluding: []), root: source.string, ways: options.ways, volumeRoot: nil,
                changesOwner: false, remember: { _ in }),
            artifacts: ArtifactStore(directory: out),
            process: BuildProcess(
                nonce: "nonce-\(UInt64.random(in: .min ... .max))",
                now: { clock.next() },
                programVersion: "VERSION"))
        surroundings.source.others = plan.secondarySources.map {
            SourceStaging.Other(.folder(other($0.identifier).string, excluding: []), target: $0.directory)
        }
        surroundings.root = engine.root(of: container.name)
        surroundings.secrets = options.secrets
        surroundings.records = record.string
        try Folder.make(record.string)
        surroundings.onCheckpoint = options.onCheckpoint
        if options.sharesFolders {
            surroundings.programs = try await programs()
            surroundings.pipes = folder.appending("pipes").string
            try Folder.make(folder.appending("pipes").string)
        }
        if options.usesCache {
            surroundings.cache = CacheKeeping(
                .local(CacheStore(directory: caches)), project: "source",
                metadata: CacheMetadata(savedAt: "2020-09-13T12:26:40Z"))
        }
        return BuildJob(
            recipe: BuildRecipe(
                plan: plan, project: ProjectIdentity(name: "source", key: "source", folder: source.string),
                container: ContainerPlan(
                    image: plan.image, imageIsDefault: false, context: nil, pull: .never, platform: nil, cpus: nil,
                    memory: nil, docker: .absent, otherImages: []),
                network: NetworkPlan(
                    policy: .open, hasRecordings: false, playsAWS: false, account: "000000000000", region: "eu-west-1",
                    repositories: []),
                sources: [SourcePlan(folder: source.string, kind: nil, target: plan.sourceDirectory)],
                cache: CachePlacement(place: .shared, isUsed: options.usesCache, namespace: nil),
                artifacts: ArtifactsPlan(folder: out.string, zips: options.zips, taskDefinition: nil),
                part: options.part,
                ending: EndingPlan(
                    keep: options.keep, makesCheckpoints: options.onCheckpoint != nil, timeout: options.timeout,
                    isStrict: options.isStrict)),
            surroundings: surroundings, debugging: options.debugging)
    }

    /// A folder with the driver and the programs of user/bin.
    private func programs() async throws -> String {
        let programs = folder.appending("programs")
        try Folder.make(programs.string, mode: 0o755)
        try programs.appending("driver.sh").write(driverText)
        try await makeBuildPrograms(in: "\(programs)/bin")
        return programs.string
    }

    /// The paths of all files below a folder, links included.
    func files(in folder: FilePath) async throws -> [String] {
        guard Folder.exists(folder.string) else { return [] }
        let listing = try await TestSupport.run("find", folder.string, "!", "-type", "d", "-printf", "%P\\0")
        return listing.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }.sorted()
    }
}

/// Every look at it is a millisecond later.
private final class TickingClock: Sendable {
    private let time = Mutex<Int64>(1_600_000_000_000_000)

    func next() -> Timestamp {
        time.withLock {
            $0 += 1000
            return Timestamp(microseconds: $0)
        }
    }
}

/// The events of a build, as far as they have come.
final class Events: Sendable {
    private let all = Mutex<[BuildEvent]>([])

    func add(_ event: BuildEvent) { all.withLock { $0.append(event) } }
    var build: HostBuild { HostBuild(events: all.withLock { $0 }) }
}

/// What came of a build.
struct HostBuild: Sendable {
    let events: [BuildEvent]

    /// As the last event tells it.
    var status: BuildStatus? {
        if case .buildFinished(let status)? = events.last?.kind { status } else { nil }
    }

    /// The log without its stamps, one line each.
    var log: [String] {
        var renderer = LogRenderer()
        let bytes = events.flatMap { renderer.render($0) }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false).map {
            String($0).replacing(#/^\[Container\] [0-9/]{10} [0-9:]{8}\.[0-9]{6} /#, with: "[Container] ")
        }
    }

    /// What the commands printed, line by line, without empty lines.
    var printed: [String] {
        let bytes = events.flatMap { event in if case .output(_, let bytes) = event.kind { bytes } else { [UInt8]() } }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// Our own words, which are no part of the log.
    var notices: [String] {
        events.compactMap { if case .notice(let text) = $0.kind { text } else { nil } }
    }

    var reports: [ReportFacts] {
        events.compactMap { if case .reportMade(let report) = $0.kind { report } else { nil } }
    }

    /// How each phase ended that was begun.
    var phases: [BuildPhase: PhaseStatus] {
        events.reduce(into: [:]) { phases, event in
            if case .phaseFinished(let phase, let status, _, _) = event.kind { phases[phase] = status }
        }
    }

    /// The phases whose commands were run, in order.
    var commandedPhases: [BuildPhase] {
        events.compactMap { if case .commandStarted(let phase, _, _) = $0.kind { phase } else { nil } }
    }

    var exportedVariables: [String: String] {
        events.reduce(into: [:]) { all, event in
            if case .variablesExported(let variables) = event.kind {
                for variable in variables { all[variable.name] = variable.value }
            }
        }
    }
}

/// Makes the programs of user/bin, which are one text by several names.
func makeBuildPrograms(in folder: String) async throws {
    let first = "\(folder)/\(buildProgramNames[0])"
    try await makeProgram(buildProgramsText, at: first)
    for name in buildProgramNames.dropFirst() { _ = link(first, "\(folder)/\(name)") }
}
