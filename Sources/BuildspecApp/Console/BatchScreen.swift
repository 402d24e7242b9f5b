internal import BuildPlanning
internal import Files
internal import Synchronization

/// Prints what the builds of a batch write and say, so that every line tells its build.
final class BatchScreen: Sendable {
    /// The order in which the lines of several builds are printed.
    enum Order: String, CaseIterable, Codable {
        /// Each line at once, with its build's identifier in front.
        case mixed
        /// The log of each build whole, when it ends.
        case grouped
    }

    private struct Source: Hashable {
        let build: String
        let stream: Terminal.Stream
    }

    private let terminal: Terminal
    private let order: Order
    private let isJSON: Bool
    private let width: Int
    /// The lines that have not ended yet.
    private let unfinished = Mutex<[Source: [UInt8]]>([:])

    /// - Parameters:
    ///   - builds: their identifiers.
    ///   - isJSON: whether each line that is written is an event in JSON, which then becomes a member of an object.
    init(_ terminal: Terminal, of builds: [String], in order: Order, isJSON: Bool) {
        self.terminal = terminal
        self.order = order
        self.isJSON = isJSON
        width = min(Self.widest, builds.map(\.count).max() ?? 0)
    }

    /// Longer identifiers do not push the lines of others to the right.
    private static let widest = 20
    /// A longer line, in bytes, is printed in parts.
    private static let longest = 1 << 20

    /// The terminal of one build.
    func terminal(of build: String) -> Terminal {
        Terminal(of: terminal, named: build) { [self] stream, bytes in
            if stream == .output, order == .grouped { return }
            try take(bytes, from: Source(build: build, stream: stream))
        }
    }

    /// Prints what is left of a build that has ended: its last line, or all of its log.
    func finish(_ build: String, log: String?) throws {
        for stream in [Terminal.Stream.output, .error] {
            let source = Source(build: build, stream: stream)
            try unfinished.withLock { unfinished in
                guard let rest = unfinished.removeValue(forKey: source), !rest.isEmpty else { return }
                try print(prefixed(rest + [0x0a], of: source), to: stream)
            }
        }
        guard order == .grouped, let log, Files.kind(of: log) == .file else { return }
        let head = Array("==> \(build) <==\n".utf8)
        // One lock for all, so that no other log comes between.
        try unfinished.withLock { _ in
            try terminal.write(head)
            let descriptor = try Files.open(log)
            defer { _ = SystemCall.close(descriptor) }
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while case let count = buffer.withUnsafeMutableBytes({ SystemCall.read(descriptor, into: $0) }), count > 0 {
                try terminal.write(Array(buffer[..<count]))
            }
        }
    }

    private func take(_ bytes: [UInt8], from source: Source) throws {
        try unfinished.withLock { unfinished in
            var whole = unfinished.removeValue(forKey: source) ?? []
            let old = whole.count
            whole += bytes
            // What was there before has no line end.
            guard let end = bytes.lastIndex(of: 0x0a).map({ old + $0 }) else {
                // An event is always whole; a line without end is cut.
                guard whole.count >= Self.longest, !isJSON || source.stream == .error else {
                    unfinished[source] = whole
                    return
                }
                return try print(prefixed(whole + [0x0a], of: source), to: source.stream)
            }
            unfinished[source] = Array(whole[(end + 1)...])
            // Written under the lock: lines of several builds do not mix.
            try print(prefixed(Array(whole[...end]), of: source), to: source.stream)
        }
    }

    private func print(_ bytes: [UInt8], to stream: Terminal.Stream) throws {
        switch stream {
        case .output: try terminal.write(bytes)
        case .error: terminal.say(String(decoding: bytes, as: UTF8.self))
        }
    }

    /// - Parameter lines: each with its end.
    private func prefixed(_ lines: [UInt8], of source: Source) -> [UInt8] {
        let wraps = isJSON && source.stream == .output
        let head = Array(
            (wraps
                ? "{\"batchBuild\":\(String(decoding: JSONText.string(source.build).bytes, as: UTF8.self)),\"event\":"
                : source.build + String(repeating: " ", count: max(0, width - source.build.count)) + " | ").utf8)
        var printed: [UInt8] = []
        for line in lines.dropLast().split(separator: 0x0a, omittingEmptySubsequences: false) {
            printed += head + line + (wraps ? [UInt8(ascii: "}"), 0x0a] : [0x0a])
        }
        return printed
    }
}
