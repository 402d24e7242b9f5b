/// Cobertura's XML. The classes of one source file, which come one behind the other, are one file.
final class CoberturaReading: XMLReading {
    private let take: Take
    private var path: String?
    private var lines = LineTable()
    private var isInClass = false

    init(take: @escaping Take) { self.take = take }

    func start(_ element: String, _ attributes: XMLAttributes) throws {
        switch element {
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

    func text(_ piece: UnsafeRawBufferPointer) {}

    func end(_ element: String) throws {
        switch element {
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
        try take(.coverage(CoverageFile(path: path, lines: covered, branches: branches)))
    }
}
