internal import AWSCalls
internal import BuildPlanning
internal import ChildProcesses
internal import SpecParsing
#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Fetches parameters and secrets from the user's AWS account, in as few calls as possible and some of them at a time.
struct AWSValues: Sendable {
    let aws: AWSCommandLine

    typealias Answer = SecretLookup.Answer

    /// Asks AWS for the values of variables.
    ///
    /// - Returns: an answer for each variable, by its name. A refusal of AWS is a failed answer.
    func answers(to variables: [BuildPlan.Variable]) async throws -> [String: Answer] {
        var answers: [String: Answer] = [:], calls: [Call] = []
        var parameters: [ParameterReference] = [], secrets: [SecretReference] = []
        for variable in variables {
            do throws(ReferenceProblem) {
                switch variable.type {
                case .plaintext: break
                case .parameterStore: parameters.append(try ParameterReference(variable.value))
                case .secretsManager: secrets.append(try SecretReference(variable.value))
                }
            } catch {
                answers[variable.name] = .failure("\(variable.value) \(error.message)")
            }
        }
        calls += Self.batches(parameters).map { .parameters($0) }
        calls += Self.distinct(secrets).map { .secret($0) }
        let found = try await carryOut(calls)
        for variable in variables where answers[variable.name] == nil {
            answers[variable.name] = found[Asked(variable)] ?? .unknown
        }
        return answers
    }

    /// A question to AWS. Equal references of several variables are one question.
    private struct Asked: Hashable {
        let type: BuildPlan.Variable.Kind
        let text: String

        init(_ type: BuildPlan.Variable.Kind, _ text: String) {
            self.type = type
            self.text = text
        }

        init(_ variable: BuildPlan.Variable) { self.init(variable.type, variable.value) }
    }

    private enum Call: Sendable {
        case parameters([ParameterReference])
        /// References that differ in their JSON key alone.
        case secret([SecretReference])
    }

    /// The number of calls at a time. Each starts an interpreter, so that more would only slow one another down.
    ///
    /// The first call is alone: a CLI that has to ask for a second factor then asks once.
    private static let callsAtATime = 4

    private func carryOut(_ calls: [Call]) async throws -> [Asked: Answer] {
        try await withThrowingTaskGroup(of: [Asked: Answer].self) { group in
            var found: [Asked: Answer] = [:]
            for (number, call) in calls.enumerated() {
                if number == 1 || number >= Self.callsAtATime, let answers = try await group.next() {
                    found.merge(answers) { first, _ in first }
                }
                group.addTask { try await carryOut(call) }
            }
            for try await answers in group { found.merge(answers) { first, _ in first } }
            return found
        }
    }

    private func carryOut(_ call: Call) async throws -> [Asked: Answer] {
        switch call {
        case .parameters(let references): try await parameters(references)
        case .secret(let references): try await secret(references)
        }
    }

    // MARK: Parameter Store

    /// Groups references by ten, which is the most that GetParameters takes. A parameter is in a group only once, by
    /// whatever name or version it is asked for.
    static func batches(_ references: [ParameterReference]) -> [[ParameterReference]] {
        var batches: [[ParameterReference]] = [], seen: Set<ParameterReference> = []
        for reference in references where seen.insert(reference).inserted {
            let place = batches.firstIndex { batch in
                batch.count < 10 && !batch.contains { path(of: $0) == path(of: reference) }
            }
            if let place { batches[place].append(reference) } else { batches.append([reference]) }
        }
        return batches
    }

    /// The part that a parameter's name and its ARN share: `arn:…:parameter/a/b` is `/a/b`, and `…:parameter/a` is `a`.
    private static func path(of reference: ParameterReference) -> Substring {
        let name = reference.name.split(separator: ":").last ?? ""
        let own = reference.name.hasPrefix("arn:") ? name.dropFirst("parameter".count) : name
        return own.hasPrefix("/") ? own.dropFirst() : own
    }

    private struct ParameterAnswer: Decodable {
        struct Parameter: Decodable {
            let name: String
            let arn: String?
            /// The value; that of a StringList is its entries with commas between them.
            let value: String

            enum CodingKeys: String, CodingKey { case name = "Name", arn = "ARN", value = "Value" }
        }

        let parameters: [Parameter]

        enum CodingKeys: String, CodingKey { case parameters = "Parameters" }
    }

    private func parameters(_ references: [ParameterReference]) async throws -> [Asked: Answer] {
        var answers: [Asked: Answer] = [:]
        let outcome: Result<ParameterAnswer, Refusal> = try await call(
            ["ssm", "get-parameters", "--with-decryption", "--names"] + references.map(\.text))
        for reference in references {
            switch outcome {
            case .failure(let refusal): answers[Asked(.parameterStore, reference.text)] = .failure(refusal.text)
            case .success(let answer):
                // A group has each name once, so that versions and labels need not be compared.
                let parameter = answer.parameters.first { [$0.name, $0.arn].contains(reference.name) }
                answers[Asked(.parameterStore, reference.text)] =
                    parameter.map { .value(SecretText($0.value)) } ?? .unknown
            }
        }
        return answers
    }

    // MARK: Secrets Manager

    /// Groups references by the secret and its version: each group is one call.
    static func distinct(_ references: [SecretReference]) -> [[SecretReference]] {
        var groups: [[SecretReference]] = []
        for reference in references {
            let place = groups.firstIndex { group in
                group.contains {
                    ($0.id, $0.versionStage, $0.versionID)
                        == (reference.id, reference.versionStage, reference.versionID)
                }
            }
            if let place { groups[place].append(reference) } else { groups.append([reference]) }
        }
        return groups
    }

    private struct SecretAnswer: Decodable {
        let text: String?

        enum CodingKeys: String, CodingKey { case text = "SecretString" }
    }

    private func secret(_ references: [SecretReference]) async throws -> [Asked: Answer] {
        guard let first = references.first else { return [:] }
        let version =
            (first.versionStage.map { ["--version-stage", $0] } ?? [])
            + (first.versionID.map { ["--version-id", $0] } ?? [])
        let outcome: Result<SecretAnswer, Refusal> = try await call(
            ["secretsmanager", "get-secret-value", "--secret-id", first.id] + version)
        var answers: [Asked: Answer] = [:]
        for reference in references {
            let answer: Answer =
                switch outcome {
                case .failure(let refusal): .failure(refusal.text)
                case .success(let answer):
                    answer.text.map { SecretLookup.pick(reference, from: $0) }
                        ?? .failure("secret \(reference.id) is binary: it has no text")
                }
            answers[Asked(.secretsManager, reference.text)] = answer
        }
        return answers
    }

    // MARK: A call

    /// A refusal of AWS, in the words that the service would log.
    private struct Refusal: Error { let text: String }

    private func call<Value: Decodable>(_ arguments: [String]) async throws -> Result<Value, Refusal> {
        let bytes: [UInt8]
        do {
            bytes = try await aws.call(arguments)
        } catch let error as AWSError {
            return .failure(Refusal(text: error.description))
        } catch let error as ChildProcessError where error.code == .notFound {
            return .failure(Refusal(text: error.description))
        }
        do {
            return .success(try JSONDecoder().decode(Value.self, from: Data(bytes)))
        } catch {
            // The answer holds secrets: neither it nor what the decoder says of it may be shown.
            return .failure(
                Refusal(text: "`aws \(arguments.prefix(2).joined(separator: " "))` gave no answer we can read"))
        }
    }
}
