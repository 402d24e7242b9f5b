public import BuildPlanning

/// A batch as one HTML file: its builds as a graph and a list, what failed, and its reports; every text is shown as text.
public struct BatchPage {
    private let batch: BatchResult
    /// The addresses of the builds' own pages, by the builds' identifiers.
    private let links: [String: String]
    /// What earlier batches tell of a failed test; `nil` for an old failure.
    public var mark: (ReportFacts.Case) -> TestMark? = { _ in nil }
    /// The source files of the reports of coverage, at most ``BuildPage/fileLimit``.
    public var coveredFiles: [CoveredFile] = []

    /// - Parameter links: relative to the page's own address.
    public init(_ batch: BatchResult, links: [String: String]) {
        self.batch = batch
        self.links = links
    }

    /// The page.
    public var html: [UInt8] {
        var page = Markup()
        page.element("html", ["lang": "en"]) { page in
            page.head(title: "\(batch.status.rawValue): batch \(name.cut(200))", connects: false)
            page.element("body") { page in
                header(&page)
                page.element("main") { page in
                    page.element("section", ["id": "graph", "aria-label": "Order of the builds"]) { page in
                        page.element("h2", text: "Order")
                        BatchPicture(batch, links: links).draw(&page)
                    }
                    page.element("section", ["id": "builds", "aria-label": "Builds"]) { builds(&$0) }
                    reports(&page)
                }
                page.element("footer") { page in
                    page.element(
                        "p", ["class": "soft"], text: "Made by buildspec from the batch's record. Times are UTC.")
                }
                page.script(PageScript.text)
            }
        }
        page.text("\n")
        return page.bytes
    }

    private var name: String { "\(batch.id.project) \(batch.id.uuid.prefix(8))" }

    private func header(_ page: inout Markup) {
        page.element("header") { page in
            page.element("h1") { page in
                page.element("span", ["class": Self.kind(batch.status)], text: batch.status.rawValue)
                page.text(" batch \(name.cut(300))")
            }
            let time = batch.end.map { ", \($0.milliseconds(since: batch.start).spanWords)" } ?? ""
            page.element("p", ["class": "soft"], text: "Begun \(batch.start.rfc3339)\(time), \(batch.limit) at once")
            let path = BatchMachine.criticalPath(batch.groups.map(\.task), batch.spans)
            if path.count > 1 {
                page.element("p", text: "What decided the time: \(path.joined(separator: " → ").cut(2000))")
            }
            if let artifact = batch.artifact {
                page.element("p") { page in
                    page.text("Artifact of all builds: ")
                    page.element("code", text: artifact.path)
                }
            }
        }
    }

    private func builds(_ page: inout Markup) {
        page.element("h2", text: "Builds")
        page.element("table") { page in
            page.element("thead") { page in
                page.element("tr") { page in
                    for name in ["Build", "Status", "Begun after", "Time", "Usually", "Waited", "Failed tests", "Why"] {
                        page.element("th", ["scope": "col"], text: name)
                    }
                }
            }
            page.element("tbody") { page in
                for group in batch.groups { row(group, &page) }
            }
        }
    }

    private func row(_ group: BatchResult.Group, _ page: inout Markup) {
        page.element("tr") { page in
            page.element("th", ["scope": "row"]) { page in
                let name = group.task.identifier.cut(200)
                if let address = links[group.task.identifier] {
                    page.element("a", ["href": address], text: name)
                } else {
                    page.text(name)
                }
            }
            page.element("td", ["class": Self.kind(group)], text: Self.words(group))
            let begun = group.start?.milliseconds(since: batch.start).spanWords
            let took =
                group.start.flatMap { start in group.end?.milliseconds(since: start) } ?? group.result?.runningTime
            let waited = group.ready.flatMap { ready in group.start?.milliseconds(since: ready) } ?? 0
            page.element("td", ["class": "number"], text: begun ?? "")
            page.element("td", ["class": "number"], text: took?.spanWords ?? "")
            page.element("td", ["class": "number"], text: group.expected?.spanWords ?? "")
            page.element("td", ["class": "number"], text: waited >= 500 ? waited.spanWords : "")
            let failures = (group.result?.reports ?? []).compactMap(\.testSummary).map(\.failures)
            page.element("td", ["class": "number"], text: failures.isEmpty ? "" : "\(failures.reduce(0, +))")
            page.element("td", text: why(group).cut(500))
        }
    }

    private func why(_ group: BatchResult.Group) -> String {
        if case .skipped(let reason) = group.state { return "`\(reason)` has not succeeded" }
        guard let failure = group.result?.failure else { return "" }
        let place = failure.location.map { "\($0): " } ?? ""
        return
            "\(place)\(failure.phase.rawValue): \(failure.command.trimmingLineEnds): exit status \(failure.exitStatus)"
    }

    private func reports(_ page: inout Markup) {
        let reports = batch.reports
        guard !reports.isEmpty else { return }
        page.element("section", ["id": "reports", "aria-label": "Reports"]) { page in
            page.element("h2", text: batch.isFanout ? "Reports, merged" : "Reports")
            page.element("ul") { page in
                for report in reports {
                    page.element("li") { page in
                        page.text("\(report.name.cut(200)) ")
                        page.element(
                            "span", ["class": report.status == .succeeded ? "good" : "bad"],
                            text: report.status.rawValue)
                        if let tests = report.testSummary {
                            page.text(": \(tests.total) tests, \(tests.failures) failed")
                        }
                        if let lines = report.codeCoverageSummary?.lineCoveragePercentage {
                            page.text(": \(lines) % of lines")
                        }
                    }
                }
            }
            if !coveredFiles.isEmpty { page.files(coveredFiles) }
            let failed = reports.flatMap(\.failedTests)
            guard !failed.isEmpty else { return }
            page.element("h3", text: "Failed tests")
            page.element("ul") { page in
                for test in failed.prefix(BuildPage.testLimit) {
                    page.element("li") { page in
                        page.element("code", text: test.fullName.cut(500))
                        if let mark = mark(test) { page.text(" \(mark.rawValue)") }
                        if let message = test.message { page.element("pre", text: message.cut(2000)) }
                    }
                }
            }
        }
    }

    static func words(_ group: BatchResult.Group) -> String {
        switch group.state {
        case .waiting, .dropped, .skipped: "not begun"
        case .running, .stopping: "IN_PROGRESS"
        case .ended(let status):
            status.rawValue + (status != .succeeded && group.task.ignoresFailure ? " (ignored)" : "")
                + (group.isRecalled ? " (earlier)" : "")
        }
    }

    static func kind(_ group: BatchResult.Group) -> String {
        if case .ended(let status) = group.state { kind(status) } else { "soft" }
    }

    private static func kind(_ status: BuildStatus) -> String {
        switch status {
        case .succeeded: "good"
        case .inProgress: "soft"
        default: "bad"
        }
    }
}

/// The builds of a batch as a picture: what a build waits for stands to its left.
struct BatchPicture {
    private let batch: BatchResult
    private let links: [String: String]
    /// The column and the row of each build.
    private let places: [String: (column: Int, row: Int)]

    private static let width = 200, height = 40, gap = 60, distance = 14
    /// The most builds that stand below one another where none waits for another.
    private static let rows = 8

    init(_ batch: BatchResult, links: [String: String]) {
        self.batch = batch
        self.links = links
        var columns: [String: Int] = [:], counts: [Int: Int] = [:]
        var places: [String: (column: Int, row: Int)] = [:]
        let tasks = batch.groups.map(\.task)
        // There are no cycles: in at most as many rounds as there are builds each is behind all that it waits for.
        for _ in tasks {
            var hasChanged = false
            for task in tasks {
                let column = (task.dependsOn.compactMap { columns[$0] }.max() ?? -1) + 1
                if columns[task.identifier] != column {
                    columns[task.identifier] = column
                    hasChanged = true
                }
            }
            if !hasChanged { break }
        }
        let isFlat = tasks.allSatisfy { $0.dependsOn.isEmpty }
        for (number, task) in tasks.enumerated() {
            let column = columns[task.identifier] ?? 0
            places[task.identifier] =
                isFlat ? (number / Self.rows, number % Self.rows) : (column, counts[column, default: 0])
            counts[column, default: 0] += 1
        }
        self.places = places
    }

    func draw(_ page: inout Markup) {
        let columns = (places.values.map(\.column).max() ?? 0) + 1, rows = (places.values.map(\.row).max() ?? 0) + 1
        let width = columns * (Self.width + Self.gap) - Self.gap + 4
        let height = rows * (Self.height + Self.distance) - Self.distance + 4
        page.element(
            "svg",
            [
                "class": "graph", "width": "\(width)", "height": "\(height)", "viewBox": "-2 -2 \(width) \(height)",
                "role": "img", "aria-label": "The builds, each to the right of those that it waits for",
            ]
        ) { page in
            for group in batch.groups {
                for before in group.task.dependsOn { edge(from: before, to: group.task.identifier, &page) }
            }
            for group in batch.groups {
                if let address = links[group.task.identifier] {
                    page.element("a", ["href": address]) { node(group, &$0) }
                } else {
                    node(group, &page)
                }
            }
        }
    }

    private func corner(_ identifier: String) -> (x: Int, y: Int)? {
        places[identifier].map { ($0.column * (Self.width + Self.gap), $0.row * (Self.height + Self.distance)) }
    }

    private func edge(from one: String, to other: String, _ page: inout Markup) {
        guard let one = corner(one), let other = corner(other) else { return }
        let begin = (x: one.x + Self.width, y: one.y + Self.height / 2),
            end = (x: other.x, y: other.y + Self.height / 2)
        let bend = Self.gap / 2
        page.element(
            "path",
            [
                "d":
                    "M\(begin.x) \(begin.y)C\(begin.x + bend) \(begin.y) \(end.x - bend) \(end.y) \(end.x) \(end.y)"
            ], text: "")
    }

    private func node(_ group: BatchResult.Group, _ page: inout Markup) {
        guard let corner = corner(group.task.identifier) else { return }
        let kind = BatchPage.kind(group), words = BatchPage.words(group)
        page.element("g") { page in
            page.element("title", text: "\(group.task.identifier): \(words)")
            page.element(
                "rect",
                [
                    "class": kind, "x": "\(corner.x)", "y": "\(corner.y)", "width": "\(Self.width)",
                    "height": "\(Self.height)", "rx": "4",
                ], text: "")
            page.element(
                "text", ["x": "\(corner.x + 8)", "y": "\(corner.y + 17)"], text: group.task.identifier.cut(26))
            let took =
                group.start.flatMap { start in group.end?.milliseconds(since: start) } ?? group.result?.runningTime
            page.element(
                "text", ["class": kind, "x": "\(corner.x + 8)", "y": "\(corner.y + 33)"],
                text: words + (took.map { " \($0.spanWords)" } ?? ""))
        }
    }
}
