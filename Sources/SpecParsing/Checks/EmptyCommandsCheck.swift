/// Warns about phases whose commands were left out.
extension ContentChecks {
    mutating func checkEmptyCommands() {
        guard let phases = top.section("phases") else { return }
        for name in PhaseName.allCases {
            guard let phase = phases.section(name.rawValue), let entry = phase.entries["commands"],
                entry.node.isNull || entry.node.kind == .list && entry.node.items.isEmpty,
                // A phase may well do nothing but select runtimes, or run what stands under `finally`.
                phase.commands("finally").isEmpty, phase.variables("runtime-versions").isEmpty
            else { continue }
            let path = phase.path.key("commands")
            warn(
                .emptyValue, at: FindingPlace(entry.key, path), "\(path.quoted) is empty: the phase runs nothing",
                help: "write each command below it as an entry of a list, such as `- make test`, or take the phase away"
            )
        }
    }
}
