/// Puts an `aws_codebuild_project` of `terraform show -json` into the words of CreateProject (CODEBUILD-2026 G.2).
struct TerraformProject {
    private var rewriter: DocumentRewriter

    /// Finds all projects of a state or a plan, those of child modules too.
    static func all(in root: SpecNode) -> [FoundProject] {
        let values = root["planned_values"] ?? root["values"]
        guard let module = values?["root_module"] else { return [] }
        return projects(of: module)
    }

    private static func projects(of module: SpecNode) -> [FoundProject] {
        let own = (module["resources"].map { Array($0.items) } ?? []).compactMap { resource -> FoundProject? in
            guard resource["type"]?.text == "aws_codebuild_project", let values = resource["values"] else { return nil }
            // The resource's own address is unique; the project's name is what people know.
            let names = [values["name"]?.text, resource["address"]?.text, resource["name"]?.text]
            return FoundProject(names: names.compactMap(\.self).filter { !$0.isEmpty }, node: values)
        }
        return own + (module["child_modules"].map { Array($0.items) } ?? []).flatMap { projects(of: $0) }
    }

    /// The project as a document of its own.
    static func document(of project: FoundProject) -> SpecDocument? {
        var translation = TerraformProject(rewriter: DocumentRewriter(project.node.document.source))
        return translation.rewrite(project.node).map { translation.rewriter.document($0) }
    }

    /// Names that are not those of the API in snake case.
    private static let names = [
        "build_timeout": "timeoutInMinutes", "queued_timeout": "queuedTimeoutInMinutes",
        "environment_variable": "environmentVariables", "secondary_source_version": "secondarySourceVersions",
        "timeout_in_mins": "timeoutInMins",
    ]
    /// Attributes of the resource that the API has no word for.
    private static let left: Set<String> = ["id", "tags_all", "badge_url", "public_project_alias", "region"]
    /// Blocks of which a project may have several.
    private static let lists: Set<String> = [
        "environmentVariables", "secondarySources", "secondarySourceVersions", "secondaryArtifacts",
        "fileSystemLocations", "modes", "subnets", "securityGroupIds", "computeTypesAllowed",
    ]

    /// - Returns: `nil` for what is absent: null, an empty text, an empty list.
    private mutating func rewrite(_ node: SpecNode, as name: String? = nil) -> DocumentRewriter.Node? {
        switch node.kind {
        case .scalar: return node.isNull || node.text.isEmpty ? nil : rewriter.scalar(node.text, at: node)
        case .list:
            guard !node.items.isEmpty else { return nil }
            // Every block is a list, also one that can be there only once.
            if name.map(Self.lists.contains) != true { return node.items.first.flatMap { rewrite($0) } }
            var items: [DocumentRewriter.Node] = []
            for item in node.items { if let item = rewrite(item) { items.append(item) } }
            return rewriter.list(items, at: node)
        case .mapping:
            var pairs: [(DocumentRewriter.Node, DocumentRewriter.Node)] = []
            for (key, value) in node.pairs where !Self.left.contains(key.text) {
                let name = Self.names[key.text] ?? Self.camelCase(key.text)
                // An environment variable may well be empty.
                let isValue = key.text == "value" && value.kind == .scalar && !value.isNull
                guard let value = isValue ? rewriter.scalar(value.text, at: value) : rewrite(value, as: name) else {
                    continue
                }
                pairs.append((rewriter.scalar(name, at: key), value))
            }
            return rewriter.mapping(pairs, at: node)
        }
    }

    private static func camelCase(_ name: String) -> String {
        let words = name.split(separator: "_")
        return words.prefix(1).joined() + words.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }
}

extension SpecNode {
    /// The value of a mapping's key.
    subscript(key: String) -> SpecNode? { pairs.first { $0.key.text == key }?.value }
}
