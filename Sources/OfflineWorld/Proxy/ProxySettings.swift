public import Recordings

/// The settings of a ``ForwardProxy``.
public struct ProxySettings: Sendable {
    public enum Mode: Sendable {
        /// Requests go to their hosts, and nothing is recorded.
        case passThrough
        /// Requests go to their hosts, and complete answers are recorded.
        case record
        /// Requests go nowhere: recorded answers are replayed.
        case replay
    }

    public var mode: Mode
    public var authority: CertificateAuthority
    public var store: RecordingStore
    /// What is stored of no request, and told of none.
    public var hidden = HiddenTexts()
    /// The routes to our own servers. The first that matches is taken, before everything else.
    public var routes: [ProxyRoute] = []
    /// The local AWS that answers for the names of AWS, after ``routes``. The proxy releases it.
    public var cloud: CloudHolder?
    /// The mirrors from which some URLs are fetched. Their answers are recorded under the URLs themselves.
    public var mirrors: [ProxyMirror] = []
    /// The user's own proxy, `http[s]://[USER:PASSWORD@]HOST[:PORT]`, for everything but the hosts that ``upstreamExceptions`` end in.
    public var upstreamProxy: String?
    public var upstreamExceptions: [String] = []
    /// A PEM file of authorities that vouch for hosts, beside those that the system trusts.
    public var trustedRootsFile: String?
    /// Whether wrong certificates of hosts are accepted.
    public var allowsWrongCertificates = false
    /// The longest time in seconds that a host may be silent.
    public var idleSeconds: Int64 = 60
    /// Receives the events, on any thread, and none after ``ForwardProxy/stop()`` has returned.
    public var onEvent: @Sendable (ProxyEvent) -> Void = { _ in }

    var allRoutes: [ProxyRoute] { routes + (cloud?.routes ?? []) }

    public init(mode: Mode, authority: CertificateAuthority, store: RecordingStore) {
        self.mode = mode
        self.authority = authority
        self.store = store
    }
}

/// Hosts for which a server of our own answers. Its answers are never recorded.
public struct ProxyRoute: Sendable {
    /// The name of the hosts, with `*` for any letters, dots included.
    public let pattern: String
    /// Whether the route is for requests with an AWS signature only.
    public let needsSignature: Bool
    /// Finds the host and port of the server, for plain HTTP. It is called for each request, and may have to start the server.
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

/// URLs that are fetched from another place: in those that begin with `prefix`, `base` takes the place of the prefix.
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

/// An event of a proxy.
public enum ProxyEvent: Sendable, Equatable {
    /// Nothing was recorded for a request.
    case missing(method: String, url: String)
    /// A recording cannot be used.
    case damaged(url: String, reason: String)
    case recorded(url: String, bytes: Int)
    /// A request was answered by a recording.
    case replayed(url: String)
    /// A host or one of our own servers could not be reached, or its certificate is wrong.
    case failed(url: String, reason: String)
}
