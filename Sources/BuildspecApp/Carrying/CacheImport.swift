internal import OfflineWorld
internal import Caches
internal import ArgumentParser
internal import Archives
internal import Engines
internal import Recordings
internal import Files

extension CacheCommand {
    struct Import: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "import",
            abstract: "Bring in what `cache export` wrote, perhaps on another machine.",
            discussion: """
                Everything is read and verified before anything is changed. Caches, recordings and the state of the local AWS \
                become those of the project in PATH, wherever it was on the other machine. What the archive has replaces what is \
                here, except caches with a `key`, which never change. \
                Exit status: 66 there is no such file, 74 it is damaged, 69 no engine answers.

                  buildspec cache import petclinic.buildspec
                """)
        @Argument(help: "The archive.")
        var file: String
        @OptionGroup var project: CarriedProjectOptions

        func run() async throws {
            await FrontDoor.enter { [file, project] places, terminal in
                try await CacheImport(file: places.absolute(file), options: project).run(places, terminal)
            }
        }
    }
}

/// One `cache import`.
struct CacheImport {
    let file: String
    let options: CarriedProjectOptions

    func run(_ places: Places, _ terminal: Terminal) async throws -> ExitStatus {
        guard Files.kind(of: file) == .file else {
            throw Failure(.noSuchFile, "cannot import `\(file)`: there is no such file")
        }
        let project = try await CarriedProject(options, places, terminal)
        defer { project.room.remove() }
        let arrived = try await unpack(project)
        try await checkEngine(arrived, project)
        try await bring(arrived, to: project)
        return .succeeded
    }

    /// An archive that is unpacked, and found whole.
    private struct Arrived {
        let manifest: ProjectArchive.Manifest
        let caches: [(manifest: CacheManifest, folder: FilePath)]
        let recordings: RecordingStore
        /// Of images and the cloud's state, where it has them.
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
        let engine = project.engine, terminal = project.terminal
        if let tar = arrived.imagesTar { try await bringImages(arrived.manifest.images, tar, to: project) }
        if let tar = arrived.cloudTar {
            // One that has ended may still have the volume.
            try await engine.remove(project.cloud.name)
            try await engine.loadVolume(
                project.cloud.name, labels: project.cloud.labels, from: try Files.open(tar),
                container: try await project.cloudVisitor())
            terminal.say("imported the state of the local AWS\n")
        }
        let store = project.recordings
        let (taken, known) = try await BlockingThread.run { _ in try store.importAll(from: arrived.recordings) }
        if taken + known > 0 {
            terminal.say(
                "imported \(CarriedProject.count(taken, "recorded response", "recorded responses"))"
                    + (known > 0 ? "; \(known) were here already" : "") + "\n")
        }
        for (manifest, folder) in arrived.caches { try await bring(manifest, folder, arrived.manifest, to: project) }
    }

    private func bringImages(_ images: [ProjectArchive.Image], _ tar: String, to project: CarriedProject) async throws {
        var new: [String] = []
        for image in images where try await project.engine.imageID(image.name) != image.id { new.append(image.name) }
        if !new.isEmpty { try await project.engine.loadImages(from: try Files.open(tar)) }
        for image in images {
            project.terminal.say(
                new.contains(image.name)
                    ? "imported image `\(image.name)`\n" : "image `\(image.name)` was here already\n")
        }
    }

    private func bring(
        _ manifest: CacheManifest, _ folder: FilePath, _ archive: ProjectArchive.Manifest, to project: CarriedProject
    ) async throws {
        guard let store = project.caches else {
            project.terminal.say("warning: the caches of this project are in S3; that of the archive is left out\n")
            return
        }
        // One that is shared by a namespace keeps its owner.
        let isOwn = manifest.key.project == archive.cacheProject
        let (key, isNew) = try await store.importCache(
            manifest, from: folder,
            project: isOwn ? project.settings.cacheProject(project.location) : manifest.key.project)
        project.terminal.say(
            isNew
                ? "imported cache `\(key.name)`, \(CacheText.megabytes(manifest.byteCount)) of content\n"
                : "cache `\(key.name)` was here already\n")
    }
}
