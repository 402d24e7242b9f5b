/// A `docker build` among the commands of a buildspec, as far as it is known before it runs.
public struct DockerBuildCommand: Sendable, Equatable {
    /// The candidate paths of the Dockerfile, the most likely first, relative to the source's root or absolute.
    public let files: [String]
    /// The values of `--build-arg NAME=VALUE`, as far as they are known.
    public let arguments: [String: String]
    /// The tags of the image, as far as they are known.
    public let tags: [String]

    /// Finds the `docker build` commands among some commands that run in one shell after another.
    ///
    /// - Parameters:
    ///   - commands: the commands' texts, in order.
    ///   - variables: the variables with known values.
    ///   - root: the absolute path of the folder in which the first command runs.
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

    /// Parses the words after `docker`; `nil` for a command that is not a build.
    ///
    /// - Parameter folder: the working directory; `nil` where it cannot be known.
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
        // Without a folder the Dockerfile comes from elsewhere, or is not known.
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

    /// Skips the options of the `docker` program and the words of the subcommand.
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

    /// Splits an option from its value.
    ///
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

/// Resolves a path that a command in `folder` uses, relative to the root if it lies inside; `nil` when it cannot be
/// known.
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
