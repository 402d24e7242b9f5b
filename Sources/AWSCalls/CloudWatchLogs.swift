#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// The place of a log in CloudWatch Logs.
public struct CloudLogStream: Sendable, Hashable {
    public let group: String
    public let name: String

    public init(group: String, name: String) {
        self.group = group
        self.name = name
    }
}

extension CloudBuild.Logs {
    /// The stream that the build's log is in; `nil` as long as the build has none.
    public var stream: CloudLogStream? {
        guard let groupName, let streamName, !groupName.isEmpty, !streamName.isEmpty,
            // The service writes the word where it has no name yet.
            groupName != "null", streamName != "null",
            // No name in CloudWatch Logs has a colon, and the CLI reads `file://…` as the name of a file.
            !groupName.contains(":"), !streamName.contains(":")
        else { return nil }
        return CloudLogStream(group: groupName, name: streamName)
    }
}

/// Reads streams of CloudWatch Logs, by the user's own AWS CLI.
///
/// Calls that AWS refuses for a moment are made again.
public struct CloudWatchLogs: Sendable {
    private let aws: AWSCommandLine
    private let repetition: AWSRepetition

    public init(by aws: AWSCommandLine, repetition: AWSRepetition = AWSRepetition()) {
        self.aws = aws
        self.repetition = repetition
    }

    /// A line of a log, or several.
    public struct Event: Decodable, Sendable, Equatable {
        /// In milliseconds since 1970.
        public let timestamp: Int64?
        /// As it was logged, with its line end where it has one.
        public let message: String
    }

    /// A part of a stream: one answer of GetLogEvents.
    public struct Page: Sendable {
        public let events: [Event]
        /// Where the stream goes on. It stays the same at the stream's end.
        public let next: String?
        /// What the CLI printed.
        public let answer: [UInt8]

        /// The bytes that were logged.
        public var text: [UInt8] { events.flatMap { Array($0.message.utf8) } }
    }

    /// Reads a part of a stream.
    ///
    /// - Parameter place: ``Page/next`` of the part before; the stream begins when absent.
    /// - Throws: as ``AWSCommandLine/call(_:)``, `ResourceNotFoundException` for a stream that is not there;
    ///   ``CodeBuildProjects/UnreadableAnswer``.
    public func page(of stream: CloudLogStream, at place: String? = nil) async throws -> Page {
        struct Answer: Decodable {
            let events: [Event]
            let nextForwardToken: String?
        }
        let bytes = try await repetition.calling {
            try await aws.call(
                ["logs", "get-log-events", "--log-group-name=\(stream.group)", "--log-stream-name=\(stream.name)"]
                    + ["--start-from-head"] + (place.map { ["--next-token", $0] } ?? []))
        }
        do {
            let answer = try JSONDecoder().decode(Answer.self, from: Data(bytes))
            return Page(events: answer.events, next: answer.nextForwardToken, answer: bytes)
        } catch {
            throw CodeBuildProjects.UnreadableAnswer()
        }
    }

    /// Reads a stream from its beginning to its present end.
    ///
    /// A part may be empty and not the last: the end is where ``Page/next`` stays the same.
    /// - Throws: as ``page(of:at:)``, and what `body` throws.
    public func read(_ stream: CloudLogStream, _ body: (Page) async throws -> Void) async throws {
        var place: String?
        while true {
            let page = try await page(of: stream, at: place)
            try await body(page)
            guard let next = page.next, next != place else { return }
            place = next
        }
    }

    /// The bytes that are in a stream.
    ///
    /// - Throws: as ``page(of:at:)``.
    public func text(of stream: CloudLogStream) async throws -> [UInt8] {
        var text: [UInt8] = []
        try await read(stream) { text += $0.text }
        return text
    }
}
