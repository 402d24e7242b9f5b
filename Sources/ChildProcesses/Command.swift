internal import Subprocess
internal import Files

/// A program to run, with its arguments and surroundings.
///
/// Every child gets a process group of its own, if nothing else is said, so that Ctrl-C in the terminal reaches `buildspec` alone, which decides.
/// Cancelling the task kills the child, with all that it has started in its group; it never outlives the call that started it.
public struct Command: Sendable {
    /// A name looked up in `PATH`, or a path when it holds a slash.
    public var executable: String
    public var arguments: [String]
    /// Changes to the inherited environment; `nil` takes a variable away.
    public var environment: [String: String?]
    public var workingDirectory: String?
    /// Whether the child stays in our process group, and so may read from the terminal: one in a group of its own is stopped
    /// when it tries. Ctrl-C reaches it as well.
    public var mayAskOnTerminal = false
    /// What is done while the command takes its time; `nil` for a command that may, without a word. What is streamed or runs on the
    /// terminal is never waited for in silence.
    public var patience: Patience?

    public init(
        _ executable: String, _ arguments: [String], environment: [String: String?] = [:],
        workingDirectory: String? = nil
    ) {
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        self.workingDirectory = workingDirectory
    }

    /// Runs the command to its end and keeps what it printed.
    ///
    /// - Parameters:
    ///   - input: given on standard input; empty when absent.
    ///   - outputLimit: bytes kept of each stream.
    /// - Throws: ``ChildProcessError`` when the program cannot be started, or prints more than `outputLimit`. A non-zero
    ///   exit status is a result, not an error.
    public func collect(input: [UInt8] = [], outputLimit: Int = 64 << 20) async throws -> CommandOutput {
        try await patiently {
            let child = RunningChild()
            defer { child.end() }
            do {
                let result = try await Subprocess.run(
                    configuration, input: .array(input), output: .bytes(limit: outputLimit),
                    error: .bytes(limit: outputLimit)
                ) { child.begin($0.processIdentifier.value, leadsGroup: leadsGroup) }
                return CommandOutput(
                    status: ChildStatus(result.terminationStatus), output: result.standardOutput,
                    errorOutput: result.standardError)
            } catch let error as SubprocessError {
                throw ChildProcessError(doing: "run `\(executable)`", error)
            }
        }
    }

    /// Runs the command beside `body`, which reads and writes its streams, and waits for both.
    ///
    /// Both outputs must be read to their end by `body`, side by side, or the child may block for ever. Standard input is
    /// closed when `body` returns.
    ///
    /// - Throws: ``ChildProcessError`` when the program cannot be started, and whatever `body` throws.
    public func stream<Result: Sendable>(
        _ body: @Sendable (ChildStreams) async throws -> Result
    ) async throws -> (result: Result, status: ChildStatus) {
        let child = RunningChild()
        defer { child.end() }
        do {
            let result = try await Subprocess.run(
                configuration, input: .inputWriter, output: .sequence, error: .sequence
            ) { execution in
                child.begin(execution.processIdentifier.value, leadsGroup: leadsGroup)
                return try await body(
                    ChildStreams(
                        input: ChildInput(writer: execution.standardInputWriter),
                        output: ChildOutput(sequence: execution.standardOutput),
                        errorOutput: ChildOutput(sequence: execution.standardError),
                        // A child that has ended already needs no signal.
                        terminate: { try? execution.send(signal: .kill, toProcessGroup: leadsGroup) }))
            }
            return (result.closureResult, ChildStatus(result.terminationStatus))
        } catch let error as SubprocessError {
            throw ChildProcessError(doing: "run `\(executable)`", error)
        }
    }

    /// Runs the command on the terminal that `buildspec` itself was given, in its process group, and waits for its end.
    public func runOnTerminal() async throws -> ChildStatus {
        var command = self
        command.mayAskOnTerminal = true
        let child = RunningChild()
        defer { child.end() }
        do {
            let result = try await Subprocess.run(
                command.configuration, input: .currentStandardInput, output: .currentStandardOutput,
                error: .currentStandardError
            ) { child.begin($0.processIdentifier.value, leadsGroup: false) }
            return ChildStatus(result.terminationStatus)
        } catch let error as SubprocessError {
            throw ChildProcessError(doing: "run `\(executable)`", error)
        }
    }

    /// Finds the file of a program. Subprocess alone would start a child for every folder of `PATH` until one succeeds.
    static func found(_ name: String) -> String? {
        if name.contains("/") { return name }
        guard let path = getenv("PATH") else { return nil }
        return String(cString: path).split(separator: ":", omittingEmptySubsequences: false)
            .lazy.map { "\($0.isEmpty ? "." : $0)/\(name)" }.first { access($0, X_OK) == 0 }
    }

    /// Whether the child has a process group of its own.
    var leadsGroup: Bool { !mayAskOnTerminal }

    var configuration: Configuration {
        var options = PlatformOptions()
        options.processGroupID = leadsGroup ? 0 : nil
        // Whatever the child itself has started ends with it: it may hold our pipes.
        if leadsGroup {
            options.teardownSequence = [
                .send(signal: .kill, toProcessGroup: true, allowedDurationToNextStep: .zero)
            ]
        }
        let changes = environment.reduce(into: [Subprocess.Environment.Key: String?]()) { changes, change in
            changes[Subprocess.Environment.Key(stringLiteral: change.key)] = change.value
        }
        return Configuration(
            executable: Self.found(executable).map { .path(FilePath($0)) } ?? .name(executable),
            arguments: Arguments(arguments),
            environment: changes.isEmpty ? .inherit : .inherit.updating(changes),
            workingDirectory: workingDirectory.map { FilePath($0) },
            platformOptions: options)
    }
}

/// How a child ended.
public enum ChildStatus: Hashable, Sendable {
    case exited(Int32)
    case signalled(Int32)

    init(_ status: TerminationStatus) {
        switch status {
        case .exited(let code): self = .exited(code)
        case .signaled(let signal): self = .signalled(signal)
        }
    }

    public var isSuccess: Bool { self == .exited(0) }

    /// The status as a shell shows it: 128 + n for death by signal n.
    public var exitStatus: Int32 {
        switch self {
        case .exited(let code): code
        case .signalled(let signal): 128 + signal
        }
    }
}

/// What a finished command printed, and how it ended.
public struct CommandOutput: Sendable {
    public let status: ChildStatus
    public let output: [UInt8]
    public let errorOutput: [UInt8]

    /// Standard output as text, without the line ends at its end.
    public var text: String { trimmed(output) }
    /// Standard error as text, without the line ends at its end.
    public var errorText: String { trimmed(errorOutput) }

    private func trimmed(_ bytes: [UInt8]) -> String {
        String(decoding: bytes.prefix((bytes.lastIndex { $0 != 10 && $0 != 13 } ?? -1) + 1), as: UTF8.self)
    }
}

/// A program that could not be started, or whose streams failed. A non-zero exit status is *not* one of these errors.
public struct ChildProcessError: Error, Sendable, CustomStringConvertible {
    public struct Code: Hashable, Sendable {
        private enum Value { case notFound, failed, timedOut }
        private let value: Value
        /// There is no such program.
        public static var notFound: Self { Self(value: .notFound) }
        /// The program exists, but could not be run, or its streams failed.
        public static var failed: Self { Self(value: .failed) }
        /// It has not ended within its limit, and was killed.
        public static var timedOut: Self { Self(value: .timedOut) }
    }

    public let code: Code
    /// What was tried: "run `docker`".
    public let doing: String
    public let reason: String

    init(doing: String, reason: String) {
        code = .failed
        self.doing = doing
        self.reason = reason
    }

    init(timedOut program: String, after limit: Duration) {
        code = .timedOut
        doing = "run `\(program)`"
        reason = "it has not answered for \(limit.components.seconds) s"
    }

    init(notFound program: String) {
        code = .notFound
        doing = "run `\(program)`"
        reason = "there is no such program in PATH"
    }

    init(doing: String, _ error: SubprocessError) {
        code = error.code == .executableNotFound ? .notFound : .failed
        self.doing = doing
        reason = error.code == .executableNotFound ? "there is no such program in PATH" : error.description
    }

    public var description: String { "cannot \(doing): \(reason)" }
}
