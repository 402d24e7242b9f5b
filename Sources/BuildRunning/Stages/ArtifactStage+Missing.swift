internal import Artifacts
internal import Files

/// Says what lies near where nothing matches the patterns of an artifact.
extension ArtifactStage {
    private static let shownNames = 6

    /// - Parameters:
    ///   - patterns: those of `files`, expanded.
    ///   - parts: the folders that were looked through.
    static func missing(_ patterns: [String], in parts: [ArtifactPart]) -> String {
        let words = "artifacts: no file matches \(patterns.map { "`\($0)`" }.joined(separator: ", "))"
        guard let part = parts.first, let pattern = patterns.first else { return words }
        let paths = part.listing.files.map { String(decoding: $0.path, as: UTF8.self) }
        let folder = deepest(pattern, among: part.listing.files)
        let names = Set(
            paths.compactMap { path -> String? in
                guard folder.isEmpty || path.hasPrefix(folder + "/") else { return nil }
                return path.dropFirst(folder.isEmpty ? 0 : folder.count + 1).split(separator: "/").first.map(
                    String.init)
            }
        ).sorted()
        let place = folder.isEmpty ? part.folder : folder
        guard !names.isEmpty else { return "\(words); `\(place)` is empty" }
        let shown = names.prefix(shownNames).map { "`\($0)`" }.joined(separator: ", ")
        let more = names.count > shownNames ? " and \(names.count - shownNames) more" : ""
        return "\(words); `\(place)` has \(shown)\(more)"
    }

    /// The deepest folder that is there on the way which a pattern names without wildcards; empty for the base directory itself.
    private static func deepest(_ pattern: String, among files: [ListedFile]) -> String {
        let folders = Set(files.filter { $0.kind == .directory }.map { String(decoding: $0.path, as: UTF8.self) })
        var way = ""
        for step in pattern.split(separator: "/").dropLast() {
            let next = way.isEmpty ? String(step) : "\(way)/\(step)"
            guard folders.contains(next) else { break }
            way = next
        }
        return way
    }
}
