public import BuildPlanning
internal import SpecParsing

extension PlanView {
    /// The plan as text for people, in sections, with the origin of every value.
    public var text: String {
        var lines = [
            Self.row("project", plan.id.project),
            Self.row("source", "\(source), in the container \(plan.sourceDirectory)"),
        ]
        lines += plan.snapshot.map { [Self.row("tree", "\($0.tree) (\($0.kind))")] } ?? []
        for other in plan.secondarySources {
            lines.append(
                Self.row(
                    "source", "\(other.identifier): \(other.facts.path ?? ""), in the container \(other.directory)"))
            lines += other.facts.snapshot.map { [Self.row("tree", "\($0.tree) (\($0.kind))")] } ?? []
        }
        lines += missingSources.map {
            Self.row("source", "\($0.identifier): not here (--source \($0.identifier)=FOLDER)  \($0.place)")
        }
        lines += [
            Self.row("buildspec", "\(plan.buildspecLocation), version \(plan.version.rawValue)"),
            Self.row("image", plan.image + (image.map { " (\($0.id.prefix(19)))" } ?? " (not on this engine)")),
            Self.row("shell", plan.shell.program),
        ]
        lines += dockerLines
        lines += repeated.map { [""] + $0.lines } ?? []
        lines += section("about the image", imageNotes)
        lines += section(
            "settings", plan.decisions.map { Self.located("\($0.name)=\($0.value)", at: $0.place, from: $0.origin) })
        lines += section("environment", environmentLines)
        lines += section(
            "variables without a value", unsetVariables.map { "\($0.name)  \($0.kind.words), \($0.location)" })
        lines += section("exported variables", plan.exportedVariables)
        lines += section("runtime versions", runtimeLines)
        lines += section("phases", plan.phases.flatMap(Self.lines))
        lines += section("docker images", baseImages.map { "\($0.name) (\($0.origin.rawValue))  \($0.place)" })
        lines += section("cache", cacheLines)
        lines += section("artifacts", artifactLines)
        lines += section(
            "reports",
            plan.reports.map { group in
                "\(group.name): \(Self.listed(group.files.map(\.value))) (\(group.fileFormat))  \(group.location)"
            })
        lines += section("not used here", unusedSettings.map { "\($0.path): \($0.why)  \($0.location)" })
        return lines.joined(separator: "\n") + "\n"
    }

    private var dockerLines: [String] {
        switch docker {
        case .inside: return [Self.row("docker", "a daemon of the build's own, in a privileged container")]
        case .host: return [Self.row("docker", "your own engine, by its socket")]
        case .absent:
            guard let call = unansweredDockerCall else { return [] }
            return [
                Self.row("docker", "none, but `\(call.name)` needs one  \(call.location)"),
                Self.row("", BuildPlan.waysToDocker),
            ]
        }
    }

    private func section(_ title: String, _ lines: [String]) -> [String] {
        lines.isEmpty ? [] : ["", title] + lines.map { "  \($0)" }
    }

    private static func row(_ name: String, _ value: String) -> String {
        name + String(repeating: " ", count: max(1, 12 - name.count)) + value
    }

    private static func located(_ text: String, at place: String?, from origin: BuildPlan.Origin) -> String {
        "\(oneLine(text))  \(place ?? origin.rawValue)"
    }

    /// The environment variables in ascending order of precedence.
    private var environmentLines: [String] {
        imageVariables.map { "\(Self.oneLine("\($0.name)=\($0.value)"))  image" }
            + plan.variables.map { variable in
                let type = variable.type == .plaintext ? "" : " (\(variable.type.rawValue))"
                return Self.located(
                    "\(variable.name)=\(variable.value)\(type)", at: variable.place, from: variable.origin)
            }
    }

    /// The entries of `runtime-versions`, each with what it selects as far as that is known.
    private var runtimeLines: [String] {
        var choices: [RuntimeSelection.Choice] = [], last: [String] = []
        switch runtimes {
        case .selected(let selection), .expected(let selection):
            choices = selection.choices
            last += selection.problem.map { ["the build would end with \($0.statusCode): \($0.message)"] } ?? []
            if case .expected = runtimes {
                last.append("as AWS's image was in September 2026; it is not on this engine to be asked")
            }
        case .skipped: last = ["skipped: the image has no list of runtimes"]
        case .unknown(let reason): last = ["what they select is not known: \(reason)"]
        case nil: break
        }
        let lines = plan.runtimeVersions.map { entry in
            let choice = choices.first { $0.name == entry.name }
            return "\(entry.name) \(entry.version)\(choice.map { ": \(Self.words(of: $0))" } ?? "")  \(entry.location)"
        }
        let asked = Set(plan.runtimeVersions.map(\.name))
        let required = choices.filter { !asked.contains($0.name) }.map {
            "\($0.name): \(Self.words(of: $0)), which another one requires"
        }
        return lines + required + last
    }

    private static func words(of choice: RuntimeSelection.Choice) -> String {
        choice.variable == nil ? choice.version : "\(choice.version), which the image installs from the network"
    }

    private static func lines(_ phase: BuildPlan.Phase) -> [String] {
        var head = phase.name.apiName
        if phase.commands.isEmpty { head += ": no commands" }
        if let user = phase.runAs { head += ", run-as \(user)" }
        if let rule = phase.onFailure { head += ", on-failure \(written(rule))" }
        func numbered(_ commands: [BuildSpec.Command]) -> [String] {
            commands.enumerated().map { "  \($0.offset + 1)  \(oneLine($0.element.text))  \($0.element.location)" }
        }
        return [head] + numbered(phase.commands)
            + (phase.finally.isEmpty ? [] : ["  finally"] + numbered(phase.finally).map { "  \($0)" })
    }

    private var cacheLines: [String] {
        switch plan.cache {
        case .undefined: []
        case .skipped(let reason): ["skipped: \(reason)"]
        case .kept(let rules):
            rules.paths.map(Self.expandable) + (rules.key.map { ["key \(Self.expandable($0))"] } ?? [])
                + rules.fallbackKeys.map { "else a key that begins with \(Self.expandable($0))" }
                + (rules.action == .both ? [] : ["\(rules.action.rawValue) only"])
                + (cachePlace.map { ["kept in \($0)"] } ?? []) + [cacheWay].compactMap { $0 }
        }
    }

    private var artifactLines: [String] {
        deliveries.map { identifier, rules in
            var words = "\(identifier): \(Self.listed(rules.files.map(\.value)))"
            if let base = rules.baseDirectory { words += " below \(Self.expandable(base.value))" }
            if !rules.excludePaths.isEmpty { words += " without \(Self.listed(rules.excludePaths.map(\.value)))" }
            if rules.discardPaths { words += ", paths discarded" }
            words += ", to \(path(ofArtifact: identifier))"
            if let place = destination(of: rules) { words += " (in the service \(Self.expandable(place)))" }
            return words + "  \(rules.location)"
        }
    }

    private static func listed(_ patterns: [String]) -> String {
        patterns.isEmpty ? "nothing" : patterns.map(expandable).joined(separator: ", ")
    }

    private static func expandable(_ text: String) -> String {
        isExpandedLater(text) ? "\(text) (variables put in at the end)" : text
    }

    /// Shows line breaks as `\n`, so that a value stays on its line.
    private static func oneLine(_ text: String) -> String {
        String(text.flatMap { character -> [Character] in character.isNewline ? ["\\", "n"] : [character] })
    }
}

extension BatchPlan {
    /// The batch as text, with one line for each build.
    public var text: String {
        let lines = builds.map { build in
            var words = build.identifier
            if !build.dependsOn.isEmpty { words += "  after \(build.dependsOn.joined(separator: ", "))" }
            if let buildspec = build.buildspec { words += "  buildspec \(buildspec)" }
            if let image = build.image { words += "  image \(image)" }
            if let computeType = build.computeType { words += "  \(computeType)" }
            for variable in build.variables { words += "  \(variable.name)=\(variable.value)" }
            return words + (build.ignoreFailure ? "  failure ignored" : "")
        }
        return (["\(type.rawValue), \(builds.count) builds\(fastFail ? ", fast-fail" : "")"] + lines.map { "  \($0)" })
            .joined(separator: "\n") + "\n"
    }
}
