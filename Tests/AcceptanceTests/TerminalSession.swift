import ChildProcesses
import Foundation
import Testing

/// A terminal of 200 columns with a shell in it, driven as a person would: keys in, screen out. By tmux.
final class TerminalSession: Sendable {
    private let socket: String

    /// - Parameter play: whose source is the folder, and whose XDG folders the program uses.
    init(in play: Playground) async throws {
        socket = "buildspec-test-\(UUID().uuidString.lowercased())"
        let environment = [
            "XDG_CACHE_HOME=\(play.cache.path)", "XDG_STATE_HOME=\(play.state.path)", "PS1=> ", "CI=",
        ]
        let outcome = try await Command(
            "tmux",
            ["-L", socket, "-f", "/dev/null", "new-session", "-d", "-x", "200", "-y", "500", "env", "-u", "NO_COLOR"]
                + environment
                + ["sh"], workingDirectory: play.source.path
        ).collect()
        try #require(outcome.status.isSuccess, "tmux: \(outcome.errorText)")
    }

    deinit {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["tmux", "-L", socket, "kill-server"]
        try? process.run()
    }

    func type(_ text: String) async throws {
        if !text.isEmpty { try await send(text) }
        try await press("Enter")
    }

    /// Types a text, without the Enter key behind it.
    func send(_ text: String) async throws {
        _ = try await Command("tmux", ["-L", socket, "send-keys", "-l", "--", text]).collect()
    }

    /// - Parameter key: as tmux names it: `C-c`, `Up`.
    func press(_ key: String) async throws {
        _ = try await Command("tmux", ["-L", socket, "send-keys", key]).collect()
    }

    var screen: String {
        get async throws {
            try await Command("tmux", ["-L", socket, "capture-pane", "-p", "-J", "-S", "-"]).collect().text
        }
    }

    /// Waits until the screen shows a text, and returns it.
    ///
    /// - Throws: when it does not within a minute: with the screen as it is.
    @discardableResult
    func waitFor(_ text: String) async throws -> String {
        for _ in 0..<600 {
            let screen = try await screen
            if screen.contains(text) { return screen }
            try await Task.sleep(for: .milliseconds(100))
        }
        let screen = try await screen
        Issue.record("the terminal never showed `\(text)`; it shows:\n\(screen)")
        throw CancellationError()
    }
}
