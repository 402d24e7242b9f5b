internal import ChildProcesses

/// Asks the shells of this machine whether they can read scripts, without running them (`sh -n`).
///
/// Without errors this takes one process for each kind of shell, however many scripts there are; each script with an
/// error takes a few more. Scripts for a shell that the machine does not have are not checked.
public struct ShellSyntax: Sendable {
    /// A shell, by the name of its program.
    public enum Shell: String, Sendable, CaseIterable {
        case sh, bash
    }

    /// A text for a shell to read.
    public struct Script: Sendable {
        public let text: String
        public let shell: Shell
        /// Whether all quotes, brackets and here-documents are known to be closed, so that it can be read together with
        /// others. Any other script costs a process of its own.
        public let endsCleanly: Bool

        public init(_ text: String, shell: Shell, endsCleanly: Bool) {
            self.text = text
            self.shell = shell
            self.endsCleanly = endsCleanly
        }
    }

    /// A syntax error in a script.
    public struct Problem: Sendable, Equatable {
        /// The index of the script in the list that was checked.
        public let index: Int
        /// The 1-based line in the script; at most one after its last.
        public let line: Int
        /// The shell's message, without its name and the line.
        public let words: String
        /// The shell that reported the problem.
        public let shell: Shell
        /// Whether bash can read a script for `sh`; `nil` where there is no bash, and for scripts for bash.
        public let isReadByBash: Bool?
    }

    public init() {}

    /// Checks all scripts, and returns at most one problem for each, in their order.
    ///
    /// - Throws: ``ChildProcessError`` when an installed shell cannot be run.
    public func problems(in scripts: [Script]) async throws -> [Problem] {
        async let bash = problems(in: scripts, of: .bash)
        let sh = try await problems(in: scripts, of: .sh)
        return try await (sh + bash).sorted { $0.index < $1.index }
    }

    private func problems(in scripts: [Script], of shell: Shell) async throws -> [Problem] {
        let indices = scripts.indices.filter { scripts[$0].shell == shell }
        var problems: [Problem] = []
        do {
            problems += try await self.problems(among: indices.filter { scripts[$0].isReadTogether }[...], of: scripts)
            for index in indices where !scripts[index].isReadTogether {
                if let problem = try await problem(scripts[index], at: index) { problems.append(problem) }
            }
        } catch let error as ChildProcessError where error.code == .notFound {
            return []
        }
        return problems
    }

    /// Has a shell read many scripts at once, and continues after each one that stops it.
    private func problems(among indices: ArraySlice<Int>, of scripts: [Script]) async throws -> [Problem] {
        var problems: [Problem] = [], rest = indices
        while let first = rest.first {
            let joined = JoinedScripts(rest.lazy.map { scripts[$0].text })
            guard let complaint = try await ShellReading(joined.text, by: scripts[first].shell).complaint() else {
                break
            }
            // All scripts that end before the line of the error are correct.
            let place = complaint.line.flatMap(joined.scriptIndex)
            let stopped = place.map { rest.startIndex + $0 } ?? rest.endIndex - 1
            let suspects = rest[...stopped]
            if place != nil || suspects.count == 1,
                let problem = try await problem(scripts[rest[stopped]], at: rest[stopped])
            {
                problems.append(problem)
            } else if suspects.count > 1 {
                // The shell names no line, or an earlier script is not as clean as declared.
                let middle = suspects.startIndex + suspects.count / 2
                problems += try await self.problems(among: suspects[..<middle], of: scripts)
                problems += try await self.problems(among: suspects[middle...], of: scripts)
            }
            rest = rest[(stopped + 1)...]
        }
        return problems
    }

    private func problem(_ script: Script, at index: Int) async throws -> Problem? {
        guard let complaint = try await complaint(about: script, by: script.shell) else { return nil }
        var isReadByBash: Bool?
        if script.shell == .sh {
            do {
                isReadByBash = try await self.complaint(about: script, by: .bash) == nil
            } catch let error as ChildProcessError where error.code == .notFound {
                isReadByBash = nil
            }
        }
        return Problem(
            index: index, line: max(1, complaint.line ?? 1), words: complaint.words, shell: script.shell,
            isReadByBash: isReadByBash)
    }

    private func complaint(about script: Script, by shell: Shell) async throws -> ShellReading.Complaint? {
        try await ShellReading(
            Array(script.text.utf8), by: shell, knowsExtendedPatterns: script.switchesExtendedPatternsOn
        ).complaint()
    }
}

extension ShellSyntax.Script {
    fileprivate var isReadTogether: Bool { endsCleanly && !(shell == .bash && switchesExtendedPatternsOn) }

    /// Whether the script uses `shopt -s extglob`, which changes how bash reads the lines after it but has no effect
    /// without running it.
    fileprivate var switchesExtendedPatternsOn: Bool { text.utf8.containsText("extglob".utf8) }
}

extension Collection<UInt8> {
    fileprivate func containsText(_ text: some Collection<UInt8>) -> Bool {
        var rest = self[...]
        while let start = rest.firstIndex(where: { $0 == text.first }) {
            rest = rest[start...]
            if rest.starts(with: text) { return true }
            rest = rest.dropFirst()
        }
        return false
    }
}
