public import AWSCalls
public import BuildPlanning
internal import ChildProcesses
public import SpecParsing

/// Looks up the parameters and secrets of a plan: in the user's file, and what that leaves open in his AWS account.
public struct SecretLookup: Sendable {
    private let file: SecretsFile
    private let aws: AWSCommandLine?

    /// - Parameter aws: only where the user asked for it.
    public init(file: SecretsFile, aws: AWSCommandLine?) {
        self.file = file
        self.aws = aws
    }

    /// What a look-up came to; complete only without ``failures``.
    public struct Outcome: Sendable {
        /// By the name of the variable.
        public internal(set) var values: [String: SecretText] = [:]
        /// In the order of the plan, parameters first.
        public internal(set) var failures: [Failure] = []
    }

    /// A variable without a value.
    public struct Failure: Sendable, Equatable {
        public let variable: BuildPlan.Variable
        /// In the service's words where they are known.
        public let message: String
        /// Whether nothing that was asked knows the value, so that another source may.
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
        /// The source does not know it.
        case unknown
        /// The source knows it, or should, and there is no value.
        case failure(String)
    }

    /// Looks up every reference of the plan.
    ///
    /// - Parameter willAskAWS: called before AWS is, with how many values it is asked for.
    /// - Throws: what keeps a child from being run at all, but for a CLI that is not there: that and what AWS says is in
    ///   the outcome.
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

    /// What is said of a parameter that is nowhere (CODEBUILD.md 2). For a secret that nobody was asked for it is our own
    /// text: AWS's own is said where AWS was asked.
    static func unknown(_ variable: BuildPlan.Variable) -> String {
        variable.type == .parameterStore
            ? "parameter does not exist: \(variable.value)" : "secret does not exist: \(variable.value)"
    }

    /// What is said of a secret without the JSON key that is asked for. [unknown, CODEBUILD.md 14.13]
    static func without(_ key: String, _ reference: SecretReference, isObject: Bool) -> String {
        isObject
            ? "secret \(reference.id) has no JSON key \(key)"
            : "secret \(reference.id) is no JSON object, and its key \(key) is asked for"
    }

    /// A secret's whole text, or the value of the key that is asked for.
    static func pick(_ reference: SecretReference, from text: String) -> Answer {
        guard let key = reference.jsonKey else { return .value(SecretText(text)) }
        switch SecretMembers.pick(key, from: text) {
        case .value(let value): return .value(SecretText(value))
        case .noSuchKey: return .failure(without(key, reference, isObject: true))
        case .noObject: return .failure(without(key, reference, isObject: false))
        }
    }
}
