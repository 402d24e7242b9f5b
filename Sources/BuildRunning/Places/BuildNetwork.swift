internal import BuildPlanning

/// What a container needs to use and trust the proxy that stands between a build and every network.
public struct BuildNetwork: Sendable {
    /// The port that the proxy listens on in the container's network. Systems choose no ports of this range by themselves.
    public static let port: UInt16 = 28080
    public static let address = "127.0.0.1"
    /// The address at which containers of a Docker daemon inside the build reach the proxy: that daemon's bridge (docker.sh).
    public static let innerAddress = "172.31.254.1"

    /// The certificate of the authority that vouches for the proxy, in PEM form.
    let certificate: String
    /// Whether the Java machines of the image are made to trust the proxy, too. That takes a second for each of them.
    let convincesJava: Bool
    /// Has the proxy listen in a running container.
    let open: @Sendable (_ container: String) async throws -> Void

    public init(
        certificate: String, convincesJava: Bool, open: @escaping @Sendable (_ container: String) async throws -> Void
    ) {
        self.certificate = certificate
        self.convincesJava = convincesJava
        self.open = open
    }

    /// The variables by which every process of the container finds and trusts the proxy.
    public static let environment: [(name: String, value: String)] =
        ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"].map { ($0, "http://\(address):\(port)") }
        + ["NO_PROXY", "no_proxy"].map { ($0, "localhost,127.0.0.1,::1") }
        + [
            "SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "AWS_CA_BUNDLE", "GIT_SSL_CAINFO", "PIP_CERT",
            "CARGO_HTTP_CAINFO", "NODE_EXTRA_CA_CERTS",
        ].map { ($0, ContainerLayout.certificates) }

    /// The variable by which docker.sh tells the inner daemon's containers of the proxy.
    public static let innerEnvironment = [
        (name: "BUILDSPEC_INNER_PROXY", value: "http://\(innerAddress):\(port)")
    ]

    var trustOrder: OpeningOrder {
        OpeningOrder("trust \(certificate.shellQuoted) \(Self.address) \(Self.port) \(convincesJava ? "java" : "''")") {
            "cannot make the image trust the proxy (status \($0))"
        }
    }
}
