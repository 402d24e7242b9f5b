@preconcurrency internal import Dispatch
internal import Files
internal import Reports
internal import Synchronization

/// What report files tell, in the order in which it was read.
struct ReportBatch: Sendable {
    /// What is of one file.
    struct Part: Sendable {
        let path: String
        let format: ReportFormat
        fileprivate(set) var items: [ReportItem] = []
    }

    private(set) var parts: [Part] = []
    private var size = 0

    /// About so many bytes are handed on at once.
    private static let limit = 1 << 18

    var isFull: Bool { size >= Self.limit }

    /// Begins a file: what is added then is of it.
    mutating func begin(_ path: String, _ format: ReportFormat) { parts.append(Part(path: path, format: format)) }

    mutating func add(_ item: ReportItem) {
        size += MemoryLayout<ReportItem>.stride
        if case .test(let test) = item {
            size += test.name.utf8.count + (test.message?.utf8.count ?? 0) + (test.stack?.utf8.count ?? 0)
        }
        parts[parts.count - 1].items.append(item)
    }

    /// Takes what was added out, and goes on with the same file.
    mutating func takeAll() -> ReportBatch {
        defer {
            parts = parts.suffix(1).map { Part(path: $0.path, format: $0.format) }
            size = 0
        }
        return self
    }
}

/// Carries what one thread reads of reports to another one that keeps it, so that reading waits neither for places in traces nor
/// for mask, JSON and disk.
///
/// A few batches wait at most, so that memory stays flat. Without a thread of its own the belt keeps what comes at once.
final class ReportBelt: Sendable {
    private struct Waiting {
        var batches: [ReportBatch] = []
        var failure: (any Error)?
        var hasThread = false
    }

    private static let places = 4

    private let keeping: Mutex<ReportKeeping>
    private let waiting = Mutex(Waiting())
    private let filled = DispatchSemaphore(value: 0)
    private let room = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)

    init(_ keeping: sending ReportKeeping) { self.keeping = Mutex(keeping) }

    /// Hands a batch on; it waits while others do.
    ///
    /// - Throws: what keeping this batch or one before has thrown.
    func put(_ batch: ReportBatch) throws {
        guard try startThread() else { return try keeping.withLock { try $0.take(batch) } }
        room.wait()
        let failure = waiting.withLock { waiting in
            waiting.batches.append(batch)
            return waiting.failure
        }
        filled.signal()
        if let failure { throw failure }
    }

    /// Waits until all is kept that was handed on, and ends the thread.
    ///
    /// - Parameter last: kept by the caller's own thread.
    /// - Throws: what keeping has thrown.
    func end(with last: ReportBatch) throws {
        stop()
        if let failure = waiting.withLock({ $0.failure }) { throw failure }
        try keeping.withLock { try $0.take(last) }
    }

    /// Ends the thread, once it has kept what was handed on.
    func stop() {
        let hasThread = waiting.withLock { waiting in
            defer { waiting.hasThread = false }
            return waiting.hasThread
        }
        guard hasThread else { return }
        filled.signal()
        ended.wait()
    }

    /// Looks at what was kept, once the thread has ended.
    func withKeeping<Result: Sendable>(_ body: (inout ReportKeeping) throws -> Result) throws -> Result {
        try keeping.withLock { try body(&$0) }
    }

    /// - Returns: whether there is a thread now. Without one it only takes longer.
    private func startThread() throws -> Bool {
        guard !waiting.withLock({ $0.hasThread }) else { return true }
        do { try BlockingThread.start { [self] in work() } } catch is FileError { return false }
        waiting.withLock { $0.hasThread = true }
        for _ in 0..<Self.places { room.signal() }
        return true
    }

    private func work() {
        while true {
            filled.wait()
            let next: (batch: ReportBatch, isWanted: Bool)? = waiting.withLock { waiting in
                waiting.batches.isEmpty ? nil : (waiting.batches.removeFirst(), waiting.failure == nil)
            }
            guard let next else { break }
            if next.isWanted {
                do { try keeping.withLock { try $0.take(next.batch) } } catch {
                    waiting.withLock { $0.failure = error }
                }
            }
            room.signal()
        }
        ended.signal()
    }
}
