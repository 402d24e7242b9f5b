import BuildPlanning
import Engines
import Foundation
import SourceSnapshots
import Testing

@testable import BuildRunning

/// Tar streams between this machine and a container, above all those that one side breaks off.
@Suite(.enabled(if: engineIsThere), .timeLimit(.minutes(5))) struct CarryingTests {
    /// A writer whose reader is gone gets an error, as in the application, and not a signal.
    init() { signal(SIGPIPE, SIG_IGN) }

    private static let cached =
        "version: 0.2\nphases: {build: {commands: [mkdir kept, echo 1 >kept/file]}}\ncache: {paths: ['kept/**/*']}"

    @discardableResult
    private func run(_ job: BuildJob) async throws -> EventList {
        let events = EventList()
        try await LocalPlace().run(job, from: .fresh) { try events.take($0) }
        return events
    }

    @Test func `an artifact that the engine does not copy fails the build with the engine's reason`() async throws {
        let play = try BuildPlay()
        let text = """
            version: 0.2
            phases: {build: {commands: [mkdir one two, echo 1 >one/file, echo 2 >two/file]}}
            artifacts: {files: ['**/*'], base-directory: '[ot][nw][eo]'}
            """
        let events = try await run(play.job(text, engine: FaultyEngine(failing: [.copyOut: 1...1])))
        #expect(events.phases[.uploadArtifacts] == .failed)
        #expect(events.reasons[.uploadArtifacts]?.contains(FaultyEngine.reason) == true)
        #expect(events.kinds.last == .buildFinished(status: .failed))
    }

    @Test func `an artifact that cannot be stored fails the build with that reason`() async throws {
        let play = try BuildPlay()
        let text = """
            version: 0.2
            phases: {build: {commands: ['head -c 9000000 /dev/zero >large']}}
            artifacts: {files: [large]}
            """
        try Data().write(to: URL(filePath: "\(play.root)/out"))
        let events = try await run(play.job(text))
        #expect(events.reasons[.uploadArtifacts]?.contains("store the artifact") == true)
    }

    @Test func `a cache that the engine does not copy out is not saved, for the engine's reason`() async throws {
        let play = try BuildPlay()
        let events = try await run(play.job(Self.cached, engine: FaultyEngine(failing: [.copyOut: 1...1])))
        #expect(events.log.contains { $0.hasPrefix("Unable to upload cache:") && $0.contains(FaultyEngine.reason) })
        #expect(events.kinds.last == .buildFinished(status: .succeeded))
    }

    @Test func `a cache that the engine does not copy in is not restored, for the engine's reason`() async throws {
        let play = try BuildPlay()
        try await run(play.job(Self.cached))
        // The first request of each build copies the source.
        let events = try await run(
            play.job(
                Self.cached.replacing("mkdir kept", with: "test ! -e kept; mkdir kept"),
                engine: FaultyEngine(failing: [.copyIn: 2...2])))
        #expect(events.log.contains { $0.hasPrefix("Unable to download cache:") && $0.contains(FaultyEngine.reason) })
        #expect(events.kinds.last == .buildFinished(status: .succeeded))
    }

    @Test func `both ends of every pipe are closed, whoever breaks a stream off`() async throws {
        struct Mishap: Error {}
        let play = try BuildPlay()
        let job = try play.job(Self.cached, engine: FaultyEngine(failing: [.copyOut: 2...2]))
        try await inContainer(of: job) { context in
            let carrier = TarCarrier(throughEngine: context)
            // The second stream fails, and the third is not begun.
            var streams = try ["/bin", "/bin", "/bin"].map { try carrier.outgoing($0) }
            var pipes = try streams.map { try inode(of: $0) }
            await #expect(throws: EngineError.self) {
                try await OutgoingStreams(streams).read { readers, confirm in
                    for reader in readers {
                        let handle = FileHandle(fileDescriptor: reader, closeOnDealloc: false)
                        while try handle.read(upToCount: 65536)?.isEmpty == false {}
                        close(reader)
                    }
                    try await confirm()
                }
            }
            streams = []
            #expect(openInodes().isDisjoint(with: pipes))
            // The reader goes before the first stream has begun.
            streams = try ["/bin", "/bin"].map { try carrier.outgoing($0) }
            pipes = try streams.map { try inode(of: $0) }
            await #expect(throws: Mishap.self) {
                try await OutgoingStreams(streams).read { readers, _ in
                    for reader in readers { close(reader) }
                    throw Mishap()
                }
            }
            streams = []
            #expect(openInodes().isDisjoint(with: pipes))
        }
    }

    @Test func `a writer that breaks off is told, not what the engine makes of it`() async throws {
        struct Mishap: Error {}
        let play = try BuildPlay()
        try await inContainer(of: play.job(Self.cached)) { context in
            let stream = try await TarCarrier(throughEngine: context).incoming(into: "/")
            await #expect(throws: Mishap.self) {
                try await stream.write { descriptor in
                    defer { close(descriptor) }
                    try FileHandle(fileDescriptor: descriptor, closeOnDealloc: false).write(
                        contentsOf: Data(repeating: 65, count: 700))
                    throw Mishap()
                }
            }
        }
    }

    /// Runs a body beside the driver of a container.
    private func inContainer(
        of job: BuildJob, _ body: @escaping @Sendable (StageContext) async throws -> Void
    ) async throws {
        let nonce = job.surroundings.process.nonce
        var container = job.surroundings.container
        container.arguments = [driverText, "buildspec-driver", "", ""]
        _ = try await job.surroundings.engine.withContainer(container) { [container] streams in
            try await DriverSession.with(streams, nonce: nonce, onOutput: { _ in }, onClientWords: { _ in }) {
                session in
                try await session.ready(for: [])
                try await body(
                    StageContext(
                        job: job, container: container, session: session,
                        sink: EventSink(now: job.surroundings.process.now) { _ in }))
                return ((), .leave)
            }
        }
    }

    private func inode(of stream: OutgoingStream) throws -> UInt64 {
        let reader = try stream.reader()
        defer { close(reader) }
        var info = stat()
        #expect(fstat(reader, &info) == 0)
        return UInt64(info.st_ino)
    }

    /// The inodes of all descriptors that this process has open.
    private func openInodes() -> Set<UInt64> {
        Set(
            (0..<4096).compactMap { (descriptor: Int32) in
                var info = stat()
                return fstat(descriptor, &info) == 0 && info.st_mode & S_IFMT == S_IFIFO ? UInt64(info.st_ino) : nil
            })
    }

    @Test func `a cache whose folder cannot be made leaves no tar waiting at its FIFO`() async throws {
        let play = try BuildPlay()
        var job = try play.job(Self.cached, image: "debian:bookworm-slim")
        try await play.usePipes(in: &job)
        try Data().write(to: URL(filePath: "\(play.root)/blocked"))
        job.surroundings.cache = play.cache(in: "blocked/cache")
        let events = try await run(job)
        #expect(events.log.contains { $0.hasPrefix("Unable to upload cache:") })
        #expect(events.kinds.last == .buildFinished(status: .succeeded))
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(play.root)/pipes").isEmpty)
    }

    @Test func `a cache goes through a FIFO where both sides see one`() async throws {
        let play = try BuildPlay()
        for text in [Self.cached, Self.cached.replacing("mkdir kept, ", with: "cat kept/file, ")] {
            var job = try play.job(text, image: "debian:bookworm-slim")
            try await play.usePipes(in: &job)
            job.surroundings.engine = FaultyEngine(failing: [.copyIn: 1...9, .copyOut: 1...9])
            let events = try await run(job)
            #expect(events.kinds.last == .buildFinished(status: .succeeded))
        }
    }
}
