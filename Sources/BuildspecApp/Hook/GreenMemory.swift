internal import BuildPlanning
internal import Caches
internal import Engines
internal import Files
internal import SourceSnapshots
#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Which builds are known to be green: a small file each, named by all that the outcome depends on.
struct GreenMemory {
    private let folder: String

    init(_ places: Places) { folder = "\(places.state)/green" }

    /// All that decides a build of a tree: the image as it is now, everything that was asked and set (with the content of
    /// `--env-file`), the files outside the tree that a build reads, our own `BUILDSPEC_…` variables, and this program's
    /// version.
    ///
    /// - Parameter tree: the id of the tree; the buildspec and settings in it are part of it.
    /// - Returns: `nil` when the engine does not have the image yet.
    /// - Throws: ``EngineError`` when no engine answers; ``Failure`` when one of the files cannot be read.
    static func key(tree: String, _ project: Project) async throws -> String? {
        let machine = project.machine, settings = project.settings.deciding
        let engine = machine.engine(of: settings), image = settings.container.image
        guard let id = try await engine.imageID(try await engine.pullableName(of: image)) else {
            guard try await engine.answers() else {
                throw EngineError(
                    .unreachable, doing: "start a container of `\(image)`", reason: "no engine answers",
                    help: "start it, push with --no-verify, or install the hook with --if-no-engine allow")
            }
            return nil
        }
        var others: [String] = []
        for other in project.others {
            // Nothing names the content of a folder without git.
            guard let source = other.source,
                let snapshot = try await source.snapshot(without: source.excluded(settings.values.secretsFile))
            else { return nil }
            others.append("source \(other.identifier) \(snapshot.identity)")
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        // Another way to the same tree is the same build, however it is shown and whatever stays behind.
        let asked = project.asked.deciding
        var parts = [programVersion, tree, id] + others
        for data in [try encoder.encode(asked), try encoder.encode(settings)] {
            parts.append(String(decoding: data, as: UTF8.self))
        }
        let place = try project.buildspec()
        if place.relativePath == nil, let text = try place.read() { parts.append("buildspec " + hexadecimal(text)) }
        for path in [settings.values.secretsFile, settings.artifacts.taskDefinition].compactMap({ $0 }) {
            parts.append(Files.kind(of: path) == .file ? "file " + hexadecimal(try Files.read(path)) : "no file")
        }
        parts += machine.environment.filter { $0.key.hasPrefix("BUILDSPEC_") }.sorted { $0.key < $1.key }
            .map { "\($0.key)=\($0.value)" }
        return CacheKey.digest(of: parts)
    }

    /// - Returns: the build that was green.
    func find(_ key: String) -> String? {
        let path = "\(folder)/\(key)"
        guard Files.kind(of: path) == .file, let bytes = try? Files.read(path) else { return nil }  // Then it is built.
        return String(decoding: bytes.prefix { $0 != 0x0a }.prefix(8), as: UTF8.self)
    }

    func add(_ key: String, build: String) throws {
        try Folder.make(folder)
        try Folder.replace("\(folder)/\(key)", with: Array("\(build)\n".utf8))
    }
}

extension RunSession {
    /// Remembers a whole build that was green, so that neither a push nor another hook builds its tree again.
    func rememberGreen(_ build: String) async throws {
        let asked = project.asked
        guard !project.isAmongOthers, project.repeated == nil, project.location.pipeline == nil, asked.phase == nil,
            asked.from == nil, asked.until == nil,
            let snapshot = try await project.snapshots().primary, !snapshot.hasSubmodules,
            let key = try await GreenMemory.key(tree: snapshot.tree, project)
        else { return }
        if case .folder = snapshot.kind { return }
        try GreenMemory(project.machine.places).add(key, build: build)
    }
}

extension Asked {
    /// What of it decides how a build of a given tree ends.
    fileprivate var deciding: Self {
        var asked = self
        (asked.path, asked.source, asked.artifacts) = (nil, nil, nil)
        (asked.logFormat, asked.progress, asked.buildJson, asked.html) = (nil, nil, nil, nil)
        (asked.junit, asked.reports, asked.annotate, asked.keep) = (nil, nil, nil, nil)
        (asked.checkpoint, asked.verbose) = (false, false)
        return asked
    }
}

extension Settings {
    /// What of them decides how a build of a given tree ends.
    fileprivate var deciding: Self {
        var settings = self
        settings.output = Output(logFormat: .codebuild, failRules: output.failRules)
        settings.ending.keep = .never
        settings.ending.makesCheckpoints = false
        settings.artifacts.folder = nil
        settings.values.notes = []
        settings.values.variables = values.variables.map {
            BuildPlan.Variable(name: $0.name, value: $0.value, origin: .default, type: $0.type)
        }
        settings.decisions = []
        return settings
    }
}
