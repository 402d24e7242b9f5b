public import AWSCalls
public import BuildPlanning
internal import ChildProcesses
public import SpecParsing

/// Looks up the parameters and secrets of a plan: in the user's file first, and the rest in the user's AWS account.
public struct SecretLookup: Sendable {
    private let file: SecretsFile
    private let aws: AWSCommandLine?

    /// - Parameter aws: `nil` unless the user asked for it.
    public init(file: SecretsFile, aws: AWSCommandLine?) {
        self.file = file
        self.aws = aws
    }

    /// The result of a look-up. It is complete only without ``failures``.
    public struct Outcome: Sendable {
        /// The values by the names of their variables.
        public internal(set) var values: [String: SecretText] = [:]
        /// The failures in the order of the plan, parameters first.
        public internal(set) var failures: [Failure] = []
    }

    /// A variable without a value.
    public struct Failure: Sendable, Equatable {
        public let variable: BuildPlan.Variable
        /// The reason, in the service's words where they are known.
        public let message: String
        /// Whether no source that was asked knows the value. Another source may know it.
        public let isUnanswered: Bool

        /// The failure as DOWNLOAD_SOURCE ends with it (CODEBUILD.md 2).
        public var context: PhaseContext {
            PhaseContext(
                statusCode: variable.type == .parameterStore ? "Decrypted Variables Error" : "Secrets Manager Error",
                message: message)
        }
    }

    /// An answer to one reference.
    enum Answer: Sendable {
        case value(SecretText)
        /// The source does not know the reference.
        case unknown
        /// The source knows the reference, or should know it, and has no value.
        case failure(String)
    }

    /// Looks up every reference of the plan.
    ///
    /// - Parameter willAskAWS: is called before AWS is, with the number of values that AWS is asked for.
    /// - Throws: an error when no child can be run at all. A CLI that is not installed, and refusals of AWS, are in the
    ///   outcome instead.
    public func values(
        for references: [BuildPlan.Variable], willAskAWS: (Int) -> Void = { _ in }
    ) async throws -> Outcome {
        var answers: [String: Answer] = [:]
        for variable in references { answers[variable.name] = file.answer(to: variable) }
        if let aws {
            let open = references.filter { if case .unknown = answers[$0.name] { true } else { false } }
            if !open.isEmpty { willAskAWS(open.count) }
            answers.merge(try await AWSValues(aws: aws).answers(to: open)) { _, answer in answer }
        }
        var outcome = Outcome()
        let parameters = references.filter { $0.type == .parameterStore }
        for variable in parameters + references.filter({ $0.type != .parameterStore }) {
            switch answers[variable.name] ?? .unknown {
            case .value(let text) where text.revealed().utf8.contains(0):
                outcome.failures.append(
                    Failure(variable: variable, message: "the value has a NUL in it", isUnanswered: false))
            case .value(let text): outcome.values[variable.name] = text
            case .unknown:
                outcome.failures.append(
                    Failure(variable: variable, message: Self.unknown(variable), isUnanswered: true))
            case .failure(let message):
                outcome.failures.append(Failure(variable: variable, message: message, isUnanswered: false))
            }
        }
        return outcome
    }

    /// The message for a reference that no source knows.
    ///
    /// That for a parameter is the service's (CODEBUILD.md 2). That for a secret is our own: where AWS was asked, AWS says it.
    static func unknown(_ variable: BuildPlan.Variable) -> String {
        variable.type == .parameterStore
            ? "parameter does not exist: \(variable.value)" : "secret does not exist: \(variable.value)"
    }

    /// The message for a secret that lacks the JSON key asked for. [unknown, CODEBUILD.md 14.13]
    static func without(_ key: String, _ reference: SecretReference, isObject: Bool) -> String {
        isObject
            ? "secret \(reference.id) has no JSON key \(key)"
            : "secret \(reference.id) is no JSON object, and its key \(key) is asked for"
    }

    /// Picks the value of the JSON key asked for, or the whole text when none is.
    static func pick(_ reference: SecretReference, from text: String) -> Answer {
        guard let key = reference.jsonKey else { return .value(SecretText(text)) }
        switch SecretMembers.pick(key, from: text) {
        case .value(let value): return .value(SecretText(value))
        case .noSuchKey: return .failure(without(key, reference, isObject: true))
        case .noObject: return .failure(without(key, reference, isObject: false))
        }
    }
}
