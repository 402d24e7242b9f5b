/// A form of projects that only its own tool can evaluate.
public enum ForeignForm: Sendable, Equatable {
    /// Terraform's language: `main.tf`.
    case terraform
    /// What Terraform keeps of its resources: `terraform.tfstate`.
    case terraformState
    /// A program of the CDK: `app.ts`.
    case cdk

    private static let endings: [(form: ForeignForm, names: [String])] = [
        (.terraform, [".tf", ".tf.json", ".tofu", ".hcl"]), (.terraformState, [".tfstate", ".tfstate.backup"]),
        (.cdk, [".ts", ".js", ".mjs", ".py", ".java", ".cs", ".go"]),
    ]

    /// Judges a file by its name.
    ///
    /// - Returns: `nil` for a file that may well be settings.
    public init?(ofFile name: String) {
        let name = name.lowercased()
        guard let found = Self.endings.first(where: { $0.names.contains(where: name.hasSuffix) }) else { return nil }
        self = found.form
    }

    /// What the file is, as a sentence about it.
    public var words: String {
        switch self {
        case .terraform: "it is written in Terraform's language, which only Terraform can evaluate"
        case .terraformState: "it is Terraform's own state, whose form changes from version to version"
        case .cdk: "it is a program, which only the CDK can evaluate"
        }
    }

    /// How to get settings out of it that can be read.
    public var help: String {
        switch self {
        case .terraform:
            "`terraform show -json >project.json` after an apply, or `terraform plan -out plan` and `terraform show -json "
                + "plan >project.json` before one; then `--project project.json`"
        case .terraformState: "`terraform show -json >project.json`, then `--project project.json`"
        case .cdk: "`cdk synth` writes templates: `--project cdk.out/NAME.template.json`"
        }
    }
}
