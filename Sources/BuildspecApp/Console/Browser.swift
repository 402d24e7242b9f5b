internal import ChildProcesses
internal import Files

/// The user's browser, by the program that the system has to open things with.
struct Browser {
    let machine: Machine

    /// How long the program is waited for. One that takes longer is the browser itself, which stays when we end.
    private static let patience = Duration.seconds(2)

    /// Opens a file; where that cannot be done, says so, and what to open by hand.
    ///
    /// - Parameters:
    ///   - path: absolute.
    ///   - address: what the user opens otherwise.
    func open(_ path: String, orByHand address: String) async {
        do {
            guard let reason = try await run(path) else { return }
            machine.say("warning: no browser was opened: \(reason)\nhelp: open \(address)\n")
        } catch let error as ChildProcessError where error.code == .notFound {
            machine.say(
                "warning: no browser was opened: there is no `\(SystemPrograms.opener)` on the path\nhelp: open \(address)\n"
            )
        } catch {
            machine.say("warning: no browser was opened: \(error)\nhelp: open \(address)\n")
        }
    }

    /// - Returns: why the program failed; `nil` where it has not.
    private func run(_ path: String) async throws -> String? {
        let input = try Files.open("/dev/null")
        // A task of its own: what is a browser outlives the wait, and is not ended with it.
        let running = Task { try await Command(SystemPrograms.opener, [path]).runBriefly(inputFrom: input) }
        let (ends, ended) = AsyncStream.makeStream(of: Void.self)
        // Both only tell; whichever is later tells nobody.
        Task {
            _ = await running.result
            ended.finish()
        }
        let timer = Task {
            try await Task.sleep(for: Self.patience)
            ended.yield()
        }
        defer { timer.cancel() }
        for await _ in ends { return nil }
        try Task.checkCancellation()
        let output = try await running.value
        guard !output.status.isSuccess else { return nil }
        let words = output.errorText.split(separator: "\n").last.map { ": \($0)" } ?? ""
        return "`\(SystemPrograms.opener)` ended with status \(output.status.exitStatus)\(words)"
    }
}
