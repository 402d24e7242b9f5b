internal import AWSCalls
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Gives AWS credentials to the programs of one container, as the agents of ECS and EKS do (AWS SDKs and Tools Reference
/// Guide, "Container credential provider").
public struct CredentialEndpoint: Sendable {
    /// What a program has to say to get any.
    private let token: String
    private let keeper: CredentialKeeper

    public static let path = "/credentials"

    public init(token: String, keeper: CredentialKeeper) {
        self.token = token
        self.keeper = keeper
    }

    /// Serves a listening socket, which is closed, until this task is cancelled.
    public func serve(socket: Int32) async throws {
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(socket) { client in
                client.eventLoop.makeCompletedFuture {
                    // Neither of what is left out lets anything be written behind the end of an answer.
                    try client.pipeline.syncOperations.configureHTTPServerPipeline(
                        withPipeliningAssistance: false, withErrorHandling: false)
                    return try ClientChannel(wrappingChannelSynchronously: client)
                }
            }
        try await withThrowingDiscardingTaskGroup { group in
            try await server.executeThenClose { clients in
                for try await client in clients { group.addTask { await serve(client) } }
            }
            group.cancelAll()
        }
    }

    /// Answers one request: the connection ends with the answer.
    private func serve(_ client: ClientChannel) async {
        do {
            try await client.executeThenClose { inbound, outbound in
                for try await part in inbound {
                    guard case .head(let request) = part else { continue }
                    let (status, body) = await answer(request)
                    var head = HTTPResponseHead(version: .http1_1, status: status)
                    head.headers = [
                        "Content-Type": "application/json", "Content-Length": "\(body.count)", "Connection": "close",
                    ]
                    try await outbound.write(
                        contentsOf: [.head(head), .body(.byteBuffer(ByteBuffer(bytes: body))), .end(nil)])
                    // Closing throws away what has not left yet: an empty piece leaves after all others.
                    try await client.channel.writeAndFlush(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer())))
                    return
                }
            }
        } catch {
            // The client is gone, or speaks no HTTP: it does not wait for anything.
        }
    }

    // MARK: Answers

    private struct Answer: Encodable {
        var accessKeyID: String
        var secretAccessKey: String
        var token: String
        var expiration: String

        enum CodingKeys: String, CodingKey {
            case accessKeyID = "AccessKeyId", secretAccessKey = "SecretAccessKey", token = "Token"
            case expiration = "Expiration"
        }
    }

    private func answer(_ request: HTTPRequestHead) async -> (HTTPResponseStatus, [UInt8]) {
        guard request.uri.prefix(while: { $0 != "?" }) == Self.path else { return refusal(.notFound, "NotFound") }
        guard request.headers["authorization"].contains(where: isToken) else {
            return refusal(
                .forbidden, "AccessDenied", because: "Authorization is not what AWS_CONTAINER_AUTHORIZATION_TOKEN says")
        }
        guard request.method == .GET else { return refusal(.methodNotAllowed, "MethodNotAllowed") }
        do {
            let held = try await keeper.current(), credentials = held.credentials
            let expiration = Date(timeIntervalSince1970: Double(held.expiration)).formatted(.iso8601)
            let answer = Answer(
                accessKeyID: credentials.accessKeyID, secretAccessKey: credentials.secretAccessKey,
                token: credentials.sessionToken, expiration: expiration)
            return (.ok, Array(try JSONEncoder().encode(answer)))
        } catch { return refusal(.internalServerError, "CredentialsUnavailable", because: "\(error)") }
    }

    private func refusal(
        _ status: HTTPResponseStatus, _ code: String, because message: String? = nil
    ) -> (HTTPResponseStatus, [UInt8]) {
        let fields = ["code": code, "message": "buildspec: \(message ?? status.reasonPhrase)"]
        // Two plain texts can always be written.
        return (status, (try? JSONEncoder().encode(fields)).map { Array($0) } ?? [])
    }

    /// Whether a text is the token, in the same time whatever it is.
    private func isToken(_ text: String) -> Bool {
        let given = Array(text.utf8), wanted = Array(token.utf8)
        guard given.count == wanted.count else { return false }
        return zip(given, wanted).reduce(0 as UInt8) { $0 | $1.0 ^ $1.1 } == 0
    }
}
