internal import BuildPlanning
internal import ChildProcesses
internal import Engines
internal import Files
internal import OfflineWorld

/// What lies around the programs: room, credentials, the project of this folder, and what killed builds left.
extension Doctor {
    // MARK: Disk

    /// Less than this is too little for the caches and images of most builds, in bytes.
    private static let littleRoom: Int64 = 2 << 30

    /// How much room is free at a path.
    func room(_ name: String, at path: String, help: String) -> Finding {
        guard let free = Folder.freeBytes(at: path) else { return Finding(name: name, state: .ok, words: path) }
        let words = "\(path), \(CacheText.megabytes(free)) free"
        guard free < Self.littleRoom else { return Finding(name: name, state: .ok, words: words) }
        return Finding(name: name, state: .warning, words: words, help: help)
    }

    /// The room where the engine keeps images; `nil` where that is no folder of this machine.
    func images() async throws -> Finding? {
        do {
            guard let root = try await machine.briefEngine(within: Self.limit).volumeRoot(),
                Files.kind(of: root) == .folder
            else { return nil }
            return room("images", at: root, help: "make room, for example with `docker system prune`")
        } catch is EngineError { return nil }
    }

    // MARK: The engine

    /// Seconds by which clocks may differ without a word.
    private static let smallDifference: Int64 = 5

    /// Whether the engine's clock agrees with ours; `nil` where it does not say.
    func clock() async throws -> Finding? {
        let command = try machine.engine().command(["info", "--format", "{{.SystemTime}}"])
        let begin = machine.now()
        // Seconds are enough, and engines differ in what follows them.
        guard let answer = try await output(of: command), answer.status.isSuccess,
            let theirs = Timestamp(rfc3339: "\(answer.text.prefix(19)).000000Z"), answer.text.contains("Z")
        else { return nil }
        let early = begin.microseconds / 1_000_000 - theirs.microseconds / 1_000_000
        let late = theirs.microseconds / 1_000_000 - machine.now().microseconds / 1_000_000
        let difference = max(early, late)
        guard difference > Self.smallDifference else {
            return Finding(name: "clock", state: .ok, words: "the engine's clock agrees with this machine's")
        }
        return Finding(
            name: "clock", state: .warning,
            words:
                "the engine's clock is \(difference) seconds \(early > late ? "behind" : "ahead"): AWS refuses requests "
                + "whose time is wrong by more than 5 minutes",
            help: "start the engine (or its virtual machine) again, or set its clock")
    }

    // MARK: The project of this folder

    /// The image of this folder's project, and whether a container of it starts. Empty where the folder has no project.
    func project() async throws -> [Finding] {
        var project: Project
        do { project = try await Project.find(Asked(), on: machine) } catch let failure as Failure {
            return [
                Finding(
                    name: "project", state: .warning, words: failure.message,
                    help: failure.help ?? "`buildspec plan` shows what a build here would do")
            ]
        }
        defer { project.release() }
        do {
            guard try project.buildspec().read() != nil else { return [] }
        } catch is Failure { return [] }
        let container = project.settings.container, engine = machine.briefEngine(within: Self.limit)
        do {
            let image = try await engine.choice(of: container.image, mayPull: container.pull != .never)
            guard try await engine.imageID(image.name) != nil else {
                let ways = try await BuildImage(of: container, on: engine).ways(isOffline: false)
                return [
                    Finding(
                        name: "image", state: .warning, words: "this engine does not have `\(container.image)`",
                        help: ways.help)
                ]
            }
            let words = image.notice ?? "`\(image.name)`"
            return [Finding(name: "image", state: .ok, words: words)] + (try await start(image.name))
        } catch let error as EngineError {
            return [Finding(name: "image", state: .warning, words: error.description, help: error.help)]
        }
    }

    /// Whether a container of an image starts, and whether the proxy of `--record` and `--offline` can be reached from it. The
    /// container ends by itself after 20 seconds, should nobody be left to end it.
    private func start(_ image: String) async throws -> [Finding] {
        let engine = try machine.engine()
        let command = engine.command([
            "run", "--detach", "--rm", "--network", "none", "--pull", "never", "--entrypoint", "sh", image, "-c",
            "sleep 20",
        ])
        guard let answer = try await output(of: command) else {
            return [
                Finding(
                    name: "container", state: .problem,
                    words: "a container of `\(image)` has not started within 5 seconds",
                    help: "look at the engine's log; start it again")
            ]
        }
        let id = answer.text.trimmingPrefix { $0.isWhitespace }.prefix { !$0.isWhitespace }
        guard answer.status.isSuccess else {
            let reason = answer.errorText.split(separator: "\n").first.map(String.init) ?? "\(answer.status)"
            return [
                Finding(
                    name: "container", state: .problem, words: "a container of `\(image)` does not start: \(reason)",
                    help: "see whether `docker run --rm debian:bookworm-slim true` works; the image needs a shell, `sh`"
                )
            ]
        }
        let network: Finding
        do {
            let sockets = try await ContainerListening(engine).listen(in: String(id), on: ["127.0.0.1"], port: 3128)
            for socket in sockets { close(socket) }
            network = Finding(
                name: "network", state: .ok, words: "builds can be recorded and replayed (--record, --offline)")
        } catch let error as EngineError {
            network = Finding(
                name: "network", state: .warning,
                words: "builds cannot be recorded or replayed (--record, --offline): \(error.reason)", help: error.help)
        }
        _ = try await output(of: engine.command(["kill", String(id)]))
        return [Finding(name: "container", state: .ok, words: "a container of the image starts"), network]
    }

    // MARK: git and AWS

    /// Whether git trusts the repository of this folder; `nil` where it does, and outside of one.
    func repository() async throws -> Finding? {
        let folder = machine.places.currentDirectory
        var command = Command("git", ["-C", folder, "rev-parse", "--git-dir"])
        command.environment = ["LC_ALL": "C"]
        guard let answer = try await output(of: command), !answer.status.isSuccess,
            answer.errorText.contains("dubious ownership")
        else { return nil }
        return Finding(
            name: "repository", state: .problem,
            words: "git does not read the repository of `\(folder)`: it belongs to another user",
            help: "if you trust it: `git config --global --add safe.directory \(folder.shellQuoted)`")
    }

    /// Where the AWS CLI has credentials from; `nil` without an AWS CLI. It says so itself, and shows no secret.
    func credentials() async throws -> Finding? {
        guard let answer = try await output(of: Command("aws", ["configure", "list"])) else { return nil }
        let row = answer.text.split(separator: "\n").map { line in
            line.split { $0 == " " || $0 == ":" }.map(String.init)
        }.first { $0.first == "access_key" }
        guard let row, row.count >= 3, row[1].hasPrefix("*") else {
            return Finding(
                name: "credentials", state: .warning,
                words: "the AWS CLI has no credentials: --aws and --aws-credentials cannot be used",
                help:
                    "log in (`aws configure`, `aws sso login`, AWS_PROFILE), or give values by --secrets and --aws-local"
            )
        }
        return Finding(name: "credentials", state: .ok, words: "the AWS CLI takes them from `\(row[2])`")
    }

    // MARK: The rest

    /// What builds left that were killed.
    func leftovers() async throws -> Finding {
        var dead: [String] = []
        do {
            await (try BuildRecords(machine.places).marks()).sweep { container in
                dead.append(container)
                return false
            }
        } catch let error as FileError {
            return Finding(name: "leftovers", state: .warning, words: error.description)
        }
        let kept = BuildRecords(machine.places).kept().count
        let words = kept == 0 ? "none" : "none but \(kept) kept \(kept == 1 ? "container" : "containers")"
        guard !dead.isEmpty else { return Finding(name: "leftovers", state: .ok, words: words) }
        return Finding(
            name: "leftovers", state: .warning,
            words: "\(dead.count) \(dead.count == 1 ? "build was" : "builds were") killed and may have left containers",
            help: "`buildspec clean` removes them; the next `run` does, too")
    }
}
