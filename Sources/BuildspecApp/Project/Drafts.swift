internal import Caches
internal import Files
internal import Recordings

/// What killed processes have left unfinished in the cache folder; what lives on is left alone.
struct Drafts {
    let places: Places

    func remove() async throws {
        let caches = CacheStore(directory: FilePath(places.cacheStore))
        caches.sweepDrafts()
        try caches.removeDoomed()
        for project in ProjectRecordings.all(places) { try project.store.sweepDrafts() }
        for folder in ScratchPlace.allCases { await ScratchFolder.sweep(in: folder.path(places)) }
        let programs = "\(places.cache)/programs"
        for name in Files.names(in: programs) {
            let parts = name.split(separator: ".", maxSplits: 1)
            if parts.count == 2, UniqueName.isAbandoned(String(parts[1])) { try Folder.remove("\(programs)/\(name)") }
        }
    }
}

/// The places of folders that hold something for one run.
enum ScratchPlace: String, CaseIterable {
    case s3, transfers, images, sources

    func path(_ places: Places) -> FilePath { FilePath("\(places.cache)/\(rawValue)") }
}
