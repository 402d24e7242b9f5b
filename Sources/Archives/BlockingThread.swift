internal import Synchronization
#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Says to blocking work on another thread that nobody wants its result any more.
public final class StopFlag: Sendable {
    private let flag = Atomic<Bool>(false)

    public init() {}

    public var isRaised: Bool { flag.load(ordering: .relaxed) }
    public func raise() { flag.store(true, ordering: .relaxed) }

    /// - Throws: `CancellationError` once the flag is raised.
    public func check() throws {
        if isRaised { throw CancellationError() }
    }
}

/// Runs blocking work (libarchive, pipes, directory walks) on a thread of its own, so that the tasks' pool never waits.
public enum BlockingThread {
    /// - Parameter work: receives a flag that rises when the calling task is cancelled; it looks at it once an entry.
    /// - Returns: what `work` returned, after its thread has done everything it will ever do.
    /// - Throws: what `work` threw; `CancellationError` where it was an ``ArchiveError`` with code `stopped`.
    public static func run<Result: Sendable>(
        _ work: @escaping @Sendable (StopFlag) throws -> Result
    ) async throws -> Result {
        let stop = StopFlag()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let status = start {
                    do {
                        continuation.resume(returning: try work(stop))
                    } catch let error as ArchiveError where error.code == .stopped {
                        continuation.resume(throwing: CancellationError())
                    } catch {
                        continuation.resume(throwing: error)
                    }
                }
                guard status != 0 else { return }
                let errno = Errno(rawValue: status)
                continuation.resume(
                    throwing: ArchiveError(
                        .unsupported, doing: "start a thread", reason: errno.description, cause: errno))
            }
        } onCancel: {
            stop.raise()
        }
    }

    /// - Returns: 0, or the error number with which no thread could be had; `body` is then never called.
    private static func start(_ body: @escaping @Sendable () -> Void) -> Int32 {
        let job = Unmanaged.passRetained(Job(body: body))
        #if canImport(Darwin)
            var thread: pthread_t?
        #else
            var thread: pthread_t = 0
        #endif
        let status = pthread_create(&thread, nil, performJob, job.toOpaque())
        if status != 0 {
            job.release()
            return status
        }
        #if canImport(Darwin)
            if let thread { pthread_detach(thread) }
        #else
            pthread_detach(thread)
        #endif
        return 0
    }
}

private final class Job: Sendable {
    let body: @Sendable () -> Void
    init(body: @escaping @Sendable () -> Void) { self.body = body }
}

/// The first function of a new thread. (As a closure inside `start` it crashes the compiler of Swift 6.3.1.)
#if canImport(Darwin)
    private func performJob(_ job: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
        Unmanaged<Job>.fromOpaque(job).takeRetainedValue().body()
        return nil
    }
#else
    private func performJob(_ job: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        if let job { Unmanaged<Job>.fromOpaque(job).takeRetainedValue().body() }
        return nil
    }
#endif
