internal import BuildPlanning
internal import Files
internal import Rendering
internal import Synchronization

/// How the state of running builds is shown on standard error.
enum ProgressStyle: String, Sendable, Codable, CaseIterable {
    /// Lines that are redrawn where standard error is a terminal; `plain` elsewhere.
    case auto
    /// A line for each minute in which a build has printed nothing.
    case plain
    case none
}

/// Shows what running builds do, in lines at the end of the terminal that are drawn anew and are gone when the builds end.
///
/// All that is written to the terminal goes through ``aside(endingLine:_:)``: the lines are taken away before.
final class ProgressBoard: Sendable {
    private struct State {
        var style = ProgressStyle.none
        /// The running builds by their names, in the order in which they began.
        var builds: [(name: String, progress: BuildProgress)] = []
        var shown: [String] = []
        /// Whether what others have written ends with a line end: only then may lines be drawn below.
        var isAtLineStart = true
        var isTicking = false
    }

    private let state = Mutex(State())
    private let now: @Sendable () -> Timestamp
    /// Whether standard error is a terminal that understands cursor movements.
    private let isLive: Bool
    /// Whether standard output is the same terminal.
    let coversOutput: Bool

    /// The most builds that are shown.
    private static let most = 8
    /// How often the lines are drawn, in microseconds.
    private static let interval: UInt32 = 250_000

    init(environment: [String: String], now: @escaping @Sendable () -> Timestamp) {
        self.now = now
        isLive =
            isatty(STDERR_FILENO) == 1 && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
        coversOutput = isLive && Self.isSameTerminal
    }

    private static var isSameTerminal: Bool {
        var output = stat(), error = stat()
        return isatty(STDOUT_FILENO) == 1 && fstat(STDOUT_FILENO, &output) == 0 && fstat(STDERR_FILENO, &error) == 0
            && output.st_rdev == error.st_rdev
    }

    /// Begins to show builds.
    func use(_ style: ProgressStyle) {
        state.withLock { $0.style = style == .auto && !isLive ? .plain : style }
    }

    // MARK: What is shown

    /// Notes what is done for a build before its first event.
    func note(_ work: String, of build: String) {
        change(build) { $0.note(work) }
    }

    /// Notes which commands a build has, by their places.
    func expect(_ commands: [String], of build: String) {
        change(build) { $0.commands = commands }
    }

    /// Notes how long a build is expected to take; nothing where it does not run any more.
    func expect(milliseconds: Int, of build: String) {
        state.withLock { state in
            guard let index = state.builds.firstIndex(where: { $0.name == build }) else { return }
            state.builds[index].progress.expected = milliseconds
        }
    }

    func take(_ event: BuildEvent, of build: String) {
        if case .buildFinished = event.kind { return end(build) }
        change(build) { $0.add(event) }
    }

    /// Takes a build away that has ended.
    func end(_ build: String) {
        state.withLock { state in
            state.builds.removeAll { $0.name == build }
            if state.builds.isEmpty { clear(&state) }
        }
    }

    /// Takes all away, unless somebody is just drawing who may wait for the terminal.
    func endAll() {
        _ = state.withLockIfAvailable { state in
            state.builds = []
            clear(&state)
        }
    }

    private func change(_ build: String, _ body: (inout BuildProgress) -> Void) {
        state.withLock { state in
            guard state.style != .none else { return }
            let index = state.builds.firstIndex { $0.name == build } ?? state.builds.count
            if index == state.builds.count { state.builds.append((build, BuildProgress(since: now()))) }
            body(&state.builds[index].progress)
            guard !state.isTicking else { return }
            // Without a thread the builds run as well, and are shown the less.
            state.isTicking = (try? BlockingThread.start { [self] in tick() }) != nil
        }
    }

    private func tick() {
        var goesOn = true
        while goesOn {
            usleep(Self.interval)
            goesOn = state.withLock { state in
                state.isTicking = !state.builds.isEmpty
                if state.style == .plain { sayMinutes(&state) } else { draw(&state) }
                return state.isTicking
            }
        }
    }

    // MARK: Writing

    /// Writes to the terminal without the lines of the board between.
    ///
    /// - Parameter endsLine: whether what is written ends with a line end; `nil` where it goes elsewhere.
    func aside(endingLine endsLine: Bool, _ write: () throws -> Void) rethrows {
        try state.withLock { state in
            clear(&state)
            state.isAtLineStart = endsLine
            try write()
        }
    }

    private func sayMinutes(_ state: inout State) {
        for index in state.builds.indices {
            let name = state.builds[index].name
            guard let line = state.builds[index].progress.plainLine(at: now()) else { continue }
            Self.write(name.isEmpty ? "\(line)\n" : "\(name) | \(line)\n")
        }
    }

    private func draw(_ state: inout State) {
        guard state.style == .auto, state.isAtLineStart, !state.builds.isEmpty else { return }
        let columns = Self.columns - 1, time = now()
        let width = state.builds.map(\.name.count).max() ?? 0
        var lines = state.builds.prefix(Self.most).map { build in
            let head = width == 0 ? "" : build.name + String(repeating: " ", count: width - build.name.count) + "  "
            return TerminalWidth.cut(head + build.progress.line(at: time), to: columns)
        }
        if state.builds.count > Self.most { lines.append("… and \(state.builds.count - Self.most) more") }
        guard lines != state.shown else { return }
        let old = Self.clearing(state.shown)
        state.shown = lines
        // Written at once, so that it does not flicker.
        Self.write(old + lines.joined(separator: "\n"))
    }

    private func clear(_ state: inout State) {
        guard !state.shown.isEmpty else { return }
        Self.write(Self.clearing(state.shown))
        state.shown = []
    }

    /// Goes back to the first of the lines and clears all below.
    private static func clearing(_ lines: [String]) -> String {
        lines.isEmpty ? "" : "\r" + String(repeating: "\u{1b}[1A", count: lines.count - 1) + "\u{1b}[J"
    }

    private static func write(_ text: String) {
        // Nobody misses a line that cannot be drawn.
        try? Terminal.write(Array(text.utf8), to: STDERR_FILENO, named: "standard error")
    }

    static var columns: Int {
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 1 else { return 80 }
        return Int(size.ws_col)
    }
}
