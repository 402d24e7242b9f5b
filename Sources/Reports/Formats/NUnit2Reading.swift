/// NUnit 2's XML: cases in nested suites, with the texts of their outcome in elements.
final class NUnit2Reading: XMLReading {
    private let take: Take
    private var suites: [String] = []
    private var open: OpenCase?
    private var texts = NUnitTexts()

    init(take: @escaping Take) { self.take = take }

    func start(_ element: XMLName, _ attributes: XMLAttributes) throws {
        switch element {
        case "test-suite": suites.append(attributes.text("name"))
        case "test-case":
            var test = TestCase(suite: suites.last ?? "", name: attributes.text("name"))
            test.nanoseconds = Duration.seconds(attributes["time"])
            test.status = Self.status(
                attributes["result"], executed: attributes["executed"], success: attributes["success"])
            open = OpenCase(test)
            texts = NUnitTexts()
        default: if open != nil { texts.start(element) }
        }
    }

    /// [std] `result` since NUnit 2.5; files of older versions have only `executed` and `success`.
    private static func status(_ result: String?, executed: String?, success: String?) -> TestCase.Status {
        switch result {
        case "Success"?: .succeeded
        case "Failure"?: .failed
        case "Error"?, "NotRunnable"?, "Cancelled"?: .error
        case "Ignored"?, "Skipped"?: .skipped
        case .some: .unknown
        case nil where executed?.lowercased() == "false": .skipped
        case nil where success == nil: .unknown
        case nil: success?.lowercased() == "true" ? .succeeded : .failed
        }
    }

    var wantsText: Bool { open != nil && texts.wantsText }

    func text(_ piece: UnsafeRawBufferPointer) { texts.add(piece) }

    func end(_ element: XMLName) throws {
        switch element {
        case "test-suite": _ = suites.popLast()
        case "test-case":
            guard var done = open else { return }
            open = nil
            done.end(done.test.status, message: texts.message, stack: texts.stack)
            try take(.test(done.finished()))
        default: texts.end(element)
        }
    }
}

/// The `message` and `stack-trace` below a case of NUnit; text elsewhere, such as what the test printed, is skipped.
struct NUnitTexts {
    private(set) var message: String?
    private(set) var stack: String?
    private var text = KeptText()
    /// The element whose text is read.
    private var element: Text?

    private enum Text { case message, stack }

    private static func text(_ element: XMLName) -> Text? {
        element == "message" ? .message : element == "stack-trace" ? .stack : nil
    }

    var wantsText: Bool { element != nil }

    mutating func start(_ element: XMLName) {
        guard let text = Self.text(element) else { return }
        self.element = text
        self.text.clear()
    }

    mutating func add(_ piece: UnsafeRawBufferPointer) { text.add(piece) }

    mutating func end(_ element: XMLName) {
        guard let open = self.element, open == Self.text(element) else { return }
        self.element = nil
        if open == .message {
            message = message ?? text.trimmed()
        } else {
            stack = stack ?? text.trimmed()
        }
    }
}
