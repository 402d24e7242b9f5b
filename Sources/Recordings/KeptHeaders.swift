extension RecordedHead {
    /// The head without fields that concern one hop only (RFC 9110, 7.6.1), and without credentials.
    ///
    /// - Parameter hidden: replaced in all values.
    func kept(hiding hidden: HiddenTexts) -> RecordedHead {
        var named = Self.dropped
        for value in values(of: "connection") {
            named.formUnion(value.split(separator: ",").map { $0.filter { $0 != " " }.lowercased() })
        }
        func kept(_ fields: [(name: String, value: String)]) -> [(name: String, value: String)] {
            fields.compactMap { name, value in
                let lower = name.lowercased()
                guard !named.contains(lower), !lower.hasPrefix("proxy-") else { return nil }
                return (name, hidden.hidden(in: RecordedURL.withoutSecrets(headerValue: value)))
            }
        }
        return RecordedHead(status: status, reason: reason, headers: kept(headers), trailers: kept(trailers))
    }

    /// `WWW-Authenticate` stays: it asks for a secret and has none.
    private static let dropped: Set<String> = [
        "connection", "keep-alive", "te", "transfer-encoding", "upgrade",
        "set-cookie", "set-cookie2", "authorization", "authentication-info", "x-amz-security-token", "x-auth-token",
        "x-subject-token", "x-csrf-token", "x-xsrf-token", "x-access-token", "x-refresh-token", "x-api-key",
    ]
}
