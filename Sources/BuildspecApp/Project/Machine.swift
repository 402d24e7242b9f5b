internal import BuildPlanning
internal import Files
#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Who and where we are: the folders, the environment, the streams we speak on, the clock and chance. It is made once, by
/// ``FrontDoor``, and handed on; nothing else asks the process for any of these.
struct Machine: Sendable {
    let places: Places
    let terminal: Terminal
    /// What is done when the program must end before its work has.
    let lastWords: LastWords
    /// The time of day.
    let now: @Sendable () -> Timestamp
    /// A new UUID in lower case.
    let uuid: @Sendable () -> String

    init(
        places: Places, terminal: Terminal, lastWords: LastWords = LastWords(),
        now: @escaping @Sendable () -> Timestamp = Machine.timeOfDay,
        uuid: @escaping @Sendable () -> String = { UUID().uuidString.lowercased() }
    ) {
        self.places = places
        self.terminal = terminal
        self.lastWords = lastWords
        self.now = now
        self.uuid = uuid
    }

    var environment: [String: String] { places.environment }

    /// Returns the same machine, seen from other folders or with another environment.
    func with(_ places: Places) -> Machine {
        Machine(places: places, terminal: terminal, lastWords: lastWords, now: now, uuid: uuid)
    }

    /// Returns the same machine, with another terminal to speak on.
    func with(_ terminal: Terminal) -> Machine {
        Machine(places: places, terminal: terminal, lastWords: lastWords, now: now, uuid: uuid)
    }

    /// The name of the user: as the environment has it, else as the system has it, else his number.
    var userName: String {
        for name in ["USER", "LOGNAME"] { if let value = environment[name], !value.isEmpty { return value } }
        guard let entry = getpwuid(getuid()), let name = entry.pointee.pw_name else { return "user-\(getuid())" }
        return String(cString: name)
    }

    /// Says something on standard error.
    func say(_ text: String) { terminal.say(text) }

    static let timeOfDay: @Sendable () -> Timestamp = {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }
}
