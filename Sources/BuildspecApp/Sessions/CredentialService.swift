internal import AWSCalls
internal import BuildPlanning
internal import BuildRunning
internal import Engines
internal import Files
internal import OfflineWorld
internal import SpecParsing

/// Gives AWS credentials to the commands of one build, in its container's own network, and renews them (`--aws-credentials`).
actor CredentialService {
    private let endpoint: CredentialEndpoint
    private let keeper: CredentialKeeper
    private let say: @Sendable (String) -> Void
    private var tasks: [Task<Void, Never>] = []

    /// Runs `body` beside the service; without one where the build gets no credentials. When this returns, the service has ended.
    static func with<Result>(
        _ build: PlannedBuild, first: AWSCredentials?, with engine: any Engine,
        _ body: (BuildCredentials?) async throws -> Result
    ) async throws -> Result {
        guard let first else { return try await body(nil) }
        let token = token(), service = CredentialService(first, token: token, of: build)
        let credentials = BuildCredentials(path: CredentialEndpoint.path, token: SecretText(token)) { container, hide in
            await service.keeper.show { await hide(([token] + $0.texts).map { SecretText($0) }) }
            let sockets = try await ContainerListening(engine).listen(
                in: container, on: [BuildNetwork.address], port: BuildCredentials.port, for: "the AWS credentials")
            await service.serve(sockets)
        }
        do {
            let result = try await body(credentials)
            await service.stop()
            return result
        } catch {
            await service.stop()
            throw error
        }
    }

    private init(_ first: AWSCredentials, token: String, of build: PlannedBuild) {
        let machine = build.machine, say = { @Sendable (text: String) in machine.say(text) }
        var aws = machine.credentialsCommandLine(build.project.settings.values)
        // Nobody is asked for a second factor in the middle of the log.
        aws.mayAskOnTerminal = false
        let renewing = aws
        keeper = CredentialKeeper(
            first, now: { machine.now().microseconds / 1_000_000 },
            fetch: { try await renewing.sessionCredentials() },
            onFailure: { say("warning: the AWS credentials of the build cannot be renewed: \($0)\n") })
        endpoint = CredentialEndpoint(token: token, keeper: keeper)
        self.say = say
    }

    /// A word that nobody guesses.
    private static func token() -> String {
        var random = SystemRandomNumberGenerator()
        return (0..<4).map { _ in String(random.next() as UInt64 | 1 << 63, radix: 16) }.joined()
    }

    private func serve(_ sockets: [Int32]) {
        // Tasks of their own: they last as long as the build, which they are stopped after.
        for socket in sockets {
            tasks.append(
                Task { [endpoint, say] in
                    do { try await endpoint.serve(socket: socket) } catch {
                        if !Task.isCancelled { say("warning: the build's AWS credentials have ended: \(error)\n") }
                    }
                })
        }
        tasks.append(Task { [keeper] in await keeper.keepFresh() })
    }

    private func stop() async {
        for task in tasks { task.cancel() }
        await keeper.stop()
        for task in tasks { await task.value }
        tasks = []
    }
}

extension Machine {
    /// The user's AWS CLI with the profile that a build gets credentials of.
    func credentialsCommandLine(_ values: Settings.Values) -> AWSCommandLine {
        AWSCommandLine(profile: values.credentialsProfile ?? values.profile, region: values.region)
    }
}
