internal import ChildProcesses

/// Asks shells of this machine whether they can read scripts, without running any of them (`sh -n`).
///
/// As long as all is well there is one process for each kind of shell, however many scripts there are; each script that
/// cannot be read costs a few more. A shell that the machine does not have is asked nothing.
public struct ShellSyntax: Sendable {
    /// A shell by the name of its program.
    public enum Shell: String, Sendable, CaseIterable {
        case sh, bash
    }

    /// A text to be read.
    public struct Script: Sendable {
        public let text: String
        public let shell: Shell
        /// Whether its quotes, brackets and here-documents are known to be closed: it may be read together with others.
        /// Any other script is read by itself, at the price of a process.
        public let endsCleanly: Bool

        public init(_ text: String, shell: Shell, endsCleanly: Bool) {
            self.text = text
            self.shell = shell
            self.endsCleanly = endsCleanly
        }
    }

    /// What a shell says about a script.
    public struct Problem: Sendable, Equatable {
        /// Which script: its place in what was asked about.
        public let index: Int
        /// Of the script, 1-based; may be one behind its last.
        public let line: Int
        /// The shell's own words, without its name and the line.
        public let words: String
        /// The shell that says so.
        public let shell: Shell
        /// For a script for `sh`: whether bash can read it. `nil` where there is no bash, and for scripts for bash.
        public let isReadByBash: Bool?
    }

    public init() {}

    /// The problems of all scripts, at most one each, in their order.
    ///
    /// - Throws: ``ChildProcessError`` when a shell that is there cannot be spoken with.
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

    /// Has many scripts read one after the other, and goes on behind each that stops the shell.
    private func problems(among indices: ArraySlice<Int>, of scripts: [Script]) async throws -> [Problem] {
        var problems: [Problem] = [], rest = indices
        while let first = rest.first {
            let joined = JoinedScripts(rest.lazy.map { scripts[$0].text })
            guard let complaint = try await ShellReading(joined.text, by: scripts[first].shell).complaint() else {
                break
            }
            // Whatever ends before the place where the shell stopped has been read.
            let place = complaint.line.flatMap(joined.scriptIndex)
            let stopped = place.map { rest.startIndex + $0 } ?? rest.endIndex - 1
            let suspects = rest[...stopped]
            if place != nil || suspects.count == 1,
                let problem = try await problem(scripts[rest[stopped]], at: rest[stopped])
            {
                problems.append(problem)
            } else if suspects.count > 1 {
                // A shell that names no line, or a script before it that is not as clean as was said.
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

    /// `shopt -s extglob` changes what bash can read from its next line on, and nothing is run here.
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
