internal import SpecParsing

/// Looks for the CodeBuild projects that a source itself writes down, in the places where people put them.
struct ProjectSearch {
    /// A project of a file.
    struct Found: Equatable {
        /// Relative to the source.
        let file: String
        let name: String

        /// What `--project` takes.
        var words: String { "\(file)#\(name)" }
    }

    private(set) var found: [Found] = []
    /// Files of Terraform with projects, which only Terraform can evaluate.
    private(set) var terraform: [String] = []
    /// Files that are links leading out of the source, which are not read.
    private(set) var leadingOut: [String] = []

    private let contents: String
    private var filesRead = 0
    /// The most files that are read, and their size: CloudFormation takes templates of 1 MB.
    private static let fileLimit = 100, byteLimit = 2 << 20

    /// The folders of a source in which every template and every file of Terraform is looked at.
    private static let folders = [
        "cloudformation", "cfn", "infra", "infrastructure", "terraform", "deploy", "ci",
    ]

    /// - Parameter contents: the folder that the source's files are read from.
    init(in contents: String) {
        self.contents = contents
        for name in Files.names(in: contents) where Self.isTemplateOfRoot(name) || name.hasSuffix(".tf") { look(name) }
        for name in Files.names(in: "\(contents)/cdk.out") where name.hasSuffix(".template.json") {
            look("cdk.out/\(name)")
        }
        for folder in Self.folders {
            for name in Files.names(in: "\(contents)/\(folder)") where Self.isDocument(name) || name.hasSuffix(".tf") {
                look("\(folder)/\(name)")
            }
        }
    }

    private static func isDocument(_ name: String) -> Bool {
        [".yml", ".yaml", ".json"].contains { name.hasSuffix($0) }
    }

    /// Whether a file at the top of a source is a template by its name: `template.yml`, `app.template.json`.
    private static func isTemplateOfRoot(_ name: String) -> Bool {
        isDocument(name) && (name.hasPrefix("template.") || name.contains(".template."))
    }

    private mutating func look(_ file: String) {
        let path = "\(contents)/\(file)"
        guard filesRead < Self.fileLimit, Files.kind(of: path) == .file else { return }
        guard SourceBounds(root: contents).resolve(file) != nil else { return leadingOut.append(file) }
        filesRead += 1
        // What cannot be read is no project; nobody has named it.
        guard let bytes = try? Files.read(path, limit: Self.byteLimit), bytes.count <= Self.byteLimit else { return }
        switch ProjectMention(in: bytes, named: file) {
        case .template: found += projectNames(bytes, file: file).map { Found(file: file, name: $0) }
        case .terraform: terraform.append(file)
        case nil: break
        }
    }

    /// What a user is told, in lines.
    var notes: [String] {
        var lines = leadingOut.map {
            "`\($0)` is a link that leads outside of the source: buildspec does not look for a project in it"
        }
        if found.count == 1 {
            lines.append("settings of the project `\(found[0].words)` (`--project none` leaves them out)")
        } else if found.count > 1 {
            let names = found.prefix(Self.listed).map { "`\($0.words)`" }.joined(separator: ", ")
            let more = found.count > Self.listed ? " and \(found.count - Self.listed) more" : ""
            lines.append(
                "the source has \(found.count) projects, and none of them is used; choose one with `--project`: \(names)\(more)"
            )
        } else if !terraform.isEmpty {
            let names = terraform.prefix(Self.listed).map { "`\($0)`" }.joined(separator: ", ")
            lines.append(
                "\(names) defines a CodeBuild project, but only Terraform can evaluate it: "
                    + "`terraform show -json >project.json`, then `--project project.json`")
        }
        return lines
    }

    private static let listed = 12
}
