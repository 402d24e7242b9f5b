#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Reads builds of the user's account, by the user's own AWS CLI, version 1 or 2.
///
/// Calls that AWS refuses for a moment are made again.
public struct CodeBuildBuilds: Sendable {
    private let aws: AWSCommandLine
    private let repetition: AWSRepetition

    public init(by aws: AWSCommandLine, repetition: AWSRepetition = AWSRepetition()) {
        self.aws = aws
        self.repetition = repetition
    }

    /// The number of builds that the service describes in one answer, and of ids that it lists in one.
    static let most = 100

    /// Builds that were asked for by their ids.
    public struct Found: Sendable {
        /// In the order of the ids.
        public var builds: [CloudBuild] = []
        /// The ids that the service does not know.
        public var missing: [String] = []
        /// What the CLI printed, one text for each hundred ids.
        public var answers: [[UInt8]] = []
    }

    /// Reads builds as `batch-get-builds` prints them.
    ///
    /// - Parameter ids: `project:uuid`, or the ARNs of builds; any number of them.
    /// - Throws: as ``AWSCommandLine/call(_:)``; ``CodeBuildProjects/UnreadableAnswer``.
    public func builds(_ ids: [String]) async throws -> Found {
        var found = Found()
        for start in stride(from: 0, to: ids.count, by: Self.most) {
            let wanted = Array(ids[start..<min(start + Self.most, ids.count)])
            let bytes = try await call("batch-get-builds", ids: wanted)
            let answer = try CloudBuild.read(bytes)
            let places = wanted.enumerated().reduce(into: [String: Int]()) { $0[$1.element] = $1.offset }
            found.builds += answer.builds.sorted { one, other in
                func place(_ build: CloudBuild) -> Int {
                    places[build.id] ?? build.arn.flatMap { places[$0] } ?? wanted.count
                }
                return place(one) < place(other)
            }
            found.missing += answer.missing
            found.answers.append(bytes)
        }
        return found
    }

    /// Reads batches as `batch-get-build-batches` prints them.
    ///
    /// - Parameter ids: `project:uuid`, or the ARNs of batches; a hundred of them at most.
    /// - Returns: what the CLI printed, and the ids that the service does not know.
    /// - Throws: as ``builds(_:)``.
    public func batches(_ ids: [String]) async throws -> (answer: [UInt8], missing: [String]) {
        struct Answer: Decodable { let buildBatchesNotFound: [String]? }
        let bytes = try await call("batch-get-build-batches", ids: ids)
        let answer: Answer = try Self.decode(bytes)
        return (bytes, answer.buildBatchesNotFound ?? [])
    }

    /// A part of a list of builds.
    public struct Page: Sendable, Equatable {
        public let ids: [String]
        /// Where the next part begins; `nil` at the end of the list.
        public let next: String?
    }

    /// Lists ids of builds, newest first, a hundred at a time.
    ///
    /// - Parameters:
    ///   - project: the builds of all projects when absent.
    ///   - place: ``Page/next`` of the part before; the list begins when absent.
    /// - Throws: as ``builds(_:)``; AWS answers `ResourceNotFoundException` for a project that it does not know.
    public func page(ofProject project: String?, at place: String? = nil) async throws -> Page {
        struct Answer: Decodable {
            let ids: [String]?
            // The CLI's own, not the service's `nextToken`: version 1 and version 2 print it where --max-items cuts a list off.
            let next: String?

            enum CodingKeys: String, CodingKey { case ids, next = "NextToken" }
        }
        let list = project.map { ["list-builds-for-project", "--project-name", $0] } ?? ["list-builds"]
        let bytes = try await call(
            list + ["--sort-order", "DESCENDING", "--max-items", "\(Self.most)"]
                + (place.map { ["--starting-token", $0] } ?? []))
        let answer: Answer = try Self.decode(bytes)
        return Page(ids: answer.ids ?? [], next: answer.next)
    }

    /// Lists ids of builds, newest first.
    ///
    /// - Parameters:
    ///   - project: the builds of all projects when absent.
    ///   - limit: how many at most.
    /// - Throws: as ``page(ofProject:at:)``.
    public func ids(ofProject project: String?, limit: Int = .max) async throws -> [String] {
        guard limit > 0 else { return [] }
        var ids: [String] = [], place: String?
        repeat {
            let page = try await page(ofProject: project, at: place)
            ids += page.ids
            place = page.next
        } while place != nil && ids.count < limit
        return Array(ids.prefix(limit))
    }

    /// - Throws: ``AWSError`` for an id that the CLI would not take as it is.
    private func call(_ operation: String, ids: [String]) async throws -> [UInt8] {
        if let id = ids.first(where: { !AWSCommandLine.takesLiterally($0) }) {
            throw AWSError(message: "`\(id)` is no id of CodeBuild", doing: ["codebuild", operation])
        }
        return try await call([operation, "--ids"] + ids)
    }

    private func call(_ arguments: [String]) async throws -> [UInt8] {
        try await repetition.calling { try await aws.call(["codebuild"] + arguments) }
    }

    private static func decode<Value: Decodable>(_ bytes: [UInt8]) throws -> Value {
        do { return try JSONDecoder().decode(Value.self, from: Data(bytes)) } catch {
            throw CodeBuildProjects.UnreadableAnswer()
        }
    }
}
