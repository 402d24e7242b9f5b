internal import AWSCalls
internal import ChildProcesses
internal import SpecParsing

extension Failure {
    /// Does something by the user's AWS CLI, and explains why it cannot be done: credentials, a region, the CLI are missing, or
    /// AWS refuses.
    ///
    /// - Parameters:
    ///   - doing: "cannot read the project `petclinic` from AWS"
    ///   - withoutCLI: what to do where there is no AWS CLI.
    ///   - otherwise: what to do about an error that nothing else is known to help against.
    static func explaining<Value>(
        _ doing: String, withoutCLI: String = "install the AWS CLI", otherwise: String? = nil,
        _ body: () async throws -> Value
    ) async throws -> Value {
        do {
            return try await body()
        } catch let error as AWSError {
            throw Failure(.inputOutput, "\(doing): \(error)", help: help(error) ?? otherwise)
        } catch let error as ChildProcessError where error.code == .notFound {
            throw Failure(.inputOutput, "\(doing): there is no program `aws` in PATH", help: withoutCLI)
        } catch let error as CodeBuildProjects.UnreadableAnswer {
            throw Failure(.inputOutput, "\(doing): \(error)")
        }
    }

    static let logInHelp = "log in (`aws sso login`, `aws configure`), or name one of your profiles with --profile"

    /// What to do about the CLI's own complaints; what AWS itself refuses explains itself.
    private static func help(_ error: AWSError) -> String? {
        if error.isAboutCredentials { return logInHelp }
        if error.code == nil, error.message.contains("region") {
            return "name the region with --region, or in AWS_REGION"
        }
        if error.code == nil, error.message.contains("connect to the endpoint") {
            return "is the region right (--region), and the network there?"
        }
        return nil
    }

    /// The most names that a message lists.
    private static let listed = 12

    /// An account does not have a project of a name.
    ///
    /// - Parameters:
    ///   - names: the projects that it has.
    ///   - region: where they are; `nil` for the CLI's own choice.
    static func missingProject(_ name: String, among names: [String], in region: String?) -> Failure {
        let place = region.map { " in \($0)" } ?? " in the region of your AWS CLI"
        let help: String
        if names.isEmpty {
            help = "there are no projects there at all: `--region` and `--profile` choose another place"
        } else if let near = nearName(to: name, among: names) {
            help = "did you mean `\(near)`?"
        } else {
            let more = names.count > Self.listed ? " and \(names.count - Self.listed) more" : ""
            help = "there are " + names.sorted().prefix(Self.listed).map { "`\($0)`" }.joined(separator: ", ") + more
        }
        return Failure(.noSuchFile, "AWS has no project `\(name)`\(place)", help: help)
    }
}
