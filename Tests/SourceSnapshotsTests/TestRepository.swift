import TestSupport
@testable import SourceSnapshots
import Archives
import Foundation
import Testing

/// A real repository in a folder of its own, with a cache beside it.
struct TestRepository: Sendable {
    let root: String
    var path: String { "\(root)/project" }
    var cache: String { "\(root)/cache" }

    /// The program itself, which is built beside the tests: git starts it as a filter.
    static let program: String = {
        if let path = ProcessInfo.processInfo.environment["BUILDSPEC_BINARY"] { return path }
        return Bundle.main.bundleURL.appending(path: "buildspec").path
    }()

    /// - Parameter isEmpty: without a first commit of `kept.txt` and `.gitignore`.
    static func with(isEmpty: Bool = false, _ body: (TestRepository) async throws -> Void) async throws {
        try await withScratch { scratch in
            let repository = TestRepository(root: scratch.string)
            try await run("git", "init", "-q", "-b", "main", repository.path)
            try await repository.git("config", "user.name", "t")
            try await repository.git("config", "user.email", "t@example.org")
            if !isEmpty {
                try repository.write("kept.txt", "kept\n")
                try repository.write(".gitignore", "target/\n")
                try await repository.commit("first")
            }
            try await body(repository)
        }
    }

    @discardableResult
    func git(_ arguments: String...) async throws -> String { try await Self.git(in: path, arguments) }

    @discardableResult
    static func git(in folder: String, _ arguments: [String]) async throws -> String {
        let words = ["-C", folder, "-c", "protocol.file.allow=always"] + arguments
        let command = words.map { "'" + $0.replacing("'", with: "'\\''") + "'" }.joined(separator: " ")
        let output = try await run("sh", "-c", "git \(command)")
        return String(decoding: output, as: UTF8.self).trimmingCharacters(in: .newlines)
    }

    func commit(_ message: String) async throws {
        try await git("add", "-A")
        try await git("commit", "-q", "-m", message)
    }

    func write(_ name: String, _ text: String) throws {
        let file = URL(filePath: path).appending(path: name)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }

    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: "\(path)/\(name)") }

    func store(_ source: String? = nil) -> SnapshotStore {
        let name = (source ?? path).split(separator: "/").joined(separator: "-")
        return SnapshotStore(
            folder: "\(cache)/\(name)", objectsFolder: "/objects", lfsFilter: [Self.program, "lfs-filter"]
        ) { _ in }
    }

    func take(_ kind: SourceKind = .worktree, at source: String? = nil) async throws -> SourceSnapshot {
        try #require(
            try await store(source).take(kind, Git(folder: source ?? path, inherited: [String]())))
    }

    func stage(
        _ kind: SourceKind = .worktree, at source: String? = nil, for container: String = "c"
    ) async throws -> StagedSource {
        try #require(
            try await store(source).stage(kind, Git(folder: source ?? path, inherited: [String]()), for: container))
    }

    func stageForReading(_ kind: SourceKind = .revision("HEAD")) async throws -> StagedSource {
        try #require(try await store().stageForReading(kind, Git(folder: path, inherited: [String]())))
    }

    /// Names, modes, times and contents of everything, `.git` included. Objects and shared indexes may be marked as recently
    /// used.
    func fingerprint(of folder: String? = nil) async throws -> String {
        let output = try await run(
            "sh", "-c",
            """
            cd "$0" && find . -path '*/objects/*' -prune -o -name 'sharedindex.*' -prune -o -printf '%y %m %T@ %p %l\\n' | sort
            find . -path '*/objects/*' -printf '%y %m %p\\n' | sort
            find . -type f -print0 | sort -z | xargs -0 sha256sum
            """, folder ?? path)
        return String(decoding: output, as: UTF8.self)
    }

    /// The names of all entries below a folder but `.git`, folders aside.
    func names(in folder: String) async throws -> [String] {
        let output = try await run(
            "sh", "-c", "cd \"$0\" && find . -name .git -prune -o ! -type d -print | sort", folder)
        return String(decoding: output, as: UTF8.self).split(separator: "\n").map { String($0.dropFirst(2)) }
    }

    /// A staged source put together as a build sees it, with git's objects where they are on this machine.
    func assembled(_ source: StagedSource) async throws -> String {
        let target = "\(root)/assembled-\(UUID().uuidString)"
        try await run("cp", "-a", source.files, target)
        guard let layer = source.gitLayer else { return target }
        try await run("cp", "-a", "\(layer)/.", target)
        for gitPath in Set(source.objectStores.map(\.gitPath)) {
            let stores = source.objectStores.filter { $0.gitPath == gitPath }
            try Data(stores.map { $0.host + "\n" }.joined().utf8)
                .write(to: URL(filePath: "\(target)/\(gitPath)/objects/info/alternates"))
        }
        return target
    }
}
