/// Cucumber's JSON: features with scenarios with steps, as its implementations for Ruby, the JVM and JavaScript write it, and
/// behave's.
final class CucumberReading {
    private let take: Take
    private var place = JSONPlace()
    private var feature = (name: "", uri: "")
    private var scenario = Scenario()
    /// What the background before a scenario came to: in Ruby's files it stands apart.
    private var background: Scenario?
    private var step = Step()
    private var waiting: [(test: TestCase, line: Int?)] = []
    private var waitingBytes = 0
    private var isFeature = false
    /// Whether some feature has been found: the content tells the format then.
    private(set) var hasFeature = false

    /// The most that waits for the name of its feature, in bytes of text.
    private static let waitingLimit = 8 << 20

    private struct Scenario {
        var name = "", type = ""
        var line: Int?
        var status: String?
        var nanoseconds = 0
        var message: String?
        var failedLine: Int?
        var ownStatus: String?
    }

    private struct Step {
        var line: Int?
        var status: String?
        var nanoseconds = 0
        var message: String?
    }

    init(take: @escaping Take) { self.take = take }

    func read(_ event: JSONEvent) throws {
        switch event {
        case .endObject where place.depth == 6 && Self.isInSteps(place.names): endStep()
        case .endObject where place.depth == 4 && place.names[1] == "elements": try endScenario()
        case .endObject where place.depth == 2: try endFeature()
        case .key(let name) where place.depth == 2 && ["uri", "keyword", "elements"].contains(name):
            isFeature = true
            hasFeature = true
        case .endArray, .endObject: break
        case .beginObject where place.depth == 1: isFeature = false
        case .beginArray where place.depth == 0: break
        case _ where place.depth < 2: throw notFeature
        case .string(let text): read(text, place.names)
        case .number(let number, let isWhole): read(number, isWhole: isWhole, place.names)
        default: break
        }
        place.follow(event)
    }

    private var notFeature: ReportProblem {
        hasFeature
            ? ReportProblem(.malformed, "the array of features has something else in it")
            : ReportProblem(.otherFormat, "the file is no Cucumber JSON: an array of features is expected")
    }

    private static func isInSteps(_ names: [String]) -> Bool {
        names[1] == "elements" && ["steps", "before", "after"].contains(names[3])
    }

    private func read(_ text: String, _ names: [String]) {
        switch names.count {
        case 2:
            if names[1] == "name" { feature.name = text }
            // behave has `location`: the file and the line.
            if names[1] == "uri" { feature.uri = text }
            if names[1] == "location", feature.uri.isEmpty { feature.uri = Self.location(text).file }
        case 4 where names[1] == "elements":
            switch names[3] {
            case "name": scenario.name = text
            case "type": scenario.type = text
            case "status": scenario.ownStatus = text
            case "location": scenario.line = scenario.line ?? Self.location(text).line
            default: break
            }
        case 6 where Self.isInSteps(names) && names[5] == "location": step.line = step.line ?? Self.location(text).line
        case 7 where Self.isInSteps(names) && names[5] == "result":
            if names[6] == "status" { step.status = text }
            if names[6] == "error_message" { step.message = text }
        // behave's is a list of lines.
        case 8 where Self.isInSteps(names) && names[5] == "result" && names[6] == "error_message":
            // Appended in its place: a copy for each line would take long.
            let known = step.message?.utf8.count
            if known == nil { step.message = text }
            if let known, known < ReadingLimits.text { step.message?.append("\n\(text)") }
        default: break
        }
    }

    private func read(_ number: Double, isWhole: Bool, _ names: [String]) {
        if names.count == 4, names[1] == "elements", names[3] == "line" { scenario.line = Int(exactly: number) }
        guard names.count >= 6, Self.isInSteps(names) else { return }
        if names.count == 6, names[5] == "line" { step.line = Int(exactly: number) }
        if names.count == 7, names[5] == "result", names[6] == "duration" {
            step.nanoseconds = Self.duration(number, isWhole: isWhole)
        }
    }

    /// [inferred] Cucumber's durations are whole nanoseconds; behave's are seconds with a fraction.
    private static func duration(_ number: Double, isWhole: Bool) -> Int {
        Duration.nanoseconds(isWhole ? number : number * 1e9)
    }

    private static func location(_ text: String) -> (file: String, line: Int?) {
        guard let colon = text.lastIndex(of: ":"), let line = Int(text[text.index(after: colon)...]) else {
            return (text, nil)
        }
        return (String(text[..<colon]), line)
    }

    private func endStep() {
        scenario.nanoseconds = scenario.nanoseconds.addingClamped(step.nanoseconds)
        if let status = step.status, Self.rank(status) > scenario.status.map(Self.rank) ?? -1 {
            scenario.status = status
            scenario.message = step.message
            scenario.failedLine = step.line
        }
        step = Step()
    }

    /// The worst status of a step is that of its scenario.
    private static func rank(_ status: String) -> Int {
        ["passed", "skipped", "untested", "pending", "undefined", "ambiguous", "failed", "error"]
            .firstIndex(of: status.lowercased()) ?? 3
    }

    /// [inferred] Cucumber ends with a failure for undefined and ambiguous steps.
    private static func status(_ word: String?) -> TestCase.Status {
        switch word?.lowercased() {
        case "passed"?, nil: .succeeded
        case "failed"?, "undefined"?, "ambiguous"?: .failed
        case "error"?: .error
        case "skipped"?, "untested"?, "pending"?: .skipped
        default: .unknown
        }
    }

    private func endScenario() throws {
        var done = scenario
        scenario = Scenario()
        if done.type == "background" {
            background = done
            return
        }
        if let before = background {
            background = nil
            done.nanoseconds = done.nanoseconds.addingClamped(before.nanoseconds)
            if Self.status(before.status).isFailure, !Self.status(done.status).isFailure {
                (done.status, done.message, done.failedLine) = (before.status, before.message, before.failedLine)
            }
        }
        if let own = done.ownStatus, Self.rank(own) > done.status.map(Self.rank) ?? -1 { done.status = own }
        var test = TestCase(suite: "", name: done.name)
        test.status = Self.status(done.status)
        test.nanoseconds = done.nanoseconds
        test.message = done.message
        if let message = done.message, let raised = Self.raised(message) {
            test.message = raised
            test.stack = message
        }
        waiting.append((test, done.failedLine ?? done.line))
        waitingBytes +=
            200 + test.name.utf8.count + (test.message?.utf8.count ?? 0)
            + (test.stack?.utf8.count ?? 0)
        if waitingBytes > Self.waitingLimit { try release() }
    }

    /// Reads what was raised off the end of a traceback of Python, which behave has as the whole message; `nil` for any other
    /// message.
    private static func raised(_ message: String) -> String? {
        guard message.hasPrefix("Traceback (most recent call last):") else { return nil }
        let lines = message.split(separator: "\n", omittingEmptySubsequences: false)
        guard let frame = lines.lastIndex(where: { $0.hasPrefix("  File \"") }),
            let first = lines[frame...].firstIndex(where: { !$0.isEmpty && !$0.hasPrefix(" ") })
        else { return nil }
        return lines[first...].joined(separator: "\n")
    }

    private func endFeature() throws {
        guard isFeature else { throw notFeature }
        try release()
        feature = ("", "")
        background = nil
    }

    private func release() throws {
        for (test, line) in waiting {
            var test = test
            test.suite = feature.name
            if !feature.uri.isEmpty { (test.file, test.line) = (feature.uri, line) }
            try take(.test(test))
        }
        waiting = []
        waitingBytes = 0
    }
}
