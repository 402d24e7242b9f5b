/// Cobertura's XML. The classes of one source file, which come one behind the other, are one file.
final class CoberturaReading: XMLReading {
    private let take: Take
    private var path: String?
    private var lines = LineTable()
    private var isInClass = false
    /// The folders that paths are relative to.
    private var folders: [String] = []
    private var source: KeptText?

    /// The most folders that are kept. Tools name one, or one for each module.
    private static let folderLimit = 1000

    init(take: @escaping Take) { self.take = take }

    func start(_ element: XMLName, _ attributes: XMLAttributes) throws {
        switch element {
        case "source" where folders.count < Self.folderLimit: source = KeptText()
        case "class":
            let name = attributes["filename"] ?? attributes.text("name")
            if name != path { try flush() }
            path = name
            isInClass = true
        case "line" where isInClass:
            guard let number = Int(count: attributes["number"]) else { return }
            let hits = attributes["hits"].flatMap { Double($0) } ?? 0
            let branches = attributes["branch"]?.lowercased() == "true" ? Self.conditions(attributes) : Coverage()
            try lines.add(number, isCovered: hits > 0, branches: branches)
        default: break
        }
    }

    /// Reads the numbers of `condition-coverage="50% (1/2)"`.
    private static func conditions(_ attributes: XMLAttributes) -> Coverage {
        let numbers = attributes.text("condition-coverage").drop { $0 != "(" }.dropFirst().prefix { $0 != ")" }
            .split(separator: "/")
        guard numbers.count == 2, let covered = Int(count: String(numbers[0])),
            let all = Int(count: String(numbers[1])), covered <= all
        else { return Coverage() }
        return Coverage(covered: covered, missed: all - covered)
    }

    var wantsText: Bool { source != nil }

    func text(_ piece: UnsafeRawBufferPointer) { source?.add(piece) }

    func end(_ element: XMLName) throws {
        switch element {
        case "source":
            if let folder = source?.trimmed() { folders.append(folder) }
            source = nil
        case "class": isInClass = false
        case "coverage", "package": try flush()
        default: break
        }
    }

    private func flush() throws {
        guard let path else { return }
        let (covered, branches) = lines.coverage
        self.path = nil
        lines = LineTable()
        try take(.coverage(CoverageFile(path: path, below: folders, lines: covered, branches: branches)))
    }
}
