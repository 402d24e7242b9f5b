internal import AWSCalls
internal import BuildPlanning
internal import ChildProcesses
internal import Files
internal import BuildRunning
internal import Engines
internal import OfflineWorld
internal import Rendering
internal import SourceSnapshots
internal import SpecParsing

/// Looks up what a build gets and shows nowhere: parameters, secrets and git's credentials.
struct SecretGathering {
    let build: PlannedBuild
    let engine: any Engine

    private var project: Project { build.project }
    private var values: Settings.Values { project.settings.values }
    private var network: NetworkPlan { build.recipe.network }
    private var machine: Machine { build.machine }

    /// Some parameters or secrets have no value, so that the build cannot run.
    struct Incomplete: Error { let failures: [SecretLookup.Failure] }

    /// Asks nobody, and starts no process, for a build without secrets.
    ///
    /// - Parameter needs: whether the build cannot do without a variable; one that it can do without stays unset.
    /// - Throws: ``Incomplete``; ``Failure`` when the secrets file is wrong.
    func secrets(needing needs: (String) -> Bool = { _ in true }) async throws -> BuildSecrets {
        let plan = build.plan
        let file = try values.secretsFile.map { try read($0) } ?? SecretsFile()
        var secrets = BuildSecrets()
        secrets.mask = values.mask
        if values.givesCredentials { secrets.awsCredentials = try await awsCredentials() }
        if !plan.references.isEmpty {
            let outcome = try await look(in: file, for: plan.references)
            secrets.values = outcome.values
            if let path = values.secretsFile { await warnAboutReaders(of: path) }
            guard !outcome.failures.contains(where: { needs($0.variable.name) }) else {
                throw Incomplete(failures: outcome.failures)
            }
        }
        for name in secrets.unmasked {
            machine.say("warning: the value of `\(name)` is too short to be masked: the log shows it\n")
        }
        if plan.usesGitCredentials { secrets.gitCredential = try await gitCredential() }
        return secrets
    }

    private func look(
        in file: SecretsFile, for references: [BuildPlan.Variable]
    ) async throws -> SecretLookup.Outcome {
        guard network.playsAWS else {
            let aws = values.asksAWS ? AWSCommandLine(profile: values.profile, region: values.region) : nil
            return try await SecretLookup(file: file, aws: aws).values(for: references) { count in
                machine.say("asking AWS for \(count == 1 ? "1 value" : "\(count) values")\n")
            }
        }
        // A cloud that runs already costs a call; one that has to start runs on for the build's own calls.
        let cloud = machine.localCloud(of: build.recipe.project, network, engine)
        return try await cloud.whileRunning { [machine] running in
            machine.sayLocalAWS(running.notes)
            return try await SecretLookup(file: file, aws: cloud.commandLine).values(for: references)
        }
    }

    /// Names everything that has no value, and says how to give it.
    func say(_ failures: [SecretLookup.Failure]) {
        var reasons: [String] = []
        for failure in failures where !failure.isUnanswered && !reasons.contains(failure.message) {
            reasons.append(failure.message)
            let names = failures.filter { $0.message == failure.message }.map { "`\($0.variable.name)`" }
            machine.terminal.say(
                Failure(.invalidSettings, "cannot look up \(names.joined(separator: ", ")): \(failure.message)"))
        }
        let unanswered = failures.filter(\.isUnanswered).map { "`\($0.variable.name)` (\($0.variable.value))" }
        guard !unanswered.isEmpty else { return }
        let ways =
            ["--secrets FILE"] + (values.asksAWS || network.playsAWS || network.policy.isOffline ? [] : ["--aws"])
        machine.terminal.say(
            Failure(
                .invalidSettings, "cannot find a value for \(unanswered.joined(separator: ", "))",
                help: "give the values with \(ways.joined(separator: ", ")) or --env NAME=VALUE"))
    }

    // MARK: The file

    private func read(_ path: String) throws -> SecretsFile {
        let reading = readSecretsFile(try Files.read(path), file: path)
        let renderer = DiagnosticRenderer(color: machine.terminal.errorUsesColor)
        for diagnostic in reading.diagnostics { machine.say(renderer.textWithoutSource(diagnostic)) }
        guard reading.isValid else {
            throw Failure(
                .invalidSettings, "cannot use the secrets in `\(path)`", help: "correct the errors shown above")
        }
        return reading.file
    }

    private func warnAboutReaders(of path: String) async {
        if Files.isReadableByOthers(path) {
            machine.say("warning: others can read `\(path)`: `chmod 600` keeps them out\n")
        }
        if project.location.relative(path) != nil, await project.git.tracks(path) {
            machine.say("warning: git tracks `\(path)`: whoever has the repository has its secrets\n")
        }
    }

    // MARK: AWS

    private func awsCredentials() async throws -> AWSCredentials {
        let profile = values.credentialsProfile ?? values.profile
        do {
            let credentials = try await machine.credentialsCommandLine(values).sessionCredentials()
            machine.say(
                "the build may act as you in AWS until it ends\(profile.map { ", by profile `\($0)`" } ?? "")\n")
            return credentials
        } catch let error as any CustomStringConvertible & Error where error is AWSError || error is ChildProcessError {
            var help =
                "`aws sts get-caller-identity` shows who you are; version 2 of the AWS CLI also exports a role's credentials"
            if let path = values.credentialsProfile, Files.kind(of: machine.places.absolute(path)) != nil {
                help =
                    "the word behind `--aws-credentials` is a profile: write the path before it, or `--aws-credentials=yes`"
            }
            throw Failure(.buildFailed, "cannot get AWS credentials for the build: \(error)", help: help)
        }
    }

    // MARK: git

    private func gitCredential() async throws -> GitCredential? {
        func without(_ why: String) -> GitCredential? {
            machine.say("git-credential-helper: \(why): git in the build gets no credentials\n")
            return nil
        }
        guard !network.policy.isOffline else { return without("--offline") }
        guard let url = build.remote else { return without("the source has no remote `origin`") }
        guard let remote = GitRemote(url) else { return without("the source's remote is not http or https") }
        guard let credential = try await project.git.credential(for: remote) else {
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
