public import BuildPlanning
public import SourceSnapshots

/// Receives the events of a build in their order. The build waits until it has returned.
public typealias Emit = @Sendable (BuildEvent) async throws -> Void

/// Runs builds.
public protocol BuildPlace: Sendable {
    /// Runs a build to its end. A failed command is an event, not an error.
    ///
    /// Whatever it throws, the last event is `buildFinished`. Its status is FAILED when no container could be started or the
    /// image is unfit, STOPPED after a cancellation, and FAULT after every other error.
    ///
    /// - Throws: ``Engines/EngineError`` when no container could be started; ``UnfitImage``; `CancellationError` when the
    ///   container is gone; whatever `emit` throws.
    func run(_ job: BuildJob, from beginning: Beginning, emit: @escaping Emit) async throws
}

/// The container and the state that a build begins with.
public enum Beginning: Sendable {
    /// A new container, and the first command.
    case fresh
    /// The kept container of the build.
    ///
    /// With `recallingState`, the shell state is again what the failed command began with.
    case again(Continuation, recallingState: Bool)
    /// A new container of the checkpoint's image, with its state.
    case checkpoint(Checkpoint, Continuation)

    /// What a build that has run before goes on with.
    public struct Continuation: Sendable {
        /// The first command to run.
        public var point: ResumePoint
        /// The changes of the source to bring into the container; `nil` when its source stays as it is.
        public var changes: SourceChanges?
        /// Variables that the buildspec, the settings or the flags have changed since the build ran.
        public var variables: [BuildPlan.Variable]

        public init(point: ResumePoint, changes: SourceChanges? = nil, variables: [BuildPlan.Variable] = []) {
            self.point = point
            self.changes = changes
            self.variables = variables
        }
    }
}
