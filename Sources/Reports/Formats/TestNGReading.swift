/// TestNG's own XML, `testng-results.xml`.
final class TestNGReading: XMLReading {
    private let take: Take
    private var suite = "", className: String?
    private var open: OpenCase?
    private var isConfiguration = false
    private var element: String?
    private var text = KeptText()
    private var message: String?, stack: String?

    init(take: @escaping Take) { self.take = take }

    func start(_ element: String, _ attributes: XMLAttributes) throws {
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
        case "message", "full-stacktrace", "short-stacktrace":
            self.element = element
            text.clear()
        default: break
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

    func text(_ piece: UnsafeRawBufferPointer) { if element != nil { text.add(piece) } }

    func end(_ element: String) throws {
        if element == self.element {
            self.element = nil
            if element == "message" {
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
