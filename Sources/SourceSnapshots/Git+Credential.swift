internal import ChildProcesses

extension Git {
    /// Finds the credential that the user's own git would send to a remote, without asking the user or storing anything.
    ///
    /// - Returns: `nil` when his helpers have nothing for it.
    public func credential(for remote: GitRemote) async throws -> GitCredential? {
        // An empty askpass is none; without a prompt git gives up where it would ask.
        let silence = ["GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "", "GCM_INTERACTIVE": "never"]
        let outcome = try await run(
            ["credential", "fill"], input: Array("url=\(remote.url)\n\n".utf8), environment: silence)
        guard outcome.status.isSuccess else { return nil }
        var answers: [Substring: String] = [:]
        for line in outcome.text.split(separator: "\n") {
            guard let equals = line.firstIndex(of: "=") else { continue }
            answers[line[..<equals]] = String(line[line.index(after: equals)...])
        }
        guard let username = answers["username"], let password = answers["password"], !password.isEmpty else {
            return nil
        }
        return GitCredential(remote: remote, username: username, password: password)
    }
}

/// Where a repository came from, as far as git's credentials depend on it.
public struct GitRemote: Sendable, Equatable {
    /// The URL as git has it.
    public let url: String
    /// `https` or `http`.
    public let scheme: String
    /// With the port, if one is written.
    public let host: String

    /// - Returns: `nil` for a remote that has no credentials of this kind: SSH, a path, git's own protocol.
    public init?(_ url: String) {
        // A line end would begin another line of the question that is put to git.
        guard let colon = url.firstRange(of: "://"), !url.utf8.contains(where: { $0 < 0x20 }) else { return nil }
        let scheme = url[..<colon.lowerBound].lowercased()
        let authority = url[colon.upperBound...].prefix { !"/?#".contains($0) }
        let host = authority.split(separator: "@", omittingEmptySubsequences: false).last.map(String.init) ?? ""
        guard scheme == "https" || scheme == "http", !host.isEmpty else { return nil }
        self.url = url
        self.scheme = scheme
        self.host = host
    }
}

/// A name and password for one host. It prints without the password.
public struct GitCredential: Sendable, Equatable {
    public let remote: GitRemote
    public let username: String
    /// The secret itself.
    public let password: String

    public init(remote: GitRemote, username: String, password: String) {
        self.remote = remote
        self.username = username
        self.password = password
    }

    /// The credential in the lines of git's credential protocol.
    public var lines: String {
        "protocol=\(remote.scheme)\nhost=\(remote.host)\nusername=\(username)\npassword=\(password)\n"
    }
}

extension GitCredential: CustomStringConvertible, CustomReflectable {
    public var description: String { "\(username) at \(remote.host), password ***" }
    public var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
