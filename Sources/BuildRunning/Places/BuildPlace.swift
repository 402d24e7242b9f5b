public import BuildPlanning
public import SourceSnapshots

/// Receives each event of a build in its order. The build waits until it has returned.
public typealias Emit = @Sendable (BuildEvent) async throws -> Void

/// Where builds are run.
public protocol BuildPlace: Sendable {
    /// Runs a build to its end. A failed command is an event, not an error.
    ///
    /// - Throws: ``Engines/EngineError`` when no container could be had, ``UnfitImage``, `CancellationError` after the container
    ///   is gone, and whatever `emit` throws. In each of these cases the last event is `buildFinished`.
    func run(_ job: BuildJob, from beginning: Beginning, emit: @escaping Emit) async throws
}

/// The state that a build begins with.
public enum Beginning: Sendable {
    /// A new container, and the first command.
    case fresh
    /// The kept container of the build.
    ///
    /// - recallingState: whether the shell state goes back to what the failed command began with.
    case again(Continuation, recallingState: Bool)
    /// A new container, with the state of the checkpoint.
    case checkpoint(Checkpoint, Continuation)

    /// How a build goes on that has run before.
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

/// An error of whoever takes a build's events that is no fault: nobody wants to see the build go on. It ends as stopped.
public protocol StopRequest: Error {}
