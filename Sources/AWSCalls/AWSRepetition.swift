/// Makes a call to AWS again that was refused for a moment: because of too many calls, or because the service is out of order.
///
/// The pauses are random, up to a length that doubles each time (AWS calls it exponential back-off with full jitter), and the
/// number of calls is limited. All other refusals are thrown at once.
public struct AWSRepetition: Sendable {
    /// How often one call is made again at most. With the pauses below that is five minutes, more or less.
    public var limit = 30
    /// The greatest length of the first pause.
    public var first = Duration.milliseconds(500)
    /// The greatest length of any pause.
    public var longest = Duration.seconds(20)
    /// Waits. Cancelling the task ends it with an error.
    public var sleep: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    /// Gives a number from 0 to less than 1.
    public var random: @Sendable () -> Double = { Double.random(in: 0..<1) }
    /// Is called before each pause, with the reason.
    public var onPause: @Sendable (AWSError) -> Void = { _ in }

    public init() {}

    /// The pause before a call is made again.
    ///
    /// - Parameter attempt: how often it was made again already.
    func pause(_ attempt: Int) -> Duration {
        var greatest = first
        for _ in 0..<min(attempt, 30) where greatest < longest { greatest *= 2 }
        return min(greatest, longest) * random()
    }

    /// Makes a call, and makes it again as long as AWS refuses it for a moment.
    ///
    /// - Throws: what `call` threw last; ``CancellationError`` when the task is cancelled in a pause.
    func calling<Value>(_ call: () async throws -> Value) async throws -> Value {
        var attempt = 0
        while true {
            do { return try await call() } catch let error as AWSError where error.isPassing && attempt < limit {
                onPause(error)
                try await sleep(pause(attempt))
                attempt += 1
            }
        }
    }
}

extension AWSError {
    private static let throttling: Set<String> = [
        "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled", "RequestThrottledException",
        "TooManyRequestsException", "RequestLimitExceeded", "BandwidthLimitExceeded", "SlowDown", "429",
    ]

    private static let outOfOrder: Set<String> = [
        "InternalError", "InternalFailure", "InternalServerError", "InternalServerException", "InternalServiceError",
        "InternalServiceException", "ServiceUnavailable", "ServiceUnavailableException", "500", "502", "503", "504",
    ]

    private static let refusedCredentials: Set<String> = [
        "ExpiredToken", "ExpiredTokenException", "RequestExpired", "UnrecognizedClientException",
        "InvalidClientTokenId", "InvalidSignatureException", "SignatureDoesNotMatch", "InvalidAccessKeyId",
        "AuthFailure", "MissingAuthenticationToken", "MissingAuthenticationTokenException",
        "IncompleteSignature", "IncompleteSignatureException",
    ]

    /// Whether there were too many calls in a short time.
    public var isThrottling: Bool {
        code.map { Self.throttling.contains($0) } == true || code != nil && message.contains("Rate exceeded")
    }

    /// Whether the same call may succeed a little later.
    public var isPassing: Bool {
        if let code { return isThrottling || Self.outOfOrder.contains(code) }
        // The connection was there, and broke. One that cannot be made at all is more often a wrong region.
        return ["Connection was closed before", "Read timeout on endpoint", "Connection reset by peer"].contains {
            message.contains($0)
        }
    }

    /// Whether there are no credentials, or credentials that are wrong or expired.
    public var isAboutCredentials: Bool {
        if let code { return Self.refusedCredentials.contains(code) }
        return ["redentials", "SSO", "oken has expired", "expired"].contains { message.contains($0) }
    }
}
