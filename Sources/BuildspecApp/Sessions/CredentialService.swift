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
        let token = token(), machine = build.machine
        let service = CredentialService(
            first, token: token, by: machine.credentialsCommandLine(build.project.settings.values), on: machine)
        let credentials = BuildCredentials(path: CredentialEndpoint.path, token: SecretText(token)) { container, hide in
            await service.keeper.show { await hide(([token] + $0.texts).map { SecretText($0) }) }
            try await service.open(in: container, with: engine)
        }
        return try await service.whileServing { try await body(credentials) }
    }

    /// Runs `body` beside the service for a kept container: its variables name the endpoint and the token since its build.
    ///
    /// - Throws: only what `body` throws. Where there are no credentials any more, that is said, and `body` goes without.
    static func again<Result>(
        in container: String, token: String, by aws: AWSCommandLine, on machine: Machine,
        _ body: () async throws -> Result
    ) async throws -> Result {
        let service: CredentialService
        do {
            service = CredentialService(try await aws.sessionCredentials(), token: token, by: aws, on: machine)
            do { try await service.open(in: container, with: try machine.engine()) } catch {
                await service.stop()
                throw error
            }
        } catch let error as any CustomStringConvertible & Error {
            try Task.checkCancellation()
            machine.say("warning: this shell is without the build's AWS credentials: \(error)\n")
            return try await body()
        }
        machine.say("this shell may act as you in AWS until you leave it\n")
        return try await service.whileServing(body)
    }

    private init(_ first: AWSCredentials, token: String, by aws: AWSCommandLine, on machine: Machine) {
        let say = { @Sendable (text: String) in machine.say(text) }
        var aws = aws
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

    /// Opens the endpoint in a running container.
    private func open(in container: String, with engine: any Engine) async throws {
        serve(
            try await ContainerListening(engine).listen(
                in: container, on: [BuildNetwork.address], port: BuildCredentials.port, for: "the AWS credentials"))
    }

    /// Runs `body`; when this returns, the service has ended.
    private nonisolated func whileServing<Result>(_ body: () async throws -> Result) async throws -> Result {
        do {
            let result = try await body()
            await stop()
            return result
        } catch {
            await stop()
            throw error
        }
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
