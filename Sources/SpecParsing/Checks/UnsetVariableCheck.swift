/// Lists the variables that nobody sets, and warns where one of them would make a command reach elsewhere.
extension ContentChecks {
    mutating func checkUnsetVariables(_ commands: [SpecCommand]) {
        var needs = VariableNeeds(known: facts.variables.union(definedVariables)), text = ShellText()
        for (index, command) in commands.enumerated() {
            command.node.withText { needs.read($0, at: index, into: &text) }
        }
        let unset = needs.needs.map { need in
            let place = FindingPlace(commands[need.command].node, commands[need.command].path, part: need.range)
            return (place: place, name: need.name)
        }.filter { !ignores.silences(.unsetVariable, at: $0.place) }
        if let first = unset.first {
            // Told together at the place of the first one: finding the places of the others would take longer than all else.
            let location = first.place.location
            list(unset.map { UnsetVariable($0.name, at: location) }, at: first.place)
        }
        for risk in needs.riskyUses {
            // The service sets the folder of a secondary source.
            guard !risk.name.hasPrefix(UnsetVariable.sourcePrefix) else { continue }
            let command = commands[risk.command], name = quoted(risk.name)
            let meaning =
                risk.result.map { "\(quoted($0)) of the whole machine is what `\(risk.program)` gets" }
                ?? "`cd` stays where it is or goes to the home folder"
            warn(
                .unsetInPath, at: FindingPlace(command.node, command.path, part: risk.range),
                "nothing sets \(name) here; while it is not set, \(meaning)",
                help: "write `${\(risk.name):?}`, which ends the command when the variable is not set")
        }
    }

    private static let listed = 8

    private mutating func list(_ unset: [UnsetVariable], at place: FindingPlace) {
        let names = unset.prefix(Self.listed).map(\.words).joined(separator: ", ")
        let more = unset.count > Self.listed ? " and \(unset.count - Self.listed) more" : ""
        findings.note(
            .unsetVariable, at: place,
            (unset.count == 1
                ? "the commands use a variable that nothing sets here: "
                : "the commands use \(unset.count) variables that nothing sets here: ")
                + names + more,
            help: Self.help(for: unset))
    }

    private static func help(for unset: [UnsetVariable]) -> String {
        let sources = unset.compactMap { if case .source(let identifier) = $0.kind { identifier } else { nil } }
        let values =
            "give a run `--env NAME=VALUE` or `--env-file FILE`, or write them into `environmentVariables` of codebuild.yml"
        guard let source = sources.first else { return values }
        let bringing = "`--source \(source)=FOLDER` brings a secondary source in"
        return sources.count == unset.count ? "give a run a source: \(bringing)" : "\(values); \(bringing)"
    }

    /// The variables that the file itself sets, for ordinary builds or for those of its batch.
    private var definedVariables: Set<String> {
        var names: Set<String> = []
        func add(_ section: Section?) {
            for (name, entry) in section?.entries.list ?? [] {
                switch entry.value {
                case .section(let inner): add(inner)
                case .sections(let inner): for inner in inner { add(inner) }
                case .variables(let variables) where name != "runtime-versions": names.formUnion(variables.map(\.name))
                case .textsByName(let texts): names.formUnion(texts.map(\.name))
                default: break
                }
            }
        }
        for key in ["env", "environment_variables", "batch"] { add(top.section(key)) }
        return names
    }
}
