internal import Caches
internal import OfflineWorld
internal import ArgumentParser
internal import Archives
internal import BuildPlanning
internal import Rendering
internal import Engines
internal import Recordings
internal import Files

extension CacheCommand {
    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "export",
            abstract: "Write all that builds of a project need into one archive.",
            discussion: """
                  buildspec cache export petclinic.buildspec
                  buildspec cache export petclinic.buildspec fixtures/petclinic-rest

                The archive has the project's cache tarballs, recorded responses, images (the build's, those listed under \
                `x-buildspec: images` in the settings, those that its Dockerfiles begin with, and that of the local AWS when \
                it is there) and the state of its local AWS, each with its checksum. `cache import` brings them to a machine \
                that was never online. The source is not part of it, and neither is the key that recorded connections are signed with.
                """)
        @Argument(help: "The archive, a zstd tar; one that is there is replaced.")
        var file: String
        @OptionGroup var project: CarriedProjectOptions

        func run() async throws {
            await FrontDoor.enter { [file, project] machine in
                try await CacheExport(file: machine.places.absolute(file), project: project).run(on: machine)
            }
        }
    }
}

/// One `cache export`.
struct CacheExport {
    let file: String
    let options: CarriedProjectOptions

    init(file: String, project: CarriedProjectOptions) {
        self.file = file
        options = project
    }

    func run(on machine: Machine) async throws -> ExitStatus {
        guard Files.kind(of: file) != .folder else {
            throw Failure(.cannotWriteOutput, "cannot write `\(file)`: it is a folder", help: "name a file in it")
        }
        return try await CarriedProject.with(options, on: machine) { try await run($0, machine) }
    }

    private func run(_ project: CarriedProject, _ machine: Machine) async throws -> ExitStatus {
        let store = project.recordings
        let images = try await images(of: project)
        var files = try await caches(of: project)
        let cacheCount = files.caches
        let recorded = try recordings(of: project, store)
        files.files += recorded.files
        let hasCloud = try await spool(images, of: project, into: &files.files)
        guard !files.files.isEmpty else {
            throw Failure(
                .noSuchFile,
                "there is nothing to export of `\(project.project.location.folder)`: no cache, no recording, no image",
                help: "run a build first")
        }
        let manifest = ProjectArchive.Manifest(
            program: "buildspec \(programVersion)", createdAt: machine.now().rfc3339,
            project: project.project.identity.key, cacheProject: project.cacheOwner,
            images: images)
        let size = try await BlockingThread.run { [files, file] stop in
            try ProjectArchive.write(manifest, files.files, to: FilePath(file), stop: stop)
        }
        // Nobody prunes the recordings while the store is known.
        withExtendedLifetime(store) {}
        machine.say(
            "exported to \(machine.places.shown(file)), \(CacheText.megabytes(size)): "
                + CarriedProject.summary(
                    caches: cacheCount, recordings: recorded.count, images: images.map(\.name), hasCloud: hasCloud)
                + "\n")
        return .succeeded
    }

    /// The images to take along, all of which are there.
    private func images(of project: CarriedProject) async throws -> [ProjectArchive.Image] {
        guard !options.noImages else { return [] }
        let engine = project.engine
        guard try await engine.answers() else {
            throw Failure(
                .noEngine, "cannot export images: no engine answers",
                help: "start the engine (`make engine` does it here), or leave images out with --no-images")
        }
        var names: [String] = []
        for name in [try await project.buildImage()] + project.otherImages where !names.contains(name) {
            names.append(name)
        }
        var images: [ProjectArchive.Image] = [], missing: [String] = []
        let bases = project.baseImages.filter { !$0.name.contains("@") && !names.contains($0.name) }
        for name in names {
            if let id = try await engine.imageID(name) {
                images.append(.init(name: name, id: id))
            } else {
                missing.append(name)
            }
        }
        guard missing.isEmpty else {
            throw Failure(
                .noEngine,
                "cannot export what the engine does not have: "
                    + missing.map { "image `\($0)`" }.joined(separator: ", "),
                help: missing.map { "`docker pull \($0)`" }.joined(separator: ", ")
                    + " while there is a network, or leave images out with --no-images")
        }
        for name in bases.map(\.name) + [LocalCloud.image] where !images.contains(where: { $0.name == name }) {
            if let id = try await engine.imageID(name) { images.append(.init(name: name, id: id)) }
        }
        try await warn(of: bases, project)
        return images
    }

    /// Names what only this project's own Docker volume has, which stays here, or nobody.
    private func warn(of bases: [BaseImages.Image], _ project: CarriedProject) async throws {
        for (image, origin) in try await project.origins(of: bases.filter(\.isSurelyNeeded))
        where [.registry, .volume].contains(origin) {
            project.machine.say(
                "warning: image `\(image.name)` (\(image.place)) is left out: this engine does not have it; "
                    + "`docker pull \(image.name)` before the export takes it along\n")
        }
    }

    private func caches(of project: CarriedProject) async throws -> (files: [ProjectArchive.File], caches: Int) {
        guard let store = project.caches else {
            project.machine.say("the caches of this project are in S3 and stay there\n")
            return ([], 0)
        }
        var files: [ProjectArchive.File] = [], count = 0
        for manifest in try store.list().compactMap(\.manifest) where project.owns(manifest.key) {
            switch try await store.verify(manifest.key) {
            case .hit(let manifest):
                files += try await store.export(manifest.key, as: "caches/\(manifest.key.name)")
                count += 1
            case .miss(let reason), .damaged(let reason, _):
                project.machine.say("warning: the cache `\(manifest.key.name)` is left out: \(reason)\n")
            }
        }
        return (files, count)
    }

    private func recordings(
        of project: CarriedProject, _ store: RecordingStore
    ) throws -> (files: [ProjectArchive.File], count: Int) {
        let exported = try store.export(copyingEntriesTo: "\(project.room.path)/recordings")
        for damage in exported.damaged { project.machine.say("warning: left out: \(damage)\n") }
        return (
            exported.files.map { ProjectArchive.File("recordings/\($0.name)", at: FilePath($0.path)) }, exported.count
        )
    }

    /// Images and the cloud's state come as streams of unknown length: by way of files.
    ///
    /// - Returns: whether there is a cloud.
    private func spool(
        _ images: [ProjectArchive.Image], of project: CarriedProject, into files: inout [ProjectArchive.File]
    ) async throws -> Bool {
        let engine = project.engine
        if !images.isEmpty {
            let path = "\(project.room.path)/images.tar"
            try await engine.saveImages(images.map(\.name), to: try Files.create(path, mode: 0o600))
            files.append(ProjectArchive.File("images.tar", at: FilePath(path)))
        }
        guard try await engine.hasVolume(project.cloud.name) else { return false }
        let path = "\(project.room.path)/cloud.tar"
        try await engine.saveVolume(
            project.cloud.name, to: try Files.create(path, mode: 0o600), container: try await project.cloudVisitor(),
            pausing: project.cloud.name)
        files.append(ProjectArchive.File("cloud.tar", at: FilePath(path)))
        return true
    }
}

extension CarriedProject {
    /// What an archive holds, for people.
    static func summary(caches: Int, recordings: Int, images: [String], hasCloud: Bool) -> String {
        var parts: [String] = []
        if caches > 0 { parts.append(count(caches, one: "cache", many: "caches")) }
        if recordings > 0 { parts.append(count(recordings, one: "recorded response", many: "recorded responses")) }
        if !images.isEmpty {
            let names = images.map { "`\($0)`" }.joined(separator: ", ")
            parts.append("\(count(images.count, one: "image", many: "images")) (\(names))")
        }
        if hasCloud { parts.append("the state of the local AWS") }
        return parts.joined(separator: ", ")
    }
}
