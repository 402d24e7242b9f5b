internal import Caches
internal import Files
internal import ArgumentParser
internal import Archives
internal import BuildPlanning
internal import Rendering

struct CacheCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cache",
        abstract: "Look after caches and recordings.",
        discussion: """
              buildspec cache list
              buildspec cache prune --unused-for 7
            """,
        subcommands: [List.self, Show.self, Verify.self, Prune.self, Export.self, Import.self])

    struct Folder: ParsableArguments {
        @Option(
            help: ArgumentHelp(
                "The folder with the caches.", discussion: "Default: $XDG_CACHE_HOME/buildspec/caches.",
                valueName: "dir"))
        var cache: String?

        func store(_ places: Places) throws -> CacheStore {
            let folder = cache ?? places.environment["BUILDSPEC_CACHE"].flatMap { $0.isEmpty ? nil : $0 }
            if let folder, folder.contains("://") {
                throw Failure(
                    .usage, "`buildspec cache` looks after the caches of a folder, and `\(folder)` is none",
                    help: "`aws s3 ls --recursive \(folder)` lists those in S3")
            }
            return CacheStore(directory: FilePath(folder.map(places.absolute) ?? places.cacheStore))
        }

        /// The recordings of all projects; none when a folder of caches is named.
        func recordings(_ places: Places) -> [ProjectRecordings] { cache == nil ? ProjectRecordings.all(places) : [] }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List caches and recordings with their sizes.",
            discussion: "  buildspec cache list")
        @OptionGroup var folder: Folder

        func run() async throws {
            await FrontDoor.enter { [folder] machine in
                var table = TextTable(["NAME", "SIZE", "CONTENT", "MADE", "KEY"])
                for listing in try folder.store(machine.places).list() { table.add(CacheText.row(listing)) }
                for recordings in folder.recordings(machine.places) { table.add(try recordings.row()) }
                if table.isEmpty { machine.terminal.say("there are no caches\n") }
                try machine.terminal.write(Array(table.text.utf8))
                return .succeeded
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "Show what a cache holds and where it came from.",
            discussion: """
                  buildspec cache show app-1f2e     as `cache list` names it

                Of recordings: what was recorded.
                """)
        @OptionGroup var folder: Folder
        @Argument(help: ArgumentHelp("The beginning of a name of `cache list`.", valueName: "cache"))
        var name: String

        func run() async throws {
            await FrontDoor.enter { [folder, name] machine in
                let store = try folder.store(machine.places), all = folder.recordings(machine.places)
                let name = try CacheText.name(name, in: store, and: all)
                if let recordings = all.first(where: { $0.name == name }) {
                    try machine.terminal.write(Array(try recordings.page().utf8))
                    return .succeeded
                }
                let page = CacheText.page(try CacheText.show(name, in: store), in: "\(store.directory)")
                let images = CacheImageShelf(machine.places).all().map(\.record).filter {
                    $0.cacheName == name && $0.store == "\(store.directory)"
                }
                try machine.terminal.write(Array((page + images.map(CacheText.line).joined()).utf8))
                return .succeeded
            }
        }
    }

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "verify", abstract: "Read caches and recordings through; name damaged ones.",
            discussion: """
                  buildspec cache verify

                Every tarball is read against its checksum and to its last entry, every recorded response against its \
                checksum. What is damaged is set aside, a cache as a build would do it, so that it counts as missing. Exit \
                status: 0 all are sound, 74 one is damaged, 66 there is none of that name.
                """)
        @OptionGroup var folder: Folder
        @Argument(
            help: ArgumentHelp(
                "The beginning of a name of `cache list`.", discussion: "Default: all of them.", valueName: "cache"))
        var name: String?

        func run() async throws {
            await FrontDoor.enter { [folder, name] machine in
                let store = try folder.store(machine.places), all = folder.recordings(machine.places)
                let name = try name.map { try CacheText.name($0, in: store, and: all) }
                let recordings = all.filter { name == nil || $0.name == name }
                let names: [String] =
                    if let name { recordings.isEmpty ? [try CacheText.show(name, in: store).name] : [] } else {
                        try store.list().map(\.name)
                    }
                if names.isEmpty, recordings.isEmpty { machine.terminal.say("there are no caches\n") }
                var isDamaged = false
                for name in names {
                    let health = try await store.examine(name)
                    var line = CacheText.line(name, health)
                    if case .damaged = health {
                        isDamaged = true
                        if let place = try await store.setAside(name) { line += "; it is set aside as `\(place)`" }
                    }
                    try machine.terminal.write(Array((line + "\n").utf8))
                }
                for recordings in recordings {
                    let (lines, isSound) = try await BlockingThread.run { _ in try recordings.health() }
                    if !isSound { isDamaged = true }
                    for line in lines { try machine.terminal.write(Array((line + "\n").utf8)) }
                }
                guard isDamaged else { return .succeeded }
                machine.terminal.say(
                    "help: what is damaged counts as missing: a build saves its cache anew, and `buildspec run --record` its "
                        + "recordings; `buildspec cache prune` removes what is damaged\n")
                return .inputOutput
            }
        }
    }

    struct Prune: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "prune",
            abstract: "Remove damaged caches, those not used for long, and the oldest.",
            discussion: """
                  buildspec cache prune --unused-for 7
                  buildspec cache prune --max-megabytes 2000

                Damaged caches and recordings go in any case, as do images of caches that have changed; what a running build has \
                in use stays.
                """)
        @OptionGroup var folder: Folder

        @Option(help: ArgumentHelp("Remove what was not used for so many days.", valueName: "days"))
        var unusedFor: Int = 30

        @Option(
            help: ArgumentHelp(
                "Leave caches of at most so many megabytes.", discussion: "The longest unused go first.",
                valueName: "number"))
        var maxMegabytes: Int?

        func validate() throws {
            guard unusedFor >= 0, (maxMegabytes ?? 0) >= 0, unusedFor < 100_000 else {
                throw ValidationError("a number of days or megabytes cannot be negative")
            }
        }

        func run() async throws {
            await FrontDoor.enter { [self] machine in
                let now = Duration.microseconds(machine.now().microseconds)
                let moment = now - .seconds(unusedFor * 86_400)
                if folder.cache == nil { try await Drafts(places: machine.places).remove() }
                let outcome = try folder.store(machine.places).prune(
                    unusedSince: moment,
                    maxByteCount: maxMegabytes.map { Int64($0) * 1_000_000 })
                for listing in outcome.removed {
                    try machine.terminal.write(Array("removed \(CacheText.line(listing))\n".utf8))
                }
                for listing in outcome.inUse { machine.terminal.say("in use, kept: \(listing.name)\n") }
                for recordings in folder.recordings(machine.places) {
                    guard let lines = try recordings.prune(unusedSince: moment) else {
                        machine.terminal.say("in use, kept: \(recordings.name)\n")
                        continue
                    }
                    for line in lines { try machine.terminal.write(Array("removed \(line)\n".utf8)) }
                }
                try await pruneImages(unusedSince: moment, machine)
                return .succeeded
            }
        }

        private func pruneImages(unusedSince moment: Duration, _ machine: Machine) async throws {
            guard !CacheImageShelf(machine.places).all().isEmpty else { return }
            let limit = maxMegabytes.map { Int64($0) * 1_000_000 } ?? CacheImagePruning.byteLimit
            let images = try await CacheImagePruning(machine: machine).tidy(unusedSince: moment, maxByteCount: limit)
            for image in images.removed {
                try machine.terminal.write(
                    Array("removed image \(image.image)  \(CacheText.megabytes(image.byteCount))\n".utf8))
            }
            for image in images.inUse { machine.terminal.say("in use, kept: image \(image)\n") }
        }
    }
}

/// How a cache is written for people.
enum CacheText {
    /// Completes the beginning of a name; what no name begins with is returned as it is.
    ///
    /// - Throws: ``Failure`` when several names begin so.
    static func name(_ beginning: String, in store: CacheStore, and recordings: [ProjectRecordings]) throws -> String {
        let names = Set(try store.list().map(\.name) + recordings.map(\.name))
        guard !beginning.isEmpty, !names.contains(beginning) else { return beginning }
        let meant = names.filter { $0.hasPrefix(beginning) }.sorted()
        guard meant.count < 2 else {
            throw Failure(
                .noSuchFile,
                "several names begin with `\(beginning)`: \(meant.map { "`\($0)`" }.joined(separator: ", "))",
                help: "write more of the one that you mean")
        }
        return meant.first ?? beginning
    }

    /// - Throws: ``Failure`` when there is no cache of that name.
    static func show(_ name: String, in store: CacheStore) throws -> CacheListing {
        do { return try store.show(name) } catch let error as FileError where error.code == .notFound {
            throw Failure(.noSuchFile, error.description, help: "`buildspec cache list` names them all")
        }
    }

    static func line(_ name: String, _ health: CacheHealth) -> String {
        switch health {
        case .sound(let manifest): "\(name)  sound  \(manifest.entryCount) entries  \(megabytes(manifest.byteCount))"
        case .damaged(let reason): "\(name)  damaged: \(reason)"
        case .setAside: "\(name)  set aside earlier, being damaged: `buildspec cache prune` removes it"
        case .unchecked(let reason): "\(name)  not checked: \(reason)"
        }
    }

    /// The cache as a row of a table: its name, size, content, time and key.
    static func row(_ listing: CacheListing) -> [String?] {
        let size = megabytes(listing.byteCount)
        switch listing.state {
        case .ready(let manifest):
            return [
                listing.name, size, "\(manifest.entryCount) entries", manifest.metadata.savedAt, manifest.key.shownKey,
            ]
        case .unusable(let reason): return [listing.name, size, "unusable: \(reason)"]
        case .damaged: return [listing.name, size, "damaged, set aside"]
        }
    }

    static func line(_ listing: CacheListing) -> String {
        switch listing.state {
        case .ready(let manifest):
            "\(listing.name)  \(megabytes(listing.byteCount))  \(manifest.entryCount) entries  saved \(manifest.metadata.savedAt)"
                + (manifest.key.shownKey.map { "  key \($0)" } ?? "")
        case .unusable(let reason): "\(listing.name)  \(megabytes(listing.byteCount))  unusable: \(reason)"
        case .damaged: "\(listing.name)  \(megabytes(listing.byteCount))  damaged, set aside"
        }
    }

    static func page(_ listing: CacheListing, in folder: String) -> String {
        var lines = ["name       \(listing.name)", "folder     \(folder)/\(listing.name)"]
        guard let manifest = listing.manifest else { return (lines + [line(listing)]).joined(separator: "\n") + "\n" }
        lines += [
            "project    \(manifest.key.project)", "key        \(manifest.key.shownKey ?? "-")",
            "paths      \(manifest.key.paths.joined(separator: "\n           "))",
            "saved      \(manifest.metadata.savedAt)", "buildspec  \(manifest.metadata.buildspec ?? "-")",
            "image      \(manifest.metadata.image ?? "-")", "entries    \(manifest.entryCount)",
            "content    \(megabytes(manifest.byteCount))", "on disk    \(megabytes(listing.byteCount))",
        ]
        for layer in manifest.layers {
            let removed = layer.deleted.map { ", removes \(Self.paths($0.count))" } ?? ""
            lines.append("tarball    \(layer.file) (\(megabytes(layer.byteCount)), sha256 \(layer.sha256)\(removed))")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The image of a cache, or why there is none, as a line of its page.
    static func line(_ image: CacheImageRecord) -> String {
        let what = image.isReady ? image.image ?? "" : "none: \(image.refusal ?? "it is not made yet")"
        return "image      \(what) (of \(image.base))\n"
    }

    private static func paths(_ count: Int) -> String { count == 1 ? "1 path" : "\(count) paths" }

    static func megabytes(_ bytes: Int64) -> String {
        let tenths = (bytes + 50_000) / 100_000
        return "\(tenths / 10).\(tenths % 10) MB"
    }
}
