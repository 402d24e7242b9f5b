internal import Files
internal import Synchronization

/// The connections of one job, as they come, and its end.
final class JobLink: Sendable {
    /// Why a job has ended.
    enum End: Sendable, Equatable {
        /// Nobody wants it any more.
        case unwanted
        /// Its program has ended, with this status.
        case left(Int32)
        /// It could not be started, or has broken down.
        case failed(String)
        /// The node that it ran on has disappeared.
        case lost(node: String)
    }

    private struct State {
        var sockets: [JobSocket] = []
        /// The purposes that there is a connection of; a second one is a stranger's.
        var claimed: Set<String> = []
        var streams: [String: Expected<JobSocket>] = [:]
        var statuses: [String: Expected<Int>] = [:]
        var end: End?
    }

    /// The name of the job, of its service and of its secret.
    let name: String
    let token = JobToken()
    let control = Expected<JobSocket>(), input = Expected<JobSocket>()
    let output = Expected<JobSocket>(), answers = Expected<JobSocket>()
    /// Whether the manager was asked for the service.
    let isAsked = Atomic<Bool>(false)
    /// Whether the manager has answered.
    let isAnswered = Atomic<Bool>(false)
    private let state = Mutex(State())

    init(_ name: String) { self.name = name }

    /// Why the job has ended; `nil` while it has not.
    var end: End? { state.withLock { $0.end } }

    /// Finds who waits for a connection of a purpose; nobody else gets one of it.
    ///
    /// It is asked for before the job is answered: what the job says of a stream may come sooner than the stream is handed on.
    func claim(_ purpose: String) -> Expected<JobSocket>? {
        state.withLock { state in
            guard state.end == nil else { return nil }
            let first = ["control": control, "input": input, "output": output, "answers": answers][purpose]
            guard let expected = first ?? state.streams.removeValue(forKey: purpose) else { return nil }
            guard state.claimed.insert(purpose).inserted else { return nil }
            return expected
        }
    }

    /// Hands on a connection that has proved to be the job's.
    func take(_ socket: JobSocket, for purpose: String, by expected: Expected<JobSocket>) {
        let isOver = state.withLock { state in
            state.sockets.append(socket)
            return state.end != nil
        }
        guard !isOver, expected.settle(socket) else {
            expected.settle(nil)
            return socket.end()
        }
        if purpose == "control" { follow(socket) }
    }

    /// Waits for a further connection of the job, and for what its end of it comes to.
    func expect(_ verb: String, _ id: String) -> (stream: Expected<JobSocket>, status: Expected<Int>) {
        let stream = Expected<JobSocket>(), status = Expected<Int>()
        let isOver = state.withLock { state in
            state.streams["\(verb)-\(id)"] = stream
            state.statuses[id] = status
            return state.end != nil
        }
        if isOver {
            stream.settle(nil)
            status.settle(nil)
        }
        return (stream, status)
    }

    /// Ends the job's connections. The first reason counts.
    func finish(_ why: End) {
        let (sockets, streams, statuses) = state.withLock { state in
            if state.end == nil { state.end = why }
            defer { (state.sockets, state.streams, state.statuses) = ([], [:], [:]) }
            return (state.sockets, state.streams, state.statuses)
        }
        for expected in [control, input, output, answers] + streams.values { expected.settle(nil) }
        for status in statuses.values { status.settle(nil) }
        for socket in sockets { socket.end() }
    }

    /// Reads what the job says of itself, on a thread of its own.
    private func follow(_ control: JobSocket) {
        do {
            try BlockingThread.start { [self] in
                while let line = control.line(limit: 200) {
                    let words = line.split(separator: " ")
                    switch words.first {
                    case "done" where words.count == 3:
                        let id = String(words[1])
                        let (status, streams) = state.withLock { state in
                            let streams = ["give", "take"].compactMap {
                                state.streams.removeValue(forKey: "\($0)-\(id)")
                            }
                            return (state.statuses.removeValue(forKey: id), streams)
                        }
                        for stream in streams { stream.settle(nil) }
                        status?.settle(Int(words[2]))
                    case "ended" where words.count == 2: leave(Int32(words[1]) ?? -1, control)
                    default: break
                    }
                }
                finish(.failed("its connection has ended"))
            }
        } catch { finish(.failed("\(error)")) }
    }

    /// Lets the job go whose program has ended: what it printed last is on its way.
    private func leave(_ status: Int32, _ control: JobSocket) {
        // Of a program that was told to leave everything has come.
        if status != 0 { usleep(300_000) }
        state.withLock { if $0.end == nil { $0.end = .left(status) } }
        control.finishWriting()
    }
}
