public import BuildPlanning
public import SpecParsing

/// Which part of a build is run: `--from`, `--until`, `--phase`.
public struct BuildPart: Sendable, Equatable {
    /// The first command to run; `nil`: the very first.
    public let start: ResumePoint?
    /// The last phase to run.
    public let last: PhaseName

    public init(start: ResumePoint? = nil, last: PhaseName = .postBuild) {
        self.start = start
        self.last = last
    }
}
