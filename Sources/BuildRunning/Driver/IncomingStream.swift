internal import Files

/// A tar stream that a container unpacks into one of its folders.
struct IncomingStream: Sendable {
    private let folder: String
    private let pipe: StreamPipe
    private let carrier: TarCarrier

    init(into folder: String, pipe: StreamPipe, carrier: TarCarrier) {
        self.folder = folder
        self.pipe = pipe
        self.carrier = carrier
    }

    /// Runs `body` while the container unpacks the stream.
    ///
    /// When both sides fail, the failure that has caused the other one is thrown: that of the container's side where nobody
    /// read the stream any more, and else that of `body`.
    ///
    /// - Parameter body: writes the stream to the descriptor, and closes this in any case.
    func write<Result: Sendable>(
        _ body: (_ descriptor: Int32) async throws -> Result
    ) async throws -> Result {
        let writer = try pipe.writeEnd.duplicate()
        pipe.writeEnd.close()
        async let carried: Void = carry()
        let outcome: Swift.Result<Result, any Error>
        do { outcome = .success(try await body(writer)) } catch { outcome = .failure(error) }
        do { try await carried } catch {
            if case .failure(let own) = outcome, (own as? FileError)?.code != .outputClosed { throw own }
            throw error
        }
        return try outcome.get()
    }

    private func carry() async throws {
        defer { pipe.readEnd.close() }
        try await carrier.copyIn(from: pipe, to: folder)
    }
}
