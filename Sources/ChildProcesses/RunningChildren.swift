internal import Files
internal import Synchronization

/// The children of this process that run now. They belong to the process as its signals do, and so does the list of them.
public enum RunningChildren {
    /// The children by their numbers, with whether they lead a process group of their own.
    private static let children = Mutex<[pid_t: Bool]>([:])

    fileprivate static func add(_ child: pid_t, leadsGroup: Bool) { children.withLock { $0[child] = leadsGroup } }

    fileprivate static func remove(_ child: pid_t) { children.withLock { _ = $0.removeValue(forKey: child) } }

    /// Kills all children, with their own children where they have a process group: the program is about to end.
    public static func killAll() {
        children.withLock { children in
            for (child, leadsGroup) in children { _ = kill(leadsGroup ? -child : child, SIGKILL) }
        }
    }
}

/// The entry of one child in the list, from its start until it was waited for.
final class RunningChild: Sendable {
    private let process = Mutex<pid_t?>(nil)

    func begin(_ child: pid_t, leadsGroup: Bool) {
        process.withLock { $0 = child }
        RunningChildren.add(child, leadsGroup: leadsGroup)
    }

    func end() {
        if let child = process.withLock({ $0 }) { RunningChildren.remove(child) }
    }
}
