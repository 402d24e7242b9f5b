internal import Archives
internal import BuildPlanning
internal import Engines
internal import Files

/// A tar stream of one file or folder of a container, named by its last component.
///
/// Both ends of its pipe are closed when the stream is released, at the latest.
struct OutgoingStream: Sendable {
    private let path: String
    /// The files below the path, as words of an order; `nil` for the path and all below it.
    private let words: [UInt8]?
    private let pipe: StreamPipe
    private let carrier: TarCarrier

    init(_ path: String, words: [UInt8]? = nil, pipe: StreamPipe, carrier: TarCarrier) {
        self.path = path
        self.words = words
        self.pipe = pipe
        self.carrier = carrier
    }

    /// A descriptor to read the stream from. It is the caller's to close.
    func reader() throws -> Int32 { try pipe.readEnd.duplicate() }

    /// Has the container write the whole stream.
    fileprivate func carry() async throws {
        defer { pipe.writeEnd.close() }
        if let words {
            try await carrier.copyOut(words, below: path, into: pipe)
        } else {
            try await carrier.copyOut(path, into: pipe)
        }
    }

    /// Ends the stream that nobody will write.
    fileprivate func abandon() { pipe.writeEnd.close() }

    /// Whether the stream has ended and nothing of it is left to read.
    fileprivate var hasEnded: Bool {
        let events = pipe.events(within: 0)
        return events & Int16(POLLHUP) != 0 && events & Int16(POLLIN) == 0
    }

    /// Closes the reading end, so that the writer fails instead of waiting for a reader.
    ///
    /// - Parameter waits: whether the writer's first byte, or the end of the stream, is awaited before. Only then has the
    ///   writer opened its end; a FIFO that has no reader by then keeps it waiting for ever.
    fileprivate func stopReading(afterFirstByte waits: Bool) {
        if waits { _ = pipe.events(within: -1) }
        pipe.readEnd.close()
    }
}

/// Tar streams out of a container. Each begins when the one before it has ended.
struct OutgoingStreams: Sendable {
    private let streams: [OutgoingStream]

    init(_ streams: [OutgoingStream]) { self.streams = streams }

    /// Runs `body` while the container writes the streams.
    ///
    /// When both sides fail, the failure that has caused the other one is thrown: that of the container's side where a stream
    /// ended too early, and else that of `body`.
    ///
    /// - Parameter body: reads the streams from the descriptors one after the other, and closes these in any case. `confirm` waits
    ///   until the container's side has ended, and throws its failure.
    func read<Result: Sendable>(
        _ body: (_ readers: [Int32], _ confirm: @escaping @Sendable () async throws -> Void) async throws -> Result
    ) async throws -> Result {
        let readers = try makeReaders()
        let isUnwanted = StopFlag()
        // A task of its own, for `body` decides when to wait for it; its end is awaited below in every case.
        let carrying = Task { [streams] in
            var failure: Failure?
            for (number, stream) in streams.enumerated() {
                guard failure == nil, !isUnwanted.isRaised, !Task.isCancelled else {
                    stream.abandon()
                    continue
                }
                do { try await stream.carry() } catch { failure = Failure(stream: number, error: error) }
            }
            try Task.checkCancellation()
            if let failure { throw failure }
        }
        return try await withTaskCancellationHandler {
            do {
                let confirm: @Sendable () async throws -> Void = {
                    do { try await carrying.value } catch let failure as Failure { throw failure.error }
                }
                let result = try await body(readers, confirm)
                try await confirm()
                return result
            } catch {
                isUnwanted.raise()
                let ended = streams.map(\.hasEnded)
                await stopReading()
                guard case .failure(let failure as Failure) = await carrying.result, ended[failure.stream],
                    !Task.isCancelled
                else { throw error }
                throw failure.error
            }
        } onCancel: {
            carrying.cancel()
        }
    }

    private struct Failure: Error {
        let stream: Int
        let error: any Error
    }

    private func makeReaders() throws -> [Int32] {
        var readers: [Int32] = []
        do { for stream in streams { readers.append(try stream.reader()) } } catch {
            for reader in readers { close(reader) }
            throw error
        }
        return readers
    }

    private func stopReading() async {
        do {
            try await BlockingThread.run { _ in for stream in streams { stream.stopReading(afterFirstByte: true) } }
        } catch {
            // Without a thread nobody can wait for that byte.
            for stream in streams { stream.stopReading(afterFirstByte: false) }
        }
    }
}
