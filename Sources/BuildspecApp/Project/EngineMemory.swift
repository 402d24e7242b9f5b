internal import BuildPlanning
internal import BuildRunning
internal import Engines
#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif
internal import Files

/// What an engine was found to be able to do, for a week: it may be set up anew.
struct EngineMemory: Sendable {
    let way: SourceStaging.Way?
    /// The folder in which the engine keeps its volumes.
    let volumeRoot: String?
    /// What tells the engine from others.
    let name: String
    private let file: String
    private static let secondsKept = 7 * 24 * 3600

    /// - Parameter settings: what says which engine it is.
    init(_ places: Places, _ settings: Settings) {
        name = Self.name(of: settings.engine ?? .docker, context: settings.container.context, places)
        file = "\(places.cache)/engines/" + String(name.map { $0.isLetter || $0.isNumber ? $0 : "-" })
        var info = stat()
        guard stat(file, &info) == 0, time(nil) - Int(info.modified.components.seconds) < Self.secondsKept,
            let bytes = try? Files.read(file)  // A memory that cannot be read is none.
        else {
            (way, volumeRoot) = (nil, nil)
            return
        }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
        way = lines.first.flatMap { SourceStaging.Way(rawValue: $0) }
        volumeRoot = lines.count > 1 ? lines[1] : nil
    }

    /// What the engine lets a container with a daemon inside have; `nil` when it was not tried.
    var privilege: Privilege? {
        var info = stat()
        guard stat("\(file).privilege", &info) == 0,
            time(nil) - Int(info.modified.components.seconds) < Self.secondsKept,
            let bytes = try? Files.read("\(file).privilege")  // As above.
        else { return nil }
        return Privilege(rawValue: String(decoding: bytes, as: UTF8.self))
    }

    func remember(_ privilege: Privilege) {
        // As below.
        try? Folder.make("\(file.prefix(upTo: file.lastIndex(of: "/") ?? file.endIndex))")
        try? Folder.replace("\(file).privilege", with: Array(privilege.rawValue.utf8))
    }

    /// The name of the engine that a client leads to.
    static func name(of client: EngineClient, context: String?, _ places: Places) -> String {
        switch client {
        case .docker: context ?? usualEngine(places)
        case .podman: "podman \(context ?? places.environment["CONTAINER_HOST"] ?? "default")"
        }
    }

    /// What docker calls where no context is named, in its own order.
    private static func usualEngine(_ places: Places) -> String {
        let host = places.environment["DOCKER_HOST"] ?? ""
        return (host.isEmpty ? nil : host) ?? places.environment["DOCKER_CONTEXT"] ?? currentContext(places)
            ?? "default"
    }

    /// What `docker context use` chose; `nil` where it was never called.
    private static func currentContext(_ places: Places) -> String? {
        struct Configuration: Decodable { let currentContext: String? }
        let folder = places.environment["DOCKER_CONFIG"] ?? "\(places.environment["HOME"] ?? "/root")/.docker"
        // Whatever is wrong with the file, docker will say it.
        guard let bytes = try? Files.read("\(folder)/config.json") else { return nil }
        return try? JSONDecoder().decode(Configuration.self, from: Data(bytes)).currentContext
    }

    func remember(_ way: SourceStaging.Way, volumeRoot: String?) {
        guard way != self.way else { return }
        // Without a memory the next build only tries again.
        try? Folder.make("\(file.prefix(upTo: file.lastIndex(of: "/") ?? file.endIndex))")
        try? Folder.replace(file, with: Array("\(way.rawValue)\n\(volumeRoot ?? "")\n".utf8))
    }
}
