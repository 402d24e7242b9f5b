/// A command of a buildspec that asks a Docker daemon, as far as that is known before it runs.
public struct DockerCall: Sendable, Equatable {
    /// The words that name it: `docker build`.
    public let name: String
    public let location: SourceLocation

    /// Finds the first of some commands that asks a daemon; none where a command starts one itself.
    public static func first(in commands: [BuildSpec.Command]) -> DockerCall? {
        guard !commands.contains(where: { startsDaemon($0.text) }) else { return nil }
        for command in commands {
            if let name = Array(command.text.utf8).withUnsafeBufferPointer({ name(in: $0) }) {
                return DockerCall(name: name, location: command.location)
            }
        }
        return nil
    }

    /// Whether a command starts a daemon itself, as images without one want it.
    static func startsDaemon(_ text: String) -> Bool { text.contains("dockerd") }

    /// The words that name the first part of a command that asks a daemon; `nil` where there is none.
    static func name(in bytes: UnsafeBufferPointer<UInt8>) -> String? {
        guard bytes.contains("docker") else { return nil }
        var text = ShellText()
        ShellLexer.read(bytes, into: &text)
        for command in text.commands {
            let words = text.words[command.words].dropFirst(command.assignments)
            guard let first = words.first, let last = words.last else { continue }
            // Only quotes could make the word of other bytes.
            let own = UnsafeBufferPointer(rebasing: bytes[first.start..<last.end])
            guard own.contains("docker") || own.contains(where: { "'\"\\$".utf8.contains($0) }) else { continue }
            if let name = name(of: words.map { SimpleCommand.literal($0, in: bytes) }[...]) { return name }
        }
        return nil
    }

    /// Programs that run the one behind them.
    private static let wrappers: Set<String> = ["sudo", "exec", "time", "nohup", "command"]
    /// Subcommands that need no daemon.
    private static let withoutDaemon: Set<String> = [
        "context", "help", "manifest", "trust", "completion", "logout", "version", "config",
    ]

    private static func name(of words: ArraySlice<String?>) -> String? {
        guard let program = words.first.flatMap({ $0 })?.split(separator: "/").last else { return nil }
        var rest = words.dropFirst()
        if wrappers.contains(String(program)) { return name(of: rest.drop { $0?.hasPrefix("-") == true }) }
        guard program == "docker" || program == "docker-compose" else { return nil }
        guard var subcommand = Self.subcommand(&rest), !withoutDaemon.contains(subcommand) else { return nil }
        if subcommand == "compose" || subcommand == "buildx" {
            guard let inner = Self.subcommand(&rest), !withoutDaemon.contains(inner) else { return nil }
            subcommand += " \(inner)"
        }
        return "\(program) \(subcommand)"
    }

    /// Takes the first word that is no option.
    private static func subcommand(_ words: inout ArraySlice<String?>) -> String? {
        while let word = words.popFirst() {
            guard let word else { return nil }
            guard word.hasPrefix("-") else { return word }
            let takesValue = ["-H", "--host", "-c", "--context", "--config", "-l", "--log-level", "-f", "--file", "-p"]
            if takesValue.contains(word) { words = words.dropFirst() }
        }
        return nil
    }
}
