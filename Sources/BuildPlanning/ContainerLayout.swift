internal import SpecParsing

/// The places in a build's container: CodeBuild's own paths (CODEBUILD.md 3.3), and ours below them.
///
/// Nothing else in Swift knows `/codebuild` but `CodeBuildFolder`, for buildspecs to be checked. The scripts that run in the container (`Resources/`) have the same paths, each
/// behind a root that is empty in containers and a folder of this machine where the host's own shell plays the container.
public enum ContainerLayout {
    /// The folder that all other ones of a build lie in.
    public static let top = "/codebuild"

    /// The folder that holds all sources of a build; a source that has no other beside it lies in it directly.
    public static func sourceFolder(of id: BuildID) -> String { "\(sourcePrefix)\(id.sourceDigits)\(sourceSuffix)" }

    /// The folders of a build's sources, the primary one first: `src`, or of several `src/s3/00`, `src/s3/01` and so on
    /// (CODEBUILD.md 3.3).
    ///
    /// - Parameters:
    ///   - id: the build's.
    ///   - count: how many sources there are; one or more.
    public static func sourceDirectories(of id: BuildID, count: Int = 1) -> [String] {
        let folder = sourceFolder(of: id)
        return count < 2 ? [folder] : (0..<count).map { "\(folder)/s3/\($0 < 10 ? "0" : "")\($0)" }
    }

    /// The folders of a build's sources as the service lays them out by the sources' types: what is cloned lies at the host and
    /// the path of its clone's URL below `src` (CODEBUILD.md 3.3), for every source of its own [inferred for secondary ones].
    ///
    /// - Parameters:
    ///   - id: the build's.
    ///   - clones: `github.com/owner/repo` for each source; `nil` for one that is no clone.
    public static func sourceDirectories(of id: BuildID, clones: [String?]) -> [String] {
        var directories = sourceDirectories(of: id, count: clones.count)
        for (index, clone) in clones.enumerated() {
            guard let clone else { continue }
            let directory = "\(sourceFolder(of: id))/\(clone)"
            if !directories.contains(directory) { directories[index] = directory }
        }
        return directories
    }

    /// What stands before and behind the digits of every ``sourceFolder(of:)``, for logs to be compared.
    public static let sourcePrefix = "/codebuild/output/src", sourceSuffix = "/src"

    /// The state between two commands (`env.sh`, `dir.txt`, `script.sh`); in memory, and in no image of the container.
    public static let state = "/codebuild/output/tmp"
    public static let environmentFile = "\(state)/env.sh", directoryFile = "\(state)/dir.txt"
    /// The state that the failed command began with.
    public static let rememberedState = "\(state)/before"
    /// The process id of a driver that goes on with a build in a kept container.
    public static let driverProcess = "\(state)/driver"
    public static let gitCredential = "\(state)/git-credential"

    /// The folder of things that a build may read and not change.
    public static let readOnly = "/codebuild/readonly"
    /// The path of a buildspec that is no file of the source.
    public static let inlineBuildspec = "\(readOnly)/buildspec.yml"
    /// The folder where the source is mounted to be copied from, and the `.git` that belongs to it; outside of all that a build
    /// owns, so that `chown -R` there meets nothing that it may not change.
    public static let mountedSource = "\(readOnly)/source/src"
    public static let mountedGit = "\(readOnly)/source/git"
    /// As ``mountedSource`` and ``mountedGit``, of a secondary source.
    ///
    /// - Parameter number: 1 for the first secondary source.
    public static func mountedSource(_ number: Int) -> String { "\(readOnly)/sources/\(number)/src" }
    public static func mountedGit(_ number: Int) -> String { "\(readOnly)/sources/\(number)/git" }
    /// The folder in which folders with git's objects are mounted.
    public static let gitObjects = "\(readOnly)/git"
    /// As ``gitObjects``, of a secondary source.
    public static func gitObjects(_ number: Int) -> String { "\(readOnly)/sources/\(number)/objects" }
    /// The folder in which the volumes are mounted that hold changes of a layered source.
    public static let layers = "\(readOnly)/layers"
    /// The mount of a folder that this machine and the container share, for tar streams.
    public static let pipes = "\(readOnly)/pipes"
    /// The certificates that programs are told to trust when a proxy stands before the network.
    public static let certificates = "\(readOnly)/ca/bundle.pem"

    /// The folder in which a build of a batch finds the artifacts of those that it waited for, each under its identifier; ours.
    public static let handedOver = "\(readOnly)/handed-over"
    /// How long tests took in earlier builds, for `codebuild-tests-run`; ours.
    public static let shardTimes = "\(state)/shard-times"

    /// The image's list of runtimes, which AWS's own images have (CODEBUILD.md 10.3).
    public static let runtimes = "/codebuild/image/config/runtimes.yml"

    /// The mount of the driver and of the programs that every build finds in `PATH`.
    public static let programs = "/codebuild/user"
    public static let driver = "\(programs)/driver.sh"

    /// The folder in which chosen files of an artifact are put together before they are fetched.
    public static func artifactStage(_ name: String) -> String { "/codebuild/output/artifacts/\(name)" }

    /// The socket at which programs look for a Docker daemon.
    public static let dockerSocket = "/var/run/docker.sock"

    /// Whether a path is one of CodeBuild's own.
    public static func holds(_ path: String) -> Bool { CodeBuildFolder.holds(path) }
}
