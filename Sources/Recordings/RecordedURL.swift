/// Brings URLs to the form of recordings: equal for all that RFC 3986 calls equivalent, and without secrets.
enum RecordedURL {
    /// Normalises an absolute URL (RFC 3986, 6.2.2 and 6.2.3) and takes out user, fragment and secret parameters.
    static func normalised(_ url: String) -> String {
        let url = url.prefix { $0 != "#" }
        guard let scheme = scheme(of: url) else { return withoutSecrets(word: String(url)) }
        let rest = url[url.utf8.index(scheme.endIndex, offsetBy: 3)...], name = scheme.lowercased()
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        let target = rest[authority.endIndex...]
        let path = target.prefix { $0 != "?" }
        let query = path.endIndex == target.endIndex ? nil : target[target.index(after: path.endIndex)...]
        return "\(name)://\(host(authority, of: name))\(withoutDots(unescaped(path)))"
            + (query.map { withoutSecrets(query: unescaped($0)) } ?? "")
    }

    /// A header's value in which every word that has a query, or a user before its host, is as ``normalised(_:)`` would
    /// have it in these two respects: what a redirect names is then what the next request is looked up by.
    static func withoutSecrets(headerValue value: String) -> String {
        guard value.contains(where: { "?@#".contains($0) }) else { return value }
        var result = "", word = ""
        for character in value {
            if " \t<>\"'".contains(character) {
                result += withoutSecrets(word: word)
                result.append(character)
                word = ""
            } else {
                word.append(character)
            }
        }
        return result + withoutSecrets(word: word)
    }

    private static func withoutSecrets(word: String, depth: Int = 0) -> String {
        let fragment = word.firstIndex(of: "#") ?? word.endIndex
        let mark = word[..<fragment].firstIndex(of: "?") ?? fragment
        var front = String(word[..<mark])
        if let scheme = scheme(of: front[...]) {
            let start = front.utf8.index(scheme.endIndex, offsetBy: 3)
            if let at = front[start...].prefix(while: { $0 != "/" }).lastIndex(of: "@") {
                front.removeSubrange(start...at)
            }
        }
        if mark < fragment {
            front += withoutSecrets(query: word[word.index(after: mark)..<fragment], depth: depth)
        }
        // One with a `=` has parameters, too: OAuth hands tokens over in it (RFC 6749, 4.2.2).
        guard word[fragment...].contains("=") else { return front + word[fragment...] }
        let kept = withoutSecrets(query: word[word.index(after: fragment)...], depth: depth)
        return kept.isEmpty ? front : front + "#" + kept.dropFirst()
    }

    // MARK: - Parts

    /// The text before `://`, when a URL begins with it.
    private static func scheme(of url: Substring) -> Substring? {
        guard let colon = url.utf8.firstIndex(of: UInt8(ascii: ":")), url[colon...].hasPrefix("://") else { return nil }
        return url[..<colon]
    }

    private static func host(_ authority: Substring, of scheme: String) -> String {
        let host = (authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority)
            .lowercased()
        let port = scheme == "https" ? ":443" : scheme == "http" ? ":80" : ":"
        for ending in [port, ":"] where host.hasSuffix(ending) { return String(host.dropLast(ending.count)) }
        return host
    }

    /// Resolves escapes of letters that need none, and writes all others in capitals.
    private static func unescaped(_ text: Substring) -> Substring {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return text }
        return Substring(
            resolvingEscapes(text) { code, digits in
                isUnreserved(code) ? [code] : [UInt8(ascii: "%")] + digits.map { isLower($0) ? $0 - 0x20 : $0 }
            })
    }

    /// Replaces every escape in a text.
    static func resolvingEscapes(_ text: Substring, _ body: (UInt8, ArraySlice<UInt8>) -> [UInt8]) -> String {
        let bytes = Array(text.utf8)
        var result: [UInt8] = [], index = 0
        result.reserveCapacity(bytes.count)
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count, let high = value(ofDigit: bytes[index + 1]),
                let low = value(ofDigit: bytes[index + 2])
            {
                result += body(high << 4 | low, bytes[(index + 1)...(index + 2)])
                index += 3
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func isLower(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }

    private static func value(ofDigit byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// Whether a byte is unreserved (RFC 3986, 2.3).
    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }

    /// Removes dot segments (RFC 3986, 5.2.4) from a path that begins with a slash.
    private static func withoutDots(_ path: Substring) -> String {
        guard path.contains("/.") else { return path.isEmpty ? "/" : String(path) }
        var kept: [Substring] = []
        let steps = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        for step in steps {
            switch step {
            case ".": break
            case "..": _ = kept.popLast()
            default: kept.append(step)
            }
        }
        if let last = steps.last, last == "." || last == ".." { kept.append("") }
        return "/" + kept.joined(separator: "/")
    }

    /// - Returns: the query with its `?`, or nothing when only secrets were in it.
    private static func withoutSecrets(query: Substring, depth: Int = 0) -> String {
        let parts = query.split(separator: "&", omittingEmptySubsequences: false)
        let names = parts.map { SecretParameters.name(of: $0) }
        let isSigned = names.contains(where: SecretParameters.signatures.contains)
        let kept = zip(parts, names).filter { part, name in
            !SecretParameters.signatures.contains(name) && !SecretParameters.secrets.contains(name)
                && !(isSigned && SecretParameters.besideSignature.contains(name))
        }.map(\.0)
        if kept.isEmpty && !parts.isEmpty { return "" }
        return "?" + kept.map { withoutSecrets(part: $0, depth: depth) }.joined(separator: "&")
    }

    /// Removes the secrets of a URL that is the value of a `name=value`, such as `redirect_uri`.
    ///
    /// What is nested deeper than any that is in use loses its value.
    private static func withoutSecrets(part: Substring, depth: Int) -> Substring {
        guard let equals = part.firstIndex(of: "=") else { return part }
        let inner = resolvingEscapes(part[part.index(after: equals)...]) { code, _ in [code] }
        guard scheme(of: inner[...]) != nil else { return part }
        guard depth < 3 else { return part[...equals] }
        let clean = withoutSecrets(word: inner, depth: depth + 1)
        return clean == inner ? part : part[...equals] + escaped(clean)
    }

    private static func escaped(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        return String(
            decoding: text.utf8.flatMap { byte in
                isUnreserved(byte) ? [byte] : [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }, as: UTF8.self)
    }
}

/// The names of query parameters that are left out of every recorded URL, and so of what requests are matched by.
///
/// In lower case; a request's are compared in any case. The first two lists are taken out wherever they stand; the last one only
/// beside a signature, since its words are ordinary ones elsewhere.
enum SecretParameters {
    /// The signatures of URLs: of AWS (versions 4 and 2, CloudFront), Google Cloud Storage and Azure.
    static let signatures: Set<String> = ["x-amz-signature", "x-goog-signature", "signature", "sig"]

    /// Credentials, and other parts of a signature.
    static let secrets: Set<String> = [
        "x-amz-security-token", "x-amz-credential", "x-amz-algorithm", "x-amz-date", "x-amz-expires",
        "x-amz-signedheaders", "x-goog-credential", "x-goog-algorithm", "x-goog-date", "x-goog-expires",
        "x-goog-signedheaders", "awsaccesskeyid", "googleaccessid",
        "access_token", "accesstoken", "token", "auth_token", "authtoken", "id_token", "refresh_token", "private_token",
        "job_token", "oauth_token", "session_token", "sessiontoken", "jwt", "api_key", "apikey", "api-key", "x-api-key",
        "auth", "authorization", "password", "passwd", "pwd", "secret", "client_secret", "__token__", "hdnea", "hdnts",
    ]

    /// The parameters that come with a signature, and change with it. Azure's two-letter names are from "Create a service SAS".
    static let besideSignature: Set<String> = [
        "expires", "policy", "key-pair-id", "hash-algorithm",
        "sv", "ss", "srt", "sr", "sp", "spr", "st", "se", "sip", "si", "skoid", "sktid", "skt", "ske", "sks", "skv",
    ]

    /// The name of a `name=value`, in lower case, without escapes.
    static func name(of part: Substring) -> String {
        RecordedURL.resolvingEscapes(part.prefix { $0 != "=" }) { code, _ in [code] }.lowercased()
    }
}
