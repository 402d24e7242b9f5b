internal import Subprocess

/// The three streams of a running child, here or elsewhere, valid only inside the closure that received them.
public struct ChildStreams: Sendable {
    public let input: ChildInput
    public let output: ChildOutput
    public let errorOutput: ChildOutput
    /// Kills the child, so that its outputs end. It does nothing when the child has ended.
    public let terminate: @Sendable () -> Void

    public init(
        input: ChildInput, output: ChildOutput, errorOutput: ChildOutput, terminate: @escaping @Sendable () -> Void
    ) {
        self.input = input
        self.output = output
        self.errorOutput = errorOutput
        self.terminate = terminate
    }

    /// The same streams, which call a closure with each chunk that comes.
    public func telling(
        ofOutput: @escaping @Sendable () -> Void, ofErrorOutput: @escaping @Sendable () -> Void
    ) -> ChildStreams {
        var output = output, errorOutput = errorOutput
        output.onChunk = ofOutput
        errorOutput.onChunk = ofErrorOutput
        return ChildStreams(input: input, output: output, errorOutput: errorOutput, terminate: terminate)
    }
}

/// Standard input of a running child.
public struct ChildInput: Sendable {
    private let writing: @Sendable ([UInt8]) async throws -> Bool
    private let finishing: @Sendable () async throws -> Void

    /// - Parameters:
    ///   - write: writes all of the bytes, and says whether that could be done.
    ///   - finish: closes the stream.
    public init(
        write: @escaping @Sendable ([UInt8]) async throws -> Bool, finish: @escaping @Sendable () async throws -> Void
    ) {
        writing = write
        finishing = finish
    }

    init(writer: StandardInputWriter) {
        self.init { bytes in
            do {
                return try await writer.write(bytes) == bytes.count
            } catch let error as SubprocessError where error.code == .failedToWriteToSubprocess {
                return false
            }
        } finish: {
            try await writer.finish()
        }
    }

    /// Writes all of `bytes`, waiting while the child is slow to read.
    ///
    /// - Returns: whether all could be written; `false` when the child no longer reads.
    public func write(_ bytes: [UInt8]) async throws -> Bool { try await writing(bytes) }

    /// Closes the stream: the child reads its end.
    public func finish() async throws { try await finishing() }
}

/// An output of a running child, to be read once.
public struct ChildOutput: Sendable {
    /// Passes every chunk on, in turn, until the output ends.
    public typealias Reading = @Sendable (_ consume: ([UInt8]) async throws -> Void) async throws -> Void

    private let reading: Reading
    var onChunk: (@Sendable () -> Void)?

    public init(_ reading: @escaping Reading) { self.reading = reading }

    init(sequence: SubprocessOutputSequence) {
        self.init { consume in
            for try await buffer in sequence { try await consume(buffer.withUnsafeBytes { [UInt8]($0) }) }
        }
    }

    /// Passes every chunk to `consume` as it arrives, and waits for each call: a slow reader slows the child.
    public func forEachChunk(_ consume: ([UInt8]) async throws -> Void) async throws {
        try await reading { bytes in
            onChunk?()
            try await consume(bytes)
        }
    }
}
