internal import ChildProcesses
internal import Engines
internal import Synchronization

/// Watches what Docker does with a job: it may be unable to place it or to get its image, and the job's node may disappear, of which its
/// connections say nothing.
extension SwarmEngine {
    /// A job's one task.
    struct JobTask: Equatable {
        var node: String
        /// The first word of its state: `Pending`, `Running`.
        var state: String
        var error: String

        /// Reads a line of `service ps`.
        init?(_ line: Substring) {
            let words = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            guard words.count == 3, let state = words[1].split(separator: " ").first else { return nil }
            (node, self.state, error) = (words[0], String(state), words[2])
        }

        /// Whether it will never run, or run again.
        var isOver: Bool { ["Complete", "Failed", "Rejected", "Shutdown", "Orphaned", "Remove"].contains(state) }
    }

    /// The time after which it is said what is waited for.
    private static let notice = Duration.seconds(3)
    /// The time in which a running job calls.
    private static let callTime = Duration.seconds(30)

    func watch(_ link: JobLink) async {
        var told: String?, since = ContinuousClock.now, runningSince: ContinuousClock.Instant?
        while link.end == nil {
            let hasCalled = link.control.isSettled
            do { try await Task.sleep(for: hasCalled ? .seconds(2) : .milliseconds(500)) } catch { return }
            guard link.isAnswered.load(ordering: .acquiring) else {
                since = .now
                continue
            }
            // A manager that does not answer now is asked again: the build goes on without it.
            guard let task = try? await self.task(of: link.name) else { continue }
            if task.isOver {
                // What the job itself says of its end comes first.
                do { try await Task.sleep(for: .seconds(1)) } catch { return }
                if link.end == nil { link.finish(.failed(await reason(of: task, link.name))) }
                return
            }
            if !task.node.isEmpty, let node = await downNode(task.node) { return link.finish(.lost(node: node)) }
            guard !hasCalled else { continue }
            if task.state == "Running" {
                let start = runningSince ?? .now
                runningSince = start
                if start + Self.callTime < .now { return link.finish(.failed(await silence(of: task))) }
            } else if since + Self.notice < .now, told != task.state {
                told = task.state
                let why = task.error.isEmpty ? "" : ": \(task.error)"
                say("waiting for the swarm: the build's task is `\(task.state.lowercased())`\(why)")
            }
        }
    }

    private func task(of job: String) async throws -> JobTask? {
        let format = "{{.Node}}\t{{.CurrentState}}\t{{.Error}}"
        let outcome = try await manager.command([
            "service", "ps", "--no-trunc", "--no-resolve", "--format", format, job,
        ]).collect()
        return outcome.text.split(separator: "\n").first.flatMap { JobTask($0) }
    }

    /// The name of a node that is down; `nil` for any other.
    private func downNode(_ id: String) async -> String? {
        let format = "{{.Status.State}}\t{{.Description.Hostname}}"
        guard let outcome = try? await manager.command(["node", "inspect", "--format", format, id]).collect(),
            outcome.status.isSuccess
        else { return nil }
        let words = outcome.text.split(separator: "\t").map(String.init)
        return words.first == "down" ? words.last : nil
    }

    /// Why a task has ended: what it said, or what Docker says of it.
    private func reason(of task: JobTask, _ job: String) async -> String {
        let logs = try? await manager.command(["service", "logs", "--raw", "--tail", "1", job]).collect()
        let said = (logs?.errorText ?? "") + (logs?.text ?? "")
        let prefix = "buildspec: "
        if let line = said.split(separator: "\n").last(where: { $0.hasPrefix(prefix) }) {
            return String(line.dropFirst(prefix.count))
        }
        return task.error.isEmpty ? "its task is `\(task.state.lowercased())`" : task.error
    }

    private func silence(of task: JobTask) async -> String {
        "it runs on a node of the swarm, and has not called \(port.host):\(port.port) for \(Self.callTime.components.seconds) s; "
            + "`--swarm-address HOST[:PORT]` names an address that the nodes reach"
    }
}
