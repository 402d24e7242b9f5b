import Artifacts
import BuildPlanning
import Caches
import ChildProcesses
import Engines
import Files
import Foundation
import SourceSnapshots
import SpecParsing
import Synchronization
import Testing

@testable import BuildRunning

/// One build of a folder of its own in a container of the real engine.
final class BuildPlay: Sendable {
    let root: String
    var source: String { "\(root)/source" }
    /// BusyBox and nothing else.
    static let image = "buildspec/busybox"

    init() throws {
        // As the program does it: what is written to a driver that has ended is an error.
        signal(SIGPIPE, SIG_IGN)
        root =
            FileManager.default.temporaryDirectory
            .appending(path: "buildspec-test-\(UUID().uuidString.lowercased())").path
        try FileManager.default.createDirectory(atPath: "\(root)/source", withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    func write(_ path: String, _ text: String) throws {
        let file = URL(filePath: "\(source)/\(path)")
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }

    /// A job that builds the folder as a buildspec says.
    func job(
        _ buildspec: String, engine: any BuildEngine = DockerEngine(), image: String = BuildPlay.image,
        timeout: Int = 600, ending: EndingPlan.Keep = .never
    ) throws -> BuildJob {
        let reading = readBuildSpec(Array(buildspec.utf8), file: "buildspec.yml")
        let spec = try #require(reading.spec)
        let id = BuildID(project: "play", uuid: UUID().uuidString.lowercased())
        let plan = BuildPlan(
            spec,
            BuildRequest(
                id: id, image: image, buildspecPath: "buildspec.yml", overrides: [],
                source: SourceFacts(path: source), initiator: "test", region: "eu-west-1", buildNumber: 1,
                startMilliseconds: 0, timeout: timeout, usesCache: true, inlineBuildspec: nil))
        var container = ContainerSpec(name: id.containerName, image: image)
        container.labels = ["dev.buildspec.build": "\(id)"]
        container.memoryMounts = [ContainerLayout.state]
        container.isOffline = true
        let surroundings = Surroundings(
            engine: engine, container: container,
            source: SourceStaging(
                .folder(source, excluding: []), root: source, ways: [.stream], volumeRoot: nil, changesOwner: false
            ) { _ in },
            artifacts: ArtifactStore(directory: FilePath("\(root)/out")),
            process: BuildProcess(
                nonce: UUID().uuidString, now: { Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1e6)) },
                programVersion: "test"))
        var job = BuildJob(recipe: Self.recipe(of: plan, keep: ending), surroundings: surroundings)
        job.surroundings.cache = cache()
        return job
    }

    /// Caches in a folder of this machine.
    func cache(in folder: String = "cache") -> CacheKeeping {
        CacheKeeping(
            .local(CacheStore(directory: FilePath("\(root)/\(folder)"))), project: "play",
            metadata: CacheMetadata(savedAt: "2026-01-01T00:00:00Z"))
    }

    /// Lets tar streams go through FIFOs of a folder that the container sees, and not through the engine.
    func usePipes(in job: inout BuildJob) async throws {
        try FileManager.default.createDirectory(atPath: "\(root)/pipes", withIntermediateDirectories: true)
        try await makeBuildPrograms(in: "\(root)/programs/bin")
        try Data(driverText.utf8).write(to: URL(filePath: "\(root)/programs/driver.sh"))
        job.surroundings.programs = "\(root)/programs"
        job.surroundings.pipes = "\(root)/pipes"
        job.surroundings.source = SourceStaging(
            .folder(source, excluding: []), root: source, ways: [.copy], volumeRoot: nil, changesOwner: false
        ) { _ in }
    }

    /// The recipe of a plan, without anything that only the application uses.
    static func recipe(of plan: BuildPlan, keep: EndingPlan.Keep = .never) -> BuildRecipe {
        BuildRecipe(
            plan: plan, project: ProjectIdentity(name: "play", key: "play", folder: plan.sourcePath ?? "/"),
            container: ContainerPlan(
                image: plan.image, imageIsDefault: false, context: nil, pull: .never, platform: nil, cpus: nil,
                memory: nil, docker: .absent, otherImages: []),
            network: NetworkPlan(
                policy: .closed, hasRecordings: false, playsAWS: false, account: "000000000000", region: "eu-west-1",
                repositories: []),
            sources: [], cache: CachePlacement(place: .shared, isUsed: false, namespace: nil),
            artifacts: ArtifactsPlan(folder: nil, zips: false, taskDefinition: nil), part: BuildPart(),
            ending: EndingPlan(keep: keep, makesCheckpoints: false, timeout: plan.timeout, isStrict: false))
    }
}

/// Keeps the events of a build, and fails on those it is told to.
final class EventList: Sendable {
    private let list = Mutex<[BuildEvent.Kind]>([])
    private let failsOn: @Sendable (BuildEvent.Kind) -> Bool

    /// What a broken output says.
    struct Broken: Error {}

    init(failsOn: @escaping @Sendable (BuildEvent.Kind) -> Bool = { _ in false }) { self.failsOn = failsOn }

    func take(_ event: BuildEvent) throws {
        list.withLock { $0.append(event.kind) }
        if failsOn(event.kind) { throw Broken() }
    }

    var kinds: [BuildEvent.Kind] { list.withLock { $0 } }

    var notices: [String] {
        kinds.compactMap { if case .notice(let text) = $0 { text } else { nil } }
    }

    /// How each phase has ended, the last word about it.
    var phases: [BuildPhase: PhaseStatus] {
        kinds.reduce(into: [:]) { phases, kind in
            if case .phaseFinished(let phase, let status, _, _) = kind { phases[phase] = status }
        }
    }

    /// Why each phase has failed, if it has.
    var reasons: [BuildPhase: String] {
        kinds.reduce(into: [:]) { reasons, kind in
            if case .phaseFinished(let phase, _, let context, _) = kind { reasons[phase] = context.message }
        }
    }

    /// The agent's lines of the log.
    var log: [String] {
        kinds.compactMap { if case .agentLog(_, let text) = $0 { text } else { nil } }
    }

    var output: String {
        kinds.reduce(into: "") { text, kind in
            if case .output(_, let bytes) = kind { text += String(decoding: bytes, as: UTF8.self) }
        }
    }
}

/// The real engine, but for requests that are made to fail.
struct FaultyEngine: BuildEngine {
    private let engine = DockerEngine()
    private let counts = Counts()
    /// The requests of each kind that fail, counted from 1.
    private let failing: [Request: ClosedRange<Int>]
    /// The engine's reason, as it shall be told.
    static let reason = "the engine is out of sorts"

    enum Request { case remove, copyOut, copyIn }

    private final class Counts: Sendable {
        let made = Mutex<[Request: Int]>([:])
    }

    init(failing: [Request: ClosedRange<Int>]) { self.failing = failing }

    private func mayFail(_ request: Request, doing: String) throws {
        let number = counts.made.withLock { made in
            made[request, default: 0] += 1
            return made[request, default: 0]
        }
        if failing[request]?.contains(number) == true {
            throw EngineError(.refused, doing: doing, reason: Self.reason)
        }
    }

    func withContainer<Result: Sendable>(
        _ spec: ContainerSpec, _ body: @Sendable (ChildStreams) async throws -> Result
    ) async throws -> (result: Result, status: ChildStatus) { try await engine.withContainer(spec, body) }

    func withShell<Result: Sendable>(
        in container: String, _ arguments: [String], _ body: @Sendable (ChildStreams) async throws -> Result
    ) async throws -> Result { try await engine.withShell(in: container, arguments, body) }

    func isRunning(_ container: String) async throws -> Bool { try await engine.isRunning(container) }

    func diagnose(_ spec: ContainerSpec, status: ChildStatus, said: String) async -> EngineError {
        await engine.diagnose(spec, status: status, said: said)
    }

    func remove(_ container: String) async throws -> Bool {
        try mayFail(.remove, doing: "remove container `\(container)`")
        return try await engine.remove(container)
    }

    func copyOut(_ path: String, of container: String, to descriptor: Int32) async throws {
        do { try mayFail(.copyOut, doing: "copy `\(path)` out of the container") } catch {
            close(descriptor)
            throw error
        }
        try await engine.copyOut(path, of: container, to: descriptor)
    }

    func copyIn(from descriptor: Int32, to folder: String, of container: String) async throws {
        do { try mayFail(.copyIn, doing: "copy into `\(folder)` of the container") } catch {
            close(descriptor)
            throw error
        }
        try await engine.copyIn(from: descriptor, to: folder, of: container)
    }

    func commit(_ container: String, as image: String, labels: [String: String]) async throws {
        try await engine.commit(container, as: image, labels: labels)
    }
    func imageSize(_ image: String) async throws -> Int? { try await engine.imageSize(image) }
    func imageID(_ image: String) async throws -> String? { try await engine.imageID(image) }
    func imageConfiguration(_ image: String) async throws -> ImageConfiguration? {
        try await engine.imageConfiguration(image)
    }
    func imageNames() async throws -> [String] { try await engine.imageNames() }
    func removeImage(_ image: String) async throws { try await engine.removeImage(image) }
    func copyImage(_ image: String, into container: String) async throws {
        try await engine.copyImage(image, into: container)
    }
    func saveImages(_ names: [String], to descriptor: Int32) async throws {
        try await engine.saveImages(names, to: descriptor)
    }
    func loadImages(from descriptor: Int32) async throws { try await engine.loadImages(from: descriptor) }
}
