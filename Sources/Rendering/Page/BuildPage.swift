public import BuildPlanning

/// A build as one HTML file: with a script that it can do without, without requests, and with every text shown as text.
public struct BuildPage: Sendable {
    /// A test that failed, and what earlier builds tell of it.
    public struct FailedTest: Sendable {
        public let test: RecordedTestCase
        public let mark: TestMark?

        public init(_ test: RecordedTestCase, mark: TestMark?) {
            self.test = test
            self.mark = mark
        }
    }

    public private(set) var result = BuildResult()
    private(set) var log: PageLog
    /// The first tests that failed, at most ``testLimit``.
    public var failedTests: [FailedTest] = []
    /// The source files of the reports of coverage, at most ``fileLimit``.
    public var coveredFiles: [CoveredFile] = []
    public var variables: [PageVariable] = []
    /// Where the whole log is.
    public var logPath: String?
    /// What was decided about the build; `nil` where that is not known.
    public var recipe: BuildRecipe?
    /// The last build before it that succeeded; `nil` where there is none.
    public var green: GreenComparison?
    /// Whether a server shows the page. It then leads to the list of builds (`../../`) and the whole log (`log.txt`), by addresses
    /// relative to its own, which ends in a slash.
    public var isServed = false
    /// The size of the log that a server has, which it gives by the piece (`log/FROM-TO`, see ``LogPiece``): 0 where it has none.
    public var servedLogSize = 0
    /// Whether the page of a server follows its build, by events from `changes`.
    public var follows = false

    public static let testLimit = 200, fileLimit = 2000
    /// What the page of a server has of the log: the rest is loaded when it is opened, and each change of a build that runs makes
    /// the page anew.
    public static let servedLogLimit = 400_000

    /// - Parameter logLimit: about how many bytes of the log the page has.
    public init(logLimit: Int = 4_000_000) { log = PageLog(limit: logLimit) }

    /// Adds what is to be shown of an event.
    public mutating func add(_ event: BuildEvent) {
        result.add(event)
        log.add(event)
    }

    /// Ends a build whose program was killed.
    public mutating func endAsLost() { result.endAsLost() }

    /// The page.
    public var html: [UInt8] {
        var page = Markup()
        page.element("html", ["lang": "en"]) { page in
            page.head(title: "\(result.status.rawValue): \(name.cut(200))", connects: isServed)
            page.element("body", follows ? ["data-changes": "changes"] : [:]) { page in
                header(&page)
                navigation(&page)
                page.element("main") { page in
                    tests(&page)
                    phases(&page)
                    commands(&page)
                    difference(&page)
                    coverage(&page)
                    artifacts(&page)
                    cacheAndNetwork(&page)
                    environment(&page)
                    plan(&page)
                    logText(&page)
                }
                page.element("footer") { page in
                    page.element(
                        "p", ["class": "soft"], text: "Made by buildspec from the build's record. Times are UTC.")
                    if isServed { page.element("p", ["id": "connection", "role": "status"], text: "") }
                }
                page.script(PageScript.text)
            }
        }
        page.text("\n")
        return page.bytes
    }

    /// What pages that a server shows may load, for its answers to say the same.
    public static var servedPolicy: String { PageStyle.policy(connects: true) }

    var name: String { result.start.map { "\($0.id.project) \($0.id.uuid.prefix(8))" } ?? "build" }

    private func header(_ page: inout Markup) {
        page.element("header") { page in
            if isServed { page.element("p") { $0.element("a", ["href": "../../"], text: "All builds") } }
            page.element("h1", isServed ? ["aria-live": "polite"] : [:]) { page in
                page.element("span", ["class": statusClass], text: result.status.rawValue)
                page.text(" \(name.cut(300))")
            }
            page.element("p", ["class": "why \(statusClass)"], text: reason.cut(2000))
            if let help = result.failure?.help { page.element("p", text: "Help: \(help)") }
            guard let start = result.startTime else { return }
            let time = result.runningTime.map { ", \($0.spanWords)" } ?? ""
            page.element("p", ["class": "soft"], text: "Begun \(start.rfc3339)\(time)")
        }
    }

    private var statusClass: String {
        switch result.status {
        case .succeeded: "good"
        case .inProgress: "soft"
        default: "bad"
        }
    }

    /// Why the build ended as it did, in one sentence.
    var reason: String {
        switch result.status {
        case .succeeded: return "All phases succeeded."
        case .inProgress: return "The build has not ended."
        case .lost: return "The program that ran the build was killed."
        default: break
        }
        if let failure = result.failure {
            let place = failure.location.map { " at \($0)" } ?? ""
            let meaning = ClosingTable.meaning(ofExitStatus: failure.exitStatus).map { " (\($0))" } ?? ""
            let command = failure.command.trimmingLineEnds
            return "In \(failure.phase.rawValue)\(place) the command `\(command)` ended with exit status "
                + "\(failure.exitStatus)\(meaning)."
        }
        if let phase = result.phases.first(where: { $0.status.map { $0 != .succeeded } ?? false }) {
            let context = [phase.context.statusCode, phase.context.message].filter { !$0.isEmpty }
            return "The phase \(phase.phase.rawValue) ended as \(phase.status?.rawValue ?? "")"
                + (context.isEmpty ? "." : ": " + context.joined(separator: ": "))
        }
        return result.status == .stopped ? "The build was stopped." : "The build ended as \(result.status.rawValue)."
    }

    private func navigation(_ page: inout Markup) {
        page.element("nav", ["aria-label": "Parts of the page"]) { page in
            page.element("ul") { page in
                func link(_ id: String, _ text: String) {
                    page.element("li") { $0.element("a", ["href": "#\(id)"], text: text) }
                }
                if let failed = log.sections.firstIndex(where: \.hasFailed) { link("c\(failed)", "Failed command") }
                if hasTests { link("tests", "Tests") }
                link("phases", "Phases")
                link("commands", "Commands")
                if green != nil { link("difference", "Since the last green build") }
                if hasCoverage { link("coverage", "Coverage") }
                link("artifacts", "Artifacts")
                if hasCacheOrNetwork { link("network", "Cache and network") }
                link("environment", "Environment")
                if recipe != nil { link("plan", "Plan") }
                link("log", "Log")
            }
        }
    }
}

extension String {
    /// The text without line ends behind it.
    var trimmingLineEnds: String {
        var text = self[...]
        while text.last?.isNewline ?? false { text.removeLast() }
        return String(text)
    }
}
