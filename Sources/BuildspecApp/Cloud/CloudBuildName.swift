/// A build of the service as a user names it: by its id, the beginning of its UUID, its ARN or the address of its page in AWS's
/// console.
struct CloudBuildName: Equatable {
    /// `nil` where the name does not say it.
    var project: String?
    /// The UUID, or its beginning.
    var uuid: String
    /// Where an ARN or an address says the build is.
    var region: String?

    /// Whether the name has a whole UUID.
    var isWhole: Bool { uuid.utf8.count == 36 }

    /// The build's id, where the name says all of it.
    var id: String? { isWhole ? project.map { "\($0):\(uuid)" } : nil }

    /// - Throws: ``Failure`` for what names no build.
    init(_ text: String) throws {
        // The console writes an id's colon so.
        let plain = text.replacing(#/%(25)?3[Aa]/#, with: ":")
        if plain.contains("build-batch/") || plain.contains("/batch/") {
            throw Failure(
                .usage, "`\(text)` is a batch of builds, and one build is meant",
                help: "`aws codebuild batch-get-build-batches --ids PROJECT:UUID` lists the builds of a batch")
        }
        var rest = Substring(plain)
        if plain.hasPrefix("arn:") {
            let parts = plain.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
            guard parts.count == 6, parts[2] == "codebuild", parts[5].hasPrefix("build/") else { throw Self.none(text) }
            region = parts[3].isEmpty ? nil : String(parts[3])
            rest = parts[5].dropFirst("build/".count)
        } else if plain.hasPrefix("https://") {
            guard let found = plain.firstMatch(of: #/builds?/([A-Za-z0-9_-]+:[0-9a-f-]{36})/#) else {
                throw Self.none(text)
            }
            region =
                (plain.firstMatch(of: #/[?&]region=([a-z0-9-]+)/#)?.output.1
                ?? plain.firstMatch(of: #/^https://([a-z0-9-]+)\.console\./#)?.output.1).map(String.init)
            rest = found.output.1
        }
        if let colon = rest.lastIndex(of: ":") {
            project = String(rest[..<colon])
            rest = rest[rest.index(after: colon)...]
        }
        uuid = rest.lowercased()
        guard project.map(Self.isProject) ?? true, !uuid.isEmpty, uuid.allSatisfy({ $0.isHexDigit || $0 == "-" }) else {
            throw Self.none(text)
        }
    }

    /// Whether a project can be called so.
    ///
    /// What begins with a dash the CLI takes for a flag, and a value like `file://…` for the name of a file with the value.
    static func isProject(_ name: String) -> Bool {
        name.first != "-" && !name.isEmpty && name.allSatisfy(isOfName)
    }

    private static func isOfName(_ letter: Character) -> Bool {
        letter.isASCII && (letter.isLetter || letter.isNumber || letter == "-" || letter == "_")
    }

    private static func none(_ text: String) -> Failure {
        Failure(
            .usage, "`\(text)` names no build of CodeBuild",
            help: "give PROJECT:UUID, the UUID or its beginning, the build's ARN or the address of its page")
    }
}
