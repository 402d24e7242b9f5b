public import BuildPlanning
public import SpecParsing

/// The places where a build pauses to be looked at: `--break`, `--step`, and `codebuild-breakpoint` in its commands
/// (CODEBUILD.md 11).
public struct Debugging: Sendable {
    /// The commands before which the build waits for `codebuild-resume`.
    public var points: [ResumePoint]
    /// Whether the build also waits after a command that failed.
    public var pausesAfterFailure: Bool
    /// Whether `codebuild-breakpoint` pauses. Otherwise it does nothing, as without the service's `debugSessionEnabled`.
    public var isOn: Bool
    /// Is asked before each command what to do with it.
    public var step: (@Sendable (ResumePoint, BuildSpec.Command) async throws -> Step)?

    public init(
        points: [ResumePoint] = [], pausesAfterFailure: Bool = false, isOn: Bool = false,
        step: (@Sendable (ResumePoint, BuildSpec.Command) async throws -> Step)? = nil
    ) {
        self.points = points
        self.pausesAfterFailure = pausesAfterFailure
        self.isOn = isOn || !points.isEmpty || pausesAfterFailure
        self.step = step
    }

    /// What is to be done with a command.
    public enum Step: Sendable, Equatable {
        /// Run this text, which may be another one than the command's.
        case run(String)
        case skip
        /// End the build here as STOPPED.
        case quit
    }
}

extension PhaseStage {
    /// Pauses where a breakpoint is set, and asks what to do with the command.
    ///
    /// - Returns: the command to run, or `nil` to skip it.
    func stepped(_ command: BuildSpec.Command, at point: ResumePoint) async throws -> BuildSpec.Command? {
        let debugging = context.job.debugging
        if debugging.points.contains(point) { try await pause("before \(point)") }
        guard let step = debugging.step else { return command }
        switch try await step(point, command) {
        case .run(let text): return BuildSpec.Command(text: text, location: command.location)
        case .skip:
            try await context.sink.send(.notice(text: "skipped \(point)"))
            return nil
        case .quit: throw CancellationError()
        }
    }

    /// Waits until somebody runs `codebuild-resume` in the container.
    func pause(_ place: String) async throws {
        let id = context.plan.id.uuid.prefix(8)
        try await context.sink.send(
            .notice(
                text: "paused \(place): `buildspec shell \(id)` looks inside, "
                    + "`codebuild-resume` there lets the build go on"))
        _ = try await context.session.perform("pause")
    }
}
