#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// A batch of builds of the service as BatchGetBuildBatches describes it (CODEBUILD-2026.md D.4), as far as its builds need it.
public struct CloudBatch: Decodable, Sendable, Equatable {
    /// `project:uuid`.
    public let id: String
    public var arn: String?
    public var buildGroups: [Group]?

    /// One task of the batch, with the build of it that counts.
    public struct Group: Decodable, Sendable, Equatable {
        /// The task's name in the batch.
        public var identifier: String?
        public var dependsOn: [String]?
        public var ignoreFailure: Bool?
        /// Of a batch that was run here alone: a digest of what the build is, apart from its name.
        public var definition: String?
        public var currentBuildSummary: Summary?
        /// The builds of earlier tries.
        public var priorBuildSummaryList: [Summary]?

        /// The builds of the task, the one that counts first.
        public var summaries: [Summary] { [currentBuildSummary].compactMap { $0 } + (priorBuildSummaryList ?? []) }
    }

    public struct Summary: Decodable, Sendable, Equatable {
        public var arn: String?
        public var buildStatus: String?
    }

    /// The task that a build belongs to.
    public func group(of build: CloudBuild) -> Group? {
        buildGroups?.first { group in
            group.summaries.contains { $0.arn.map { $0 == build.arn || $0.hasSuffix(":build/\(build.id)") } ?? false }
        }
    }

    /// Reads what `batch-get-build-batches` prints, or one batch of it.
    ///
    /// - Throws: ``CodeBuildProjects/UnreadableAnswer`` for anything else.
    public static func read(_ bytes: [UInt8]) throws -> [CloudBatch] {
        struct Answer: Decodable { let buildBatches: [CloudBatch] }
        let data = Data(bytes), decoder = JSONDecoder()
        do {
            return try decoder.decode(Answer.self, from: data).buildBatches
        } catch DecodingError.keyNotFound {
            do { return [try decoder.decode(CloudBatch.self, from: data)] } catch {
                throw CodeBuildProjects.UnreadableAnswer()
            }
        } catch {
            throw CodeBuildProjects.UnreadableAnswer()
        }
    }
}
