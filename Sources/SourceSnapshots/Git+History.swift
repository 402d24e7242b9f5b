internal import ChildProcesses

extension Git {
    /// The commits that the history of one has and that of another has not, newest first: the beginning of the id and the subject
    /// of each.
    ///
    /// - Parameter limit: how many at most.
    /// - Returns: none where git knows nothing of either, or is not there.
    public func subjects(since before: String, until now: String, limit: Int) async -> [String] {
        func isID(_ text: String) -> Bool { text.utf8.count >= 40 && text.allSatisfy(\.isHexDigit) }
        guard isID(before), isID(now) else { return [] }
        // Who only wants to know more is not stopped where there is no more.
        guard
            let outcome = try? await run([
                "log", "--no-show-signature", "--no-color", "--format=%h %s", "-n", "\(limit)", "\(before)..\(now)",
                "--",
            ]), outcome.status.isSuccess
        else { return [] }
        return outcome.text.split(separator: "\n").map(String.init)
    }
}
