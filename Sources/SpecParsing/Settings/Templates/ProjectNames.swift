/// What a file says of projects, before it is read as a document.
public enum ProjectMention: Sendable {
    /// A template of CloudFormation may have one.
    case template
    /// A file of Terraform's language has one.
    case terraform

    /// - Returns: `nil` for a file that has none.
    public init?(in bytes: [UInt8], named name: String) {
        let mention: ProjectMention? = bytes.withUnsafeBufferPointer { bytes in
            if name.hasSuffix(".tf") { return bytes.contains("aws_codebuild_project") ? .terraform : nil }
            return bytes.contains("AWS::CodeBuild::Project") ? .template : nil
        }
        guard let mention else { return nil }
        self = mention
    }
}

/// The projects that a file of another purpose has: a template of CloudFormation, a state of Terraform.
///
/// - Parameters:
///   - bytes: the file's content.
///   - file: the path to show in findings.
///   - parameters: values of a template's parameters.
/// - Returns: a name for each, by which a ``ProjectChoice`` means it; none for a file that is no such one.
public func projectNames(_ bytes: [UInt8], file: String, parameters: [String: String] = [:]) -> [String] {
    guard case .success(let document) = SpecDocument.read(bytes, file: file), let root = document.root,
        root.kind == .mapping
    else { return [] }
    let found =
        switch ProjectForm(root) {
        case .template: TemplateProject.all(in: root, parameters)
        case .terraform: TerraformProject.all(in: root)
        case .list, .project: [FoundProject]()
        }
    return found.compactMap(\.names.first)
}
