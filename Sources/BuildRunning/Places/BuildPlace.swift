public import BuildPlanning
public import SourceSnapshots

/// Receives the events of a build in their order. The build waits until it has returned.
public typealias Emit = @Sendable (BuildEvent) async throws -> Void

/// An error of ``Emit`` that stops the build as a cancellation does: nobody wants its output any more.
public protocol StoppingError: Error {}

/// Runs builds.
public protocol BuildPlace: Sendable {
    /// Runs a build to its end. A failed command is an event, not an error.
    ///
    /// Whatever it throws, the last event is `buildFinished`. Its status is FAILED when no container could be started or the
    /// image is unfit, STOPPED after a cancellation or a ``StoppingError``, and FAULT after every other error.
    ///
    /// - Throws: ``Engines/EngineError`` when no container could be started; ``UnfitImage``; `CancellationError` when the
    ///   container is gone; whatever `emit` throws.
    func run(_ job: BuildJob, from beginning: Beginning, emit: @escaping Emit) async throws
}

/// The container and the state that a build begins with.
public enum Beginning: Sendable {
    /// The build begins in a new container, with its first command.
    case fresh
    /// The build goes on in its kept container.
    ///
    /// With `recallingState`, the shell state is again what the failed command began with.
    case again(Continuation, recallingState: Bool)
    /// The build goes on in a new container of a checkpoint, with its state.
    case checkpoint(Checkpoint, Continuation)

    /// What a build that has run before goes on with.
    public struct Continuation: Sendable {
        /// The first command to run.
        public var point: ResumePoint
        /// The changes of the source to bring into the container; `nil` when its source stays as it is.
        public var changes: SourceChanges?
        /// The changes of secondary sources to bring in, by their identifiers.
        public var otherChanges: [String: SourceChanges] = [:]
        /// Variables that the buildspec, the settings or the flags have changed since the build ran.
        public var variables: [BuildPlan.Variable]
        /// The snapshot that ``changes`` lead to; `nil` when the source stays as it is, or is none of git.
        public var source: SnapshotFacts?

        public init(point: ResumePoint, changes: SourceChanges? = nil, variables: [BuildPlan.Variable] = []) {
            self.point = point
            self.changes = changes
            self.variables = variables
        }
    }
}
