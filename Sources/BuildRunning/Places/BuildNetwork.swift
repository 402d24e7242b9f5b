internal import BuildPlanning

/// The proxy that stands between a build and every network: what a container must have to use and believe it.
public struct BuildNetwork: Sendable {
    /// Where the proxy listens, in the container's own network; out of the range that systems choose ports from.
    public static let port: UInt16 = 28080
    public static let address = "127.0.0.1"
    /// Where containers of a Docker daemon inside the build reach it: the address of that daemon's bridge (docker.sh).
    public static let innerAddress = "172.31.254.1"

    /// Of the authority that vouches for the proxy, PEM.
    let certificate: String
    /// Whether the Java machines of the image are to believe it, too; that takes each of them a second.
    let convincesJava: Bool
    /// Makes the proxy listen in a container that has come up.
    let open: @Sendable (_ container: String) async throws -> Void

    public init(
        certificate: String, convincesJava: Bool, open: @escaping @Sendable (_ container: String) async throws -> Void
    ) {
        self.certificate = certificate
        self.convincesJava = convincesJava
        self.open = open
    }

    /// The variables by which programs find the proxy and believe it, for every process of the container.
    public static let environment: [(name: String, value: String)] =
        ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"].map { ($0, "http://\(address):\(port)") }
        + ["NO_PROXY", "no_proxy"].map { ($0, "localhost,127.0.0.1,::1") }
        + [
            "SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "AWS_CA_BUNDLE", "GIT_SSL_CAINFO", "PIP_CERT",
            "CARGO_HTTP_CAINFO", "NODE_EXTRA_CA_CERTS",
        ].map { ($0, ContainerLayout.certificates) }

    /// By this the inner daemon's containers are told of the proxy (docker.sh).
    public static let innerEnvironment = [
        (name: "BUILDSPEC_INNER_PROXY", value: "http://\(innerAddress):\(port)")
    ]

    var trustOrder: OpeningOrder {
        OpeningOrder("trust \(certificate.shellQuoted) \(Self.address) \(Self.port) \(convincesJava ? "java" : "''")") {
            "cannot make the image trust the proxy (status \($0))"
        }
    }
}
