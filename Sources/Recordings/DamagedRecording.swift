internal import Files

/// A recording that cannot be used: cut short, changed, or without its body.
public struct DamagedRecording: Error, Sendable, CustomStringConvertible {
    /// The URL of the request; `nil` when only the file is known.
    public let url: String?
    /// The path of the file that is wrong.
    public let file: String
    /// The reason: "its body has 3 bytes instead of 4".
    public let reason: String

    public init(url: String?, file: String, reason: String) {
        self.url = url
        self.file = file
        self.reason = reason
    }

    public var description: String {
        "cannot use the recording" + (url.map { " of \($0)" } ?? "") + ": \(reason) (`\(file)`)"
    }

    /// A suggestion of what to do.
    public var help: String { "run the build with --record again, while there is a network" }
}

/// A store whose folder cannot be read or written.
public struct RecordingError: Error, Sendable, CustomStringConvertible {
    /// What was tried: "write the recording `/x/y`".
    public let doing: String
    /// The reason in the system's words.
    public let reason: String

    public init(doing: String, reason: String) {
        self.doing = doing
        self.reason = reason
    }

    public var description: String { "cannot \(doing): \(reason)" }
}

/// Runs `body`, and turns an error about a file into a ``RecordingError`` about `doing`.
func storing<Result>(_ doing: @autoclosure () -> String, _ body: () throws -> Result) throws -> Result {
    do { return try body() } catch let error as FileError {
        throw RecordingError(doing: doing(), reason: error.reason)
    } catch let error as Errno {
        throw RecordingError(doing: doing(), reason: error.description)
    }
}
