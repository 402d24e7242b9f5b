internal import BuildPlanning
internal import SpecParsing

/// How often a failed phase begins again, and after which errors (CODEBUILD.md 3.5).
struct RetryRule {
    /// 0 for a phase that is not retried.
    let limit: Int
    private let pattern: String?

    init(_ rule: BuildSpec.OnFailure?) {
        guard case .retry(let count, let pattern)? = rule else {
            limit = 0
            pattern = nil
            return
        }
        limit = count
        self.pattern = pattern
    }

    /// Whether the error is one that the rule names: the pattern is found anywhere in the message of the phase's context.
    /// [inferred, CODEBUILD.md 3.5: "when the error text matches"]
    func matches(_ failure: PhaseContext) -> Bool {
        guard let pattern else { return true }
        // Validation has found what is no regular expression; such a rule is none.
        guard let regex = try? Regex(pattern) else { return false }
        return failure.message.firstMatch(of: regex) != nil
    }
}
