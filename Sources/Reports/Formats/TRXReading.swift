/// Visual Studio's test results.
///
/// The results come first in the file and the classes of the tests behind them: cases wait for their classes, up to a limit.
final class TRXReading: XMLReading {
    private let take: Take
    private var open: [Result] = []
    private var waiting: [(id: String, test: TestCase)] = []
    private var waitingBytes = 0
    private var classes: [String: String] = [:]
    private var definition: String?
    /// The element whose text is read.
    private var element: Text?
    private var text = KeptText()

    /// The most that waits, in bytes of text; cases beyond keep the names they have.
    private static let waitingLimit = 8 << 20

    private enum Text { case message, stack }

    private struct Result {
        let id: String
        var open: OpenCase
        var message: String?
        var stack: String?
        var hasInner = false
    }

    init(take: @escaping Take) { self.take = take }

    func start(_ element: XMLName, _ attributes: XMLAttributes) throws {
        switch element {
        case "UnitTestResult", "TestResultAggregation":
            if !open.isEmpty { open[open.count - 1].hasInner = true }
            var test = TestCase(suite: "", name: attributes.text("testName"))
            test.nanoseconds = Duration.clock(attributes["duration"])
            test.status = Self.status(attributes["outcome"])
            open.append(Result(id: attributes.text("testId"), open: OpenCase(test)))
        case "Message", "StackTrace":
            guard !open.isEmpty else { return }
            self.element = Self.text(element)
            text.clear()
        case "UnitTest": definition = attributes["id"]
        case "TestMethod":
            guard let definition, let name = attributes["className"] else { return }
            // Old versions name the assembly behind the class: `Acme.Tests, Acme, Version=1.0.0.0`.
            classes[definition] = name.split(separator: ",").first.map(String.init)
        default: break
        }
    }

    private static func text(_ element: XMLName) -> Text? {
        element == "Message" ? .message : element == "StackTrace" ? .stack : nil
    }

    /// [inferred] No outcome at all means that the test failed to say anything; Visual Studio then shows an error.
    private static func status(_ outcome: String?) -> TestCase.Status {
        switch outcome {
        case "Passed"?, "PassedButRunAborted"?, "Completed"?, "Warning"?: .succeeded
        case "Failed"?, "Timeout"?: .failed
        case "Error"?, "Aborted"?, "NotRunnable"?, nil: .error
        case "NotExecuted"?, "Pending"?: .skipped
        default: .unknown
        }
    }

    var wantsText: Bool { element != nil }

    func text(_ piece: UnsafeRawBufferPointer) { text.add(piece) }

    func end(_ element: XMLName) throws {
        if let text = self.element, text == Self.text(element) {
            self.element = nil
            if text == .message, let last = open.indices.last {
                open[last].message = open[last].message ?? self.text.trimmed()
            } else if let last = open.indices.last {
                open[last].stack = open[last].stack ?? self.text.trimmed()
            }
        }
        switch element {
        case "UnitTestResult", "TestResultAggregation":
            guard var done = open.popLast(), !done.hasInner else { return }
            done.open.end(done.open.test.status, message: done.message, stack: done.stack)
            let test = done.open.finished()
            waiting.append((done.id, test))
            waitingBytes +=
                200 + test.name.utf8.count + (test.message?.utf8.count ?? 0) + (test.stack?.utf8.count ?? 0)
            if waitingBytes > Self.waitingLimit { try release() }
        case "UnitTest": definition = nil
        case "TestRun": try release()
        default: break
        }
        // A file of definitions alone would fill the memory.
        if classes.count > 1 << 17 { classes = [:] }
    }

    private func release() throws {
        for (id, test) in waiting {
            var test = test
            if let name = classes[id] {
                test.suite = name
                test.className = name
            }
            try take(.test(test))
        }
        waiting = []
        waitingBytes = 0
    }
}
