internal import Files

extension ChildStreams {
    /// The streams of a program that another process has started, by descriptors of this one.
    ///
    /// When the input is closed the outputs end with what has come by then: nobody waits for the program's own end.
    ///
    /// - Parameters:
    ///   - input: what the program reads; all three belong to the streams, which close them.
    ///   - output: what it writes to its standard output.
    ///   - errorOutput: what it writes to standard error.
    ///   - terminate: ends the program.
    /// - Throws: ``FileError`` when this process has no descriptor left.
    public init(
        input: Int32, output: Int32, errorOutput: Int32, terminate: @escaping @Sendable () -> Void
    ) throws {
        let end = OwnedDescriptor(input)
        let outputs = [output, errorOutput].map(OwnedDescriptor.init)
        let over = try EndSign()
        self.init(
            input: ChildInput { bytes in
                try await BlockingThread.run { _ in
                    do { try end.writeAll(bytes) } catch let error as Errno where error == .brokenPipe { return false }
                    return true
                }
            } finish: {
                end.close()
                over.give()
            },
            output: ChildOutput(outputs[0], until: over), errorOutput: ChildOutput(outputs[1], until: over),
            terminate: terminate)
    }
}

extension ChildOutput {
    fileprivate init(_ source: OwnedDescriptor, until over: EndSign) {
        self.init { consume in
            defer { source.close() }
            while let chunk = try await BlockingThread.run({ try over.chunk(of: source, $0) }) {
                try await consume(chunk)
            }
        }
    }
}

/// Tells those who wait for bytes that no more are wanted.
private final class EndSign: Sendable {
    /// Hangs up when the other end is closed.
    private let sign: OwnedDescriptor
    private let giver: OwnedDescriptor
    private static let size = 64 << 10
    /// How often a wait looks whether it was cancelled, in milliseconds.
    private static let glance: Int32 = 200

    init() throws {
        let pipe = try Pipe()
        sign = OwnedDescriptor(pipe.readEnd)
        giver = OwnedDescriptor(pipe.writeEnd)
    }

    func give() { giver.close() }

    /// Waits for bytes of a pipe.
    ///
    /// - Returns: `nil` at its end, and when the sign was given and nothing more is there.
    func chunk(of source: OwnedDescriptor, _ stop: StopFlag) throws -> [UInt8]? {
        var waiting = [source, sign].map { pollfd(fd: $0.rawValue, events: Int16(POLLIN), revents: 0) }
        while true {
            try stop.check()
            guard poll(&waiting, 2, Self.glance) > 0 else { continue }
            if waiting[0].revents == 0 {
                guard waiting[1].revents == 0 else { return nil }
                continue
            }
            var bytes = [UInt8](repeating: 0, count: Self.size)
            let count = try bytes.withUnsafeMutableBytes { try source.read(into: $0) }
            return count == 0 ? nil : Array(bytes.prefix(count))
        }
    }
}
