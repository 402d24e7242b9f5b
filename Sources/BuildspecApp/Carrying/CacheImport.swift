internal import OfflineWorld
internal import Caches
internal import ArgumentParser
internal import Archives
internal import Engines
internal import Recordings
#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif
internal import Files

extension CacheCommand {
    struct Import: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "import",
            abstract: "Bring in what `cache export` wrote, perhaps on another machine.",
            discussion: """
                  buildspec cache import petclinic.buildspec

                Everything is read and verified before anything is changed. Caches, recordings and the state of the local AWS \
                become those of the project in PATH, wherever it was on the other machine. What the archive has replaces what is \
                here, except caches with a `key`, which never change. \
                Exit status: 66 there is no such file, 74 it is damaged, 69 no engine answers.
                """)
        @Argument(help: "The archive.")
        var file: String
        @OptionGroup var project: CarriedProjectOptions

        func run() async throws {
            await FrontDoor.enter { [file, project] machine in
                try await CacheImport(file: machine.places.absolute(file), options: project).run(on: machine)
            }
        }
    }
}

/// One `cache import`.
struct CacheImport {
    let file: String
    let options: CarriedProjectOptions

    func run(on machine: Machine) async throws -> ExitStatus {
        guard Files.kind(of: file) == .file else {
            throw Failure(.noSuchFile, "cannot import `\(file)`: there is no such file")
        }
        return try await CarriedProject.with(options, on: machine) { try await run($0, machine) }
    }

    private func run(_ project: CarriedProject, _ machine: Machine) async throws -> ExitStatus {
        let arrived = try await unpack(project)
        try checkNames(arrived, project)
        try await checkEngine(arrived, project)
        try await announce(arrived, project)
        try await bring(arrived, to: project)
        return .succeeded
    }

    /// An archive that is unpacked, and found whole.
    private struct Arrived {
        let manifest: ProjectArchive.Manifest
        let caches: [(manifest: CacheManifest, folder: FilePath)]
        let recordings: RecordingStore
        /// The tars of images and of the local AWS's state, where the archive has them.
        let imagesTar: String?
        let cloudTar: String?
    }

    private func unpack(_ project: CarriedProject) async throws -> Arrived {
        let room = project.room.path
        do {
            return try await BlockingThread.run { [file, options] stop in
                let manifest = try ProjectArchive.unpack(FilePath(file), into: room, stop: stop)
                let hashes = Dictionary(uniqueKeysWithValues: manifest.parts.map { ($0.name, $0.sha256) })
                let names = Set(
                    hashes.keys.filter { $0.hasPrefix("caches/") }.compactMap {
                        $0.split(separator: "/").dropFirst().first
                    })
                let caches = try names.sorted().map { name in
                    let folder = room.appending("caches/\(name)")
                    return (try CacheStore.read(exported: folder) { hashes["caches/\(name)/\($0)"] }, folder)
                }
                let recordings = RecordingStore(folder: room.appending("recordings").string)
                if let damage = try recordings.verify().first { throw damage }
                func tar(_ name: String) -> String? { hashes[name] == nil ? nil : room.appending(name).string }
                return Arrived(
                    manifest: manifest, caches: caches, recordings: recordings,
                    imagesTar: options.noImages ? nil : tar("images.tar"), cloudTar: tar("cloud.tar"))
            }
        } catch let error as FileError where error.code == .damaged {
            throw Failure(
                .inputOutput, error.description,
                help: "nothing was changed; copy the archive once more, or export it anew")
        }
    }

    /// An archive speaks for the project it is imported into, and for no other: it brings neither another project's caches nor
    /// images that this project does not name.
    ///
    /// - Throws: ``Failure`` while nothing is changed yet.
    private func checkNames(_ arrived: Arrived, _ project: CarriedProject) throws {
        for (manifest, _) in arrived.caches where owner(of: manifest, arrived.manifest, project) == nil {
            throw foreign("a cache of another project, `\(CacheKey.shown(manifest.key.project))`")
        }
        guard let tar = arrived.imagesTar else { return }
        let named = try project.imageNames()
        for name in try tags(in: tar) + arrived.manifest.images.map(\.name)
        where !named.contains(ProjectDocker.listed(name)) && !project.mayRun(in: name) {
            throw foreign(
                "the image `\(CacheKey.shown(name))`, which this project does not name",
                ", or name it with --image, or use --no-images"
            )
        }
    }

    private func foreign(_ what: String, _ more: String = "") -> Failure {
        Failure(
            .inputOutput, "cannot import `\(file)`: it has \(what)",
            help: "nothing was changed; export an archive of this project\(more)")
    }

    /// The owner that a cache of the archive gets here; `nil` for one that is another project's.
    private func owner(
        of manifest: CacheManifest, _ archive: ProjectArchive.Manifest, _ project: CarriedProject
    ) -> String? {
        if manifest.key.project == archive.cacheProject { return project.cacheOwner }
        // One that is shared by a namespace keeps its owner.
        return project.owns(manifest.key) ? manifest.key.project : nil
    }

    /// The names that `docker load` would give to images of a tar: its manifest.json lists them, for some engines also
    /// its index.json.
    private func tags(in tar: String) throws -> [String] {
        struct Image: Decodable {
            let RepoTags: [String]?
        }
        struct Index: Decodable {
            struct Manifest: Decodable { let annotations: [String: String]? }
            let manifests: [Manifest]?
        }
        var names: [String] = [], hasManifest = false
        do {
            let reader = try ArchiveReader(path: FilePath(tar))
            while let entry = try reader.next() {
                let path = String(decoding: entry.path, as: UTF8.self).trimmingPrefix("./")
                guard ["manifest.json", "index.json"].contains(path), entry.size < 1 << 24 else { continue }
                var bytes: [UInt8] = []
                try reader.readBlocks { if case .bytes(let part) = $0 { bytes += part } }
                if path == "manifest.json" {
                    hasManifest = true
                    names += try JSONDecoder().decode([Image].self, from: Data(bytes)).flatMap { $0.RepoTags ?? [] }
                } else {
                    let index = try JSONDecoder().decode(Index.self, from: Data(bytes))
                    names += (index.manifests ?? []).compactMap { $0.annotations?["io.containerd.image.name"] }
                }
            }
        } catch {
            throw foreign("images that cannot be read (\(error))", ", or use --no-images")
        }
        guard hasManifest else { throw foreign("images without a list of their names", ", or use --no-images") }
        return names
    }

    /// Says what is here already and will be replaced, before anything is.
    private func announce(_ arrived: Arrived, _ project: CarriedProject) async throws {
        var lines: [String] = []
        if arrived.imagesTar != nil {
            for image in arrived.manifest.images {
                guard let id = try await project.engine.imageID(image.name), id != image.id else { continue }
                lines.append("image `\(image.name)` (\(id.prefix(19)))")
            }
        }
        if arrived.cloudTar != nil, try await project.engine.hasVolume(project.cloud.name) {
            lines.append("the state of the local AWS")
        }
        for (manifest, _) in arrived.caches where manifest.key.key == nil {
            guard let owner = owner(of: manifest, arrived.manifest, project), let store = project.caches else {
                continue
            }
            let name = CacheKey(project: owner, paths: manifest.key.paths).name
            guard case .ready(let old)? = try store.list().first(where: { $0.name == name })?.state,
                old.fingerprint != manifest.fingerprint
            else { continue }
            lines.append("cache `\(name)`, saved \(old.metadata.savedAt)")
        }
        guard !lines.isEmpty else { return }
        project.machine.say("this import replaces:\n" + lines.map { "  \($0)\n" }.joined())
    }

    /// - Throws: when something will be in the way, while nothing is changed yet.
    private func checkEngine(_ arrived: Arrived, _ project: CarriedProject) async throws {
        guard arrived.imagesTar != nil || arrived.cloudTar != nil else { return }
        guard try await project.engine.answers() else {
            throw Failure(
                .noEngine, "cannot import images: no engine answers",
                help: "start the engine (`make engine` does it here)"
                    + (arrived.cloudTar == nil ? ", or leave images out with --no-images" : "")
                    + "; nothing was changed")
        }
        guard arrived.cloudTar != nil, try await project.engine.isRunning(project.cloud.name) else { return }
        throw Failure(
            .inputOutput, "cannot import the state of the local AWS: `\(project.cloud.name)` is running",
            help: "wait for the builds that use it, or `docker rm -f \(project.cloud.name)`; nothing was changed")
    }

    private func bring(_ arrived: Arrived, to project: CarriedProject) async throws {
        let engine = project.engine, machine = project.machine
        if let tar = arrived.imagesTar { try await bringImages(arrived.manifest.images, tar, to: project) }
        if let tar = arrived.cloudTar {
            // One that has ended may still have the volume.
            try await engine.remove(project.cloud.name)
            try await engine.loadVolume(
                project.cloud.name, labels: project.cloud.labels, from: try Files.open(tar),
                container: try await project.cloudVisitor())
            machine.say("imported the state of the local AWS\n")
        }
        let store = project.recordings
        let (taken, known) = try await BlockingThread.run { _ in try store.importAll(from: arrived.recordings) }
        if taken + known > 0 {
            machine.say(
                "imported \(CarriedProject.count(taken, one: "recorded response", many: "recorded responses"))"
                    + (known > 0 ? "; \(known) were here already" : "") + "\n")
        }
        for (manifest, folder) in arrived.caches {
            try await bring(manifest, in: folder, of: arrived.manifest, to: project)
        }
    }

    private func bringImages(_ images: [ProjectArchive.Image], _ tar: String, to project: CarriedProject) async throws {
        var new: [String] = []
        for image in images where try await project.engine.imageID(image.name) != image.id { new.append(image.name) }
        if !new.isEmpty { try await project.engine.loadImages(from: try Files.open(tar)) }
        for image in images {
            project.machine.say(
                new.contains(image.name)
                    ? "imported image `\(image.name)`\n" : "image `\(image.name)` was here already\n")
        }
    }

    private func bring(
        _ manifest: CacheManifest, in folder: FilePath, of archive: ProjectArchive.Manifest, to project: CarriedProject
    ) async throws {
        guard let store = project.caches else {
            project.machine.say("warning: the caches of this project are in S3; that of the archive is left out\n")
            return
        }
        guard let owner = owner(of: manifest, archive, project) else { return }
        let (key, isNew) = try await store.importCache(manifest, from: folder, project: owner)
        project.machine.say(
            isNew
                ? "imported cache `\(key.name)`, \(CacheText.megabytes(manifest.byteCount)) of content\n"
                : "cache `\(key.name)` was here already\n")
    }
}
