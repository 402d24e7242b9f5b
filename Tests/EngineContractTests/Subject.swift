import ChildProcesses
import Engines
import Files
import TestSupport
import Testing

/// An engine that is held to the promises of one capability, and what the tests must know of it.
struct Subject<Capability: Sendable>: Sendable, CustomTestStringConvertible {
    let name: String
    let engine: Capability
    /// Has a shell; the engine has it already.
    let image: String
    /// The user id of a container's processes where nothing else is asked for.
    let userID: String
    /// podman does not copy a stream without any entry, does not label volumes without a name, and tells no folder of volumes.
    var isPodman: Bool { name.hasSuffix("podman") }
    /// It runs for another user than the tests, whose files it does not see; and pauses nothing with cgroups of version 1.
    var isRootless: Bool { name.hasPrefix("rootless") }
    /// What stands in front of a path of a container for its own processes; empty where those see nothing else.
    let root: @Sendable (_ container: String) -> String

    var testDescription: String { name }

    /// A container with a name of its own that runs a shell with a text.
    ///
    /// - Parameter arguments: the text, `$0`, `$1`…
    func spec(_ arguments: String...) -> ContainerSpec {
        var spec = ContainerSpec(name: newName(), image: image)
        spec.pull = .never
        spec.arguments = arguments
        spec.labels = [contractLabel: spec.name]
        return spec
    }

    /// A container that is up until its input ends.
    func waiting() -> ContainerSpec { spec("echo up; cat >/dev/null") }
}

/// A label of every container and volume that is made here.
let contractLabel = "dev.buildspec.contract"

/// A name for a container, an image or a volume that nothing has yet.
func newName() -> String { "buildspec-contract-\(UInt64.random(in: .min ... .max))" }

/// The engines of this machine, by what they are capable of.
enum Subjects {
    /// Whether the Docker engine is among them. With BUILDSPEC_REQUIRE_DOCKER=1 the tests fail where none answers.
    static let haveDocker: Bool = {
        if getenv("BUILDSPEC_REQUIRE_DOCKER").map({ String(cString: $0) }) == "1" { return true }
        return system("docker version --format '{{.Server.Version}}' >/dev/null 2>&1") == 0
    }()

    /// The command lines of engines; podman's as `.ci/podman` has found them.
    private static let engines: [(name: String, engine: DockerEngine)] =
        (haveDocker ? [("Docker", DockerEngine())] : [])
        + ["PODMAN", "ROOTLESS_PODMAN"].compactMap { name in
            guard let program = getenv("BUILDSPEC_TEST_\(name)") else { return nil }
            return (
                name.lowercased().replacing("_", with: " "),
                DockerEngine(client: .podman, program: String(cString: program))
            )
        }

    static let running = all {
        $0 as any ContainerRunning & EngineFinding
    } host: {
        $0
    }
    static let copying = all {
        $0 as any ContainerRunning & ContainerCopying
    } host: {
        $0
    }
    static let keepingImages = all {
        $0 as any BuildEngine
    } host: {
        $0
    }
    static let attaching = all {
        $0 as any ContainerRunning & TerminalAttaching
    } host: {
        $0
    }
    /// Those that can do all there is.
    static let complete = docker { $0 as any Engine }

    private static func all<Capability: Sendable>(
        _ docker: (DockerEngine) -> Capability, host: (HostShellEngine) -> Capability
    ) -> [Subject<Capability>] {
        self.docker(docker) + [
            Subject(
                name: "the host's shell", engine: host(hostShell), image: HostShellEngine.emptyImage,
                userID: "\(getuid())", root: { hostShell.root(of: $0) })
        ]
    }

    private static func docker<Capability: Sendable>(_ docker: (DockerEngine) -> Capability) -> [Subject<Capability>] {
        engines.map { name, engine in
            Subject(name: name, engine: docker(engine), image: "buildspec/busybox", userID: "0", root: { _ in "" })
        }
    }

    /// One for all tests; its folder is in the one for temporary files, and is left as empty as it was.
    private static let hostShell: HostShellEngine = {
        // As the program does it: what is written to a child that has ended is an error.
        signal(SIGPIPE, SIG_IGN)
        do { return try HostShellEngine(folder: temporaryFolder()) } catch {
            preconditionFailure("no folder for the host's shell: \(error)")
        }
    }()
}

/// A new folder that is removed when the process ends.
private func temporaryFolder() throws -> FilePath {
    var template = Array("/tmp/buildspec-contract-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Errno(rawValue: errno) }
    let path = FilePath(platformString: template)
    endingFolder = path.string
    atexit { if let endingFolder { try? Folder.remove(endingFolder) } }
    return path
}

/// Set once, before the process ends.
nonisolated(unsafe) private var endingFolder: String?
