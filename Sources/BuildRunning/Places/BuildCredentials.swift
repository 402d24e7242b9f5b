internal import BuildPlanning
public import SpecParsing

/// What a build needs to get AWS credentials: an endpoint in the container's own network, which nobody else reaches.
///
/// The credentials themselves are in no variable and no file. The word that the endpoint asks for is in a variable, which older
/// SDKs know, too; it is of no use outside of the container, and hidden like a secret.
public struct BuildCredentials: Sendable {
    /// The port of the endpoint, beside that of the proxy (``BuildNetwork/port``).
    public static let port: UInt16 = BuildNetwork.port + 1

    /// Receives secrets that the log is not to show from then on.
    public typealias Hide = @Sendable ([SecretText]) async -> Void

    /// The variable that has the word which the endpoint asks for.
    public static let tokenVariable = "AWS_CONTAINER_AUTHORIZATION_TOKEN"

    private let url: String
    private let token: SecretText
    /// Opens the endpoint in a running container.
    let open: @Sendable (_ container: String, _ hide: @escaping Hide) async throws -> Void

    /// - Parameter path: the endpoint's path.
    public init(
        path: String, token: SecretText,
        open: @escaping @Sendable (_ container: String, _ hide: @escaping Hide) async throws -> Void
    ) {
        url = "http://\(BuildNetwork.address):\(Self.port)\(path)"
        self.token = token
        self.open = open
    }

    /// The lines of `env.sh` by which SDKs find the endpoint.
    var environmentLines: String {
        """
        export AWS_CONTAINER_CREDENTIALS_FULL_URI=\(url)
        export \(Self.tokenVariable)=\(token.revealed().shellQuoted)

        """
    }
}

extension Surroundings {
    /// The text of `env.sh` that a build begins with.
    func environmentFile(of plan: BuildPlan) -> String {
        plan.environmentFile(secrets: secrets.values) + (credentials?.environmentLines ?? "")
    }
}
