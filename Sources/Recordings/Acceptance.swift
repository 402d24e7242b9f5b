/// Decides whether a response that was recorded for one request may answer another one that accepts other content.
///
/// It may when the server did not choose by that header (`Vary` does not name it, RFC 9110, 12.5.5), and else when the new
/// request accepts what was chosen then.
enum Acceptance {
    /// - Returns: `nil` when it may not; else how well it fits, more being better.
    static func fitness(of file: RecordingFile, for key: RecordingKey) -> Int? {
        guard file.key.range == key.range else { return nil }
        let vary = file.head.values(of: "vary").flatMap { $0.split(separator: ",") }
            .map { $0.filter { $0 != " " }.lowercased() }
        guard !vary.contains("*") else { return nil }
        let type = file.head.values(of: "content-type").first
        let takesType = file.key.accept == key.accept || accepts(type, key.accept)
        let coding = file.head.values(of: "content-encoding").joined(separator: ",")
        let takesCoding = file.key.acceptEncoding == key.acceptEncoding || decodes(coding, key.acceptEncoding)
        guard takesType || !vary.contains("accept"), takesCoding || !vary.contains("accept-encoding") else {
            return nil
        }
        return (takesCoding ? 2 : 0) + (takesType ? 1 : 0)
    }

    /// Whether a media type is acceptable (RFC 9110, 12.5.1). The most precise range decides.
    static func accepts(_ type: String?, _ accept: String) -> Bool {
        if accept.isEmpty { return true }
        let type = type?.prefix { $0 != ";" }.filter { $0 != " " }.lowercased() ?? ""
        let ranges = [type, type.prefix { $0 != "/" } + "/*", "*/*"]
        let weights = Self.weights(accept)
        return ranges.lazy.compactMap { weights[$0] }.first.map { $0 > 0 } ?? false
    }

    /// Whether content codings are acceptable (RFC 9110, 12.5.3). Without the header only `identity` is: the RFC allows any,
    /// and no client that does not ask for one decodes it.
    static func decodes(_ codings: String, _ acceptEncoding: String) -> Bool {
        let weights = Self.weights(acceptEncoding)
        let codings = codings.split(separator: ",").map { $0.filter { $0 != " " }.lowercased() }
            .filter { $0 != "identity" }
        if codings.isEmpty { return (weights["identity"] ?? weights["*"] ?? 1) > 0 }
        return codings.allSatisfy { (weights[$0] ?? weights["*"] ?? 0) > 0 }
    }

    /// The members of a list with their `q`. Of a member that occurs several times the best counts.
    private static func weights(_ list: String) -> [String: Double] {
        var weights: [String: Double] = [:]
        for member in list.split(separator: ",") {
            let parts = member.split(separator: ";").map { $0.filter { $0 != " " }.lowercased() }
            guard let name = parts.first else { continue }
            let weight = parts.dropFirst().first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) } ?? 1
            weights[name] = max(weights[name] ?? 0, weight)
        }
        return weights
    }
}
