internal import AWSCalls
internal import Synchronization

/// Prints the log of a build of the service, to its end or as long as the build runs.
struct CloudLogReading {
    let history: CloudHistory
    let follows: Bool
    let pattern: String?
    let format: PlanFormat

    private var terminal: Terminal { history.machine.terminal }

    /// - Returns: `buildFailed` (1) when a pattern was given and nothing matched, as grep(1) does.
    func run() async throws -> ExitStatus {
        var filter = try pattern.map(LineFilter.init)
        func write(_ page: CloudWatchLogs.Page) throws {
            guard format == .text else { return try terminal.write(page.answer) }
            let text = page.text
            try terminal.write(filter?.feed(text) ?? text)
        }
        let (build, _) = try await history.find()
        let ways = CloudLogWays(build, profile: history.profile, region: history.region)
        if follows, ways.isInCloudWatch {
            var following = CloudLogFollowing(by: history.aws, repetition: history.repetition)
            following.isToGoOn = renewal
            _ = try await history.explaining(CloudHistory.readingLog(of: build)) {
                try await following.follow(build, write)
            }
        } else {
            try await history.reading(build, by: ways) { logs, stream in try await logs.read(stream, write) }
        }
        if let rest = filter?.finish() { try terminal.write(rest) }
        return filter.map(\.hasMatched) ?? true ? .succeeded : .buildFailed
    }

    /// How long new credentials are waited for, and how often they are looked for.
    private static let patience = Duration.seconds(15 * 60), pause = Duration.seconds(10)

    /// Says that the credentials have expired, and waits for the user to log in elsewhere.
    ///
    /// Nobody waits where there is no person, and where the keys come from the environment, which no login changes.
    private var renewal: @Sendable (AWSError) async throws -> Bool {
        let machine = history.machine
        let canWait = machine.terminal.isInteractive && machine.environment["AWS_ACCESS_KEY_ID"] == nil
        final class Waiting: Sendable {
            let since = Mutex<(first: ContinuousClock.Instant, last: ContinuousClock.Instant)?>(nil)
        }
        let waiting = Waiting()
        return { error in
            guard canWait else { return false }
            let now = ContinuousClock.now
            let (isFirst, hasPatience) = waiting.since.withLock { since in
                // What was refused long ago has been mended since.
                if let known = since, now - known.last < Self.pause * 6 {
                    since = (known.first, now)
                    return (false, now - known.first < Self.patience)
                }
                since = (now, now)
                return (true, true)
            }
            guard hasPatience else { return false }
            if isFirst {
                machine.say(
                    "AWS refuses your credentials (\(error)): log in again in another terminal, and the log goes on; "
                        + "Ctrl-C ends it\n")
            }
            try await Task.sleep(for: Self.pause)
            return true
        }
    }
}

extension CloudHistory {
    /// The build that is meant, and its whole log.
    ///
    /// - Throws: ``Failure`` when there is none, or no log of it.
    func log() async throws -> (build: CloudBuild, text: [UInt8]) {
        let (build, _) = try await find()
        let ways = CloudLogWays(build, profile: profile, region: region)
        return (build, try await reading(build, by: ways) { logs, stream in try await logs.text(of: stream) })
    }

    /// Reads the log of a build in one of the ways that there are.
    ///
    /// - Throws: ``Failure`` when the build has no log that can be read, or AWS cannot be asked for it.
    fileprivate func reading<Value>(
        _ build: CloudBuild, by ways: CloudLogWays,
        _ read: (CloudWatchLogs, CloudLogStream) async throws -> Value
    ) async throws -> Value {
        guard let stream = build.logs?.stream, ways.isInCloudWatch else { throw ways.noLog }
        return try await explaining(Self.readingLog(of: build)) {
            do { return try await read(CloudWatchLogs(by: aws, repetition: repetition), stream) } catch let error
                as AWSError where error.code == "ResourceNotFoundException"
            { throw ways.goneLog(stream) }
        }
    }

    fileprivate static func readingLog(of build: CloudBuild) -> String {
        "cannot read the log of `\(build.id)` from AWS"
    }
}

/// Where the log of a build is, and what to say when it is not where it can be read.
struct CloudLogWays {
    private let build: CloudBuild
    private let flags: String

    init(_ build: CloudBuild, profile: String?, region: String?) {
        self.build = build
        flags = (profile.map { " --profile \($0)" } ?? "") + (region.map { " --region \($0)" } ?? "")
    }

    /// Whether the log is written to CloudWatch Logs, as far as the build says.
    var isInCloudWatch: Bool { build.logs?.cloudWatchLogs?.status != "DISABLED" }

    /// The build has no log that can be read.
    var noLog: Failure {
        if !isInCloudWatch {
            guard build.logs?.s3Logs?.status == "ENABLED" else {
                return Failure(
                    .noSuchFile, "`\(build.id)` has no log: its project writes none (`logsConfig`)")
            }
            let place = build.logs?.s3Location
            let copy = "`aws s3 cp \(place ?? "s3://BUCKET/PATH/\(build.uuid).gz") -\(flags) | gzip -dcf` prints it"
            return Failure(
                .noSuchFile, "the log of `\(build.id)` is only in S3",
                help: place == nil && build.endTime == nil ? "\(copy) when the build has ended" : copy)
        }
        let phase = build.currentPhase ?? "SUBMITTED"
        guard build.endTime == nil else {
            let context = build.failedPhase?.contexts?.compactMap(\.message).first { !$0.isEmpty }
            return Failure(
                .noSuchFile,
                "`\(build.id)` has no log: it ended before its container ran"
                    + (build.failedPhase.map { " (\($0.phaseType)\(context.map { ": \($0)" } ?? ""))" } ?? ""))
        }
        return Failure(
            .noSuchFile, "`\(build.id)` has no log yet: it is in \(phase)", help: "--follow waits for it")
    }

    /// The log was in a stream that is not there.
    func goneLog(_ stream: CloudLogStream) -> Failure {
        build.endTime == nil
            ? Failure(
                .noSuchFile, "`\(build.id)` has no log yet: its stream is not made", help: "--follow waits for it")
            : Failure(
                .noSuchFile, "the log of `\(build.id)` is no longer in CloudWatch Logs",
                help: "the group `\(stream.group)` keeps logs for a limited time, or the log was deleted")
    }
}
