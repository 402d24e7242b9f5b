public import Files

/// A tar stream, with the translation of its names.
public struct TarStream: Sendable {
    /// The end of a pipe or an open file. It belongs to the call it is given to, which closes it in every case.
    public var descriptor: Int32
    public var map: PathMap

    public init(_ descriptor: Int32, map: PathMap = .identity) {
        self.descriptor = descriptor
        self.map = map
    }
}

/// Tar streams that somebody else fills, read one after the other.
public struct TarStreams: Sendable {
    private let inputs: [(file: OwnedDescriptor, map: PathMap)]
    private let confirm: (@Sendable () async throws -> Void)?
    /// Told, on another thread, how many bytes of content have been read so far.
    public let progress: (@Sendable (Int64) -> Void)?

    /// - Parameters:
    ///   - streams: uncompressed; they belong to this value from now on.
    ///   - confirm: returns once the streams have been filled, or throws the reason why they could not be; called when all
    ///     have ended and nothing made of them is in its place yet.
    public init(
        _ streams: [TarStream], confirm: (@Sendable () async throws -> Void)? = nil,
        progress: (@Sendable (Int64) -> Void)? = nil
    ) {
        inputs = streams.map { (OwnedDescriptor($0.descriptor), $0.map) }
        self.confirm = confirm
        self.progress = progress
    }

    /// Closes the streams. A process that still writes to one gets an error of the system.
    public func close() {
        for input in inputs { input.file.close() }
    }

    /// Reads every stream to its end and closes it. Blocks: use it on a `BlockingThread`.
    public func read(stop: StopFlag, _ body: (ArchiveReader, PathMap) throws -> Void) throws {
        for (file, map) in inputs {
            do { try body(ArchiveReader(fileDescriptor: file.rawValue, stop: stop), map) } catch let error
                as ArchiveError where error.code == .damaged
            {
                // To its end all the same, so that whoever fills it fails for its own reasons alone.
                try file.readToEnd(stop: stop) { _ in }
                throw error
            }
            file.close()
        }
    }

    /// Runs `work`, which reads the streams, and makes sure that they were filled in good order.
    ///
    /// Where a stream is cut short or empty, whoever filled it knows the reason better than who read it: what `confirm`
    /// throws then comes first.
    ///
    /// - Throws: what `confirm` throws; ``FileError`` and whatever else `work` throws.
    public func checked<Result>(_ work: () async throws -> Result) async throws -> Result {
        let result: Result
        do { result = try await work() } catch let error as FileError where error.code == .damaged {
            close()
            try await confirm?()
            throw error
        }
        try await confirm?()
        return result
    }
}
