internal import Archives
internal import ChildProcesses
#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Objects of one S3 bucket below a prefix, by the user's own AWS CLI: his credentials, his configuration.
///
/// Nothing of it is ever seen by a build.
public struct S3Objects: Sendable {
    public let location: S3Location
    private let profile: String?
    private let region: String?
    private let environment: [String: String?]

    /// - Parameters:
    ///   - profile: of the user's AWS configuration.
    ///   - environment: changes to this process's environment for the CLI.
    public init(
        _ location: S3Location, profile: String? = nil, region: String? = nil, environment: [String: String?] = [:]
    ) {
        self.location = location
        self.profile = profile
        self.region = region
        self.environment = environment
    }

    /// Brings one object into a file.
    ///
    /// - Returns: `false` when there is no such object.
    func get(_ name: String, to file: FilePath) async throws -> Bool {
        let doing = "read `\(location.url(of: name))`"
        let outcome = try await run(
            ["s3api", "get-object", "--bucket", location.bucket, "--key", location.key(of: name), file.string], doing)
        return try Self.isThere(outcome, doing)
    }

    /// The same for a large one, in parts side by side.
    func download(_ name: String, to file: FilePath) async throws -> Bool {
        let doing = "read `\(location.url(of: name))`"
        let outcome = try await run(["s3", "cp", "--only-show-errors", location.url(of: name), file.string], doing)
        return try Self.isThere(outcome, doing)
    }

    /// Sends a file; the object is there whole or not at all.
    func upload(_ file: FilePath, as name: String) async throws {
        let doing = "write `\(location.url(of: name))`"
        let outcome = try await run(["s3", "cp", "--only-show-errors", file.string, location.url(of: name)], doing)
        guard outcome.status.isSuccess else { throw Self.failure(.cannotWrite, doing, outcome) }
    }

    func remove(_ name: String) async throws {
        let doing = "remove `\(location.url(of: name))`"
        let outcome = try await run(["s3", "rm", "--only-show-errors", location.url(of: name)], doing)
        guard outcome.status.isSuccess else { throw Self.failure(.cannotWrite, doing, outcome) }
    }

    /// An object as a listing has it.
    struct Listed: Equatable {
        let name: String
        /// RFC 3339 to the second.
        let modified: String
    }

    /// All objects whose names begin so.
    func list(namePrefix: String) async throws -> [Listed] {
        let doing = "list `\(location.url(of: namePrefix))`"
        let outcome = try await run(
            [
                "s3api", "list-objects-v2", "--bucket", location.bucket, "--prefix", location.key(of: namePrefix),
                "--query", "Contents[].[Key,LastModified]",
            ], doing)
        guard outcome.status.isSuccess else { throw Self.failure(.cannotRead, doing, outcome) }
        do {
            // No object at all is `null`.
            let rows = try JSONDecoder().decode([[String]]?.self, from: Data(outcome.output)) ?? []
            let front = location.key(of: "").count
            return rows.filter { $0.count == 2 }.map { Listed(name: String($0[0].dropFirst(front)), modified: $0[1]) }
        } catch {
            throw WorkspaceError(.cannotRead, doing: doing, reason: "`aws` answered something else than a list")
        }
    }

    private func run(_ arguments: [String], _ doing: String) async throws -> CommandOutput {
        var environment = environment
        environment.updateValue("", forKey: "AWS_PAGER")
        let options =
            ["--output", "json", "--cli-connect-timeout", "10"]
            + (profile.map { ["--profile", $0] } ?? []) + (region.map { ["--region", $0] } ?? [])
        do {
            return try await Command("aws", arguments + options, environment: environment).collect()
        } catch let error as ChildProcessError {
            let isMissing = error.code == .notFound
            throw WorkspaceError(
                .cannotRead, doing: doing,
                reason: isMissing ? "the AWS CLI is needed, and there is no program `aws` in PATH" : error.description,
                cause: error)
        }
    }

    private static func isThere(_ outcome: CommandOutput, _ doing: String) throws -> Bool {
        if outcome.status.isSuccess { return true }
        // What `s3api` calls by its name is a number with `s3`.
        if ["NoSuchKey", "404"].contains(errorCode(in: outcome.errorText)) { return false }
        throw failure(.cannotRead, doing, outcome)
    }

    /// `CODE` of `An error occurred (CODE) when calling the … operation: …`, the form all errors of the service have.
    static func errorCode(in text: String) -> String? {
        text.firstMatch(of: #/An error occurred \(([A-Za-z0-9]+)\)/#).map { String($0.output.1) }
    }

    private static func failure(_ code: WorkspaceError.Code, _ doing: String, _ outcome: CommandOutput)
        -> WorkspaceError
    {
        let words = outcome.errorText.split(separator: "\n").last.map(String.init)
        return WorkspaceError(
            code, doing: doing, reason: words ?? "`aws` ended with status \(outcome.status.exitStatus)")
    }
}

/// A place in S3: `s3://BUCKET/PREFIX`.
public struct S3Location: Sendable, Equatable {
    public let bucket: String
    /// Without slashes at its ends; may be empty.
    public let prefix: String

    /// - Returns: `nil` for a text that is no `s3://` address of a bucket.
    public init?(_ url: String) {
        guard url.hasPrefix(Self.scheme) else { return nil }
        let parts = url.dropFirst(Self.scheme.count).split(separator: "/")
        guard let bucket = parts.first, url.dropFirst(Self.scheme.count).first != "/" else { return nil }
        self.bucket = String(bucket)
        prefix = parts.dropFirst().joined(separator: "/")
    }

    private static let scheme = "s3://"

    func key(of name: String) -> String { prefix.isEmpty ? name : "\(prefix)/\(name)" }

    public func url(of name: String) -> String { "\(Self.scheme)\(bucket)/\(key(of: name))" }
}
