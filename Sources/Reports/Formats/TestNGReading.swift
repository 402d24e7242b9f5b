/// TestNG's own XML, `testng-results.xml`.
final class TestNGReading: XMLReading {
    private let take: Take
    private var suite = "", className: String?
    private var open: OpenCase?
    private var isConfiguration = false
    /// The element whose text is read.
    private var element: Text?
    private var text = KeptText()
    private var message: String?, stack: String?

    private enum Text { case message, fullStack, shortStack }

    init(take: @escaping Take) { self.take = take }

    func start(_ element: XMLName, _ attributes: XMLAttributes) throws {
        switch element {
        case "suite": suite = attributes.text("name")
        case "class": className = attributes["name"]
        case "test-method":
            var test = TestCase(suite: suite, className: className, name: attributes.text("name"))
            test.nanoseconds = Duration.milliseconds(attributes["duration-ms"])
            test.status = Self.status(attributes.text("status"))
            // What runs before and after the tests is no test.
            isConfiguration = attributes["is-config"] == "true"
            open = OpenCase(test)
            (message, stack) = (nil, nil)
        default:
            guard let text = Self.text(element) else { return }
            self.element = text
            self.text.clear()
        }
    }

    private static func text(_ element: XMLName) -> Text? {
        switch element {
        case "message": .message
        case "full-stacktrace": .fullStack
        case "short-stacktrace": .shortStack
        default: nil
        }
    }

    private static func status(_ word: String) -> TestCase.Status {
        switch word.uppercased() {
        case "PASS", "SUCCESS": .succeeded
        case "FAIL", "FAILURE": .failed
        case "SKIP": .skipped
        default: .unknown
        }
    }

    var wantsText: Bool { element != nil }

    func text(_ piece: UnsafeRawBufferPointer) { text.add(piece) }

    func end(_ element: XMLName) throws {
        if let open = self.element, open == Self.text(element) {
            self.element = nil
            if open == .message {
                message = message ?? text.trimmed()
            } else {
                stack = stack ?? text.trimmed()
            }
        }
        guard element == "test-method", var done = open else { return }
        open = nil
        guard !isConfiguration else { return }
        done.end(done.test.status, message: message, stack: stack)
        try take(.test(done.finished()))
    }
}
