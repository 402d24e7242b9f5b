public import SpecParsing

/// Decides what comes next (CODEBUILD.md 3.2, 3.5). No clock, no file, no process: equal inputs give equal steps.
public struct PhaseMachine: Sendable {
    public enum Step: Equatable, Sendable {
        case run(PhaseName)
        case uploadArtifacts
        case finish(BuildStatus)
    }

    private let rules: [PhaseName: BuildSpec.OnFailure]
    private var remaining: [Step]
    private var hasFailed = false
    private let continueFailsTheBuild: Bool

    /// - Parameters:
    ///   - rules: the phases' own `on-failure`, where they have one.
    ///   - first: the phases before it are left out, as done.
    ///   - continueFailsTheBuild: whether a failed phase with `on-failure: CONTINUE` makes the build FAILED.
    ///   - last: the phases behind it are left out; artifacts are collected all the same.
    public init(
        rules: [PhaseName: BuildSpec.OnFailure],
        continueFailsTheBuild: Bool = Self.continueFailsTheBuildByDefault, from first: PhaseName = .install,
        until last: PhaseName = .postBuild
    ) {
        self.rules = rules
        self.continueFailsTheBuild = continueFailsTheBuild
        let phases = PhaseName.allCases.filter { first <= $0 && $0 <= last }
        remaining = phases.map { .run($0) } + [.uploadArtifacts]
    }

    /// The first step, or the one after a phase that ended well or not.
    public mutating func next() -> Step {
        remaining.isEmpty ? .finish(hasFailed ? .failed : .succeeded) : remaining.removeFirst()
    }

    /// Tells the machine that the phase it gave out last has failed.
    public mutating func failed(_ phase: PhaseName) {
        switch rules[phase] {
        case .continue:
            hasFailed = hasFailed || continueFailsTheBuild
        case .abort:
            hasFailed = true
            remaining = Self.afterAbort
        case .retry, nil:
            hasFailed = true
            // Before BUILD nothing is owed any more; from BUILD on, the rest of the line is.
            if phase == .install || phase == .preBuild { remaining = [] }
        }
    }

    /// Tells the machine that the artifacts could not be collected.
    public mutating func uploadFailed() { hasFailed = true }

    /// Whether a failed phase with `on-failure: CONTINUE` makes the build FAILED, where nobody says. [unknown, CODEBUILD.md
    /// 3.5 and 14.1]
    public static let continueFailsTheBuildByDefault = false

    /// What still runs after a phase with `on-failure: ABORT`: nothing, not even artifacts. [inferred, CODEBUILD.md 3.5]
    static let afterAbort: [Step] = []
}
