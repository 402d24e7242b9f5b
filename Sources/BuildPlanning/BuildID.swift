/// The name of one build: a project and a UUID, as CodeBuild writes them (`petclinic-rest:0b5c2a7e-…`).
public struct BuildID: Hashable, Sendable, Codable, CustomStringConvertible {
    public let project: String
    /// Lower case, with dashes.
    public let uuid: String

    public init(project: String, uuid: String) {
        self.project = project
        self.uuid = uuid
    }

    public var description: String { "\(project):\(uuid)" }

    /// Reads what ``description`` wrote.
    public init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), colon > text.startIndex else { return nil }
        self.init(project: String(text[..<colon]), uuid: String(text[text.index(after: colon)...]))
    }

    /// The digits in `/codebuild/output/srcNNN`: ten of them, a function of the UUID (CODEBUILD.md 3.3: 2 to 10 were seen).
    public var sourceDigits: String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in uuid.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return String(1_000_000_000 + hash % 9_000_000_000)
    }

    /// The container's name on the engine.
    public var containerName: String { "buildspec-\(uuid)" }
}
