internal import ArgumentParser

/// What `buildspec` tells the program that called it. Documentation/reference/exit-statuses.md lists the same numbers.
enum ExitStatus: Equatable {
    case succeeded
    /// The build failed, or ran out of time.
    case buildFailed
    case usage
    /// The buildspec is wrong.
    case invalidBuildspec
    /// No such buildspec, source, build or archive.
    case noSuchFile
    /// No engine answers, or the image cannot be had.
    case noEngine
    /// Our own fault.
    case `internal`
    case cannotWriteOutput
    case inputOutput
    /// `--offline`, and something is missing.
    case offlineMissing
    /// The settings are wrong.
    case invalidSettings
    case stopped(signal: Int32)
    /// The status of a command that the user had run, whatever it is.
    case command(Int32)

    var code: Int32 {
        switch self {
        case .succeeded: 0
        case .buildFailed: 1
        case .usage: 64
        case .invalidBuildspec: 65
        case .noSuchFile: 66
        case .noEngine: 69
        case .internal: 70
        case .cannotWriteOutput: 73
        case .inputOutput: 74
        case .offlineMissing: 75
        case .invalidSettings: 78
        case .stopped(let signal): 128 + signal
        case .command(let code): code
        }
    }

    var exitCode: ExitCode { ExitCode(code) }
}

/// An error that ends the program: what could not be done, why, and how to mend it.
struct Failure: Error {
    let status: ExitStatus
    /// "cannot <do>: <why>"
    let message: String
    let help: String?

    init(_ status: ExitStatus, _ message: String, help: String? = nil) {
        self.status = status
        self.message = message
        self.help = help
    }
}
