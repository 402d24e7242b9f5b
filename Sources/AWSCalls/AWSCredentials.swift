internal import ChildProcesses
#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// AWS credentials that end by themselves.
public struct AWSCredentials: Sendable, Equatable {
    public let accessKeyID: String
    public let secretAccessKey: String
    public let sessionToken: String
    /// The time at which they end, in seconds since 1970; `nil` when nobody says it.
    public let expiration: Int64?

    public init(accessKeyID: String, secretAccessKey: String, sessionToken: String, expiration: Int64?) {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken
        self.expiration = expiration
    }

    /// The texts that are to be shown nowhere.
    public var texts: [String] { [accessKeyID, secretAccessKey, sessionToken] }
}

extension AWSCredentials: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "***" }
    public var debugDescription: String { "***" }
    public var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}

extension AWSCommandLine {
    /// The time that credentials made of a user's own keys are valid, in seconds.
    private static let sessionSeconds = 3600

    /// Gets credentials of the CLI's profile that end by themselves: those that the CLI has anyhow, of a role or a single
    /// sign-on; a user's own keys, which never end, are exchanged for a session's by AWS.
    ///
    /// Version 1 of the CLI cannot export what it has: there only the exchange is left.
    /// - Throws: ``AWSError`` when AWS or the CLI refuses, ``ChildProcessError`` when there is no CLI.
    public func sessionCredentials() async throws -> AWSCredentials {
        let doing = ["configure", "export-credentials"]
        do {
            let answer = try await call(doing + ["--format", "process"])
            if let credentials = try Self.keys(answer, doing).credentials { return credentials }
        } catch let error as AWSError where error.isUnknownCommand {}
        let exchange = ["sts", "get-session-token"]
        let answer = try await call(exchange + ["--duration-seconds", "\(Self.sessionSeconds)"])
        let session: Session
        do { session = try JSONDecoder().decode(Session.self, from: Data(answer)) } catch {
            throw Self.unreadable(exchange)
        }
        guard let credentials = session.keys.credentials else { throw Self.unreadable(exchange) }
        return credentials
    }

    private struct Session: Decodable {
        let keys: Keys

        enum CodingKeys: String, CodingKey { case keys = "Credentials" }
    }

    /// Credentials as the CLI prints them.
    private struct Keys: Decodable {
        let id: String
        let secret: String
        let token: String?
        let expiration: String?

        enum CodingKeys: String, CodingKey {
            case id = "AccessKeyId", secret = "SecretAccessKey", token = "SessionToken", expiration = "Expiration"
        }

        /// `nil` for keys that never end.
        var credentials: AWSCredentials? {
            guard let token, !token.isEmpty else { return nil }
            return AWSCredentials(
                accessKeyID: id, secretAccessKey: secret, sessionToken: token,
                expiration: expiration.flatMap(AWSCommandLine.seconds))
        }
    }

    private static func keys(_ answer: [UInt8], _ doing: [String]) throws -> Keys {
        // Neither the answer nor what the decoder says of it may be shown.
        do { return try JSONDecoder().decode(Keys.self, from: Data(answer)) } catch { throw unreadable(doing) }
    }

    private static func unreadable(_ doing: [String]) -> AWSError {
        AWSError(message: "`aws \(doing.joined(separator: " "))` gave no answer we can read", doing: doing)
    }

    /// Reads a time of RFC 3339, `2026-11-29T13:00:00.5+00:00`, in seconds since 1970; fractions are cut off.
    static func seconds(_ text: String) -> Int64? {
        var text = text
        if let point = text.firstIndex(of: ".") {
            let end = text[point...].dropFirst().firstIndex { !$0.isNumber } ?? text.endIndex
            text.removeSubrange(point..<end)
        }
        // What is no time is as good as none.
        return (try? Date(text, strategy: .iso8601)).map { Int64($0.timeIntervalSince1970) }
    }
}
