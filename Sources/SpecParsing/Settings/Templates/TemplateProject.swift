/// Puts an `AWS::CodeBuild::Project` of a template into the words of CreateProject (CODEBUILD-2026 G.1).
struct TemplateProject {
    private var rewriter: DocumentRewriter
    private let values: TemplateValues
    private var findings: Findings

    /// Finds all projects of a template.
    static func all(in root: SpecNode, _ parameters: [String: String]) -> [FoundProject] {
        let values = TemplateValues(root, parameters)
        return (root["Resources"].map { Array($0.pairs) } ?? []).compactMap { name, resource in
            guard resource["Type"]?.text == "AWS::CodeBuild::Project", let properties = resource["Properties"] else {
                return nil
            }
            let own = properties["Name"].flatMap { values.text(of: $0) }
            return FoundProject(names: [name.text] + (own.map { [$0] } ?? []), node: properties)
        }
    }

    /// The project as a document of its own.
    ///
    /// - Parameter findings: gets a warning for each value that cannot be known here and matters.
    static func document(
        of project: FoundProject, in root: SpecNode, _ parameters: [String: String], _ findings: inout Findings
    ) -> SpecDocument? {
        var translation = TemplateProject(
            rewriter: DocumentRewriter(root.document.source), values: TemplateValues(root, parameters),
            findings: findings)
        let node = translation.rewrite(project.node, at: .root)
        findings = translation.findings
        return node.map { translation.rewriter.document($0) }
    }

    /// Names that are not those of the API with a capital letter.
    private static let names = ["BuildSpec": "buildspec", "Visibility": "projectVisibility", "Triggers": "webhook"]
    /// Properties whose values decide how a build runs here.
    private static let matters: Set<String> = [
        "environment", "source", "timeoutInMinutes", "cache", "sourceVersion", "secondarySources",
        "secondarySourceVersions", "artifacts", "secondaryArtifacts", "fileSystemLocations",
    ]
    private static let table = KeyTable.projectSettings(extraKeys: [])

    private mutating func rewrite(_ node: SpecNode, at path: SpecPath) -> DocumentRewriter.Node? {
        rewrite(values.value(of: node), of: node, at: path)
    }

    private mutating func rewrite(
        _ value: TemplateValues.Value, of node: SpecNode, at path: SpecPath
    ) -> DocumentRewriter.Node? {
        switch value {
        case .nothing: return nil
        case .text(let text):
            guard TemplateValues.reference(in: text) == nil else { return unknown(text, of: node, at: path) }
            if values.hasUnknownAccount(text), matters(path) {
                findings.warning(
                    .unresolvedValue, at: FindingPlace(node, path),
                    "\(path.quoted) contains the id of the AWS account, which is unknown here: 000000000000 stands for it",
                    help: "name it with `--account ID`")
            }
            return rewriter.scalar(text, at: node)
        case .list(let values):
            var items: [DocumentRewriter.Node] = []
            for value in values { if let item = rewrite(value, of: node, at: path) { items.append(item) } }
            return rewriter.list(items, at: node)
        case .unknown(let words): return unknown(words, of: node, at: path)
        case .plain(let node):
            switch node.kind {
            case .scalar:
                guard TemplateValues.reference(in: node.text) == nil else {
                    return unknown(node.text, of: node, at: path)
                }
                return node.isNull ? rewriter.null(at: node) : rewriter.scalar(node.text, at: node)
            case .list:
                var items: [DocumentRewriter.Node] = []
                for item in node.items { if let item = rewriteItem(item, at: path) { items.append(item) } }
                return rewriter.list(items, at: node)
            case .mapping: return rewriteMapping(node, at: path)
            }
        }
    }

    private mutating func rewriteMapping(_ node: SpecNode, at path: SpecPath) -> DocumentRewriter.Node {
        var pairs: [(DocumentRewriter.Node, DocumentRewriter.Node)] = []
        for (key, value) in node.pairs {
            let name = Self.names[key.text] ?? key.text.prefix(1).lowercased() + key.text.dropFirst()
            guard let value = rewrite(value, at: path.key(name)) else { continue }
            pairs.append((rewriter.scalar(name, at: key), value))
        }
        return rewriter.mapping(pairs, at: node)
    }

    /// Rewrites a member of a list. A variable whose value cannot be known is left out, and one that refers to a secret becomes
    /// such a variable.
    private mutating func rewriteItem(_ item: SpecNode, at path: SpecPath) -> DocumentRewriter.Node? {
        guard case .plain(let variable) = values.value(of: item), variable.kind == .mapping,
            let name = variable["Name"],
            let value = variable["Value"]
        else { return rewrite(item, at: path) }
        let text: String
        switch values.value(of: value) {
        case .unknown(let words):
            let shown = values.text(of: name) ?? name.text
            findings.warning(
                .unresolvedValue, at: FindingPlace(value, path.key(shown)),
                "`\(shown)` depends on \(words), which only AWS can resolve: the build does not get this variable",
                help: "give it with `--env \(shown)=VALUE`")
            return nil
        case .text(let resolved): text = resolved
        case .plain(let node) where node.kind == .scalar: text = node.text
        default: return rewrite(item, at: path)
        }
        guard let reference = TemplateValues.reference(in: text), let name = rewrite(name, at: path) else {
            return rewrite(item, at: path)
        }
        return rewriter.mapping(
            [
                (rewriter.scalar("name", at: variable), name),
                (rewriter.scalar("value", at: value), rewriter.scalar(reference.value, at: value)),
                (rewriter.scalar("type", at: value), rewriter.scalar(reference.type, at: value)),
            ], at: variable)
    }

    /// Rewrites a value that only AWS knows, as far as that can be done.
    private mutating func unknown(
        _ words: String, of node: SpecNode, at path: SpecPath
    ) -> DocumentRewriter.Node? {
        // What decides nothing is named all the same, whatever its value.
        if Self.table.isUnused(path) { return rewriter.scalar(words, at: node) }
        // A buildspec is of use without some of its parts: a shell can have them as variables.
        if path.text == "source.buildspec", let known = values.textWithVariables(of: node), known.text.contains("\n") {
            for part in known.unknown {
                findings.warning(
                    .unresolvedValue, at: FindingPlace(node, path),
                    "\(path.quoted) contains \(part.words), which only AWS can resolve: `${\(part.name)}` stands for it",
                    help: "give it with `--env \(part.name)=VALUE`")
            }
            return rewriter.scalar(known.text, at: node)
        }
        noteUnknown(words, of: node, at: path)
        return nil
    }

    private mutating func noteUnknown(_ words: String, of node: SpecNode, at path: SpecPath) {
        guard matters(path) else { return }
        findings.warning(
            .unresolvedValue, at: FindingPlace(node, path),
            "\(path.quoted) depends on \(words), which only AWS can resolve: it is ignored",
            help: "set a parameter with `--parameter NAME=VALUE`, and anything else with a flag of `run`")
    }

    private func matters(_ path: SpecPath) -> Bool {
        path.firstStep(below: .root).map(Self.matters.contains) == true && !Self.isForeign(path)
    }

    /// Whether a value means nothing to a build on this machine.
    private static func isForeign(_ path: SpecPath) -> Bool {
        ["location", "auth", "registryCredential", "certificate", "fleet", "buildStatusConfig", "sourceIdentifier"]
            .contains { "\(path)".contains(".\($0)") }
    }
}
