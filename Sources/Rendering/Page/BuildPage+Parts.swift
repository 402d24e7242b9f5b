internal import BuildPlanning

extension BuildPage {
    var hasTests: Bool {
        result.reports.contains { $0.type == .test } || !(result.failure?.failedTests.isEmpty ?? true)
    }
    var hasCoverage: Bool { result.reports.contains { $0.codeCoverageSummary != nil } || !coveredFiles.isEmpty }

    /// Writes a part of the page under its heading.
    func part(
        _ id: String, _ title: String, in page: inout Markup, content: (inout Markup) -> Void
    ) {
        page.element("section", ["id": id, "aria-labelledby": "\(id)-title"]) { page in
            page.element("h2", ["id": "\(id)-title"], text: title)
            content(&page)
        }
    }

    /// Writes the head of a table.
    func columns(_ names: [String], in page: inout Markup) {
        page.element("thead") { page in
            page.element("tr") { page in
                for name in names { page.element("th", ["scope": "col"], text: name) }
            }
        }
    }

    // MARK: Tests

    func tests(_ page: inout Markup) {
        guard hasTests else { return }
        part("tests", "Tests", in: &page) { page in
            for failed in failedTests { test(failed, in: &page) }
            if failedTests.isEmpty, let names = result.failure?.failedTests, !names.isEmpty {
                page.element("p", text: "The output of the failed command names these tests as failed:")
                page.element("ul") { page in
                    for name in names.prefix(Self.testLimit) { page.element("li", text: name.cut(1000)) }
                }
            }
            let sums = result.reports.compactMap(\.testSummary)
            let failures = sums.reduce(0) { $0 + $1.failures }
            if failures > failedTests.count {
                let text = "… and \(failures - failedTests.count) more failed tests: buildspec show --tests --failed"
                page.element("p", text: text)
            }
            reports(&page)
        }
    }

    private func test(_ failed: FailedTest, in page: inout Markup) {
        let test = failed.test.test
        page.element("article") { page in
            page.element("h3") { page in
                page.element("span", ["class": "bad"], text: test.status)
                page.text(" \(test.fullName.cut(500))")
                if let mark = failed.mark { page.text(" (\(mark.rawValue))") }
            }
            let place = test.file.map { file in ", \(file.cut(500))" + (test.line.map { ":\($0)" } ?? "") } ?? ""
            page.element("p", ["class": "soft"], text: ReportLines.seconds(test.durationInNanoSeconds) + place)
            if let message = test.message { page.element("pre", ["tabindex": "0"], text: message.cut(5000)) }
            if let stack = failed.test.stackTrace {
                page.element("details") { page in
                    page.element("summary", text: "Stack trace")
                    page.element("pre", ["tabindex": "0"], text: stack.cut(20_000))
                }
            }
        }
    }

    private func reports(_ page: inout Markup) {
        let reports = result.reports.filter { $0.type == .test }
        guard !reports.isEmpty else { return }
        page.element("table") { page in
            page.element("caption", text: "Reports")
            columns(["Report", "Status", "Tests", "Failed", "Skipped", "Time"], in: &page)
            page.element("tbody") { page in
                for report in reports {
                    page.element("tr") { page in
                        page.element("th", ["scope": "row"], text: report.name.cut(500))
                        page.element(
                            "td", ["class": report.status == .succeeded ? "good" : "bad"], text: report.status.rawValue)
                        let sum = report.testSummary
                        let numbers = [sum?.total, sum?.failures, sum.map { $0.statusCounts["SKIPPED"] ?? 0 }]
                        for number in numbers { page.element("td", text: number.map { "\($0)" } ?? "") }
                        page.element("td", text: sum.map { ReportLines.seconds($0.durationInNanoSeconds) } ?? "")
                    }
                }
            }
        }
        for problem in reports.flatMap(\.problems).prefix(20) { page.element("p", text: problem.cut(1000)) }
    }

    // MARK: Time

    func phases(_ page: inout Markup) {
        part("phases", "Phases", in: &page) { page in
            page.element("table") { page in
                columns(["Phase", "Status", "Time", "Context"], in: &page)
                page.element("tbody") { page in
                    for phase in result.phases {
                        let status = phase.status ?? .inProgress, isGood = status == .succeeded
                        page.element("tr") { page in
                            page.element("th", ["scope": "row"], text: phase.phase.rawValue)
                            page.element("td", ["class": isGood ? "good" : "bad"], text: status.rawValue)
                            page.element("td", text: phase.status == nil ? "" : phase.milliseconds.spanWords)
                            let context = [phase.context.statusCode, phase.context.message].filter { !$0.isEmpty }
                            page.element("td", text: context.joined(separator: ": ").cut(1000))
                        }
                    }
                    for phase in result.skippedPhases {
                        page.element("tr") { page in
                            page.element("th", ["scope": "row"], text: phase.rawValue)
                            page.element("td", text: "skipped")
                        }
                    }
                }
            }
        }
    }

    func commands(_ page: inout Markup) {
        let commands = log.sections.enumerated().filter { $0.element.command != nil }
        part("commands", "Commands", in: &page) { page in
            guard let first = commands.first?.element.start else {
                return page.element("p", text: "No command has run.")
            }
            let ends = commands.map { $0.element.start.milliseconds(since: first) + ($0.element.milliseconds ?? 0) }
            let span = max(1, ends.max() ?? 1)
            page.element("table") { page in
                page.element("caption", text: "Each command leads to its log; the bars show when it ran.")
                columns(["Command", "Phase", "Exit status", "Time", "When"], in: &page)
                page.element("tbody") { page in
                    for (place, command) in commands { row(command, place, from: first, span: span, in: &page) }
                }
            }
        }
    }

    private func row(
        _ command: PageLog.Section, _ place: Int, from first: Timestamp, span: Int, in page: inout Markup
    ) {
        page.element("tr") { page in
            page.element("td") { page in
                page.element("a", ["href": "#c\(place)"]) { page in
                    page.element("code", text: (command.command ?? "").trimmingLineEnds.cut(160))
                }
            }
            page.element("td", text: command.phase?.rawValue ?? "")
            page.element(
                "td", ["class": command.hasFailed ? "bad" : ""], text: command.exitStatus.map { "\($0)" } ?? "–")
            page.element("td", ["class": "number"], text: command.milliseconds?.spanWords ?? "")
            page.element("td", ["class": "wide"]) { page in
                // The command's own link says the same to those who do not see the bar.
                page.element("a", ["href": "#c\(place)", "class": "time", "tabindex": "-1", "aria-hidden": "true"]) {
                    page in
                    let attributes: Markup.Attributes = [
                        "viewBox": "0 0 1000 10", "preserveAspectRatio": "none", "aria-hidden": "true",
                    ]
                    page.element("svg", attributes) { page in
                        let time = command.milliseconds.map { ", \($0.spanWords)" } ?? ""
                        page.element("title", text: "\((command.command ?? "").trimmingLineEnds.cut(160))\(time)")
                        let start = max(0, command.start.milliseconds(since: first)) * 996 / span
                        let width = max(4, (command.milliseconds ?? 0) * 1000 / span)
                        page.element(
                            "rect",
                            [
                                "x": "\(start)", "width": "\(width)", "height": "10",
                                "class": command.hasFailed ? "bad" : "good",
                            ], text: "")
                    }
                }
            }
        }
    }

    // MARK: Coverage

    func coverage(_ page: inout Markup) {
        guard hasCoverage else { return }
        part("coverage", "Coverage", in: &page) { page in
            for report in result.reports {
                guard let sums = report.codeCoverageSummary else { continue }
                let parts = [
                    sums.lineCoveragePercentage.map { "\($0) % of lines" },
                    sums.branchCoveragePercentage.map { "\($0) % of branches" },
                ].compactMap(\.self)
                let text = parts.isEmpty ? "nothing to cover" : parts.joined(separator: ", ")
                page.element("p", text: "\(report.name.cut(500)): \(text)")
            }
            guard !coveredFiles.isEmpty else { return }
            page.files(coveredFiles)
        }
    }

    // MARK: What it made, and of what

    func artifacts(_ page: inout Markup) {
        part("artifacts", "Artifacts", in: &page) { page in
            guard !result.artifacts.isEmpty else { return page.element("p", text: "None were collected.") }
            page.element("table") { page in
                columns(["Artifact", "Files", "Size", "Place"], in: &page)
                page.element("tbody") { page in
                    for artifact in result.artifacts {
                        let name = [artifact.identifier, artifact.name ?? ""].first { !$0.isEmpty } ?? "primary"
                        page.element("tr") { page in
                            page.element("th", ["scope": "row"], text: name.cut(500))
                            page.element("td", text: "\(artifact.files)")
                            page.element("td", text: artifact.bytes.sizeWords)
                            page.element("td", text: artifact.path.cut(1000))
                        }
                    }
                }
            }
        }
    }

    func environment(_ page: inout Markup) {
        part("environment", "Environment", in: &page) { page in
            page.element("dl") { page in
                for (name, value) in facts {
                    page.element("dt", text: name)
                    page.element("dd", text: value.cut(1000))
                }
            }
            variableTables(&page)
            let exported = result.exportedVariables.map { ($0.name, $0.value, "exported") }
            table("Exported variables", in: &page, rows: exported)
        }
    }

    func table(_ title: String, in page: inout Markup, rows: [(name: String, value: String, origin: String)]) {
        guard !rows.isEmpty else { return }
        page.element("table") { page in
            page.element("caption", text: title)
            columns(["Name", "Value", "Origin"], in: &page)
            page.element("tbody") { page in
                for row in rows {
                    page.element("tr") { page in
                        page.element("th", ["scope": "row"], text: row.name.cut(500))
                        page.element("td", text: row.value.cut(5000))
                        page.element("td", text: row.origin.cut(500))
                    }
                }
            }
        }
    }

    private var facts: [(String, String)] {
        var facts: [(String, String)] = []
        if let start = result.start {
            facts += [("Image", start.image), ("Buildspec", start.buildspec)]
            if let source = start.source { facts.append(("Source", source)) }
            if let snapshot = start.snapshot { facts.append(("Tree", "\(snapshot.tree) (\(snapshot.kind))")) }
        }
        if let image = result.image { facts.append(("Image digest", image.digest ?? image.id)) }
        for runtime in result.runtimes { facts.append(("Runtime \(runtime.name)", runtime.version)) }
        return facts
    }

    // MARK: Log

    func logText(_ page: inout Markup) {
        part("log", "Log", in: &page) { page in
            let isPartial = log.keptCount < log.count
            if isPartial {
                let place = logPath.map { " The whole log is \($0)." } ?? ""
                page.element(
                    "p",
                    text:
                        "This page has \(log.keptCount.sizeWords) of the log's \(log.count.sizeWords): its beginning, "
                        + "the commands that failed, and its end."
                        + (loadsLog ? " The rest is loaded when it is opened." : place))
            }
            if isServed { page.element("p") { $0.element("a", ["href": "log.txt"], text: "The whole log as text") } }
            let covered = !isPartial ? "" : loadsLog ? " in what is loaded" : " in what the page has"
            page.element("div", ["id": "find", "role": "search", "data-covered": covered, "hidden": ""]) { page in
                page.element("label", ["for": "query"], text: "Search the log")
                page.empty("input", ["type": "search", "id": "query", "autocomplete": "off"])
                page.element("button", ["type": "button", "id": "previous"], text: "Previous")
                page.element("button", ["type": "button", "id": "next"], text: "Next")
                page.element("output", ["id": "matches", "for": "query"], text: "")
            }
            for (place, section) in log.sections.enumerated() { self.section(section, place, in: &page) }
        }
    }

    /// Whether what the page leaves out of the log can be had from its server.
    private var loadsLog: Bool { isServed && servedLogSize >= log.count }

    /// Writes a section of which the server has more: what is kept of it, and a link to the rest between.
    private func pieces(of section: PageLog.Section, in page: inout Markup) {
        let text = section.text, end = section.offset + text.count
        var terminal = TerminalText()
        if !text.head.isEmpty {
            page.element("pre", ["tabindex": "0"]) { terminal.write(text.head, to: &$0) }
        }
        LogPiece(from: section.offset + text.head.count, to: end - text.tail.count).link(below: "log/", in: &page)
        if !text.tail.isEmpty {
            page.element("pre", ["tabindex": "0"]) { terminal.write(Array(text.tail), to: &$0) }
        }
    }

    /// The most lines of a section that is not folded.
    static let unfoldedLines = 25

    private func section(_ section: PageLog.Section, _ place: Int, in page: inout Markup) {
        let title: String
        if let command = section.command {
            let status = section.exitStatus.map { $0 == 0 ? "" : ", exit status \($0)" } ?? ", not ended"
            title = "\(command.trimmingLineEnds.cut(200))\(status)"
        } else {
            title = "\(section.phase?.rawValue ?? "Build"): lines of the build agent"
        }
        let isLong =
            section.text.head.count { $0 == 0x0a } > Self.unfoldedLines || section.text.keptCount > 8000
            || loadsLog && section.text.keptCount < section.text.count
        func content(_ page: inout Markup) {
            page.element("summary") { page in
                page.element("code", ["class": section.hasFailed ? "bad" : ""], text: title)
                let time = section.start.rfc3339.dropFirst(11).prefix(8)
                page.element(
                    "span", ["class": "soft"],
                    text: " \(time)" + (section.milliseconds.map { ", \($0.spanWords)" } ?? ""))
            }
            let text = section.text, omitted = text.count - text.keptCount
            if omitted > 0, loadsLog { return pieces(of: section, in: &page) }
            guard text.keptCount > 0 else { return page.element("p", text: "\(omitted.sizeWords) are left out here.") }
            page.element("pre", ["tabindex": "0"]) { page in
                var terminal = TerminalText()
                if omitted == 0 { return terminal.write(text.head + text.tail, to: &page) }
                terminal.write(text.head, to: &page)
                page.text("\n… \(omitted.sizeWords) are left out here …\n")
                terminal.write(Array(text.tail), to: &page)
            }
        }
        let isRunning = result.status == .inProgress && place == log.sections.count - 1
        if !isLong || section.hasFailed || isRunning {
            page.element("details", ["id": "c\(place)", "open": ""], content: content)
        } else {
            page.element("details", ["id": "c\(place)"], content: content)
        }
    }
}
