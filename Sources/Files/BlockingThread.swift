internal import Synchronization

/// Tells blocking work on another thread that nobody wants its result any more.
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
    /// - Throws: what `work` threw; `CancellationError` where that was a ``TranslatableError`` that says it was stopped.
    public static func run<Result: Sendable>(
        _ work: @escaping @Sendable (StopFlag) throws -> Result
    ) async throws -> Result {
        let stop = StopFlag()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let status = startDetachedThread {
                    do {
                        continuation.resume(returning: try work(stop))
                    } catch let error as any TranslatableError where error.wasStopped {
                        continuation.resume(throwing: CancellationError())
                    } catch {
                        continuation.resume(throwing: error)
                    }
                }
                guard status != 0 else { return }
                continuation.resume(
                    throwing: FileError(.cannotWrite, doing: "start a thread", Errno(rawValue: status)))
            }
        } onCancel: {
            stop.raise()
        }
    }

    /// Starts a thread that nobody waits for.
    ///
    /// - Throws: ``FileError`` when the system gives no more threads.
    public static func start(_ work: @escaping @Sendable () -> Void) throws {
        let status = startDetachedThread(work)
        guard status == 0 else { throw FileError(.cannotWrite, doing: "start a thread", Errno(rawValue: status)) }
    }
}
