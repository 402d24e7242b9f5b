public import Files
internal import ChildProcesses
#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Reads and writes objects of one S3 bucket below a prefix, by the user's own AWS CLI and its credentials.
///
/// A build never sees any of it.
public struct S3Objects: Sendable {
    public let location: S3Location
    private let aws: AWSCommandLine

    public init(_ location: S3Location, by aws: AWSCommandLine) {
        self.location = location
        self.aws = aws
    }

    /// Downloads one object into a file.
    ///
    /// - Returns: `false` when there is no such object.
    public func get(_ name: String, to file: FilePath) async throws -> Bool {
        try await bring(
            name, ["s3api", "get-object", "--bucket", location.bucket, "--key", location.key(of: name), file.string])
    }

    /// Downloads a large object into a file, in parts side by side.
    public func download(_ name: String, to file: FilePath) async throws -> Bool {
        try await bring(name, ["s3", "cp", "--only-show-errors", location.url(of: name), file.string])
    }

    private func bring(_ name: String, _ arguments: [String]) async throws -> Bool {
        do {
            _ = try await call(arguments, doing: "read `\(location.url(of: name))`", failing: .cannotRead)
            return true
        } catch let error as FileError {
            // What `s3api` calls by its name is a number with `s3`.
            if let code = (error.cause as? AWSError)?.code, ["NoSuchKey", "404"].contains(code) { return false }
            throw error
        }
    }

    /// Uploads a file. The object appears whole or not at all.
    public func upload(_ file: FilePath, as name: String) async throws {
        let url = location.url(of: name)
        _ = try await call(
            ["s3", "cp", "--only-show-errors", file.string, url], doing: "write `\(url)`", failing: .cannotWrite)
    }

    public func remove(_ name: String) async throws {
        let url = location.url(of: name)
        _ = try await call(
            ["s3", "rm", "--only-show-errors", url], doing: "remove `\(url)`", failing: .cannotWrite)
    }

    /// An object of a listing.
    public struct Listed: Equatable {
        public let name: String
        /// RFC 3339 to the second.
        public let modified: String
    }

    /// Lists all objects whose names begin with a prefix.
    public func list(namePrefix: String) async throws -> [Listed] {
        let doing = "list `\(location.url(of: namePrefix))`"
        let answer = try await call(
            [
                "s3api", "list-objects-v2", "--bucket", location.bucket, "--prefix", location.key(of: namePrefix),
                "--query", "Contents[].[Key,LastModified]",
            ], doing: doing, failing: .cannotRead)
        do {
            // No object at all is `null`.
            let rows = try JSONDecoder().decode([[String]]?.self, from: Data(answer)) ?? []
            let front = location.key(of: "").count
            return rows.filter { $0.count == 2 }.map { Listed(name: String($0[0].dropFirst(front)), modified: $0[1]) }
        } catch {
            throw FileError(.cannotRead, doing: doing, reason: "`aws` answered something else than a list")
        }
    }

    private func call(_ arguments: [String], doing: String, failing code: FileError.Code) async throws -> [UInt8] {
        do {
            return try await aws.call(arguments)
        } catch let error as AWSError {
            throw FileError(code, doing: doing, reason: error.description, cause: error)
        } catch let error as ChildProcessError {
            let isMissing = error.code == .notFound
            throw FileError(
                .cannotRead, doing: doing,
                reason: isMissing ? "the AWS CLI is needed, and there is no program `aws` in PATH" : error.description,
                cause: error)
        }
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

    public func key(of name: String) -> String { prefix.isEmpty ? name : "\(prefix)/\(name)" }

    public func url(of name: String) -> String { "\(Self.scheme)\(bucket)/\(key(of: name))" }
}
