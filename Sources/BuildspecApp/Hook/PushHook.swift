internal import SourceSnapshots
internal import ArgumentParser
internal import BuildPlanning
internal import Rendering
internal import Engines
internal import SpecParsing
internal import Files

/// One `git push`, before anything leaves: builds every tree that is new and not known to be green.
struct PushHook: Sendable {
    let rules: HookCommand.Rules
    /// Flags of `run`.
    let runs: [String]
    let always: Bool
    let machine: Machine

    func run() async throws -> ExitStatus {
        let all = try self.pushes(), hasLines = !all.isEmpty
        let pushes = all.filter { !$0.isDeletion }
        let git = Git(folder: machine.places.absolute("."), inherited: machine.environment.keys)
        let filter = try PushFilter(branches: rules.branch, paths: rules.path)
        var trees: [String: ExitStatus] = [:]
        let top = try await git.topFolder()
        if pushes.isEmpty, !hasLines { sayNothingPushed(top) }
        for push in pushes {
            guard filter.admits(reference: push.remoteReference) else {
                say("\(push.remoteReference): the name of the branch or tag does not match --branch; skipped")
                continue
            }
            guard let tree = try await git.tree(of: push.commit) else {
                say("\(push.remoteReference): not a commit; skipped")
                continue
            }
            if filter.hasPaths, let changed = try await git.changedPaths(from: push.base, to: push.commit),
                !changed.contains(where: filter.admits)
            {
                say("\(push.remoteReference): no pushed file matches --path; skipped")
                continue
            }
            // Several refs with one tree are one build.
            if trees[tree] != nil { continue }
            let status = try await build(push, tree: tree, in: top)
            trees[tree] = status
            guard status == .succeeded else { return status }
        }
        return .succeeded
    }

    private func build(_ push: Push, tree: String, in top: String) async throws -> ExitStatus {
        let format = rules.logFormat.map { ["--log-format", $0.rawValue] } ?? []
        var asked = try RunOptions.parse([top] + format + runs).asked
        asked.source = "git:\(push.commit)"
        let here = machine.with(machine.places.inFolder(top)), memory = GreenMemory(here.places)
        do {
            var session = try await RunSession(asked, on: here)
            defer { session.close() }
            session.blocksDeployMistakes = true
            let key = try await GreenMemory.key(tree: tree, session.project)
            if !always, let key, let green = memory.find(key) {
                say(
                    "\(push.remoteReference): tree \(tree.prefix(12)) was green in build \(green), so it is not built again"
                )
                return .succeeded
            }
            say("\(push.remoteReference): building \(push.commit.prefix(12)), tree \(tree.prefix(12))")
            let status = try await session.run()
            guard status == .succeeded else {
                block(push, isKept: session.isKept)
                return status
            }
            // The id of an image that was pulled only now is known only now.
            if let key = try await GreenMemory.key(tree: tree, session.project) {
                try memory.add(key, build: session.build)
            }
            return .succeeded
        } catch let error as EngineError where error.code == .unreachable && rules.ifNoEngine == .allow {
            machine.say("warning: \(error.description)\nwarning: pushed without a build (--if-no-engine allow)\n")
            return .succeeded
        } catch {
            say(
                "the push to \(push.remoteReference) is blocked, since it cannot be built (`git push --no-verify` pushes anyway)"
            )
            throw error
        }
    }

    /// Nobody should take a hook for one that builds when it gets nothing to build.
    private func sayNothingPushed(_ top: String) {
        let isLefthook = ["lefthook.yml", "lefthook.yaml", ".lefthook.yml"].contains {
            Files.kind(of: "\(top)/\($0)") == .file
        }
        say(
            "standard input names no commits, so nothing is built"
                + (isLefthook ? "\nhelp: in lefthook.yml the command needs `use_stdin: true`" : ""))
    }

    private func say(_ text: String) { machine.say("buildspec: \(text)\n") }

    /// - Parameter isKept: whether the container of the build stays.
    private func block(_ push: Push, isKept: Bool) {
        let again = "`buildspec run --source git:\(push.commit.prefix(12)) --keep failure`, then "
        machine.say(
            """
            buildspec: the push to \(push.remoteReference) is blocked
            help: to look inside, \(isKept ? "" : again)`buildspec shell`; to push anyway, `git push --no-verify`

            """)
    }

    /// A line that git hands to the hook: what is pushed, and to which ref.
    struct Push: Equatable {
        let commit: String
        let remoteReference: String
        /// What the remote has; `nil` when the ref is new there.
        let base: String?
        let isDeletion: Bool
    }

    /// Reads git's lines to their end, whatever is in them; under pre-commit its variables.
    private func pushes() throws -> [Push] {
        let environment = machine.environment
        // Of the first push to an empty remote pre-commit tells the branch alone.
        if environment["PRE_COMMIT"] == "1",
            let commit = environment["PRE_COMMIT_TO_REF"] ?? environment["PRE_COMMIT_LOCAL_BRANCH"]
        {
            return [
                Push(
                    commit: commit, remoteReference: environment["PRE_COMMIT_REMOTE_BRANCH"] ?? "",
                    base: environment["PRE_COMMIT_FROM_REF"], isDeletion: Self.isZero(commit))
            ]
        }
        let bytes = try Files.readAll(STDIN_FILENO, named: "standard input")
        return Self.pushes(String(decoding: bytes, as: UTF8.self))
    }

    static func pushes(_ text: String) -> [Push] {
        text.split(separator: "\n").compactMap { line in
            // <local ref> <local id> <remote ref> <remote id>; a local ref may be any expression, blanks included.
            let words = line.split(separator: " ")
            guard words.count >= 4 else { return nil }
            let base = String(words[words.count - 1]), commit = String(words[words.count - 3])
            return Push(
                commit: commit, remoteReference: String(words[words.count - 2]), base: isZero(base) ? nil : base,
                isDeletion: isZero(commit))
        }
    }

    private static func isZero(_ id: String) -> Bool { !id.isEmpty && id.allSatisfy { $0 == "0" } }
}

/// Which pushes are built: patterns as a webhook's filter group has them (HEAD_REF, FILE_PATH).
struct PushFilter {
    private let branches: [Pattern]
    private let paths: [Pattern]

    var hasPaths: Bool { !paths.isEmpty }

    /// - Throws: ``Failure`` for what is no regular expression.
    init(branches: [String], paths: [String]) throws {
        self.branches = try branches.map { try Pattern($0, flag: "--branch") }
        self.paths = try paths.map { try Pattern($0, flag: "--path") }
    }

    /// - Parameter reference: `refs/heads/main`; patterns may leave out what is before the name.
    func admits(reference: String) -> Bool {
        let short = reference.split(separator: "/", maxSplits: 2).dropFirst(2).first.map(String.init) ?? reference
        return Self.admits([reference, short].map { Array($0.utf8) }, branches)
    }

    func admits(path: [UInt8]) -> Bool { Self.admits([path], paths) }

    /// One of the patterns must match, if there are any that do not exclude; none that excludes may.
    private static func admits(_ names: [[UInt8]], _ patterns: [Pattern]) -> Bool {
        let wanted = patterns.filter { !$0.excludes }
        return (wanted.isEmpty || wanted.contains { pattern in names.contains(where: pattern.matches) })
            && !patterns.contains { pattern in pattern.excludes && names.contains(where: pattern.matches) }
    }

    private struct Pattern {
        let excludes: Bool
        private let glob: Glob?
        private let regex: String

        init(_ text: String, flag: String) throws {
            excludes = text.hasPrefix("!")
            regex = excludes ? String(text.dropFirst()) : text
            if regex.hasPrefix("^") {
                do { _ = try Regex(regex) } catch {
                    throw Failure(.usage, "`\(flag)` is `\(text)`, which is no regular expression: \(error)")
                }
                glob = nil
            } else {
                glob = Glob(regex)
            }
        }

        func matches(_ name: [UInt8]) -> Bool {
            if let glob { return glob.matches(name) }
            // It was one when it was read.
            guard let regex = try? Regex(regex) else { return false }
            return String(decoding: name, as: UTF8.self).firstMatch(of: regex) != nil
        }
    }
}
