internal import Subprocess
internal import Files

extension Command {
    /// Runs the command with a descriptor as its standard input or output; no byte of that stream passes through us.
    ///
    /// Both descriptors belong to the call: they are closed once the child has them, and also when it cannot be started.
    ///
    /// - Returns: how it ended, with the first 64 KiB of standard error.
    public func run(inputFrom input: Int32? = nil, outputTo output: Int32? = nil) async throws -> CommandOutput {
        try await patiently {
            do {
                return switch (input, output) {
                case (let input?, let output?):
                    try await gathered(.fileDescriptor(owned(input), closeAfterSpawningProcess: true), owned(output))
                case (let input?, nil):
                    try await gathered(.fileDescriptor(owned(input), closeAfterSpawningProcess: true), nil)
                case (nil, let output?): try await gathered(.none, owned(output))
                case (nil, nil): try await gathered(.none, nil)
                }
            } catch let error as SubprocessError {
                throw ChildProcessError(doing: "run `\(executable)`", error)
            }
        }
    }

    /// Runs the command with a descriptor as its standard input, which is closed as ``run(inputFrom:outputTo:)`` does it.
    ///
    /// - Returns: how it ended, with the first 64 KiB of what it printed.
    public func collect(inputFrom input: Int32) async throws -> CommandOutput {
        try await patiently {
            let child = RunningChild()
            defer { child.end() }
            do {
                let result = try await Subprocess.run(
                    configuration, input: .fileDescriptor(owned(input), closeAfterSpawningProcess: true),
                    output: .bytes(limit: 64 << 10), error: .bytes(limit: 64 << 10)
                ) { child.begin($0.processIdentifier.value, leadsGroup: leadsGroup) }
                return CommandOutput(
                    status: ChildStatus(result.terminationStatus), output: result.standardOutput,
                    errorOutput: result.standardError)
            } catch let error as SubprocessError {
                throw ChildProcessError(doing: "run `\(executable)`", error)
            }
        }
    }

    private func owned(_ descriptor: Int32) -> FileDescriptor { FileDescriptor(rawValue: descriptor) }

    private func gathered(
        _ input: some InputProtocol, _ output: FileDescriptor?
    ) async throws -> CommandOutput {
        let child = RunningChild()
        defer { child.end() }
        if let output {
            let result = try await Subprocess.run(
                configuration, input: input, output: .fileDescriptor(output, closeAfterSpawningProcess: true),
                error: .bytes(limit: 64 << 10)
            ) { child.begin($0.processIdentifier.value, leadsGroup: leadsGroup) }
            return CommandOutput(
                status: ChildStatus(result.terminationStatus), output: [], errorOutput: result.standardError)
        }
        let result = try await Subprocess.run(
            configuration, input: input, output: .discarded, error: .bytes(limit: 64 << 10)
        ) { child.begin($0.processIdentifier.value, leadsGroup: leadsGroup) }
        return CommandOutput(
            status: ChildStatus(result.terminationStatus), output: [], errorOutput: result.standardError)
    }
}
