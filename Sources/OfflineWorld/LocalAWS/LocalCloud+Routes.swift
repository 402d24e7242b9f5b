internal import Files

extension LocalCloud {
    /// The destination of requests for the name of a host.
    public struct Route: Sendable, Equatable {
        public enum Destination: Sendable { case registry, services }

        /// The host's name with `*` for any letters, dots included. The first route that matches counts.
        public let pattern: String
        public let destination: Destination
        /// Whether only requests that are signed belong there: with an `Authorization` that begins with `AWS`, or with
        /// `X-Amz-Signature=` or `AWSAccessKeyId=` in the query. Others are for files that AWS gives to anybody, such as the
        /// CLI's installer.
        public let needsSignature: Bool
    }

    /// The routes of the names of AWS, of which the first that matches counts. The `Host` of a request has to stay as it is.
    public static let routes =
        ["*.dkr.ecr.*.amazonaws.com", "*.dkr.ecr.*.amazonaws.com.cn", "*.dkr.ecr-fips.*.amazonaws.com"].map {
            Route(pattern: $0, destination: .registry, needsSignature: false)
        }
        // These answer without a signature, too: AssumeRoleWithWebIdentity.
        + ["sts.amazonaws.com", "sts.*.amazonaws.com"].map {
            Route(pattern: $0, destination: .services, needsSignature: false)
        }
        + ["*.amazonaws.com", "*.amazonaws.com.cn", "*.api.aws"].map {
            Route(pattern: $0, destination: .services, needsSignature: true)
        }

    /// Whether a host is a registry of ECR, for which the cloud answers.
    public static func isRegistry(_ host: Substring) -> Bool {
        routes.contains { $0.destination == .registry && fnmatch($0.pattern, String(host), 0) == 0 }
    }

    /// The credentials of a build that has none. Tools sign with them, and nobody checks the signature.
    public static let credentials = [
        (name: "AWS_ACCESS_KEY_ID", value: "buildspec-local"),
        (name: "AWS_SECRET_ACCESS_KEY", value: "buildspec-local"),
    ]
}
