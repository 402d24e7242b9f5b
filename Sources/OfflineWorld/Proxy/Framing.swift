internal import NIOHTTP1

/// The destination of a request.
struct Destination {
    let url: OriginURL
    /// Whether the `Host` of the client stays as it is.
    var keepsHost = false
    /// Whether it is one of our own servers, which are never reached through the user's proxy.
    var isOurs = false
}

extension HTTPHeaders {
    /// Removes the fields that concern one hop only (RFC 9110, 7.6.1).
    mutating func removeHopByHop() {
        for name in self[canonicalForm: "connection"] { remove(name: String(name)) }
        for name in [
            "connection", "keep-alive", "proxy-connection", "proxy-authorization", "proxy-authenticate", "te",
            "transfer-encoding", "upgrade",
        ] { remove(name: name) }
    }
}

extension HTTPRequestHead {
    /// The protocol that the client wants to change to. `h2c` does not count: to stay with HTTP/1.1 is an answer to it.
    var wantedProtocol: String? {
        guard headers[canonicalForm: "connection"].contains(where: { $0.lowercased() == "upgrade" }) else { return nil }
        return headers[canonicalForm: "upgrade"].first { $0.lowercased() != "h2c" }.map(String.init)
    }

    /// Whether another request may follow. Nothing is read after a request for another protocol.
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
