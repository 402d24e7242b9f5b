#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Reads CodeBuild projects of the user's account, by the user's own AWS CLI.
public struct CodeBuildProjects: Sendable {
    private let aws: AWSCommandLine
    private let repetition: AWSRepetition

    public init(by aws: AWSCommandLine, repetition: AWSRepetition = AWSRepetition()) {
        self.aws = aws
        self.repetition = repetition
    }

    /// The settings of a project as `batch-get-projects` prints them; `nil` when the account has none of that name.
    ///
    /// - Throws: as ``AWSCommandLine/call(_:)``; ``UnreadableAnswer``.
    public func settings(of name: String) async throws -> [UInt8]? {
        struct Answer: Decodable {
            struct Project: Decodable {}
            let projects: [Project]?
        }
        let bytes = try await call(["batch-get-projects", "--names", name])
        let answer: Answer = try decode(bytes)
        return answer.projects?.isEmpty == false ? bytes : nil
    }

    /// The names of all projects.
    public func names() async throws -> [String] {
        struct Answer: Decodable { let projects: [String]? }
        let answer: Answer = try decode(try await call(["list-projects"]))
        return answer.projects ?? []
    }

    private func call(_ arguments: [String]) async throws -> [UInt8] {
        try await repetition.calling { try await aws.call(["codebuild"] + arguments) }
    }

    private func decode<Value: Decodable>(_ bytes: [UInt8]) throws -> Value {
        do {
            return try JSONDecoder().decode(Value.self, from: Data(bytes))
        } catch {
            throw UnreadableAnswer()
        }
    }

    /// The CLI answered something else than JSON of the wanted shape.
    public struct UnreadableAnswer: Error, CustomStringConvertible {
        public let description = "`aws` gave no answer that can be read"
    }
}
