internal import BuildPlanning
internal import ChildProcesses
internal import Engines
internal import Files

/// Looks whether a machine has what builds need, in the order in which a newcomer gets it.
struct Doctor: Sendable {
    let machine: Machine

    /// How long a program may take to answer.
    static let limit = Duration.seconds(5)

    /// What became of one question.
    struct Finding: Sendable {
        enum State: String, Sendable { case ok, warning, problem }
        let name: String
        let state: State
        /// What there is, or why something does not work.
        let words: String
        /// How it is mended.
        var help: String?

        var json: JSONText {
            .object([
                ("name", .string(name)), ("state", .string(state.rawValue)), ("message", .string(words)),
                ("help", help.map { .string($0) }),
            ])
        }
    }

    /// Asks all questions. A program that does not answer is given up after five seconds.
    func findings() async throws -> [Finding] {
        let engine = try await engine()
        var findings = [
            Finding(name: "buildspec", state: .ok, words: programVersion), engine,
        ]
        if engine.state == .ok {
            findings += [try await clock(), try await images()].compactMap { $0 }
            findings += try await project()
        }
        findings += [try await git(), try await repository(), try await aws(), try await credentials()].compactMap {
            $0
        }
        findings += [folder("state", machine.places.state), folder("cache", machine.places.cache)]
        findings += [try await leftovers(), proxy()]
        return findings
    }

    private func engine() async throws -> Finding {
        // The client may be missing, and the settings of its environment wrong: both are findings.
        do {
            var command = try machine.engine().command([
                "version", "--format", "{{.Client.Version}} {{.Server.Version}}",
            ])
            command.patience = Command.Patience(limit: Self.limit)
            let answer = try await command.collect()
            if answer.status.isSuccess {
                let versions = answer.text.split(separator: " ").joined(separator: ", engine ")
                return Finding(name: "engine", state: .ok, words: "client \(versions)\(try await enginePlace())")
            }
            let reason = answer.errorText.split(separator: "\n").last.map(String.init) ?? "no engine answers"
            let lower = reason.lowercased()
            return Finding(
                name: "engine", state: .problem, words: reason,
                help: lower.contains("permission denied")
                    ? "become a member of the socket's group (`docker`, mostly), or name an engine of your own"
                    : lower.contains("context")
                        ? "`docker context ls` lists the contexts; choose one with `docker context use`"
                        : "start the engine, or name another with DOCKER_HOST or `docker context use`")
        } catch let error as ChildProcessError where error.code == .timedOut {
            return Finding(
                name: "engine", state: .problem, words: "it has not answered for 5 seconds",
                help: "start it again, or name another with DOCKER_HOST or `docker context use`")
        } catch let error as ChildProcessError {
            return Finding(
                name: "engine", state: .problem, words: error.description,
                help: "install Docker's command line or podman, and see that PATH leads to it")
        }
    }

    /// Where the engine is, in a few words; empty where the client has no contexts.
    private func enginePlace() async throws -> String {
        if let host = machine.environment["DOCKER_HOST"], !host.isEmpty { return " at \(host) (DOCKER_HOST)" }
        let command = try machine.engine().command([
            "context", "ls", "--format", "{{if .Current}}{{.Name}} {{.DockerEndpoint}}{{end}}",
        ])
        guard let answer = try await output(of: command), answer.status.isSuccess else { return "" }
        let words = answer.text.split(whereSeparator: \.isWhitespace)
        return words.count == 2 ? " at \(words[1]) (context `\(words[0])`)" : ""
    }

    /// The first line that a program prints, or `nil` where it is not there or does not answer.
    func answer(of program: String, _ arguments: [String]) async throws -> String? {
        guard let answer = try await output(of: Command(program, arguments)), answer.status.isSuccess else {
            return nil
        }
        // Version 1 of the AWS CLI once printed it on standard error.
        return (answer.text + "\n" + answer.errorText).split(separator: "\n").first.map(String.init)
    }

    /// How a program ends and what it prints, or `nil` where it is not there or does not answer.
    func output(of command: Command) async throws -> CommandOutput? {
        var command = command
        command.patience = Command.Patience(limit: Self.limit)
        do { return try await command.collect() } catch is ChildProcessError { return nil }
    }

    private func git() async throws -> Finding {
        guard let line = try await answer(of: "git", ["--version"]) else {
            return Finding(
                name: "git", state: .warning, words: "it is not there: the source of a build is the whole folder",
                help: "install git 2.34 or newer")
        }
        let version = line.split(separator: " ").dropFirst(2).first.map(String.init) ?? line
        let numbers = version.split(separator: ".").prefix(2).map { Int($0) ?? 0 }
        guard numbers.count == 2, (numbers[0], numbers[1]) >= (2, 34) else {
            return Finding(
                name: "git", state: .problem, words: "\(version), and sources in git need 2.34",
                help: "install a newer git")
        }
        return Finding(name: "git", state: .ok, words: version)
    }

    private func aws() async throws -> Finding {
        guard let line = try await answer(of: "aws", ["--version"]) else {
            return Finding(
                name: "aws", state: .warning, words: "the AWS CLI is not there: --aws cannot be used",
                help: "install it, or give values by --secrets and --aws-local")
        }
        return Finding(name: "aws", state: .ok, words: line.split(separator: " ").first.map(String.init) ?? line)
    }

    /// Whether a folder of ours can be written to.
    private func folder(_ name: String, _ path: String) -> Finding {
        do {
            try Folder.make(path)
            guard access(path, W_OK) == 0 else {
                return Finding(
                    name: name, state: .problem, words: "\(path) belongs to another user, or is read-only",
                    help: "chown it, or name another with XDG_\(name.uppercased())_HOME")
            }
        } catch {
            return Finding(
                name: name, state: .problem, words: "\(error)",
                help: "name another folder with XDG_\(name.uppercased())_HOME")
        }
        return room(name, at: path, help: "make room there, or name another folder with XDG_\(name.uppercased())_HOME")
    }

    private func proxy() -> Finding {
        let names = ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"]
        let set = names.filter { !(machine.environment[$0] ?? "").isEmpty }
        guard let first = set.first, let value = machine.environment[first] else {
            return Finding(name: "proxy", state: .ok, words: "none")
        }
        let isLocal = ["localhost", "127.0.0.1", "[::1]"].contains { value.contains("//\($0)") }
        return Finding(
            name: "proxy", state: isLocal ? .warning : .ok,
            words:
                "\(set.joined(separator: ", "))\(isLocal ? ": this machine's own, which containers do not reach" : "")",
            help: isLocal ? "name the machine by an address that containers reach, and give it to commands by -e" : nil)
    }
}
