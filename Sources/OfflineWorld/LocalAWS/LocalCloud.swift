public import AWSCalls
public import Engines
internal import ChildProcesses

/// AWS's services and an image registry in a container of this machine, of which each project has its own.
///
/// It runs while somebody holds it, and some seconds longer (`Dockerfiles/aws-local/supervise.sh`), whoever started it; a
/// process that dies holds nothing. What it knows lies in a volume of its own, written before each answer, so it may be stopped
/// and killed at any time. The container is on a network without a way out: it reaches nobody.
public struct LocalCloud: Sendable {
    /// The capabilities that it needs of an engine.
    public typealias EngineNeeds = ContainerRunning & ImageKeeping & EngineFinding & EngineCommanding

    /// The image that it runs. `.ci/images aws-local` makes it; no registry has it.
    public static let image = "buildspec/aws-local"
    /// The network of all local clouds, in which this machine reaches them by their addresses.
    public static let network = "buildspec-aws"
    /// The label of containers and volumes; its value is the project's key.
    public static let label = "dev.buildspec.aws"

    private static let folder = "/usr/local/lib/aws-local"

    let engine: any EngineNeeds
    private let image: String
    private let idleSeconds: Int
    private let key: String
    private let account: String
    private let region: String
    private let repositories: [String]
    private let furtherLabels: [String: String]

    /// - Parameters:
    ///   - key: what names the project, in letters that a container's name may have.
    ///   - account: twelve digits; whose resources are meant where a request does not say so.
    ///   - region: where repositories are made.
    ///   - repositories: names of repositories that are to be there.
    ///   - labels: further ones of the container and its volume.
    ///   - idleSeconds: how long it runs on when nobody holds it; 0: until it is stopped.
    public init(
        key: String, account: String, region: String, repositories: [String] = [], engine: any LocalCloud.EngineNeeds,
        labels: [String: String] = [:], image: String = LocalCloud.image, idleSeconds: Int = 60
    ) {
        furtherLabels = labels
        self.image = image
        self.idleSeconds = idleSeconds
        self.key = key
        self.account = account
        self.region = region
        self.repositories = repositories
        self.engine = engine
    }

    /// The labels of the container and of its volume.
    public var labels: [String: String] { furtherLabels.merging([Self.label: key]) { $1 } }

    /// The name of the container and of its volume.
    public var name: String { "buildspec-aws-\(key)" }

    /// The address of a running cloud, as seen from this machine.
    public struct Running: Sendable {
        /// An IP address.
        public let address: String
        /// Notes for the user: which state was damaged, and where it lies now.
        public let notes: [String]

        /// The endpoint of all services, in plain HTTP with any `Host`.
        public var services: String { "http://\(address):5000" }
        /// The host and port of the registry, in plain HTTP. With the `Host` of a registry of ECR it answers as ECR.
        public var registry: String { "\(address):5001" }
    }

    /// Runs `body` while the cloud runs, which is started when it does not. Several callers at once share it.
    ///
    /// - Throws: ``EngineError``, with code `imageMissing` where its image is not; and whatever `body` throws.
    public func whileRunning<Result: Sendable>(
        _ body: @Sendable (Running) async throws -> Result
    ) async throws -> Result {
        var problem = EngineError(
            .refused, doing: "use the local AWS `\(name)`", reason: "it ends as soon as it starts")
        // Between two attempts another process may start it, or it may just be ending for want of users.
        for pause in [0, 20, 50, 100, 200, 400, 800, 1600, 3200] {
            try await Task.sleep(for: .milliseconds(pause))
            switch try await hold(body) {
            case .held(let result): return result
            case .runsForAnother: try await stop()
            case .refused(let reason):
                throw EngineError(.refused, doing: "use the local AWS `\(name)`", reason: reason)
            case .absent(let reason):
                if !reason.isEmpty {
                    problem = EngineError(.refused, doing: "use the local AWS `\(name)`", reason: reason)
                }
            }
            try Task.checkCancellation()
            if let refusal = try await start() { problem = refusal }
        }
        throw problem
    }

    private enum Attempt<Result: Sendable> {
        case held(Result)
        /// The cloud runs for another account.
        case runsForAnother
        /// The cloud runs, and refused what is asked of it.
        case refused(String)
        /// The cloud does not run; the text is the engine's last line.
        case absent(String)
    }

    private func hold<Result: Sendable>(
        _ body: @Sendable (Running) async throws -> Result
    ) async throws -> Attempt<Result> {
        let words = ["exec", "--interactive", name, "sh", "\(Self.folder)/hold.sh", account, region] + repositories
        return try await engine.command(words).stream { streams in
            let (answers, said) = AsyncStream.makeStream(of: String.self)
            async let complaint = Self.text(of: streams.errorOutput)
            async let answering: Void = Self.split(streams.output, into: said)
            var notes: [String] = [], attempt: Attempt<Result>?
            do {
                for await line in answers {
                    let word = line.prefix { $0 != " " }, rest = String(line.dropFirst(word.count + 1))
                    switch word {
                    case "note": notes.append(rest)
                    case "account": attempt = .runsForAnother
                    case "refused": attempt = .refused(rest)
                    case "ready": attempt = .held(try await body(Running(address: rest, notes: notes)))
                    default: continue
                    }
                    if attempt != nil { break }
                }
                // A cancelled task ends the loop, too; its child has to be ended before its outputs end.
                try Task.checkCancellation()
            } catch {
                streams.terminate()
                _ = try await (complaint, answering)
                throw error
            }
            try await streams.input.finish()
            let reason = try await complaint
            try await answering
            return attempt ?? .absent(reason)
        }.result
    }

    private static func split(_ output: ChildOutput, into lines: AsyncStream<String>.Continuation) async throws {
        defer { lines.finish() }
        var open: [UInt8] = []
        try await output.forEachChunk { chunk in
            open += chunk
            while let end = open.firstIndex(of: 0x0a) {
                lines.yield(String(decoding: open[..<end], as: UTF8.self))
                open.removeFirst(end + 1)
            }
        }
    }

    /// The last line of an output, in which the engine says what matters.
    private static func text(of output: ChildOutput) async throws -> String {
        var bytes: [UInt8] = []
        try await output.forEachChunk { bytes = Array((bytes + $0).suffix(4096)) }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").last.map(String.init) ?? ""
    }

    // MARK: Starting and ending

    /// - Returns: why the engine did not start it; perhaps another process did just then.
    private func start() async throws -> EngineError? {
        guard try await engine.imageID(image) != nil else {
            guard try await engine.answers() else {
                return EngineError(
                    .unreachable, doing: "start the local AWS", reason: "no engine answers",
                    help: "start the engine, or name another with --context or DOCKER_HOST")
            }
            throw EngineError(
                .imageMissing, doing: "start the local AWS", reason: "the engine has no image `\(image)`",
                help: "`make images` (`.ci/images aws-local`) in a checkout of buildspec makes it")
        }
        let network = try await networkID()
        let labels = labels.map { "\($0.key)=\($0.value)" }.sorted()
        let mount = ContainerSpec.mountValue(
            ["type=volume", "src=\(name)", "dst=/var/lib/aws-local"] + labels.map { "volume-label=\($0)" })
        var words = ["run", "--detach", "--rm", "--name", name, "--pull", "never", "--mount", mount]
        words += labels.flatMap { ["--label", $0] }
        words += ["--network", network, "--cap-drop", "ALL", "--security-opt", "no-new-privileges"]
        words += [
            "--env", "MOTO_ACCOUNT_ID=\(account)", "--env", "AWS_DEFAULT_REGION=\(region)",
            "--env", "AWS_LOCAL_IDLE=\(idleSeconds)",
        ]
        // Takes effect only while the container is in another network, too: see `open`.
        words += ["--publish", "127.0.0.1::5001", image]
        let outcome = try await engine.command(words).collect()
        guard !outcome.status.isSuccess else { return nil }
        return EngineError(.refused, doing: "start the local AWS `\(name)`", reason: outcome.errorText)
    }

    /// The id of the network, made if it is not there: the engine lets two processes make two of one name, and refuses the name
    /// then. Whoever sees several takes the oldest, and removes those that nobody is in.
    private func networkID() async throws -> String {
        var made: CommandOutput?
        while true {
            let all = try await Self.networkIDs(of: engine)
            for other in all.dropFirst() { _ = try await engine.command(["network", "rm", other]).collect() }
            if let oldest = all.first { return oldest }
            if let made {
                throw EngineError(.refused, doing: "make the network `\(Self.network)`", reason: made.errorText)
            }
            let words = ["network", "create", "--internal", "--label", "\(Self.label)=", Self.network]
            made = try await engine.command(words).collect()
        }
    }

    /// The ids of the networks of this name, the oldest first.
    private static func networkIDs(of engine: any LocalCloud.EngineNeeds) async throws -> [String] {
        let format = "{{.CreatedAt}}\t{{.ID}}"
        let words = ["network", "ls", "--no-trunc", "--filter", "name=^\(network)$", "--format", format]
        let lines = try await engine.command(words).collect().text.split(separator: "\n").sorted()
        return lines.map { String($0.drop { $0 != "\t" }.dropFirst()) }
    }

    /// Stops the cloud, whoever holds it. Its state stays. A cloud that does not run is no error.
    public func stop() async throws { try await Self.stop(name, on: engine) }

    private static func stop(_ name: String, on engine: any LocalCloud.EngineNeeds) async throws {
        do {
            try await engine.remove(name)
        } catch let error as EngineError {
            // It may just be ending for want of users, which takes the engine a moment.
            for _ in 1...40 {
                guard try await engine.command(["container", "inspect", name]).collect().status.isSuccess else {
                    return
                }
                try await Task.sleep(for: .milliseconds(50))
            }
            throw error
        }
    }

    /// Stops the clouds of the engine and removes their state.
    ///
    /// - Parameter label: those that have it with another value are somebody else's, and stay.
    /// - Returns: the names of those that were removed.
    public static func removeAll(of engine: any LocalCloud.EngineNeeds, label: (name: String, value: String))
        async throws -> [String]
    {
        func names(_ list: String..., format: String) async throws -> [String] {
            let words =
                list + ["--filter", "label=\(Self.label)", "--format", "{{.\(format)}} {{.Label \"\(label.name)\"}}"]
            let outcome = try await engine.command(words).collect()
            guard outcome.status.isSuccess else {
                throw EngineError(.unreachable, doing: "list what `--aws-local` keeps", reason: outcome.errorText)
            }
            return outcome.text.split(separator: "\n").compactMap { line in
                let name = line.prefix { $0 != " " }, value = line.dropFirst(name.count + 1)
                return value.isEmpty || value == label.value ? String(name) : nil
            }
        }
        for container in try await names("ps", "--all", format: "Names") { try await stop(container, on: engine) }
        let volumes = try await names("volume", "ls", format: "Name")
        for volume in volumes {
            let outcome = try await engine.command(["volume", "rm", volume]).collect()
            guard outcome.status.isSuccess else {
                throw EngineError(.refused, doing: "remove volume `\(volume)`", reason: outcome.errorText)
            }
        }
        // One that is in use stays.
        for network in try await networkIDs(of: engine) {
            _ = try await engine.command(["network", "rm", network]).collect()
        }
        return volumes
    }

    /// A command line that makes the CLI's calls inside the container, so that this machine needs no CLI. The cloud has to run.
    public var commandLine: AWSCommandLine {
        let command = engine.command(["exec", name, "python3", "\(Self.folder)/call.py", region])
        return AWSCommandLine(command: [command.executable] + command.arguments)
    }
}
