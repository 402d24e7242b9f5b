internal import SourceSnapshots
internal import BuildPlanning
internal import Files

/// Writes the pre-push hook of a repository, and takes it away again.
struct HookInstaller {
    private let places: Places
    private let terminal: Terminal

    init(_ machine: Machine) {
        places = machine.places
        terminal = machine.terminal
    }

    /// Behind the name of a hook that was there before.
    private static let setAside = ".before-buildspec"

    private func path() async throws -> String {
        let git = Git(folder: places.absolute("."), inherited: places.environment.keys)
        return try await git.hooksFolder() + "/pre-push"
    }

    func install(_ rules: HookCommand.Rules) async throws {
        // A pattern that cannot be read would block every push.
        _ = try PushFilter(branches: rules.branch, paths: rules.path)
        let path = try await path()
        guard try await !isCalled(by: path) else {
            terminal.say("the hook `\(places.shown(path))` calls buildspec already: nothing to do\n")
            return
        }
        try await requirePrivateFolder(of: path, rules)
        try Folder.make(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]), mode: 0o777)
        let isThere = Files.kind(of: path) != nil, isOurs = isThere ? try isOurs(path) : false
        let before = path + Self.setAside
        if isThere, !isOurs {
            guard Files.kind(of: before) == nil else {
                throw Failure(
                    .cannotWriteOutput, "cannot set the present hook aside: `\(before)` exists already",
                    help: "move one of the two, and try again")
            }
            guard rename(path, before) == 0 else { throw unwritable(path) }
        }
        var script = HookScript(
            program: Self.program(places), path: places.environment["PATH"] ?? "", before: before)
        script.words = rules.words
        script.allowsWithoutProgram = rules.ifNoEngine == .allow
        try Folder.replace(path, with: Array(script.text.utf8), mode: 0o755)
        guard chmod(path, 0o755) == 0 else { throw unwritable(path) }
        terminal.say("\(isOurs ? "renewed" : "wrote") the hook `\(places.shown(path))`\n")
        if Files.kind(of: before) != nil {
            terminal.say("the hook that was there runs first: `\(places.shown(before))`\n")
            if let manager = try HookManager(ofHook: Files.read(before)) {
                terminal.say(
                    "note: that hook is \(manager.name)'s, which may replace ours: \(manager.way(rules.words))\n")
            }
        }
    }

    /// Whether a hook that others wrote has the line that ``requirePrivateFolder(of:_:)`` asks for; ours is written anew.
    private func isCalled(by path: String) async throws -> Bool {
        let paths = [path] + [HookManager.huskysOwn(beside: path)].compactMap { $0 }
        return try paths.contains { path in
            guard Files.kind(of: path) == .file, try !isOurs(path) else { return false }
            return String(decoding: try Files.read(path), as: UTF8.self).split(whereSeparator: \.isNewline).contains {
                line in
                line.contains("buildspec hook run pre-push") && line.first { !$0.isWhitespace } != "#"
            }
        }
    }

    /// A hooks folder that git would commit is everybody's: it gets neither paths of this machine nor a hook that others have
    /// not asked for.
    private func requirePrivateFolder(of path: String, _ rules: HookCommand.Rules) async throws {
        let git = Git(folder: places.absolute("."), inherited: places.environment.keys)
        let own = HookManager.huskysOwn(beside: path)
        if own == nil, try await !git.wouldCommit(path) { return }
        let call = (["hook", "run", "pre-push"] + rules.words).map { $0.allSatisfy(\.isPlain) ? $0 : $0.shellQuoted }
        try terminal.write(Array("buildspec \(call.joined(separator: " ")) \"$@\"\n".utf8))
        if let own {
            throw Failure(
                .cannotWriteOutput, "the hooks folder `\(places.shown(path))` is husky's, which writes it anew",
                help: "add the line above to `\(places.shown(own))`, and commit that")
        }
        throw Failure(
            .cannotWriteOutput, "the hooks folder of this repository is part of its work tree: `\(places.shown(path))`",
            help: "add the line above to that hook, as its manager (husky, lefthook, pre-commit) wants it")
    }

    func uninstall() async throws {
        let path = try await path(), before = path + Self.setAside
        guard Files.kind(of: path) != nil, try isOurs(path) else {
            throw Failure(
                .noSuchFile, "the hook `\(places.shown(path))` was not installed by buildspec",
                help: "a line in the hook of a manager (husky, lefthook, pre-commit) is removed by hand")
        }
        if Files.kind(of: before) != nil {
            guard rename(before, path) == 0 else { throw unwritable(path) }
            terminal.say("put back the hook `\(places.shown(path))` as it was before\n")
        } else {
            guard unlink(path) == 0 else { throw unwritable(path) }
            terminal.say("removed the hook `\(places.shown(path))`\n")
        }
    }

    private func isOurs(_ path: String) throws -> Bool {
        String(decoding: try Files.read(path), as: UTF8.self).contains(HookScript.mark)
    }

    private func unwritable(_ path: String) -> Failure {
        Failure(.cannotWriteOutput, "cannot write `\(path)`: \(String(cString: strerror(errno)))")
    }

    private static func program(_ places: Places) -> String {
        let name = CommandLine.arguments.first ?? "buildspec"
        if name.contains("/") { return places.absolute(name) }
        let folders = (places.environment["PATH"] ?? "").split(separator: ":")
        return folders.map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 } ?? name
    }
}

extension Character {
    /// Whether a shell takes it as it is.
    var isPlain: Bool { isASCII && (isLetter || isNumber || "-_./=:,".contains(self)) }
}
