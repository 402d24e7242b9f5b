internal import ArgumentParser
internal import Archives
internal import BuildPlanning
internal import Workspaces

struct CacheCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cache",
        abstract: "Look after the cache tarballs.",
        subcommands: [List.self, Show.self, Prune.self])

    struct Folder: ParsableArguments {
        @Option(help: "The folder with the caches (default: $XDG_CACHE_HOME/buildspec/caches).")
        var cache: String?

        func store(_ places: Places) -> CacheStore {
            let folder = cache ?? places.environment["BUILDSPEC_CACHE"].flatMap { $0.isEmpty ? nil : $0 }
            return CacheStore(directory: FilePath(folder.map(places.absolute) ?? places.cacheStore))
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the caches with their sizes and last use.")
        @OptionGroup var folder: Folder

        func run() async throws {
            await FrontDoor.enter { [folder] places, terminal in
                let listings = try folder.store(places).list()
                if listings.isEmpty { terminal.say("there are no caches\n") }
                for listing in listings { try terminal.write(Array((CacheText.line(listing) + "\n").utf8)) }
                return .succeeded
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show what one cache holds and where it came from.")
        @OptionGroup var folder: Folder
        @Argument(help: "The cache's name, as `cache list` has it.")
        var name: String

        func run() async throws {
            await FrontDoor.enter { [folder, name] places, terminal in
                let store = folder.store(places)
                do {
                    try terminal.write(Array(CacheText.page(try store.show(name), in: "\(store.directory)").utf8))
                } catch let error as WorkspaceError where error.code == .notFound {
                    throw Failure(.noSuchFile, error.description, help: "`buildspec cache list` names them all")
                }
                return .succeeded
            }
        }
    }

    struct Prune: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove damaged caches, those not used for long, and the oldest beyond a size.")
        @OptionGroup var folder: Folder

        @Option(help: "Remove caches not used for so many days (default: 30).")
        var unusedFor: Int = 30

        @Option(help: "Remove the longest unused ones until the rest is at most so many megabytes.")
        var maxMegabytes: Int?

        func validate() throws {
            guard unusedFor >= 0, (maxMegabytes ?? 0) >= 0, unusedFor < 100_000 else {
                throw ValidationError("a number of days or megabytes cannot be negative")
            }
        }

        func run() async throws {
            await FrontDoor.enter { [self] places, terminal in
                let now = Duration.microseconds(BuildSession.now().microseconds)
                let outcome = try folder.store(places).prune(
                    unusedSince: now - .seconds(unusedFor * 86_400),
                    maxByteCount: maxMegabytes.map { Int64($0) * 1_000_000 })
                for listing in outcome.removed {
                    try terminal.write(Array("removed \(CacheText.line(listing))\n".utf8))
                }
                for listing in outcome.inUse { terminal.say("in use, kept: \(listing.name)\n") }
                return .succeeded
            }
        }
    }
}

/// How a cache is written for people.
private enum CacheText {
    static func line(_ listing: CacheListing) -> String {
        switch listing.state {
        case .ready(let manifest):
            "\(listing.name)  \(megabytes(listing.byteCount))  \(manifest.entryCount) entries  saved \(manifest.metadata.savedAt)"
        case .unusable(let reason): "\(listing.name)  \(megabytes(listing.byteCount))  unusable: \(reason)"
        case .damaged: "\(listing.name)  \(megabytes(listing.byteCount))  damaged, set aside"
        }
    }

    static func page(_ listing: CacheListing, in folder: String) -> String {
        var lines = ["name       \(listing.name)", "folder     \(folder)/\(listing.name)"]
        guard let manifest = listing.manifest else { return (lines + [line(listing)]).joined(separator: "\n") + "\n" }
        lines += [
            "project    \(manifest.key.project)", "paths      \(manifest.key.paths.joined(separator: "\n           "))",
            "saved      \(manifest.metadata.savedAt)", "buildspec  \(manifest.metadata.buildspec ?? "-")",
            "image      \(manifest.metadata.image ?? "-")", "entries    \(manifest.entryCount)",
            "content    \(megabytes(manifest.byteCount))", "on disk    \(megabytes(listing.byteCount))",
        ]
        for layer in manifest.layers {
            lines.append("tarball    \(layer.file) (\(megabytes(layer.byteCount)), sha256 \(layer.sha256))")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func megabytes(_ bytes: Int64) -> String {
        let tenths = (bytes + 50_000) / 100_000
        return "\(tenths / 10).\(tenths % 10) MB"
    }
}
