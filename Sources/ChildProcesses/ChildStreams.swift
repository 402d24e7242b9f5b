internal import Subprocess

/// The three streams of a running child, valid only inside the closure that received them.
public struct ChildStreams: Sendable {
    public let input: ChildInput
    public let output: ChildOutput
    public let errorOutput: ChildOutput
    /// Kills the child, so that its outputs end. It does nothing when the child has ended.
    public let terminate: @Sendable () -> Void

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
    let writer: StandardInputWriter

    /// Writes all of `bytes`, waiting while the child is slow to read.
    ///
    /// - Returns: whether all could be written; `false` when the child no longer reads.
    public func write(_ bytes: [UInt8]) async throws -> Bool {
        do {
            return try await writer.write(bytes) == bytes.count
        } catch  where error.code == .failedToWriteToSubprocess {
            return false
        }
    }

    /// Closes the stream: the child reads its end.
    public func finish() async throws { try await writer.finish() }
}

/// An output of a running child, to be read once.
public struct ChildOutput: Sendable {
    let sequence: SubprocessOutputSequence
    var onChunk: (@Sendable () -> Void)?

    init(sequence: SubprocessOutputSequence) { self.sequence = sequence }

    /// Passes every chunk to `consume` as it arrives, and waits for each call: a slow reader slows the child.
    public func forEachChunk(_ consume: ([UInt8]) async throws -> Void) async throws {
        for try await buffer in sequence {
            onChunk?()
            try await consume(buffer.withUnsafeBytes { [UInt8]($0) })
        }
    }
}
