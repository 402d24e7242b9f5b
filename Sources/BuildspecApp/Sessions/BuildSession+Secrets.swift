internal import OfflineWorld
internal import AWSCalls
internal import SourceSnapshots
internal import BuildRunning
internal import BuildPlanning
internal import ChildProcesses
internal import Rendering
internal import Engines
internal import SpecParsing
internal import Files

extension BuildSession {
    /// What the build gets that is shown nowhere. Nothing is asked, and no process started, for a build without secrets.
    ///
    /// - Parameter remote: where the source came from.
    /// - Returns: the failures as well; with any of them the build cannot run.
    func lookUpSecrets(
        _ plan: BuildPlan, _ settings: RunSettings, _ location: BuildLocation, remote: String?
    ) async throws -> (secrets: BuildSecrets, failures: [SecretLookup.Failure]) {
        let file = try settings.secretsFile.map { try readSecrets($0) } ?? SecretsFile()
        var secrets = BuildSecrets(), failures: [SecretLookup.Failure] = []
        if !plan.references.isEmpty {
            let outcome = try await values(for: plan.references, file, settings, location)
            secrets.values = outcome.values
            failures = outcome.failures
            if let path = settings.secretsFile { await warnAboutReaders(of: path, location, git(location)) }
        }
        for name in secrets.unmasked {
            terminal.say("warning: the value of `\(name)` is too short to be masked: the log shows it\n")
        }
        if failures.isEmpty, plan.usesGitCredentials {
            secrets.gitCredential = try await gitCredential(settings, git(location), remote: remote)
        }
        return (secrets, failures)
    }

    private func values(
        for references: [BuildPlan.Variable], _ file: SecretsFile, _ settings: RunSettings, _ location: BuildLocation
    ) async throws -> SecretLookup.Outcome {
        guard settings.usesLocalCloud else {
            let aws = settings.usesAWS ? AWSCommandLine(profile: settings.profile, region: settings.region) : nil
            return try await SecretLookup(file: file, aws: aws).values(for: references) { count in
                terminal.say("asking AWS for \(count == 1 ? "1 value" : "\(count) values")\n")
            }
        }
        // A cloud that runs already costs a call; one that has to start runs on for the build's own calls.
        let cloud = localCloud(settings, location)
        return try await cloud.whileRunning { running in
            say(running.notes)
            return try await SecretLookup(file: file, aws: cloud.commandLine).values(for: references)
        }
    }

    /// Ends a build whose parameters or secrets cannot be had: the service's log, the record, the names of all that are
    /// missing and how to give them.
    func refuse(
        _ failures: [SecretLookup.Failure], _ plan: BuildPlan, _ settings: RunSettings, _ reporter: BuildReporter,
        _ record: BuildRecord, _ process: BuildProcess
    ) async throws -> ExitStatus {
        guard let first = failures.first else { return .buildFailed }
        try await BuildRefusal(plan: plan, context: first.context).run(process) { try await reporter.take($0) }
        try write(await reporter.result.batchGetBuilds(plan: plan, id: plan.id), settings, record)
        say(failures, settings)
        return .buildFailed
    }

    /// Names everything that has no value, and says how to give it.
    func say(_ failures: [SecretLookup.Failure], _ settings: RunSettings) {
        var reasons: [String] = []
        for failure in failures where !failure.isUnanswered && !reasons.contains(failure.message) {
            reasons.append(failure.message)
            let names = failures.filter { $0.message == failure.message }.map { "`\($0.variable.name)`" }
            terminal.say(Failure(.buildFailed, "cannot look up \(names.joined(separator: ", ")): \(failure.message)"))
        }
        let unanswered = failures.filter(\.isUnanswered).map { "`\($0.variable.name)` (\($0.variable.value))" }
        if !unanswered.isEmpty {
            let ways =
                ["--secrets FILE"]
                + (settings.usesAWS || settings.usesLocalCloud || settings.isOffline ? [] : ["--aws"])
            terminal.say(
                Failure(
                    .buildFailed, "no value is known for \(unanswered.joined(separator: ", "))",
                    help: "give the values with \(ways.joined(separator: ", ")) or --env NAME=VALUE"))
        }
    }

    // MARK: The file

    private func readSecrets(_ path: String) throws -> SecretsFile {
        let reading = readSecretsFile(try Files.read(path), file: path)
        let renderer = DiagnosticRenderer(color: terminal.errorUsesColor)
        for diagnostic in reading.diagnostics { terminal.say(renderer.textWithoutSource(diagnostic)) }
        guard reading.isValid else {
            throw Failure(.invalidSettings, "cannot use the secrets in `\(path)`", help: "mend what is named above")
        }
        return reading.file
    }

    /// The file as a path of the source's that is no part of the source: an artifact of `**/*` must not hold it.
    func secretsPath(_ settings: RunSettings, _ location: BuildLocation) -> [[UInt8]] {
        settings.secretsFile.map { Self.path($0, in: location) } ?? []
    }

    /// The same, before there are settings: as the flag or the environment names it.
    func namedSecrets(_ location: BuildLocation) -> [[UInt8]] {
        (options.secrets ?? places.variable("secrets")).map { Self.path(places.absolute($0), in: location) } ?? []
    }

    private static func path(_ path: String, in location: BuildLocation) -> [[UInt8]] {
        guard path.hasPrefix(location.source + "/") else { return [] }
        return [Array(path.utf8.dropFirst(location.source.utf8.count + 1))]
    }

    private func warnAboutReaders(of path: String, _ location: BuildLocation, _ git: Git) async {
        if Files.isReadableByOthers(path) {
            terminal.say("warning: others can read `\(path)`: `chmod 600` keeps them out\n")
        }
        if path.hasPrefix(location.source + "/"), await git.tracks(path) {
            terminal.say("warning: git tracks `\(path)`: whoever has the repository has its secrets\n")
        }
    }

    // MARK: git

    private func gitCredential(_ settings: RunSettings, _ git: Git, remote: String?) async throws -> GitCredential? {
        func without(_ why: String) -> GitCredential? {
            terminal.say("git-credential-helper: \(why): git in the build gets no credentials\n")
            return nil
        }
        guard !settings.isOffline else { return without("--offline") }
        guard let url = remote else { return without("the source has no remote `origin`") }
        guard let remote = GitRemote(url) else {
            return without("the source's remote is not http or https")
        }
        guard let credential = try await git.credential(for: remote) else {
            return without("git has none here for \(remote.scheme)://\(remote.host)")
        }
        return credential
    }
}

extension Files {
    /// Whether anybody but the owner may read a file.
    fileprivate static func isReadableByOthers(_ path: String) -> Bool {
        var info = stat()
        return stat(path, &info) == 0 && info.st_mode & 0o044 != 0
    }
}
