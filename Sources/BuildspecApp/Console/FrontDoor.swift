internal import OfflineWorld
internal import SourceSnapshots
internal import ArgumentParser
internal import BuildRunning
internal import ChildProcesses
internal import Engines
internal import PageServing
internal import Recordings
internal import SwarmJobs
#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif
internal import Files

/// The entrance of every command: it reads the process's surroundings once, and turns every end into words and an exit status.
enum FrontDoor {
    static func enter(_ body: @escaping @Sendable (Machine) async throws -> ExitStatus) async -> Never {
        signal(SIGPIPE, SIG_IGN)
        let environment = ProcessInfo.processInfo.environment
        let terminal = Terminal(environment: environment)
        let machine = Machine(
            places: Places(
                environment: environment, currentDirectory: currentDirectory(), isInteractive: terminal.isInteractive),
            terminal: terminal)
        do { try machine.places.close() } catch {
            terminal.say("warning: other users of this machine may read your builds and caches: \(error)\n")
        }
        let signals = Signals()
        let outcome = await signals.cancelling(atDeadline: {
            terminal.board.endAll()
            machine.lastWords.speak()
            RunningChildren.killAll()
        }) { try await body(machine) }
        terminal.board.endAll()
        let status: ExitStatus
        if let signal = signals.received {
            status = .stopped(signal: signal)
        } else {
            switch outcome {
            case .success(let ended): status = ended
            case .failure(let error): status = report(error, on: terminal)
            }
        }
        // All is written, unbuffered; waiting for the libraries to take their threads down would only cost time.
        _exit(status.code)
    }

    /// Says an error, and what may mend it.
    ///
    /// - Returns: the exit status that it means.
    static func report(_ error: any Error, on terminal: Terminal) -> ExitStatus {
        switch error {
        // Nobody sent a signal: the user said `quit`. The closing table has told the rest.
        case is CancellationError: return .buildFailed
        case is Terminal.BrokenPipe: return .stopped(signal: SIGPIPE)
        case let failure as Failure:
            terminal.say(failure)
            return failure.status
        case let error as EngineError:
            terminal.say(Failure(.noEngine, error.description, help: error.help))
            return .noEngine
        case let error as SwarmEngine.NodeLost:
            terminal.say(Failure(.noEngine, error.description, help: "`docker node ls` on the manager shows the nodes"))
            return .noEngine
        case let error as UnfitImage:
            terminal.say(
                Failure(
                    .invalidBuildspec, error.description,
                    help: "name another image with --image, or mend the buildspec"))
            return .invalidBuildspec
        case let error as SourceError:
            let status: ExitStatus = error.code == .refused ? .inputOutput : .noSuchFile
            terminal.say(Failure(status, error.description, help: error.help))
            return status
        case let error as FileError:
            let status: ExitStatus = error.code == .cannotWrite ? .cannotWriteOutput : .inputOutput
            terminal.say(Failure(status, error.description))
            return status
        case let error as PageServerError:
            terminal.say(Failure(.inputOutput, error.description, help: "--port names another, and 0 any that is free"))
            return .inputOutput
        case let error as ProxyError:
            let status: ExitStatus = error.isAboutSettings ? .invalidSettings : .inputOutput
            terminal.say(Failure(status, error.description, help: error.help))
            return status
        case let error as DamagedRecording:
            terminal.say(Failure(.inputOutput, error.description, help: error.help))
            return .inputOutput
        case let error as RecordingError:
            terminal.say(Failure(.inputOutput, error.description))
            return .inputOutput
        case let error as ChildProcessError where error.code == .timedOut:
            // Only the engine's client has a limit.
            terminal.say(Failure(.noEngine, error.description, help: "--engine-timeout gives a slow engine more time"))
            return .noEngine
        case let error as ChildProcessError:
            terminal.say(Failure(.inputOutput, error.description))
            return .inputOutput
        default:
            terminal.say(
                Failure(.internal, "\(error)", help: "this is a bug in buildspec: please report it with the log"))
            return .internal
        }
    }

    private static func currentDirectory() -> String {
        guard let path = getcwd(nil, 0) else { return "/" }
        defer { free(path) }
        return String(cString: path)
    }
}
