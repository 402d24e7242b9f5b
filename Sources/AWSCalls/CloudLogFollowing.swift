/// Reads the log of a build that runs in CodeBuild, until it has ended.
public struct CloudLogFollowing: Sendable {
    private let builds: CodeBuildBuilds
    private let logs: CloudWatchLogs
    private let repetition: AWSRepetition
    /// Is called when AWS refuses the credentials, and says whether to go on: the CLI may have new ones by then.
    public var isToGoOn: @Sendable (AWSError) async throws -> Bool = { _ in false }

    /// - Parameter repetition: gives the pauses between calls as well.
    public init(by aws: AWSCommandLine, repetition: AWSRepetition = AWSRepetition()) {
        builds = CodeBuildBuilds(by: aws, repetition: repetition)
        logs = CloudWatchLogs(by: aws, repetition: repetition)
        self.repetition = repetition
    }

    /// When to look again, and when to stop: it knows no clock, and calls nothing.
    struct Pace: Equatable {
        /// The pauses between answers without a line: short after a line, then longer and longer.
        static let shortest = Duration.seconds(3), longest = Duration.seconds(30)
        /// The number of answers in a row that have no line after the build has ended: lines come late.
        static let emptyAnswers = 2

        private(set) var pause = shortest
        /// The number of answers in a row without a line, and of those behind the build's end.
        private var quiet = 0, empty = 0

        /// Takes note of an answer, and says whether the log is complete.
        mutating func take(hasLines: Bool, isBuildOver: Bool) -> Bool {
            if hasLines {
                self = Pace()
                return false
            }
            quiet += 1
            empty = isBuildOver ? empty + 1 : 0
            pause = quiet == 1 || isBuildOver ? Self.shortest : min(pause * 2, Self.longest)
            return empty >= Self.emptyAnswers
        }
    }

    /// Reads the log from its beginning, and gives each part of it to `body`, until the build has ended and two answers in a row
    /// are empty.
    ///
    /// - Parameter build: as it was read last.
    /// - Returns: the build as it ended.
    /// - Throws: as ``CloudWatchLogs/page(of:at:)``, and what `body` throws; what was given to `body` before is right.
    public func follow(_ build: CloudBuild, _ body: (CloudWatchLogs.Page) async throws -> Void) async throws
        -> CloudBuild
    {
        var build = build, place: String?, pace = Pace()
        while true {
            // Asked before reading: what is logged between the two is read next time.
            let isOver = build.endTime != nil
            let page = try await goingOn { try await self.page(of: build, at: place) }
            if let page, !page.events.isEmpty { try await body(page) }
            let next = page?.next ?? place
            // An empty answer in the middle leads on; the end leads to itself.
            let isMoving = next != place
            place = next
            if isMoving, page?.events.isEmpty == true { continue }
            if pace.take(hasLines: page?.events.isEmpty == false, isBuildOver: isOver) { return build }
            if isMoving { continue }
            // A fifth more or less, so that many who follow do not ask all at once.
            try await repetition.sleep(pace.pause * (0.8 + 0.4 * repetition.random()))
            guard build.endTime == nil else { continue }
            let id = build.id
            build = try await goingOn { try await builds.builds([id]).builds.first } ?? build
        }
    }

    /// Reads a part of a build's log; `nil` as long as the build has none.
    private func page(of build: CloudBuild, at place: String?) async throws -> CloudWatchLogs.Page? {
        guard let stream = build.logs?.stream else { return nil }
        do { return try await logs.page(of: stream, at: place) } catch let error as AWSError
            where error.code == "ResourceNotFoundException" && build.endTime == nil
        {
            // Its name is known before it is made.
            return nil
        }
    }

    private func goingOn<Value>(_ call: () async throws -> Value) async throws -> Value {
        while true {
            do { return try await call() } catch let error as AWSError where error.isAboutCredentials {
                guard try await isToGoOn(error) else { throw error }
            }
        }
    }
}
