public import Recordings

/// What a ``ForwardProxy`` does with the requests it gets.
public struct ProxySettings: Sendable {
    public enum Mode: Sendable {
        /// To their hosts, and nothing is kept.
        case passThrough
        /// To their hosts; complete answers are kept.
        case record
        /// To nobody: the answers that were kept are given again.
        case replay
    }

    public var mode: Mode
    public var authority: CertificateAuthority
    public var store: RecordingStore
    /// Looked at in order, before everything else.
    public var routes: [ProxyRoute] = []
    /// The local AWS, which then answers for the names of AWS; looked at after ``routes``. The proxy releases it.
    public var cloud: CloudHolder?
    /// Where what belongs to some URLs is fetched; it is recorded under their own names.
    public var mirrors: [ProxyMirror] = []
    /// The user's own proxy, `http[s]://[USER:PASSWORD@]HOST[:PORT]`, for everything but the hosts that ``upstreamExceptions`` end in.
    public var upstreamProxy: String?
    public var upstreamExceptions: [String] = []
    /// A PEM file of authorities that vouch for hosts, beside those that the system trusts.
    public var trustedRootsFile: String?
    /// Whether hosts need not prove who they are.
    public var allowsWrongCertificates = false
    /// How long a host may say nothing, in seconds.
    public var idleSeconds: Int64 = 60
    /// Told what happens, from any thread, and nothing after ``ForwardProxy/stop()`` has returned.
    public var onEvent: @Sendable (ProxyEvent) -> Void = { _ in }

    var allRoutes: [ProxyRoute] { routes + (cloud?.routes ?? []) }

    public init(mode: Mode, authority: CertificateAuthority, store: RecordingStore) {
        self.mode = mode
        self.authority = authority
        self.store = store
    }
}

/// Hosts whose requests are answered by a server of ours, and never recorded.
public struct ProxyRoute: Sendable {
    /// A host's name, with `*` for any letters, dots included.
    public let pattern: String
    /// Whether only requests that carry an AWS signature go there.
    public let needsSignature: Bool
    /// The server: its host and port, for plain HTTP. Asked at each request; may take its time to start it.
    public let resolve: @Sendable () async throws -> (host: String, port: Int)

    public init(
        pattern: String, needsSignature: Bool = false,
        resolve: @escaping @Sendable () async throws -> (host: String, port: Int)
    ) {
        self.pattern = pattern
        self.needsSignature = needsSignature
        self.resolve = resolve
    }
}

/// URLs that are fetched from another place: those that begin with `prefix`, from `base` and what is left of them.
public struct ProxyMirror: Sendable {
    public let prefix: String
    public let base: String

    /// - Parameter text: `PREFIX=BASE`, two URLs; `nil` when it is not.
    public init?(_ text: String) {
        guard let equals = text.firstIndex(of: "=") else { return nil }
        prefix = String(text[..<equals])
        base = String(text[text.index(after: equals)...])
        guard OriginURL(prefix) != nil, OriginURL(base) != nil else { return nil }
    }
}

/// What a proxy has met.
public enum ProxyEvent: Sendable, Equatable {
    /// A request that nothing was recorded for.
    case missing(method: String, url: String)
    /// A recording that cannot be used.
    case damaged(url: String, reason: String)
    case recorded(url: String, bytes: Int)
    /// A host, or one of our own servers, could not be reached or believed.
    case failed(url: String, reason: String)
}
