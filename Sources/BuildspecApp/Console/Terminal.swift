internal import Files

/// The two streams we speak on, and what may be done to them.
struct Terminal: Sendable {
    /// Standard output is a terminal, and the user has not said NO_COLOR.
    let outputUsesColor: Bool
    let errorUsesColor: Bool
    let outputIsTerminal: Bool
    let isInteractive: Bool
    /// Takes what is written and said in the streams' place.
    private let relay: Relay?
    /// Shows what running builds do below what is written.
    let board: ProgressBoard
    /// The name under which the board shows the build that speaks here; empty for the only one.
    let boardName: String

    /// The columns of the terminal that standard error is; `nil` where it is none.
    var errorColumns: Int? { isInteractive ? ProgressBoard.columns : nil }

    /// The columns of the terminal that standard output is; `nil` where it is none.
    var outputColumns: Int? { outputIsTerminal ? ProgressBoard.columns : nil }

    enum Stream { case output, error }
    typealias Relay = @Sendable (Stream, [UInt8]) throws -> Void

    init(environment: [String: String]) {
        board = ProgressBoard(environment: environment, now: Machine.timeOfDay)
        boardName = ""
        let wantsColor = (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
        outputUsesColor = wantsColor && isatty(STDOUT_FILENO) == 1
        errorUsesColor = wantsColor && isatty(STDERR_FILENO) == 1
        outputIsTerminal = isatty(STDOUT_FILENO) == 1
        isInteractive = isatty(STDERR_FILENO) == 1
        relay = nil
    }

    /// Makes a terminal for a part of the work, whose words go through the hands of another. Nobody is asked there.
    ///
    /// - Parameter name: tells the part on the board of running builds.
    init(of other: Terminal, named name: String, relay: @escaping Relay) {
        board = other.board
        boardName = name
        outputUsesColor = other.outputUsesColor
        errorUsesColor = other.errorUsesColor
        outputIsTerminal = other.outputIsTerminal
        isInteractive = false
        self.relay = relay
    }

    /// The reader of our output went away, or the terminal was closed.
    struct BrokenPipe: Error {}

    /// Writes all of `bytes` to standard output.
    ///
    /// - Throws: ``BrokenPipe`` when nobody reads any more, ``Failure`` when it cannot be written.
    func write(_ bytes: [UInt8]) throws {
        if let relay { return try relay(.output, bytes) }
        guard board.coversOutput, let last = bytes.last else {
            return try Self.write(bytes, to: STDOUT_FILENO, named: "standard output")
        }
        try board.aside(endingLine: last == 0x0a) {
            try Self.write(bytes, to: STDOUT_FILENO, named: "standard output")
        }
    }

    /// Says something on standard error; if even that fails there is nobody to tell.
    func say(_ text: String) {
        if let relay {
            try? relay(.error, Array(text.utf8))
        } else {
            board.aside(endingLine: text.isEmpty || text.hasSuffix("\n")) {
                try? Self.write(Array(text.utf8), to: STDERR_FILENO, named: "standard error")
            }
        }
    }

    /// Says a failure the way every failure is said.
    func say(_ failure: Failure) {
        let mark = errorUsesColor ? "\u{1b}[31merror:\u{1b}[0m" : "error:"
        say("\(mark) \(failure.message)\n" + (failure.help.map { "help: \($0)\n" } ?? ""))
    }

    private static func isCharacterDevice(_ descriptor: Int32) -> Bool {
        var info = stat()
        return fstat(descriptor, &info) == 0 && info.st_mode & S_IFMT == S_IFCHR
    }

    static func write(_ bytes: [UInt8], to descriptor: Int32, named name: String) throws {
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { SystemCall.write(descriptor, $0) }
            if count > 0 {
                written += count
            } else if errno == EPIPE || errno == EIO && Self.isCharacterDevice(descriptor) {
                // A terminal that was closed fails with EIO.
                throw BrokenPipe()
            } else if errno != EINTR {
                throw Failure(.cannotWriteOutput, "cannot write to \(name): \(String(cString: strerror(errno)))")
            }
        }
    }
}
