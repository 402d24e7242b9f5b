/// NUnit 3's XML.
final class NUnit3Reading: XMLReading {
    private let take: Take
    private var suites: [String] = []
    private var open: OpenCase?
    private var texts = NUnitTexts()

    init(take: @escaping Take) { self.take = take }

    func start(_ element: XMLName, _ attributes: XMLAttributes) throws {
        switch element {
        case "test-suite": suites.append(attributes["fullname"] ?? attributes.text("name"))
        case "test-case":
            var test = TestCase(
                suite: suites.last ?? "", className: attributes["classname"],
                name: attributes["name"] ?? attributes.text("fullname"))
            test.nanoseconds = Duration.seconds(attributes["duration"] ?? attributes["time"])
            test.status = Self.status(attributes.text("result"), label: attributes["label"])
            open = OpenCase(test)
            texts = NUnitTexts()
        default: if open != nil { texts.start(element) }
        }
    }

    private static func status(_ result: String, label: String?) -> TestCase.Status {
        switch result {
        case "Passed", "Warning": .succeeded
        case "Failed": label == nil ? .failed : .error
        case "Skipped": .skipped
        default: .unknown
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
