/// The forms that a project's settings are written in, told apart by what the file says.
enum ProjectForm {
    /// The CreateProject API's own words.
    case project
    /// What `aws codebuild batch-get-projects` prints.
    case list
    /// What `terraform show -json` prints of a state or a plan.
    case terraform
    /// A template of CloudFormation: also of SAM, and what CDK synthesizes.
    case template

    init(_ root: SpecNode) {
        let keys = Set(root.pairs.map(\.key.text))
        if keys.contains("projects") {
            self = .list
        } else if keys.contains("Resources") {
            self = .template
        } else if keys.contains("terraform_version") || keys.contains("planned_values") {
            self = .terraform
        } else {
            self = .project
        }
    }
}

/// What a user says about the file of a project beside its path.
public struct ProjectChoice: Sendable, Equatable {
    /// The project that is meant, where the file has several.
    public var name: String?
    /// Values of a template's parameters, those of AWS (`AWS::Region`) among them.
    public var parameters: [String: String]

    public init(name: String? = nil, parameters: [String: String] = [:]) {
        self.name = name
        self.parameters = parameters
    }
}

/// A project that was found in a file, before its words are CreateProject's.
struct FoundProject {
    /// The names that mean it: its own, and that of its resource.
    let names: [String]
    let node: SpecNode

    /// The one that a choice means.
    ///
    /// - Returns: `nil`, with a finding, when none or several are meant.
    static func choose(
        _ choice: ProjectChoice, among found: [FoundProject], of root: SpecNode, _ findings: inout Findings
    ) -> FoundProject? {
        let meant = choice.name.map { name in found.filter { $0.names.contains(name) } } ?? found
        if meant.count == 1 { return meant[0] }
        let file = root.document.source.file
        let list = found.compactMap(\.names.first).map { "`\($0)`" }.joined(separator: ", ")
        if found.isEmpty {
            findings.error(
                .missingKey, at: FindingPlace(root, .root), "the file has no CodeBuild project",
                help: "a project of a CloudFormation template is a resource of type `AWS::CodeBuild::Project`, one of "
                    + "Terraform's an `aws_codebuild_project`")
        } else if let name = choice.name, meant.isEmpty {
            findings.error(
                .unknownValue, at: FindingPlace(root, .root), "the file has no project `\(name)`, but \(list)",
                help: nearName(to: name, among: found.flatMap(\.names)).map {
                    "did you mean `--project \(file)#\($0)`?"
                })
        } else {
            findings.error(
                .tooMany, at: FindingPlace(root, .root), "the file has \(found.count) projects: \(list)",
                help: "say which one: `--project \(file)#\(found[0].names.first ?? "NAME")`")
        }
        return nil
    }
}
