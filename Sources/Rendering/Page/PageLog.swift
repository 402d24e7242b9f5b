internal import BuildPlanning
internal import SpecParsing

/// The beginning and the end of bytes that may be many.
struct ClippedBytes {
    /// How many bytes of either are kept.
    let limit: Int
    private(set) var head: [UInt8] = []
    private var rest: [UInt8] = []
    private(set) var count = 0

    init(limit: Int) { self.limit = limit }

    var tail: ArraySlice<UInt8> { rest.suffix(limit) }
    /// The number of bytes that are kept.
    var keptCount: Int { head.count + tail.count }

    mutating func append(_ bytes: [UInt8]) {
        count += bytes.count
        let room = max(0, limit - head.count)
        head += bytes.prefix(room)
        rest += bytes.dropFirst(room)
        // Cut now and then, not at every chunk.
        if rest.count > 4 * limit { rest = Array(rest.suffix(limit)) }
    }

    /// Forgets the bytes, but not how many they were.
    mutating func drop() { (head, rest) = ([], []) }
}

/// The log of a build by command. Of a large one it keeps the beginning, the commands that failed, and the end.
struct PageLog {
    /// A command with what it printed, or lines between commands.
    struct Section {
        let phase: BuildPhase?
        /// The text of the command; `nil` for lines of the agent.
        var command: String?
        var location: SourceLocation?
        let start: Timestamp
        /// How many bytes of the log come before it.
        let offset: Int
        var milliseconds: Int?
        var exitStatus: Int?
        var text: ClippedBytes

        var hasFailed: Bool { exitStatus.map { $0 != 0 } ?? false }
    }

    private(set) var sections: [Section] = []
    private var renderer = LogRenderer()
    private let limit: Int
    private var isCommandOpen = false
    private var headSize = 0, isHeadFull = false
    /// The sections that are kept because they are the last.
    private var last: [Int] = [], lastSize = 0

    /// - Parameter limit: about how many bytes are kept, without commands that failed.
    init(limit: Int) { self.limit = limit }

    /// The number of bytes of the log so far, with those that are not kept.
    private(set) var count = 0
    var keptCount: Int { sections.reduce(0) { $0 + $1.text.keptCount } }

    mutating func add(_ event: BuildEvent) {
        let text = renderer.render(event)
        switch event.kind {
        case .commandStarted(let phase, let command, let location):
            begin(phase, at: event.time)
            sections[sections.count - 1].command = command
            sections[sections.count - 1].location = location
            isCommandOpen = true
            append(text)
        case .commandFinished(let phase, _, let exitStatus, let milliseconds):
            if !isCommandOpen { begin(phase, at: event.time) }
            append(text)
            sections[sections.count - 1].exitStatus = exitStatus
            sections[sections.count - 1].milliseconds = milliseconds
            isCommandOpen = false
        case .agentLog(let phase, _), .phaseStarted(let phase), .output(let phase, _),
            .phaseFinished(let phase, _, _, _), .phaseSkipped(let phase), .phaseRetried(let phase, _, _):
            add(text, phase, at: event.time)
        default: add(text, nil, at: event.time)
        }
    }

    private mutating func add(_ text: [UInt8], _ phase: BuildPhase?, at time: Timestamp) {
        guard !text.isEmpty else { return }
        if sections.isEmpty || !isCommandOpen && sections.last?.command != nil { begin(phase, at: time) }
        append(text)
    }

    private mutating func append(_ text: [UInt8]) {
        count += text.count
        sections[sections.count - 1].text.append(text)
    }

    private mutating func begin(_ phase: BuildPhase?, at time: Timestamp) {
        if !sections.isEmpty { close(sections.count - 1) }
        isCommandOpen = false
        sections.append(
            Section(phase: phase, start: time, offset: count, text: ClippedBytes(limit: max(1, limit / 4))))
    }

    /// Decides whether a section that is complete is kept.
    private mutating func close(_ place: Int) {
        let size = sections[place].text.keptCount
        if !isHeadFull, headSize + size <= limit / 2 {
            headSize += size
            return
        }
        isHeadFull = true
        guard !sections[place].hasFailed else { return }
        last.append(place)
        lastSize += size
        while lastSize > limit / 2, last.count > 1 {
            let oldest = last.removeFirst()
            lastSize -= sections[oldest].text.keptCount
            sections[oldest].text.drop()
        }
    }
}
