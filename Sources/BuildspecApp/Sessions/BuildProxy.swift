internal import OfflineWorld
internal import BuildRunning
internal import BuildPlanning
internal import Engines
internal import Recordings
#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// The proxy of one build, with the AWS it may lead to; both end with the build.
struct BuildProxy: Sendable {
    let network: BuildNetwork
    /// Makes it listen in a running container.
    let listen: @Sendable (_ container: String) async throws -> Void
    /// For every process of the container.
    let environment: [(name: String, value: String)]
    fileprivate let proxy: ForwardProxy

    func stop() async { await proxy.stop() }
}

extension BuildSession {
    /// The proxy that a build needs, or `nil` when it has its network, or none, and nothing in between.
    func proxy(
        _ plan: BuildPlan, _ settings: RunSettings, _ location: BuildLocation, _ engine: DockerEngine,
        _ reporter: BuildReporter
    ) async throws -> BuildProxy? {
        try await proxy(usesCloud: usesCloud(plan, settings), settings, location, engine) { event in
            // An output that cannot be written ends the build by itself.
            try? await reporter.tell(event, now: Self.now())
        }
    }

    /// Whether the AWS of this machine answers a build's own calls.
    func usesCloud(_ plan: BuildPlan, _ settings: RunSettings) -> Bool {
        settings.usesLocalCloud || settings.isOffline && plan.calls("aws")
    }

    /// The proxy of a build that ended, for whoever stands in its container.
    func proxy(of kept: KeptBuild, _ engine: DockerEngine) async throws -> BuildProxy? {
        guard let usesCloud = kept.usesCloud else { return nil }
        let location = try BuildLocation(options, places: places)
        let settings = try RunSettings(options, project: try readSettings(location), places: places)
        return try await proxy(usesCloud: usesCloud, settings, location, engine) { [terminal] event in
            if let words = event.words { terminal.say("\(words)\n") }
        }
    }

    private func proxy(
        usesCloud: Bool, _ settings: RunSettings, _ location: BuildLocation, _ engine: DockerEngine,
        tell: @escaping @Sendable (ProxyEvent) async -> Void
    ) async throws -> BuildProxy? {
        let key = location.projectKey
        let store = RecordingStore(folder: places.recordings(of: key))
        let hasRecordings = Files.kind(of: store.folder) == .folder
        guard settings.records || usesCloud || settings.isOffline && hasRecordings else { return nil }
        let authority = try CertificateAuthority(
            in: places.authority(of: key), project: location.projectName, now: Date())
        var asked = ProxySettings(
            mode: settings.records ? .record : settings.isOffline ? .replay : .passThrough, authority: authority,
            store: store)
        asked.mirrors = settings.mirrors
        asked.allowsWrongCertificates = settings.isInsecure
        asked.upstreamProxy = hostVariable("HTTPS_PROXY") ?? hostVariable("HTTP_PROXY")
        asked.upstreamExceptions = (hostVariable("NO_PROXY") ?? "").split(separator: ",").map {
            String($0.filter { !$0.isWhitespace })
        }
        asked.trustedRootsFile = places.environment["SSL_CERT_FILE"].flatMap { $0.isEmpty ? nil : $0 }
        let holder =
            usesCloud
            ? CloudHolder(localCloud(settings, location)) { [self] notes in say(notes) } : nil
        asked.cloud = holder
        let (events, happened) = AsyncStream.makeStream(of: ProxyEvent.self)
        asked.onEvent = { happened.yield($0) }
        let proxy = try ForwardProxy(asked)
        Task {
            for await event in events { await tell(event) }
        }
        let addresses = [BuildNetwork.address] + (settings.isPrivileged ? [BuildNetwork.innerAddress] : [])
        let listen: @Sendable (String) async throws -> Void = { container in
            try await proxy.serve(
                sockets: try await ContainerListening(engine).listen(
                    in: container, on: addresses, port: BuildNetwork.port))
        }
        return BuildProxy(
            network: BuildNetwork(
                certificate: authority.certificatePEM,
                convincesJava: settings.records || hasRecordings || settings.usesLocalCloud, open: listen),
            listen: listen,
            environment: BuildNetwork.environment + (usesCloud ? LocalCloud.credentials : [])
                + (settings.isPrivileged ? BuildNetwork.innerEnvironment : []), proxy: proxy)
    }

    private func hostVariable(_ name: String) -> String? {
        [name, name.lowercased()].lazy.compactMap { places.environment[$0] }.first { !$0.isEmpty }
    }
}

extension BuildReporter {
    /// Says what the proxy met, with the command that was running.
    func tell(_ event: ProxyEvent, now: Timestamp) throws {
        guard let words = event.words else { return }
        let command = result.runningCommand.map { " (command: \($0.prefix { !$0.isNewline }))" } ?? ""
        try take(BuildEvent(time: now, kind: .notice(text: words + command)))
    }
}

extension ProxyEvent {
    /// For people; `nil` for what is as it should be.
    fileprivate var words: String? {
        switch self {
        case .recorded: nil
        case .missing(let method, let url): "offline: \(method) \(url) was not recorded"
        case .damaged(_, let reason): reason
        case .failed(let url, let reason): "proxy: \(url): \(reason)"
        }
    }
}
