internal import BuildPlanning
internal import SpecParsing

// What a build was made of and with: the plan, the cache, the network, and what was otherwise when it was green.
extension BuildPage {
    // MARK: Since the last green build

    func difference(_ page: inout Markup) {
        guard let green else { return }
        part("difference", "Since the last green build", in: &page) { page in
            let time = green.green.startTime.map { ", begun \($0.rfc3339)" } ?? ""
            page.element("p", text: "The last build before this one that succeeded is \(green.uuid.prefix(8))\(time).")
            if green.differences.isEmpty {
                page.element("p", text: "In source, image, runtimes and variables nothing is known to differ.")
            } else {
                let rows = green.differences.map { [$0.subject, $0.before, $0.now] }
                comparison("What differs", rows, in: &page)
            }
            if !green.commits.isEmpty {
                page.element("p", text: "Commits since then:")
                page.element("ul") { page in
                    for commit in green.commits { page.element("li", text: commit.cut(300)) }
                    if green.hasMoreCommits { page.element("li", text: "… and older ones") }
                }
            }
            let durations = green.durations(of: result).map { name, before, now in
                [name, before.spanWords, now.spanWords]
            }
            if !durations.isEmpty { comparison("Durations", durations, in: &page) }
        }
    }

    private func comparison(_ title: String, _ rows: [[String]], in page: inout Markup) {
        page.element("table") { page in
            page.element("caption", text: title)
            columns(["", "Then", "Now"], in: &page)
            page.element("tbody") { page in
                for row in rows {
                    page.element("tr") { page in
                        page.element("th", ["scope": "row"], text: row[0].cut(500))
                        for cell in row.dropFirst() { page.element("td", text: cell.cut(1000)) }
                    }
                }
            }
        }
    }

    // MARK: Cache and network

    var hasCacheOrNetwork: Bool {
        result.cacheRestored != nil || result.cacheSaved != nil || result.network != nil || recipe != nil
    }

    func cacheAndNetwork(_ page: inout Markup) {
        guard hasCacheOrNetwork else { return }
        part("network", "Cache and network", in: &page) { page in
            page.element("dl") { page in
                for (name, value) in cacheFacts + networkFacts {
                    page.element("dt", text: name)
                    page.element("dd", text: value.cut(1000))
                }
            }
        }
    }

    private var cacheFacts: [(String, String)] {
        var facts: [(String, String)] = []
        switch recipe?.plan.cache {
        case .undefined: facts.append(("Cache", "none in the buildspec"))
        case .skipped(let reason): facts.append(("Cache", "skipped: \(reason)"))
        case .kept, nil: break
        }
        if let cache = result.cacheRestored {
            facts.append(("Cache restored", "\(cache.entries) entries, \(cache.bytes.sizeWords), from \(cache.path)"))
        } else if case .kept = recipe?.plan.cache {
            facts.append(("Cache restored", "nothing"))
        }
        if let cache = result.cacheSaved {
            let words = cache.changed ? "\(cache.entries) entries, \(cache.bytes.sizeWords)" : "unchanged"
            facts.append(("Cache saved", "\(words), in \(cache.path)"))
        } else if case .kept = recipe?.plan.cache {
            facts.append(("Cache saved", "nothing"))
        }
        return facts
    }

    private var networkFacts: [(String, String)] {
        var facts: [(String, String)] = []
        switch recipe?.network.policy {
        case .open: facts.append(("Network", "that of the engine; nothing stood between"))
        case .recording: facts.append(("Network", "through the proxy, which kept what it got"))
        case .replaying: facts.append(("Network", "none; what was recorded was replayed"))
        case .closed: facts.append(("Network", "none, and nothing was recorded"))
        case nil: break
        }
        guard let network = result.network else { return facts }
        func requests(_ count: Int) -> String { "\(count) request\(count == 1 ? "" : "s")" }
        facts.append(("Recorded", "\(requests(network.recorded)), \(network.recordedBytes.sizeWords)"))
        facts.append(("Replayed", requests(network.replayed)))
        facts.append(("Missed", requests(network.missed)))
        if network.failed > 0 { facts.append(("Failed", requests(network.failed))) }
        return facts
    }

    // MARK: Variables

    func variableTables(_ page: inout Markup) {
        guard let plan = recipe?.plan else {
            let rows = variables.map { ($0.name, $0.shownValue, $0.origin) }
            return table("Variables set for the build", in: &page, rows: rows)
        }
        func rows(_ isWanted: (BuildPlan.Origin) -> Bool) -> [(name: String, value: String, origin: String)] {
            plan.variables.filter { isWanted($0.origin) }.map { variable in
                let shown = PageVariable(variable)
                let place = variable.place ?? variable.origin.rawValue
                return (
                    variable.name, shown.shownValue,
                    variable.type == .plaintext ? place : "\(shown.origin) (\(place))"
                )
            }
        }
        table("Variables set for the build", in: &page, rows: rows { $0 > .service })
        page.element("details") { page in
            page.element("summary", text: "Variables that CodeBuild sets")
            table("Variables that CodeBuild sets", in: &page, rows: rows { $0 <= .service })
        }
    }

    // MARK: The plan

    func plan(_ page: inout Markup) {
        guard let recipe else { return }
        let plan = recipe.plan
        part("plan", "Plan", in: &page) { page in
            decisions(plan, in: &page)
            for phase in plan.phases where phase.hasCommands {
                page.element("h3", text: phase.name.apiName)
                let rules = [
                    phase.runAs.map { "run-as \($0)" }, phase.onFailure.map { "on-failure \(written($0))" },
                ].compactMap(\.self)
                if !rules.isEmpty { page.element("p", ["class": "soft"], text: rules.joined(separator: ", ").cut(500)) }
                list(phase.commands, in: &page)
                guard !phase.finally.isEmpty else { continue }
                page.element("p", text: "finally")
                list(phase.finally, in: &page)
            }
            page.element("dl") { page in
                for (name, value) in rules(of: recipe) {
                    page.element("dt", text: name)
                    page.element("dd", text: value.cut(1000))
                }
            }
        }
    }

    private func decisions(_ plan: BuildPlan, in page: inout Markup) {
        guard !plan.decisions.isEmpty else { return }
        page.element("table") { page in
            page.element("caption", text: "Settings of the run")
            columns(["Name", "Value", "Origin"], in: &page)
            page.element("tbody") { page in
                for decision in plan.decisions {
                    page.element("tr") { page in
                        page.element("th", ["scope": "row"], text: decision.name)
                        page.element("td", text: decision.value.cut(1000))
                        page.element("td", text: (decision.place ?? decision.origin.rawValue).cut(500))
                    }
                }
            }
        }
    }

    private func list(_ commands: [BuildSpec.Command], in page: inout Markup) {
        page.element("ol", ["class": "plain"]) { page in
            for command in commands.prefix(Self.commandLimit) {
                page.element("li") { page in
                    page.element("code", text: command.text.trimmingLineEnds.cut(300))
                    page.element("span", ["class": "soft"], text: "  \(command.location)")
                }
            }
        }
        if commands.count > Self.commandLimit {
            page.element("p", text: "… and \(commands.count - Self.commandLimit) more commands")
        }
    }

    private static let commandLimit = 500

    /// What the plan says of cache, artifacts and reports.
    private func rules(of recipe: BuildRecipe) -> [(String, String)] {
        let plan = recipe.plan
        var rules: [(String, String)] = []
        if case .kept(let cache) = plan.cache {
            let key = cache.key.map { ", key \($0)" } ?? ""
            rules.append(("Cache", cache.paths.joined(separator: ", ") + key))
        }
        let deliveries = plan.artifacts.map { recipe.artifacts.deliveries(of: $0) } ?? []
        for delivery in deliveries {
            let base = delivery.rules.baseDirectory.map { " below \($0.value)" } ?? ""
            let files = delivery.rules.files.map(\.value).joined(separator: ", ")
            rules.append(("Artifact \(delivery.name)".cut(200), files + base))
        }
        for group in plan.reports {
            let files = group.files.map(\.value).joined(separator: ", ")
            rules.append(("Report \(group.name)".cut(200), "\(files) (\(group.fileFormat))"))
        }
        rules.append(("Limit", "\(plan.timeout / 60) minutes"))
        return rules
    }
}
