import ChildProcesses
import Foundation
import Testing

/// An S3 of a test's own on loopback, gone with the test: moto's server, and the AWS CLI to look at it.
struct Moto: Sendable {
    let endpoint: String
    var region = "us-east-1"

    /// Where `.ci/moto` put the programs; `make test` says it.
    private static let folder = ProcessInfo.processInfo.environment["BUILDSPEC_TEST_AWS"]

    /// With BUILDSPEC_REQUIRE_DOCKER=1 the tests run, and fail, where it is not.
    static let isThere = folder != nil || ProcessInfo.processInfo.environment["BUILDSPEC_REQUIRE_DOCKER"] == "1"

    static func with<Result: Sendable>(_ body: @escaping @Sendable (Moto) async throws -> Result) async throws -> Result
    {
        let folder = try #require(folder, "BUILDSPEC_TEST_AWS is not set: `make test` does, with what .ci/moto prints")
        let server = Command("\(folder)/moto_server", ["-H", "127.0.0.1", "-p", "0"])
        let (lines, said) = AsyncStream.makeStream(of: String.self)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            // Ended by being cancelled, which kills it.
            group.addTask {
                defer { said.finish() }
                _ = try await server.stream { streams in
                    async let _ = streams.output.forEachChunk { _ in }
                    try await streams.errorOutput.forEachChunk { said.yield(String(decoding: $0, as: UTF8.self)) }
                }
            }
            defer { group.cancelAll() }
            var text = ""
            for await chunk in lines {
                text += chunk
                guard let address = text.firstMatch(of: #/http://127\.0\.0\.1:[0-9]+(?=\s)/#) else { continue }
                let moto = Moto(endpoint: String(address.output))
                try await moto.aws("s3", "mb", "s3://bucket")
                return try await body(moto)
            }
            throw Failure(text: "moto's server ended: \(text)")
        }
    }

    struct Failure: Error { let text: String }

    /// For `buildspec`, which is to find this S3 and nobody's real credentials.
    var environment: [String: String?] {
        [
            "AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": "test-id", "AWS_SECRET_ACCESS_KEY": "test-secret",
            "AWS_DEFAULT_REGION": region, "AWS_CONFIG_FILE": "/nonexistent", "AWS_PROFILE": nil, "AWS_REGION": nil,
            "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent", "AWS_EC2_METADATA_DISABLED": "true",
            "PATH": "\(Self.folder ?? ""):\(ProcessInfo.processInfo.environment["PATH"] ?? "")",
        ]
    }

    @discardableResult
    func aws(_ arguments: String...) async throws -> String { try await aws(arguments) }

    @discardableResult
    func aws(_ arguments: [String]) async throws -> String {
        let outcome = try await Command("\(Self.folder ?? "")/aws", arguments, environment: environment).collect()
        guard outcome.status.isSuccess else { throw Failure(text: outcome.errorText) }
        return outcome.text
    }

    /// The names of all objects in `bucket`.
    func objects() async throws -> [String] {
        try await aws("s3", "ls", "--recursive", "s3://bucket").split(separator: "\n").compactMap {
            $0.split(separator: " ", maxSplits: 3).last.map(String.init)
        }
    }
}
