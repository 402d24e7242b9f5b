public import SpecParsing

/// The only thing execution says. The log, the JSON lines, the record and the result are all made from these.
public struct BuildEvent: Sendable, Equatable {
    /// The format of the JSON form; raised when a reader of an older one would misread it.
    public static let version = 1

    public let time: Timestamp
    public let kind: Kind

    public init(time: Timestamp, kind: Kind) {
        self.time = time
        self.kind = kind
    }

    public enum Kind: Sendable, Equatable {
        case buildStarted(BuildStart)
        /// A line of CodeBuild's agent that none of the kinds below stands for, without its prefix.
        case agentLog(phase: BuildPhase, text: String)
        case phaseStarted(phase: BuildPhase)
        case commandStarted(phase: BuildPhase, command: String, location: SourceLocation?)
        /// A chunk of what the build printed, not a line.
        case output(phase: BuildPhase, bytes: [UInt8])
        case commandFinished(phase: BuildPhase, command: String, exitStatus: Int, milliseconds: Int)
        /// Why a command failed, as far as output and container tell: how to mend it, and the tests that failed.
        case commandExplained(phase: BuildPhase, command: String, help: String?, failedTests: [String])
        /// A phase failed and its commands begin again: the first time `attempt` is 1, and there are at most `limit`.
        case phaseRetried(phase: BuildPhase, attempt: Int, limit: Int)
        case phaseFinished(phase: BuildPhase, status: PhaseStatus, context: PhaseContext, milliseconds: Int)
        case cacheRestored(entries: Int, bytes: Int, from: String)
        case cacheSaved(entries: Int, bytes: Int, to: String, changed: Bool)
        /// `name` is the artifact's own, evaluated, where the buildspec gives one (CODEBUILD.md 6.3).
        case artifactsCollected(identifier: String, files: Int, bytes: Int, path: String, name: String?)
        /// A report was made of the files of a group.
        case reportMade(ReportFacts)
        /// The phase is left out, because only another part of the build was asked for.
        case phaseSkipped(phase: BuildPhase)
        /// The state before a phase was kept.
        case checkpointMade(phase: BuildPhase, image: String, bytes: Int)
        /// The container stays behind, to be looked into.
        case containerKept(container: String)
        /// The build goes on in its kept container; phases from there on are told again.
        /// `source` is the snapshot that was brought in before; `nil` where the source stays as it is.
        case buildResumed(ResumePoint, source: SnapshotFacts? = nil)
        /// Our own words about the build: they go to standard error, never into the log.
        case notice(text: String)
        case variablesExported([ExportedVariable])
        /// The image that the container was made of, as the engine knows it.
        case imageUsed(UsedImage)
        /// Versions of the image's runtimes are selected, in this order.
        case runtimesSelected([SelectedRuntime])
        /// What the build has had to do with the network, as far as a proxy stood between them.
        case networkUsed(NetworkUse)
        /// How the build compares with the one of the service that it repeats (`run --from-build`).
        case comparedWithOriginal(OriginalComparison)
        case buildFinished(status: BuildStatus)
    }

    /// An image, named so that it is found again when its name has moved on.
    public struct UsedImage: Sendable, Equatable {
        /// The name that the engine was asked for.
        public let name: String
        /// The digest of the image's configuration: `sha256:…`.
        public let id: String
        /// The registry's digest, with the image's name there: `debian@sha256:…`; `nil` for an image that was made here.
        public let digest: String?

        public init(name: String, id: String, digest: String?) {
            self.name = name
            self.id = id
            self.digest = digest
        }
    }

    /// A runtime of the image, with the version that is used.
    public struct SelectedRuntime: Sendable, Equatable {
        /// `java`
        public let name: String
        /// The version as asked for: `latest`.
        public let asked: String
        /// The version that this means: `corretto21`.
        public let version: String
        /// The image's own entry that installs it; `default` for a version that the image does not name.
        public let key: String

        public init(name: String, asked: String, version: String, key: String) {
            self.name = name
            self.asked = asked
            self.version = version
            self.key = key
        }
    }

    public struct BuildStart: Sendable, Equatable {
        public let id: BuildID
        public let image: String
        public let sourceDirectory: String
        public let buildspec: String
        /// The folder of this machine that the source came from.
        public let source: String?
        /// What of that folder, as git names it.
        public internal(set) var snapshot: SnapshotFacts?

        public init(
            id: BuildID, image: String, sourceDirectory: String, buildspec: String, source: String?,
            snapshot: SnapshotFacts? = nil
        ) {
            self.snapshot = snapshot
            self.id = id
            self.image = image
            self.sourceDirectory = sourceDirectory
            self.buildspec = buildspec
            self.source = source
        }
    }

    /// The requests of a build that went through its proxy, by what became of them.
    public struct NetworkUse: Sendable, Equatable {
        /// Those whose answers were kept for builds without a network.
        public var recorded = 0
        public var recordedBytes = 0
        /// Those that were answered by what earlier builds had kept.
        public var replayed = 0
        /// Those that nothing was kept for, in a build without a network.
        public var missed = 0
        /// Those that a host did not answer, or whose recordings are damaged.
        public var failed = 0

        public init(recorded: Int = 0, recordedBytes: Int = 0, replayed: Int = 0, missed: Int = 0, failed: Int = 0) {
            self.recorded = recorded
            self.recordedBytes = recordedBytes
            self.replayed = replayed
            self.missed = missed
            self.failed = failed
        }

        public var isEmpty: Bool { self == NetworkUse() }

        /// Both together: a build that goes on has used the network before.
        public static func + (one: Self, other: Self) -> Self {
            NetworkUse(
                recorded: one.recorded + other.recorded, recordedBytes: one.recordedBytes + other.recordedBytes,
                replayed: one.replayed + other.replayed, missed: one.missed + other.missed,
                failed: one.failed + other.failed)
        }
    }

    public struct ExportedVariable: Sendable, Equatable {
        public let name: String
        public let value: String

        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }
}

/// CodeBuild's phases under their API names, in the order of a build (CODEBUILD.md 3.1).
public enum BuildPhase: String, Sendable, CaseIterable {
    case submitted = "SUBMITTED"
    case queued = "QUEUED"
    case provisioning = "PROVISIONING"
    case downloadSource = "DOWNLOAD_SOURCE"
    case install = "INSTALL"
    case preBuild = "PRE_BUILD"
    case build = "BUILD"
    case postBuild = "POST_BUILD"
    case uploadArtifacts = "UPLOAD_ARTIFACTS"
    case finalizing = "FINALIZING"
    case completed = "COMPLETED"

    public init(_ name: PhaseName) {
        self =
            switch name {
            case .install: .install
            case .preBuild: .preBuild
            case .build: .build
            case .postBuild: .postBuild
            }
    }
}

/// How a phase stands (API: PhaseContext, `phaseStatus`).
public enum PhaseStatus: String, Sendable {
    case succeeded = "SUCCEEDED"
    case failed = "FAILED"
    case fault = "FAULT"
    case timedOut = "TIMED_OUT"
    case inProgress = "IN_PROGRESS"
    case stopped = "STOPPED"
}

/// How a build stands (API: `buildStatus`), and LOST for one whose program was killed, which the service does not know.
public enum BuildStatus: String, Sendable {
    case succeeded = "SUCCEEDED"
    case failed = "FAILED"
    case fault = "FAULT"
    case timedOut = "TIMED_OUT"
    case inProgress = "IN_PROGRESS"
    case stopped = "STOPPED"
    case lost = "LOST"
}

/// `Phase context status code: … Message: …`; both empty when all is well.
public struct PhaseContext: Sendable, Equatable {
    public let statusCode: String
    public let message: String

    public init(statusCode: String, message: String) {
        self.statusCode = statusCode
        self.message = message
    }

    /// A context whose message is ours, where the service's own words are not known.
    ///
    /// The mark keeps the words from being taken for the service's, in the log and in every JSON.
    public static func ours(statusCode: String, message: String) -> PhaseContext {
        PhaseContext(statusCode: statusCode, message: "\(oursPrefix)\(message)")
    }

    /// What stands before every message that is ours.
    static let oursPrefix = "(buildspec) "

    public static let none = PhaseContext(statusCode: "", message: "")

    public static func commandFailed(_ command: String, exitStatus: Int) -> PhaseContext {
        PhaseContext(
            statusCode: "COMMAND_EXECUTION_ERROR",
            message: "Error while executing command: \(command). Reason: exit status \(exitStatus)")
    }

    public static let timedOut = PhaseContext(statusCode: "BUILD_TIMED_OUT", message: "Build has timed out.")
}
