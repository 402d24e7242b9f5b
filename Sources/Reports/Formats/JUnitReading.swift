/// JUnit's XML, with the elements by which Surefire tells of tests that it ran again.
final class JUnitReading: XMLReading {
    private let take: Take
    private var suites: [String] = []
    private var open: OpenCase?
    private var outcome: (status: TestCase.Status, message: String?, type: String?)?
    private var text = KeptText()
    /// The class of the last case, which most often is that of the next one.
    private var className: String?

    init(take: @escaping Take) { self.take = take }

    func start(_ element: XMLName, _ attributes: XMLAttributes) throws {
        switch element {
        case "testsuite": suites.append(attributes.text("name"))
        case "testcase": try begin(attributes)
        case "failure": begin(.failed, attributes)
        case "error": begin(.error, attributes)
        case "skipped": begin(.skipped, attributes)
        // It failed at first; whether it failed in the end, a `failure` beside it tells.
        case "flakyFailure", "flakyError": open?.test.isFlaky = true
        default: break
        }
    }

    private func begin(_ attributes: XMLAttributes) throws {
        // A case in a case is none of the format, and the outer one is not lost for it.
        try end("testcase")
        className = attributes.text("classname", orSame: className)
        var test = TestCase(suite: suites.last ?? "", className: className, name: attributes.text("name"))
        test.nanoseconds = Duration.seconds(attributes["time"])
        test.file = attributes["file"]
        test.line = attributes["line"].flatMap { Int($0) }
        // Google Test's own words for a test that is switched off.
        if let status = attributes["status"], ["notrun", "disabled"].contains(status) { test.status = .skipped }
        open = OpenCase(test)
    }

    private func begin(_ status: TestCase.Status, _ attributes: XMLAttributes) {
        guard open != nil, outcome == nil else { return }
        outcome = (status, attributes["message"], attributes["type"])
        text.clear()
    }

    var wantsText: Bool { outcome != nil }

    func text(_ piece: UnsafeRawBufferPointer) { text.add(piece) }

    func end(_ element: XMLName) throws {
        switch element {
        case "testsuite": _ = suites.popLast()
        case "failure", "error", "skipped":
            guard let (status, message, type) = outcome else { return }
            let stack = text.trimmed()
            let said = message.flatMap { $0.isEmpty ? nil : $0 }
            open?.end(status, message: said ?? (stack == nil ? type : nil), stack: stack)
            outcome = nil
        case "testcase":
            guard let done = open.take() else { return }
            outcome = nil
            try take(.test(done.finished()))
        default: break
        }
    }
}
