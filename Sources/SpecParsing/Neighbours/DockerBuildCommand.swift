/// A `docker build` among the commands of a buildspec, as far as its words can be known before it runs.
public struct DockerBuildCommand: Sendable, Equatable {
    /// Of the Dockerfile: candidates, the likeliest first, relative to the source's root or absolute.
    public let files: [String]
    /// `--build-arg NAME=VALUE`, as far as the values are known.
    public let arguments: [String: String]
    /// What the image is called, as far as that is known.
    public let tags: [String]

    /// The builds in some commands, which follow one another in a shell.
    ///
    /// - Parameters:
    ///   - variables: values that are known.
    ///   - root: the folder they begin in, absolute.
    public static func all(
        in commands: [BuildSpec.Command], variables: [String: String], root: String
    ) -> [DockerBuildCommand] {
        var found: [DockerBuildCommand] = [], folder: String? = ""
        for command in commands {
            for simple in SimpleCommand.all(of: command.text, variables: variables) {
                let words = simple.words
                guard let program = words.first.flatMap({ $0 }) else { continue }
                switch program.split(separator: "/").last {
                case "cd" where !simple.isInSubshell:
                    folder = folder.flatMap { resolved(words.dropFirst().first ?? nil, in: $0, root) }
                case "docker":
                    if let build = DockerBuildCommand(words.dropFirst(), in: folder, root) { found.append(build) }
                default: break
                }
            }
        }
        return found
    }

    /// - Parameter folder: where the command runs; `nil` where that cannot be known.
    private init?(_ words: ArraySlice<String?>, in folder: String?, _ root: String) {
        var words = words, file: String?, arguments: [String: String] = [:], context: String?, tags: [String] = []
        guard Self.skipToBuild(&words) else { return nil }
        while let word = words.popFirst() {
            guard let word else { continue }
            guard word.hasPrefix("-"), word != "-" else {
                context = word
                continue
            }
            let (option, value) = Self.option(word, &words)
            switch option {
            case "-f", "--file": file = value
            case "-t", "--tag": tags += [value].compactMap { $0 }
            case "--build-arg":
                guard let value, let equals = value.firstIndex(of: "=") else { continue }
                arguments[String(value[..<equals])] = String(value[value.index(after: equals)...])
            default: break
            }
        }
        // Without a word for the folder its text comes from elsewhere, or is not known.
        guard let path = file ?? context.map({ $0 == "-" || $0.contains("://") ? "-" : "\($0)/Dockerfile" }),
            path != "-"
        else { return nil }
        var files = [resolved(path, in: folder ?? "", root)].compactMap { $0 }
        if let plain = resolved(path, in: "", root), !files.contains(plain) { files.append(plain) }
        guard !files.isEmpty else { return nil }
        self.files = files
        self.arguments = arguments
        self.tags = tags
    }

    /// Skips the client's own options and the words of the subcommand.
    private static func skipToBuild(_ words: inout ArraySlice<String?>) -> Bool {
        while let word = words.first.flatMap({ $0 }), word.hasPrefix("-") {
            words.removeFirst()
            if ["-H", "--host", "-c", "--context", "--config", "-l", "--log-level"].contains(word) {
                words = words.dropFirst()
            }
        }
        if let word = words.first.flatMap({ $0 }), ["image", "builder", "buildx"].contains(word) {
            words.removeFirst()
        }
        return words.popFirst().flatMap { $0 } == "build"
    }

    private static let flags: Set<String> = [
        "-q", "--quiet", "--no-cache", "--pull", "--rm", "--force-rm", "--compress", "--squash", "--load", "--push",
        "--disable-content-trust", "-D", "--debug", "--check", "--stream",
    ]

    /// - Returns: the option's name, and its value from the same word or the next one.
    private static func option(_ word: String, _ words: inout ArraySlice<String?>) -> (String, String?) {
        if word.hasPrefix("--"), let equals = word.firstIndex(of: "=") {
            return (String(word[..<equals]), String(word[word.index(after: equals)...]))
        }
        if flags.contains(word) { return (word, nil) }
        if word.hasPrefix("--") || word.count == 2 { return (word, words.popFirst() ?? nil) }
        return (String(word.prefix(2)), String(word.dropFirst(word.dropFirst(2).first == "=" ? 3 : 2)))
    }
}

/// A path as a command in `folder` names it, relative to the root where it lies below; `nil` when it cannot be known.
private func resolved(_ path: String?, in folder: String, _ root: String) -> String? {
    guard let path, !path.hasPrefix("~") else { return nil }
    let joined = path.hasPrefix("/") ? path : folder.hasPrefix("/") ? "\(folder)/\(path)" : "\(root)/\(folder)/\(path)"
    var parts: [Substring] = []
    for part in joined.split(separator: "/") where part != "." {
        if part != ".." { parts.append(part) } else { _ = parts.popLast() }
    }
    let absolute = "/" + parts.joined(separator: "/")
    if absolute == root { return "" }
    return absolute.hasPrefix(root + "/") ? String(absolute.dropFirst(root.count + 1)) : absolute
}
