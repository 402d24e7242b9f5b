internal import ChildProcesses

extension EngineCommanding {
    /// Whether somebody has a shell or a command running in a container beside its first process.
    ///
    /// - Returns: `false` also for a container that is not there.
    public func hasShells(_ container: String) async throws -> Bool {
        let outcome = try await command(["container", "inspect", "--format", "{{len .ExecIDs}}", container]).collect()
        return outcome.status.isSuccess && outcome.text != "0"
    }
}
