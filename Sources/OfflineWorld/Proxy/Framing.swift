internal import NIOHTTP1

/// Where a request is sent.
struct Destination {
    let url: OriginURL
    /// Whether `Host` stays as the client has it.
    var keepsHost = false
    /// One of our own servers: never reached by the user's proxy.
    var isOurs = false
}

extension HTTPHeaders {
    /// Takes out what is between two hops (RFC 9110, 7.6.1).
    mutating func removeHopByHop() {
        for name in self[canonicalForm: "connection"] { remove(name: String(name)) }
        for name in [
            "connection", "keep-alive", "proxy-connection", "proxy-authorization", "proxy-authenticate", "te",
            "transfer-encoding", "upgrade",
        ] { remove(name: name) }
    }
}

extension HTTPRequestHead {
    /// The protocol that the client wants to go on with. `h2c` does not count: to stay with HTTP/1.1 is an answer to it.
    var wantedProtocol: String? {
        guard headers[canonicalForm: "connection"].contains(where: { $0.lowercased() == "upgrade" }) else { return nil }
        return headers[canonicalForm: "upgrade"].first { $0.lowercased() != "h2c" }.map(String.init)
    }

    /// Whether another request may follow; behind one that names another protocol nothing is read.
    var allowsAnother: Bool { isKeepAlive && !headers.contains(name: "upgrade") }
}

extension HTTPResponseHead {
    /// Says where the body ends (RFC 9112, 6.3): by its length where that is known, else by chunks, else (HTTP/1.0) by the
    /// connection's end.
    ///
    /// - Returns: whether the connection can be used for another request.
    mutating func frame(for request: HTTPRequestHead) -> Bool {
        headers.remove(name: "transfer-encoding")
        var keepsOpen = request.allowsAnother
        if status == .noContent { headers.remove(name: "content-length") }
        let isBodiless = request.method == .HEAD || status == .noContent || status == .notModified
        if !isBodiless, !headers.contains(name: "content-length") {
            if request.version == .http1_0 {
                keepsOpen = false
            } else {
                headers.add(name: "Transfer-Encoding", value: "chunked")
            }
        }
        if !keepsOpen {
            headers.replaceOrAdd(name: "Connection", value: "close")
        } else if request.version == .http1_0 {
            headers.replaceOrAdd(name: "Connection", value: "keep-alive")
        }
        return keepsOpen
    }
}
