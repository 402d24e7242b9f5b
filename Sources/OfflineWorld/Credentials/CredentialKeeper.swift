public import AWSCalls

/// Keeps credentials that end by themselves, and renews them before they do.
public actor CredentialKeeper {
    /// What is given out, with the time at which it ends.
    public struct Held: Sendable {
        public let credentials: AWSCredentials
        /// In seconds since 1970.
        public let expiration: Int64
        fileprivate let renewal: Int64

        /// - Parameter now: the time at which they were fetched.
        init(_ credentials: AWSCredentials, at now: Int64) {
            self.credentials = credentials
            expiration = credentials.expiration ?? now + CredentialKeeper.unknownLife
            // The CLI itself renews what it keeps a quarter of an hour before the end; asked earlier it would give the same again.
            renewal = expiration - min(840, max(0, expiration - now) / 4)
        }
    }

    /// The time in seconds after which credentials are asked for again that do not say when they end.
    static let unknownLife: Int64 = 900
    /// The time between two attempts to renew credentials.
    private static let pause = Duration.seconds(30)

    private let now: @Sendable () -> Int64
    private let fetch: @Sendable () async throws -> AWSCredentials
    private let onFailure: @Sendable (any Error) async -> Void
    private var held: Held
    private var onNew: (@Sendable (AWSCredentials) async -> Void)?
    private var renewing: Task<Void, any Error>?

    /// - Parameters:
    ///   - now: the time in seconds since 1970.
    ///   - onFailure: told why credentials could not be renewed, once for each attempt.
    public init(
        _ first: AWSCredentials, now: @escaping @Sendable () -> Int64,
        fetch: @escaping @Sendable () async throws -> AWSCredentials,
        onFailure: @escaping @Sendable (any Error) async -> Void
    ) {
        self.now = now
        self.fetch = fetch
        self.onFailure = onFailure
        held = Held(first, at: now())
    }

    /// Has a body see all credentials before they are given out, those that are held first.
    public func show(to body: @escaping @Sendable (AWSCredentials) async -> Void) async {
        onNew = body
        await body(held.credentials)
    }

    /// Returns credentials that are valid now.
    ///
    /// - Throws: when those that are held have ended and cannot be renewed.
    public func current() async throws -> Held {
        let time = now()
        guard time < held.renewal else {
            let renewal = renewal()
            // While they last nobody waits for others, and nobody is told that there are none.
            if time >= held.expiration { try await renewal.value }
            return held
        }
        return held
    }

    /// Renews the credentials in time, until it is cancelled: whoever asks after a long time shall not wait.
    public func keepFresh() async {
        while !Task.isCancelled {
            do {
                try await Task.sleep(for: .seconds(max(0, held.renewal - now())))
                try await renewal().value
            } catch is CancellationError { return } catch {
                // It has been told. Being cancelled ends the pause, and the loop.
                try? await Task.sleep(for: Self.pause)
            }
        }
    }

    /// Ends a renewal that is under way.
    public func stop() { renewing?.cancel() }

    /// The renewal under way, or a new one: of several callers at once one asks.
    private func renewal() -> Task<Void, any Error> {
        if let renewing { return renewing }
        // A task of its own: those who ask come and go, and all of them wait for the same answer.
        let task = Task {
            defer { renewing = nil }
            do {
                let credentials = try await fetch()
                await onNew?(credentials)
                held = Held(credentials, at: now())
            } catch {
                if !Task.isCancelled { await onFailure(error) }
                throw error
            }
        }
        renewing = task
        return task
    }
}
