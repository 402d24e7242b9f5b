internal import BuildPlanning
internal import BuildRunning
internal import Engines
internal import OfflineWorld
internal import Recordings
internal import SpecParsing
#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// The proxy between one build and the network, with the AWS it may lead to; both end with the build.
struct BuildProxy: Sendable {
    /// The build that the proxy is for.
    struct Subject {
        let recipe: BuildRecipe
        var secrets = BuildSecrets()
    }

    /// Receives what the proxy met.
    typealias Tell = @Sendable (ProxyEvent) async -> Void

    let network: BuildNetwork
    /// Makes it listen in a running container.
    let listen: @Sendable (_ container: String) async throws -> Void
    /// The variables that every process of the container gets.
    let environment: [(name: String, value: String)]
    private let proxy: ForwardProxy
    private let events: AsyncStream<ProxyEvent>.Continuation
    private let telling: Task<Void, Never>
    private let store: RecordingStore

    /// Runs `body` beside the proxy that a build needs; without one where the build has its network, or none, and nothing in
    /// between. When this returns, the proxy has ended and its last event has been told.
    static func with<Result>(
        _ build: Subject, on machine: Machine, with engine: any Engine, tell: @escaping Tell,
        _ body: (BuildProxy?) async throws -> Result
    ) async throws -> Result {
        guard let proxy = try BuildProxy(build, on: machine, with: engine, tell: tell) else {
            return try await body(nil)
        }
        do {
            let result = try await body(proxy)
            await proxy.stop()
            return result
        } catch {
            await proxy.stop()
            throw error
        }
    }

    private init?(
        _ build: Subject, on machine: Machine, with engine: any Engine, tell: @escaping Tell
    ) throws {
        let recipe = build.recipe
        let network = recipe.network, usesCloud = recipe.usesLocalAWS
        guard network.policy.records || usesCloud || network.policy == .replaying else { return nil }
        let key = recipe.project.key
        let authority = try CertificateAuthority(
            in: machine.places.authority(of: key), project: recipe.project.name, now: Date())
        store = RecordingStore(folder: machine.places.recordings(of: key))
        let cloud =
            usesCloud
            ? CloudHolder(machine.localCloud(of: recipe.project, network, engine)) { machine.sayLocalAWS($0) } : nil
        var settings = ProxySettings(
            mode: network.policy.records ? .record : network.policy.isOffline ? .replay : .passThrough,
            authority: authority, store: store)
        if case .recording(let mirrors, let trustsAll) = network.policy {
            settings.mirrors = try mirrors.map { try ProxyMirror(asked: $0) }
            settings.allowsWrongCertificates = trustsAll
        }
        settings.take(machine.environment)
        settings.cloud = cloud
        settings.hidden = HiddenTexts(build.secrets.texts.map { Array($0.revealed().utf8) })
        let (happened, events) = AsyncStream.makeStream(of: ProxyEvent.self)
        self.events = events
        settings.onEvent = { events.yield($0) }
        let proxy = try ForwardProxy(settings)
        self.proxy = proxy
        telling = Task { for await event in happened { await tell(event) } }
        let isPrivileged = recipe.container.isPrivileged
        let addresses = [BuildNetwork.address] + (isPrivileged ? [BuildNetwork.innerAddress] : [])
        listen = { container in
            try await proxy.serve(
                sockets: try await ContainerListening(engine).listen(
                    in: container, on: addresses, port: BuildNetwork.port))
        }
        self.network = BuildNetwork(
            certificate: authority.certificatePEM,
            convincesJava: network.policy.records || network.hasRecordings || network.playsAWS, open: listen)
        environment =
            BuildNetwork.environment + (usesCloud ? LocalCloud.credentials : [])
            + (isPrivileged ? BuildNetwork.innerEnvironment : [])
    }

    /// Ends it, and waits until its last event has been told; free when it has ended.
    func stop() async {
        await proxy.stop()
        events.finish()
        await telling.value
        // What cannot be removed is tried again by the next build that records.
        try? store.sweepDrafts()
    }
}

extension ProxySettings {
    /// Takes the user's own proxy and roots from the environment.
    fileprivate mutating func take(_ environment: [String: String]) {
        func variable(_ name: String) -> String? {
            [name, name.lowercased()].lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
        }
        upstreamProxy = variable("HTTPS_PROXY") ?? variable("HTTP_PROXY")
        upstreamExceptions = (variable("NO_PROXY") ?? "").split(separator: ",").map {
            String($0.filter { !$0.isWhitespace })
        }
        trustedRootsFile = environment["SSL_CERT_FILE"].flatMap { $0.isEmpty ? nil : $0 }
    }
}

extension ProxyEvent {
    /// The event for people; `nil` for what is as it should be.
    var words: String? {
        switch self {
        case .recorded, .replayed: nil
        case .missing(let method, let url): "offline: \(method) \(url) was not recorded"
        case .damaged(_, let reason): reason
        case .failed(let url, let reason): "proxy: \(url): \(reason)"
        }
    }
}

extension Machine {
    /// The AWS played on this machine for a project.
    func localCloud(of project: ProjectIdentity, _ network: NetworkPlan, _ engine: any Engine) -> LocalCloud {
        LocalCloud(
            key: project.key, account: network.account, region: network.region, repositories: network.repositories,
            engine: engine, labels: [ContainerLabels.localAWS: places.state],
            idleSeconds: places.variable("aws-local-idle").flatMap { Int($0) } ?? 60)
    }

    /// Passes on what a cloud has to say as it comes up.
    func sayLocalAWS(_ notes: [String]) {
        for note in notes { say("warning: local AWS: \(note)\n") }
    }
}
