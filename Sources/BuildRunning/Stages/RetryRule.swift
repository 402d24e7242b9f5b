internal import BuildPlanning
internal import SpecParsing

/// Says how often a failed phase begins again, and after which errors (CODEBUILD.md 3.5).
struct RetryRule {
    /// The number of retries; 0 for a phase that is not retried.
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

    /// Whether the phase is retried after an error: when the pattern matches anywhere in the message of its context.
    /// [inferred, CODEBUILD.md 3.5: "when the error text matches"]
    func matches(_ failure: PhaseContext) -> Bool {
        guard let pattern else { return true }
        // Validation has reported a pattern that is no regular expression. Such a rule does not retry.
        guard let regex = try? Regex(pattern) else { return false }
        return failure.message.firstMatch(of: regex) != nil
    }
}
