/// The images that a Dockerfile is based on or copies from, as far as its text alone tells.
///
/// It is read as Docker reads it: parser directives, comments, continued lines, here-documents, `ARG` before the first
/// `FROM`. Errors in it are left to the build.
public struct Dockerfile: Sendable {
    /// One image, with the line that names it.
    public struct Image: Sendable, Equatable {
        public let name: String
        /// The 1-based line that names the image.
        public let line: Int
    }

    /// The images in the order of the file, each once.
    public private(set) var images: [Image] = []

    private var arguments: [String: String]
    private let overrides: [String: String]
    private var stages: Set<String> = []
    private var stageCount = 0

    /// Reads the bytes of a Dockerfile.
    ///
    /// - Parameters:
    ///   - bytes: the file's content.
    ///   - arguments: the values of `--build-arg`, which override those of `ARG`.
    public init(_ bytes: [UInt8], arguments: [String: String] = [:]) {
        overrides = arguments
        self.arguments = [:]
        for instruction in DockerInstruction.all(in: bytes) {
            switch instruction.name {
            case "ARG" where stageCount == 0: declare(instruction)
            case "FROM": begin(instruction)
            case "COPY", "RUN": read(instruction)
            default: break
            }
        }
    }

    /// Whether a file with this name is probably a Dockerfile: `Dockerfile`, `Dockerfile.dev`, `dev.Dockerfile`.
    public static func isNamedSo(_ name: some StringProtocol) -> Bool {
        let name = name.lowercased()
        return name == "dockerfile" || name.hasPrefix("dockerfile.") && !name.hasSuffix(".dockerignore")
            || name.hasSuffix(".dockerfile")
    }

    private mutating func declare(_ instruction: DockerInstruction) {
        for word in DockerWord.split(instruction.text) {
            guard let equals = word.firstIndex(of: "=") else {
                if let value = overrides[word] { arguments[word] = value }
                continue
            }
            let name = String(word[..<equals])
            arguments[name] = overrides[name] ?? expanded(String(word[word.index(after: equals)...]), instruction)
        }
    }

    private mutating func begin(_ instruction: DockerInstruction) {
        let words = DockerWord.split(instruction.text).drop { $0.hasPrefix("--") }
        guard let first = words.first else { return }
        if let name = expanded(first, instruction), name.lowercased() != "scratch", !stages.contains(name.lowercased())
        {
            note(name, instruction)
        }
        stageCount += 1
        let rest = words.dropFirst()
        if rest.count == 2, rest.first?.uppercased() == "AS", let stage = rest.last {
            stages.insert(stage.lowercased())
        }
    }

    /// Reads the images of `COPY --from=IMAGE` and `RUN --mount=type=bind,from=IMAGE,…`.
    private mutating func read(_ instruction: DockerInstruction) {
        for word in DockerWord.split(instruction.text).prefix(while: { $0.hasPrefix("--") }) {
            if instruction.name == "COPY", word.hasPrefix("--from=") {
                copy(from: String(word.dropFirst("--from=".count)), instruction)
            } else if instruction.name == "RUN", word.hasPrefix("--mount=") {
                for field in word.dropFirst("--mount=".count).split(separator: ",") where field.hasPrefix("from=") {
                    copy(from: String(field.dropFirst("from=".count)), instruction)
                }
            }
        }
    }

    private mutating func copy(from place: String, _ instruction: DockerInstruction) {
        // A number or a known name is a stage. Docker expands no variables here either.
        guard Int(place) == nil, !place.contains("$"), !stages.contains(place.lowercased()) else { return }
        note(place, instruction)
    }

    private mutating func note(_ name: String, _ instruction: DockerInstruction) {
        guard !name.isEmpty, !name.contains(where: \.isWhitespace), !images.contains(where: { $0.name == name }) else {
            return
        }
        images.append(Image(name: name, line: instruction.line))
    }

    /// Expands the variables of a text.
    ///
    /// - Returns: `nil` when the value of a variable is not known.
    private func expanded(_ text: String, _ instruction: DockerInstruction) -> String? {
        DockerWord.expanded(text, escape: instruction.escape) { arguments[$0] }
    }
}
