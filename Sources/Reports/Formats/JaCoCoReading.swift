/// JaCoCo's XML: the source files of each package, by their own counters or, where these are missing, their lines.
final class JaCoCoReading: XMLReading {
    private let take: Take
    private var package = ""
    private var path: String?
    private var counters: [String: Coverage] = [:]
    private var lines = Coverage(), branches = Coverage()

    init(take: @escaping Take) { self.take = take }

    func start(_ element: XMLName, _ attributes: XMLAttributes) throws {
        switch element {
        case "package": package = attributes.text("name")
        case "sourcefile":
            let name = attributes.text("name")
            path = package.isEmpty ? name : "\(package)/\(name)"
            counters = [:]
            (lines, branches) = (Coverage(), Coverage())
        case "counter" where path != nil:
            guard let type = attributes["type"], type == "LINE" || type == "BRANCH" else { return }
            counters[type] = Coverage(
                covered: Int(count: attributes["covered"]) ?? 0, missed: Int(count: attributes["missed"]) ?? 0)
        case "line" where path != nil:
            lines.count((Int(count: attributes["ci"]) ?? 0) > 0)
            branches += Coverage(
                covered: Int(count: attributes["cb"]) ?? 0, missed: Int(count: attributes["mb"]) ?? 0)
        default: break
        }
    }

    var wantsText: Bool { false }

    func text(_ piece: UnsafeRawBufferPointer) {}

    func end(_ element: XMLName) throws {
        guard element == "sourcefile", let path else { return }
        self.path = nil
        try take(
            .coverage(
                CoverageFile(
                    path: path, lines: counters["LINE"] ?? lines, branches: counters["BRANCH"] ?? branches)))
    }
}
