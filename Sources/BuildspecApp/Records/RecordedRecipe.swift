internal import BuildPlanning
internal import BuildRunning
internal import Files
#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// What was decided about a build before it ran: a file of its record, without the build's secrets, for those who look at it later.
struct RecordedRecipe: Codable {
    /// The format's version; a file of another one is not read.
    private static let version = 1
    private static let name = "recipe.json"

    private let version: Int
    private let recipe: BuildRecipe

    /// Writes the recipe of a build into its record.
    static func write(_ job: BuildJob, to folder: String) throws {
        let encoder = JSONEncoder()
        // A secret is found as it is.
        encoder.outputFormatting = .withoutEscapingSlashes
        let json = try encoder.encode(Self(version: version, recipe: job.recipe))
        let text = job.masked(String(decoding: json, as: UTF8.self))
        try Folder.replace("\(folder)/\(name)", with: Array(text.utf8), mode: 0o600)
    }

    /// The recipe of a recorded build.
    ///
    /// - Returns: `nil` for a build that ended before it ran, and for one of another version of the program.
    static func read(from build: RecordedBuild) throws -> BuildRecipe? {
        struct Head: Decodable { let version: Int }
        let path = "\(build.folder)/\(name)"
        guard Files.kind(of: path) == .file else { return nil }
        let data = Data(try Files.read(path))
        // Without it a build shows less, and is still a build.
        guard (try? JSONDecoder().decode(Head.self, from: data))?.version == version else { return nil }
        return try? JSONDecoder().decode(Self.self, from: data).recipe
    }
}
