import ChildProcesses
import Engines
import Files

/// Runs "containers" as processes of this machine's shell, each in a folder of its own below a temporary one.
///
/// Nothing is hidden from such a process: it sees this machine's files and its network. The files of the container lie in
/// ``root(of:)``, and a path of the container, `/a/b`, is `a/b` in that folder; what runs in the container has to put the
/// folder in front itself, as the driver does with its second argument. An image is a folder of files that a container
/// begins with a copy of. It takes `sh`, `env`, `tar` and `perl`, and no rights but those of the user.
///
/// What needs rights or a kernel's help is refused as an engine refuses it: layered mounts, volumes, privileges and networks.
/// Read-only mounts are links, and so not read-only. A process that leaves its process group outlives the container.
public final class HostShellEngine: ContainerRunning, ContainerCopying, ImageKeeping, EngineFinding, TerminalAttaching {
    /// The name of the image that is always there, and has nothing in it.
    public static let emptyImage = "empty"

    /// Absolute, and readable for every user: `run-as` needs it.
    let folder: String

    /// - Parameter folder: an empty folder, the engine's own.
    public init(folder: FilePath) throws {
        self.folder = folder.string
        try Folder.makePublic(self.folder)
        for name in ["containers", "removed"] { try Folder.makePublic("\(self.folder)/\(name)") }
        try Folder.make("\(imageFolder(Self.emptyImage))/files/tmp", mode: 0o755)
        try Folder.write("\(imageFolder(Self.emptyImage))/id", Array("0".utf8))
    }

    /// Runs `body` with an engine of its own, in a temporary folder that is gone afterwards, as is all that still ran.
    public static func with<Result>(_ body: (HostShellEngine) async throws -> Result) async throws -> Result {
        try await withScratch { scratch in
            let engine = try HostShellEngine(folder: scratch)
            let outcome: Swift.Result<Result, any Error>
            do { outcome = .success(try await body(engine)) } catch { outcome = .failure(error) }
            for name in try Folder.names("\(engine.folder)/containers") { try await engine.remove(name) }
            return try outcome.get()
        }
    }

    /// The folder that a container's files lie in, without a slash at its end; also of one that does not run yet.
    public func root(of container: String) -> String { "\(containerFolder(container))/files" }

    func containerFolder(_ name: String) -> String { "\(folder)/containers/\(name)" }

    // MARK: Running

    public func withContainer<Result: Sendable>(
        _ spec: ContainerSpec, _ body: @Sendable (ChildStreams) async throws -> Result
    ) async throws -> (result: Result, status: ChildStatus) {
        do {
            let outcome = try await start(spec).stream(body)
            // A client that was killed does not end its container.
            if outcome.status != .signalled(SIGKILL) { try await remove(spec.name) }
            return outcome
        } catch {
            // A new task: not cancelled with us.
            _ = await Task { try await remove(spec.name) }.result
            throw error
        }
    }

    /// The client of a new container, or of its refusal.
    private func start(_ spec: ContainerSpec) async throws -> Command {
        if let reason = refusal(of: spec) {
            return Command("sh", ["-c", #"printf '%s\n' "$1" >&2; exit 125"#, "sh", "host: \(reason)"])
        }
        let folder = containerFolder(spec.name), root = root(of: spec.name)
        try Folder.makePublic(folder)
        try Folder.make("\(folder)/processes", mode: 0o755)
        let copied = try await Command("cp", ["-a", "\(imageFolder(spec.image))/files", root]).collect()
        guard copied.status.isSuccess else {
            throw EngineError(.refused, doing: "copy image `\(spec.image)`", reason: copied.errorText)
        }
        chmod(root, 0o755)
        for mount in spec.readOnlyMounts {
            let place = root + mount.container
            try Folder.make(String(place.prefix(upTo: place.lastIndex(of: "/") ?? place.endIndex)), mode: 0o755)
            symlink(mount.host, place)
        }
        for mount in spec.memoryMounts {
            try Folder.make(root + mount, mode: 0o755)
            chmod(root + mount, 0o1777)
        }
        let fleeting = spec.memoryMounts + spec.readOnlyMounts.map(\.container)
        try Folder.write("\(folder)/fleeting", lines(fleeting))
        try Folder.write("\(folder)/labels", lines(spec.labels.map { "\($0.key)=\($0.value)" }))
        return client(of: spec.name, isFirst: true, spec.environment, spec.arguments)
    }

    private func refusal(of spec: ContainerSpec) -> String? {
        guard Folder.exists(imageFolder(spec.image)) else { return "no image `\(spec.image)`" }
        if Folder.exists(containerFolder(spec.name)) { return "the name `\(spec.name)` is in use" }
        if spec.layeredMount != nil { return "a layered mount takes a kernel's help" }
        if let mount = spec.readOnlyMounts.first(where: { !Folder.exists($0.host) }) {
            return "no `\(mount.host)` to mount"
        }
        if !spec.volumes.isEmpty { return "there are no volumes here" }
        if spec.privilege != nil { return "there are no privileges to give" }
        return spec.isOffline ? "every process has this machine's network" : nil
    }

    public func withShell<Result: Sendable>(
        in container: String, _ arguments: [String], _ body: @Sendable (ChildStreams) async throws -> Result
    ) async throws -> Result {
        try await client(of: container, isFirst: false, [], arguments).stream(body).result
    }

    /// A process between us and one of the container's: when it is killed, the container's goes on and finds its streams closed.
    private func client(
        of container: String, isFirst: Bool, _ environment: [(name: String, value: String)], _ arguments: [String]
    ) -> Command {
        Command(
            "perl",
            ["-e", Self.clientText, "\(containerFolder(container))/processes", isFirst ? "first" : "other"]
                + shell(in: container, environment, arguments),
            workingDirectory: Folder.exists(root(of: container)) ? root(of: container) : nil)
    }

    /// `sh -c` with an environment of its own, like that of a container.
    private func shell(
        in container: String, _ environment: [(name: String, value: String)], _ arguments: [String]
    ) -> [String] {
        let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
        let variables = [(name: "PATH", value: path), (name: "HOME", value: "\(root(of: container))/root")]
        return ["env", "-i"] + (variables + environment).map { "\($0.name)=\($0.value)" } + ["sh", "-c"] + arguments
    }

    /// The client. Arguments: the folder where the process is noted by its id, `first` or `other`, the program. It has a
    /// process group of its own, as all of a container have; what is left of the first one's ends with it.
    private static let clientText = #"""
        my ($folder, $kind) = splice @ARGV, 0, 2;
        pipe(my $output, my $itsOutput) && pipe(my $errors, my $itsErrors) || die "pipe: $!";
        # So that the end of the child ends a `select`.
        $SIG{CHLD} = sub {};
        my $interrupted = 4;
        my $child = fork;
        die "fork: $!" unless defined $child;
        if (!$child) {
            $SIG{CHLD} = "DEFAULT";
            setpgrp 0, 0;
            open(STDOUT, ">&", $itsOutput) && open(STDERR, ">&", $itsErrors) || exit 125;
            # A container that was removed meanwhile has no such folder any more.
            open(my $note, ">", "$folder/$$.$kind") or die "no such container\n";
            close $note;
            exec { $ARGV[0] } @ARGV;
            exit 127;
        }
        close STDIN;
        close $itsOutput;
        close $itsErrors;
        my %streams = (fileno($output) => [$output, *STDOUT], fileno($errors) => [$errors, *STDERR]);
        my ($status, $hasEnded);
        while (1) {
            if (!$hasEnded && waitpid($child, 1) == $child) {
                ($status, $hasEnded) = ($?, 1);
                kill "KILL", -$child if $kind eq "first";
            }
            last if $hasEnded && !%streams;
            my $bits = "";
            vec($bits, $_, 1) = 1 for keys %streams;
            # What is in the pipes by then is read; children in the background may hold them open.
            my $count = select($bits, undef, undef, $hasEnded ? 0 : 0.02);
            last if $hasEnded && !$count;
            next if $count <= 0;
            for my $stream (keys %streams) {
                next unless vec($bits, $stream, 1);
                my ($from, $to) = @{$streams{$stream}};
                my $length = sysread $from, my $bytes, 65536;
                next if !defined $length && $! == $interrupted;
                if (!$length) { delete $streams{$stream}; next }
                for (my $place = 0; $place < $length;) {
                    my $written = syswrite $to, $bytes, $length - $place, $place;
                    exit 125 unless defined $written || $! == $interrupted;
                    $place += $written || 0;
                }
            }
        }
        unlink "$folder/$child.$kind" unless kill 0, -$child;
        exit($status & 127 ? 128 + ($status & 127) : $status >> 8);
        """#

    public func isRunning(_ container: String) async throws -> Bool {
        try firstProcess(of: container).map(Self.isAlive) ?? false
    }

    /// `nil` for a container that is only coming up, too.
    private func firstProcess(of container: String) throws -> pid_t? {
        try Folder.names("\(containerFolder(container))/processes").first { $0.hasSuffix(".first") }
            .flatMap(Self.process)
    }

    private static func process(of note: String) -> pid_t? { note.split(separator: ".").first.flatMap { pid_t($0) } }

    /// A process that nobody has waited for yet is none any more.
    private static func isAlive(_ process: pid_t) -> Bool {
        guard kill(process, 0) == 0 else { return false }
        #if os(Linux)
            guard let bytes = try? FilePath("/proc/\(process)/stat").content() else { return false }
            let fields = String(decoding: bytes, as: UTF8.self).split(separator: ")").last?.split(separator: " ")
            return fields?.first != "Z"
        #else
            return true
        #endif
    }

    public func diagnose(_ spec: ContainerSpec, status: ChildStatus, said: String) async -> EngineError {
        guard Folder.exists(imageFolder(spec.image)) else {
            return EngineError(.imageMissing, doing: "get image `\(spec.image)`", reason: "there is no such folder")
        }
        return EngineError(.refused, doing: "start a container of `\(spec.image)`", reason: said)
    }

    @discardableResult
    public func remove(_ container: String) async throws -> Bool {
        let removed = "\(folder)/removed/\(container)-\(UInt64.random(in: .min ... .max))"
        // From now on no process can be added.
        guard rename(containerFolder(container), removed) == 0 else {
            guard errno == ENOENT else {
                throw EngineError(
                    .refused, doing: "remove container `\(container)`", reason: "\(Errno(rawValue: errno))")
            }
            return false
        }
        for note in try Folder.names("\(removed)/processes") {
            if let process = Self.process(of: note) { kill(-process, SIGKILL) }
        }
        // A process that is dying may still be writing.
        for _ in 0..<50 {
            if try await Command("rm", ["-rf", removed]).collect().status.isSuccess { return true }
            _ = try await Command("chmod", ["-R", "u+rwx", removed]).collect()
        }
        throw EngineError(.refused, doing: "remove container `\(container)`", reason: "its folder stays")
    }

    // MARK: Finding

    public func answers() async throws -> Bool { true }

    public func containers(withLabel label: String) async throws -> [String] {
        var found: [String] = []
        for name in try Folder.names("\(folder)/containers") {
            let labels = "\(containerFolder(name))/labels"
            guard Folder.exists(labels) else { continue }
            // One whose client was killed has nobody else to remove it when it has ended.
            if let process = try firstProcess(of: name), !Self.isAlive(process) {
                try await remove(name)
            } else if try texts(in: labels).contains(where: { $0 == label || $0.hasPrefix("\(label)=") }) {
                found.append(name)
            }
        }
        return found
    }

    // MARK: The terminal

    public func attach(
        to container: String, user: String?, isInteractive: Bool, _ arguments: [String]
    ) async throws -> ChildStatus {
        try await Command(
            "env", Array(shell(in: container, [], arguments).dropFirst()), workingDirectory: root(of: container)
        )
        .runOnTerminal()
    }

    public func runOnTerminal(
        _ image: String, memoryMounts: [String], isInteractive: Bool, _ arguments: [String]
    ) async throws -> ChildStatus {
        var spec = ContainerSpec(name: "terminal-\(UInt64.random(in: .min ... .max))", image: image)
        spec.memoryMounts = memoryMounts
        spec.arguments = arguments
        let client = try await start(spec)
        let outcome = await Task { try await client.runOnTerminal() }.result
        try await remove(spec.name)
        return try outcome.get()
    }

    private func lines(_ texts: [String]) -> [UInt8] { Array(texts.map { $0 + "\n" }.joined().utf8) }

    /// The lines of a file.
    func texts(in path: String) throws -> [String] {
        try Folder.read(path).split(separator: 0x0a).map { String(decoding: $0, as: UTF8.self) }
    }
}

extension FilePath {
    /// All that can be read of a file whose size nobody knows.
    fileprivate func content() throws -> [UInt8] {
        let file = try FileDescriptor.open(self, .readOnly)
        return try file.closeAfter {
            try [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
                count = try file.read(into: UnsafeMutableRawBufferPointer(buffer))
            }
        }
    }
}
