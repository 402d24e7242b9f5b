/// Tells that a run here has to be given a Docker daemon, where the service gives one unasked (CODEBUILD-2026 B.4).
extension ContentChecks {
    mutating func checkDocker(_ commands: [SpecCommand]) {
        guard !facts.hasDocker, !isPrivilegedInBatch else { return }
        // Bytes are searched, because most commands have nothing to do with Docker.
        guard !commands.contains(where: { $0.node.withText { $0.contains("dockerd") } }) else { return }
        for command in commands {
            guard let name = command.node.withText({ DockerCall.name(in: $0) }) else { continue }
            return note(name, in: command)
        }
    }

    private mutating func note(_ name: String, in command: SpecCommand) {
        findings.note(
            .dockerDaemon, at: FindingPlace(command.node, command.path),
            "\(quoted(name)) needs a Docker daemon: CodeBuild gives one to builds outside of a VPC, but a run here has none by itself",
            help:
                "give a run `--docker host` (your own engine) or `--docker inside` (`environment.privilegedMode: true`)"
        )
    }

    /// Whether a build of the batch has a daemon by its own `privileged-mode`.
    private var isPrivilegedInBatch: Bool {
        func isPrivileged(_ section: Section?) -> Bool {
            guard let section else { return false }
            if section.flag("privileged-mode")?.value == true { return true }
            return section.entries.list.contains { _, entry in
                switch entry.value {
                case .section(let inner): isPrivileged(inner)
                case .sections(let inner): inner.contains { isPrivileged($0) }
                default: false
                }
            }
        }
        return isPrivileged(top.section("batch"))
    }
}
