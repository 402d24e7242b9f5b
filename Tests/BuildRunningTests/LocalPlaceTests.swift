import BuildPlanning
import Engines
import Foundation
import SourceSnapshots
import Testing

@testable import BuildRunning

/// How builds end, above all those that break off: each ends with `buildFinished`.
@Suite(.enabled(if: engineIsThere)) struct LocalPlaceTests {
    private static let sleeping = "version: 0.2\nphases: {build: {commands: [echo begun, sleep 100, echo never]}}"

    private struct Mishap: Error {}

    /// Runs a build, and returns the error it ended with.
    private func failure(
        of job: BuildJob, from beginning: Beginning = .fresh, _ events: EventList
    ) async throws -> (any Error)? {
        do {
            try await LocalPlace().run(job, from: beginning) { try events.take($0) }
            return nil
        } catch { return error }
    }

    @Test func `a build that nothing disturbs succeeds`() async throws {
        let play = try BuildPlay(), events = EventList()
        try play.write("file", "content")
        let error = try await failure(
            of: play.job("version: 0.2\nphases: {build: {commands: [cat file]}}"), events)
        #expect(error == nil)
        #expect(events.output == "content")
        #expect(events.kinds.last == .buildFinished(status: .succeeded))
    }

    @Test func `an engine that cannot be called leaves a build with the status FAULT`() async throws {
        let play = try BuildPlay(), events = EventList()
        let error = try await failure(
            of: play.job(Self.sleeping, engine: DockerEngine(program: "no-such-docker")), events)
        #expect((error as? EngineError)?.code == .unreachable)
        #expect(events.phases == [.downloadSource: .fault])
        #expect(events.kinds.last == .buildFinished(status: .fault))
    }

    @Test func `a source that cannot be read leaves a build with the status FAULT`() async throws {
        let play = try BuildPlay(), events = EventList()
        let job = try play.job(Self.sleeping)
        try FileManager.default.removeItem(atPath: play.source)
        let error = try await failure(of: job, events)
        #expect(error != nil)
        #expect(events.phases == [.downloadSource: .fault])
        #expect(events.kinds.last == .buildFinished(status: .fault))
        #expect(try await !DockerEngine().isRunning(job.surroundings.container.name))
    }

    @Test func `a checkpoint that cannot be stored leaves a build with the status FAULT`() async throws {
        let play = try BuildPlay(), events = EventList()
        var job = try play.job(Self.sleeping)
        job.surroundings.onCheckpoint = { _ in throw Mishap() }
        let error = try await failure(of: job, events)
        #expect(error is Mishap)
        #expect(events.phases[.preBuild] == .fault)
        #expect(events.kinds.last == .buildFinished(status: .fault))
        try await DockerEngine().removeImage("buildspec-checkpoint:\(job.plan.id.uuid)-build")
    }

    @Test func `an output that breaks under a command ends the phase and the build with FAULT`() async throws {
        let play = try BuildPlay()
        let events = EventList { if case .output = $0 { true } else { false } }
        let error = try await failure(of: play.job(Self.sleeping), events)
        #expect(error is EventList.Broken)
        #expect(events.phases[.build] == .fault)
        #expect(events.kinds.last == .buildFinished(status: .fault))
    }

    @Test func `an output that nobody reads any more stops the build`() async throws {
        struct Unread: StoppingError {}
        let play = try BuildPlay(), events = EventList()
        let job = try play.job(Self.sleeping)
        await #expect(throws: Unread.self) {
            try await LocalPlace().run(job, from: .fresh) { event in
                try events.take(event)
                if case .output = event.kind { throw Unread() }
            }
        }
        #expect(events.phases[.build] == .stopped)
        #expect(events.kinds.last == .buildFinished(status: .stopped))
    }

    @Test func `an output that breaks at the first event still hears of the end`() async throws {
        let play = try BuildPlay(), events = EventList { _ in true }
        let error = try await failure(of: play.job(Self.sleeping), events)
        #expect(error is EventList.Broken)
        #expect(events.kinds.last == .buildFinished(status: .fault))
        #expect(events.kinds.count == 3)
    }

    @Test func `a build cancelled before its container starts is STOPPED`() async throws {
        let play = try BuildPlay(), events = EventList()
        let job = try play.job(Self.sleeping)
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await failure(of: job, events)
        }
        #expect(try await task.value is CancellationError)
        #expect(events.kinds.last == .buildFinished(status: .stopped))
    }

    @Test func `a build cancelled under a command is STOPPED`() async throws {
        let play = try BuildPlay(), events = EventList()
        let job = try play.job(Self.sleeping)
        let task = Task { try await failure(of: job, events) }
        while events.output.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
        task.cancel()
        #expect(try await task.value is CancellationError)
        #expect(events.phases[.build] == .stopped)
        #expect(events.kinds.last == .buildFinished(status: .stopped))
        #expect(try await !DockerEngine().isRunning(job.surroundings.container.name))
    }

    @Test func `a container that the engine does not remove in time ends the build all the same`() async throws {
        let play = try BuildPlay(), events = EventList()
        let job = try play.job(Self.sleeping, engine: FaultyEngine(failing: [.remove: 1...1]), timeout: 1)
        let start = ContinuousClock.now
        let error = try await failure(of: job, events)
        #expect(error == nil)
        #expect(ContinuousClock.now - start < .seconds(60))
        #expect(events.phases[.build] == .timedOut)
        #expect(events.kinds.last == .buildFinished(status: .failed))
        #expect(events.notices.contains { $0.contains(FaultyEngine.reason) })
        #expect(!events.output.contains("never"))
        #expect(try await !DockerEngine().isRunning(job.surroundings.container.name))
    }

    @Test func `a kept build whose files cannot be deleted fails and says why`() async throws {
        let play = try BuildPlay(), events = EventList()
        let job = try play.job(
            "version: 0.2\nphases: {build: {commands: ['mkdir -p gone/inside; false']}}", ending: .failure)
        _ = try await failure(of: job, events)
        #expect(events.kinds.contains(.containerKept(container: job.surroundings.container.name)))
        let changes = try SourceChanges(
            of: SourceTree(root: play.source, excluding: []), since: .max, before: [Array("gone".utf8)])
        let again = EventList()
        let error = try await failure(
            of: job,
            from: .again(.init(point: ResumePoint(phase: .build), changes: changes), recallingState: true), again)
        #expect(error is UnfitImage)
        #expect(again.phases == [.build: .failed])
        #expect(again.kinds.last == .buildFinished(status: .failed))
        // It has not come to a command: its state stays for another try.
        #expect(again.kinds.contains(.containerKept(container: job.surroundings.container.name)))
        #expect(try await DockerEngine().isRunning(job.surroundings.container.name))
        try await DockerEngine().remove(job.surroundings.container.name)
    }

    @Test func `a kept build that goes on ends as it says, though its container stays against our will`() async throws {
        let play = try BuildPlay(), events = EventList()
        let engine = FaultyEngine(failing: [.remove: 1...1])
        let job = try play.job(
            "version: 0.2\nphases: {build: {commands: ['test -e mark || { touch mark; false; }']}}", engine: engine,
            ending: .failure)
        _ = try await failure(of: job, events)
        let again = EventList()
        let error = try await failure(
            of: job, from: .again(.init(point: ResumePoint(phase: .build)), recallingState: true), again)
        #expect(error == nil)
        #expect(again.kinds.last == .buildFinished(status: .succeeded))
        #expect(again.notices.contains { $0.contains(FaultyEngine.reason) })
        try await DockerEngine().remove(job.surroundings.container.name)
    }
}

@Suite struct BuildRefusalTests {
    @Test func `a refused build whose output breaks is finished, too`() async throws {
        let events = EventList { if case .agentLog = $0 { true } else { false } }
        let id = BuildID(project: "play", uuid: "0")
        let refusal = BuildRefusal(
            start: .init(
                id: id, image: "image", sourceDirectory: "/s", buildspec: "buildspec.yml", source: nil, snapshot: nil),
            context: PhaseContext(statusCode: "YAML_FILE_ERROR", message: "m"), isBuildspecThere: true)
        let process = BuildProcess(nonce: "n", now: { Timestamp(microseconds: 0) }, programVersion: "test")
        await #expect(throws: EventList.Broken.self) { try await refusal.run(process) { try events.take($0) } }
        #expect(events.kinds.last == .buildFinished(status: .failed))
    }
}

/// Whether an engine answers. With BUILDSPEC_REQUIRE_DOCKER=1 the tests run, and fail, where none does.
let engineIsThere: Bool = {
    if ProcessInfo.processInfo.environment["BUILDSPEC_REQUIRE_DOCKER"] == "1" { return true }
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["docker", "version", "--format", "{{.Server.Version}}"]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
}()
