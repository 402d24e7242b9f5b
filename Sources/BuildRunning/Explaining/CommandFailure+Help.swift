internal import BuildPlanning
internal import SpecParsing

extension CommandFailure {
    /// One line that says what happened and how to mend it; `nil` when the command's own output says it better.
    ///
    /// The rules are asked one after the other, the surest first.
    public var help: String? {
        let rules: [(CommandFailure) -> () -> String?] = [
            CommandFailure.lackOfMemory, CommandFailure.wordsOfBash, CommandFailure.unsetVariable,
            CommandFailure.fullDisk, CommandFailure.noNetwork, CommandFailure.noDaemon, CommandFailure.otherProcessor,
            CommandFailure.emptyReference, CommandFailure.notRun, CommandFailure.signal, CommandFailure.killsBefore,
        ]
        return rules.lazy.compactMap { $0(self)() }.first
    }

    private func line(with texts: [String]) -> String? {
        lines.last { line in texts.contains { line.contains($0) } }
    }

    // MARK: Memory, disk, network

    private func lackOfMemory() -> String? {
        let isKilled =
            exitStatus == 137 || lines.contains { $0 == "Killed" || $0.hasSuffix(": Killed") }
            || line(with: ["Killed signal terminated program", "forked VM terminated"]) != nil
        guard isKilled else { return nil }
        let more = wayToMemory
        switch facts.memoryKills {
        case let count? where count > 0: return "the kernel killed a process of this build for lack of memory; \(more)"
        case .some:
            return exitStatus == 137
                ? "a process of the build was killed by SIGKILL, but not for lack of memory: look for a `kill -9` in the build"
                : nil
        case nil: return exitStatus == 137 ? "killed by SIGKILL, most often for lack of memory; \(more)" : nil
        }
    }

    /// A process may die for lack of memory, and the one that waits for it say nothing of that.
    private func killsBefore() -> String? {
        guard let count = facts.memoryKills, count > 0 else { return nil }
        return "the kernel killed a process of this build for lack of memory; \(wayToMemory)"
    }

    private var wayToMemory: String {
        surroundings.memory.map { "the build may use \($0): give it more with --memory, or let the command use less" }
            ?? "no --memory limits it: give the engine's machine more memory, or let the command use less"
    }

    private func fullDisk() -> String? {
        guard line(with: ["No space left on device", "Disk quota exceeded"]) != nil else { return nil }
        return "the disk of the engine is full: `docker system df` shows what fills it, `docker system prune` and "
            + "`buildspec cache prune` make room"
    }

    private func noNetwork() -> String? {
        let words = [
            "Could not resolve host", "Temporary failure in name resolution", "Temporary failure resolving",
            "Name or service not known", "Network is unreachable", "Network unreachable", "Unknown host",
            "UnknownHostException", "EAI_AGAIN", "ENOTFOUND", "ENETUNREACH", "bad address '", "no such host",
            "NameResolutionError", "Failed to establish a new connection", "Connection refused", "ECONNREFUSED",
            "Couldn't connect to server", "Failed to connect to ", "unable to access '", "Unable to locate package",
            "Unable to fetch some archives",
        ]
        guard surroundings.isOffline, let line = line(with: words) else { return nil }
        let host = line.firstMatch(
            of: #/(?:resolve host:?|resolving|[Uu]nknown host|bad address|lookup|EAI_AGAIN|ENOTFOUND) '?([\w.-]+)/#)
        let what = host.map { "`\($0.1)` cannot be reached" } ?? "nothing can be reached"
        return "`--offline` gives the build no network, so \(what): run once without it, and keep what is fetched by "
            + "`cache.paths` or in the image"
    }

    private func noDaemon() -> String? {
        let words = [
            "Cannot connect to the Docker daemon", "failed to connect to the docker API",
            "trying to connect to the Docker daemon socket", "trying to connect to the docker API",
        ]
        guard line(with: words) != nil else { return nil }
        switch surroundings.docker {
        case .inside:
            return
                "the build's own Docker daemon does not answer: its log is /var/log/docker.log of the container; an image without "
                + "a daemon has to start one in the build's commands"
        case .host:
            return
                "cannot reach your engine at \(ContainerLayout.dockerSocket) of the container: it does not run, or the command "
                + "does not run as root, who alone may use it, as in CodeBuild"
        case .absent:
            return "the build has no Docker daemon. \(BuildPlan.waysToDocker)"
        }
    }

    // MARK: The shell's language

    /// What dash prints for words that only bash knows, each with the name of the word.
    private static let bashWords: [(words: String, name: String)] = [
        ("[[: not found", "`[[`"), ("source: not found", "`source`"),
        ("Bad substitution", "`${name/x/y}` and its like"),
        ("Syntax error: \"(\" unexpected", "`name=(…)` and `<(…)`"),
        ("Syntax error: redirection unexpected", "`<<<` and `&>`"), ("Bad for loop variable", "`for ((…))`"),
        ("declare: not found", "`declare`"), ("shopt: not found", "`shopt`"), ("pushd: not found", "`pushd`"),
        ("popd: not found", "`popd`"), ("let: not found", "`let`"), ("mapfile: not found", "`mapfile`"),
        ("readarray: not found", "`readarray`"), ("function: not found", "`function`"),
        ("Illegal option -o pipefail", "`set -o pipefail`"), (": unexpected operator", "`==` inside `[`"),
        ("syntax error: unexpected \"(\"", "`name=(…)` and `<(…)`"), ("bad substitution", "`${name/x/y}` and its like"),
    ]

    private func wordsOfBash() -> String? {
        guard shell == .standard, facts.shellProgram?.hasSuffix("bash") != true,
            let found = Self.bashWords.first(where: { row in
                lines.contains {
                    $0.contains(row.words) && $0.contains("sh: ") || $0.hasPrefix("[: ") && $0.contains(row.words)
                }
            })
        else { return nil }
        let name = facts.shellProgram?.split(separator: "/").last.map { "`sh` is \($0) here" } ?? "this is no bash"
        let way =
            facts.hasBash
            ? "set `env: shell: bash` in the buildspec"
            : "set `env: shell: bash` in the buildspec, and name an image that has bash"
        return "\(name), which does not know \(found.name): \(way)"
    }

    private func unsetVariable() -> String? {
        let pattern =
            #/: (?:line )?\d+: ([A-Za-z_][A-Za-z0-9_]*): (?:parameter not set|parameter null or not set|unbound variable)/#
        guard let name = lines.reversed().lazy.compactMap({ $0.firstMatch(of: pattern) }).first.map({ String($0.1) })
        else { return nil }
        let near = nearName(to: name, among: surroundings.variables).map { "did you mean `\($0)`? Else " } ?? ""
        return "variable `\(name)` is not set: \(near)give it with --env \(name)=VALUE, or under `env.variables`"
    }

    private func emptyReference() -> String? {
        guard line(with: ["invalid reference format", "invalid tag \"", "repository name must "]) != nil,
            let name = facts.emptyVariables.first
        else { return nil }
        return "`$\(name)` is empty here, so the image has no valid name: give it with --env \(name)=VALUE, or "
            + "under `env.variables`"
    }

    // MARK: Programs that do not run

    private func otherProcessor() -> String? {
        guard exitStatus == 126 || exitStatus == 127 || exitStatus == 1,
            lines.contains(where: { $0.lowercased().contains("exec format error") })
        else { return nil }
        let here = facts.machine.map { "this container is \($0)" } ?? "it is not this container's"
        return "the program is made for another processor (\(here)), or is a script without `#!`: use one that fits, "
            + "or name the image's platform with --platform"
    }

    private func notRun() -> String? {
        guard let name = blamedProgram else { return nil }
        guard name.contains("/") else { return exitStatus == 127 ? missing(name) : nil }
        switch facts.file?.kind {
        case .missing:
            // A command that changes the folder and is cut off by `exit` or `set -e` leaves the old one behind.
            guard exitStatus == 127, !command.contains("cd ") else { return nil }
            return
                "there is no `\(name)` in the folder where the command runs; files that git ignores are not part of the source"
        case .folder: return "`\(name)` is a folder, not a program"
        case .plain where exitStatus == 126:
            let path = name.hasPrefix("./") ? String(name.dropFirst(2)) : name
            return "`\(name)` is not executable: `git update-index --chmod=+x \(path)` keeps that in git, or run it by "
                + "`sh \(name)`"
        case .plain, .executable, nil: return interpreter(of: name)
        }
    }

    /// Explains a file that exists and cannot be run because its interpreter or loader is missing.
    private func interpreter(of name: String) -> String? {
        guard let file = facts.file else { return nil }
        if file.head.hasPrefix("#!"), file.head.hasSuffix("\r") {
            return "`\(name)` has Windows line ends, so that its first line names no program: "
                + "`sed -i 's/\\r$//' \(name)`, or `*.sh text eol=lf` in .gitattributes"
        }
        guard !file.hasInterpreter else {
            return file.head.hasPrefix("\u{7f}ELF")
                ? "`\(name)` is a program whose loader the image does not have: it is made for another libc or processor"
                : nil
        }
        let program = file.head.dropFirst(2).split(separator: " ").first ?? ""
        return "`\(name)` is run by `\(program)`, which the image does not have: install it, or name another image "
            + "with --image"
    }

    private func missing(_ name: String) -> String {
        if let ineffective = ineffectiveRuntime(of: name) { return ineffective }
        // `python` for `python3`; only a long name can be a slip of a longer one: `mvn` is no slip of `mv`.
        let near =
            facts.programs.filter { $0.hasPrefix(name) && $0.dropFirst(name.count).allSatisfy(\.isNumber) }.min()
            ?? (name.count >= 4 && !Self.tools.contains(name) ? nearName(to: name, among: facts.programs) : nil)
        if let near { return "the image has no `\(name)`: did you mean `\(near)`?" }
        return
            "the image has no `\(name)` in its PATH: install it in the phase `install`, or name an image that has it "
            + "with --image" + (Self.clientsOfDocker.contains(name) ? wayToDaemon : "")
    }

    private static let clientsOfDocker: Set<String> = ["docker", "docker-compose", "dockerd", "buildx"]

    /// What else a build needs whose image lacks Docker's own programs.
    private var wayToDaemon: String {
        surroundings.docker == .absent ? ". It also needs a Docker daemon. \(BuildPlan.waysToDocker)" : ""
    }

    /// Says of a program that belongs to a runtime of `runtime-versions` that these had no effect.
    private func ineffectiveRuntime(of program: String) -> String? {
        guard let runtime = Self.runtimes.first(where: { $0.programs.contains(program) }),
            let asked = surroundings.unusedRuntimes.first(where: { $0.name == runtime.name }),
            !facts.programs.contains(where: {
                $0.hasPrefix(program) && $0.dropFirst(program.count).allSatisfy(\.isNumber)
            })
        else { return nil }
        return
            "the image has no `\(program)`: `runtime-versions: \(asked.name): \(asked.version)` had no effect, since only "
            + "images built like CodeBuild's have runtimes to choose from. Name an image that has it (`--image "
            + "\(runtime.image)`), or make one like CodeBuild's: `buildspec images build standard`"
    }

    /// The runtimes of CodeBuild, each with its programs and a public image that has them.
    private static let runtimes: [(name: String, programs: Set<String>, image: String)] = [
        ("nodejs", ["node", "npm", "npx", "yarn", "pnpm", "corepack"], "node:22-bookworm"),
        ("java", ["java", "javac", "jar", "mvn", "gradle", "ant"], "maven:3-eclipse-temurin-17"),
        ("python", ["python", "python3", "pip", "pip3", "pipenv", "poetry"], "python:3.12-bookworm"),
        ("golang", ["go", "gofmt"], "golang:1-bookworm"),
        ("ruby", ["ruby", "gem", "bundle", "bundler", "rake"], "ruby:3-bookworm"),
        ("php", ["php", "composer"], "composer:2"), ("dotnet", ["dotnet"], "mcr.microsoft.com/dotnet/sdk:8.0"),
    ]

    /// Short names of programs that are missing rather than misspelled.
    private static let tools: Set<String> = [
        "node", "yarn", "pnpm", "java", "gradle", "docker", "python", "pip3", "ruby", "bundle", "make", "cmake", "curl",
        "wget", "dotnet", "terraform", "kubectl", "helm", "unzip", "composer", "rustc", "cargo", "sudo", "bash", "tree",
    ]

    // MARK: Signals

    private func signal() -> String? {
        switch exitStatus {
        case 126: "the program that the command names was found, but could not be run"
        case 127: "a program that the command names was not found"
        case 130: "a process of the build was interrupted (SIGINT): nothing outside of the build does that"
        case 134: "a program of the build aborted (SIGABRT): the end of its output says why"
        case 139:
            "a program of the build crashed (SIGSEGV)"
                + (surroundings.platform.map { "; under emulation (--platform \($0)) that may be the emulator's fault" }
                    ?? ": the fault is its own, or that of a library built for another system")
        case 143: "a process of the build was ended by SIGTERM: look for a `kill` or `timeout` in the build"
        case 124 where command.contains("timeout"): "`timeout` ended it: it took longer than was allowed"
        default: nil
        }
    }
}
