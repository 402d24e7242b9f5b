/// Checks the files of an artifact that a deploy stage reads, whose mistakes would be found only after the build.
///
/// Shapes: CodePipeline user guide, "Image definitions file reference" (`imagedefinitions.json`, `imageDetail.json`) and
/// "CodeDeploy blue/green" (`appspec.yml`, `taskdef.json`), observed 2026.
public struct DeployFiles: Sendable {
    /// The file names at the top of an artifact that a deploy stage reads.
    public static let names = [
        "imagedefinitions.json", "imageDetail.json", "appspec.yml", "appspec.yaml", "taskdef.json",
    ]

    /// One file, with the path to show in findings.
    public struct File: Sendable {
        public let name: String
        public let path: String
        public let bytes: [UInt8]

        public init(name: String, path: String, bytes: [UInt8]) {
            self.name = name
            self.path = path
            self.bytes = bytes
        }
    }

    /// A finding about one file.
    public struct Finding: Sendable {
        public let diagnostic: Diagnostic
        /// The text that the finding's location refers to.
        public let source: [UInt8]
    }

    private var found: [Finding] = []
    /// The names of the containers of the task definition; `nil` when it is not known.
    private var containers: [String]?

    /// Checks the files of one artifact.
    ///
    /// - Parameters:
    ///   - files: the artifact's files that a deploy stage reads.
    ///   - taskDefinition: JSON as `aws ecs register-task-definition` takes it or `describe-task-definition` prints it. Without it
    ///     the artifact's own `taskdef.json` is used.
    /// - Returns: the findings in the order of the files.
    public static func check(_ files: [File], taskDefinition: File?) -> [Finding] {
        var checks = DeployFiles()
        let definition = taskDefinition ?? files.first { $0.name == "taskdef.json" }
        if let definition { checks.readContainers(definition) }
        for file in files {
            switch file.name {
            case "imagedefinitions.json": checks.read(file) { $0.checkDefinitions($1) }
            case "imageDetail.json": checks.read(file) { $0.checkDetail($1) }
            case "appspec.yml", "appspec.yaml": checks.read(file) { $0.checkAppSpec($1) }
            case "taskdef.json": checks.read(file) { $0.checkTaskDefinition($1) }
            default: break
            }
        }
        return checks.found
    }

    private mutating func read(_ file: File, _ check: (inout DeployFiles, SpecNode) -> Void) {
        switch SpecDocument.read(file.bytes, file: file.path) {
        case .success(let document):
            if let root = document.root, !root.isNull {
                check(&self, root)
            } else {
                note("the file is empty", at: nil, in: document.source, help: "the deploy stage refuses it")
            }
        case .failure(let unreadable): found.append(Finding(diagnostic: unreadable.diagnostic, source: file.bytes))
        }
    }

    private mutating func note(_ message: String, at node: SpecNode?, in source: SourceText, help: String?) {
        found.append(
            Finding(
                diagnostic: Diagnostic(
                    severity: .warning, code: FindingCode.deployMistake.rawValue, message: message,
                    location: node?.location ?? source.location(ofScalar: 0), length: node?.length ?? 1, help: help),
                source: source.utf8))
    }

    private mutating func note(_ node: SpecNode, _ message: String, help: String? = nil) {
        note(message, at: node, in: node.document.source, help: help)
    }

    // MARK: Each kind of file

    private static let definitionHelp = #"expected `[{"name": "CONTAINER", "imageUri": "REPOSITORY:TAG"}]`"#

    private mutating func checkDefinitions(_ root: SpecNode) {
        guard root.kind == .list else {
            return note(root, "the file is \(root.kindName), expected a list of containers", help: Self.definitionHelp)
        }
        if root.items.isEmpty {
            note(root, "the list of containers is empty: nothing would be deployed", help: Self.definitionHelp)
        }
        var seen: Set<String> = []
        for item in root.items {
            guard let name = text("name", of: item, Self.definitionHelp) else { continue }
            _ = text("imageUri", of: item, Self.definitionHelp)
            if !seen.insert(name.text).inserted { note(name, "container \(quoted(name.text)) is named twice") }
            checkContainer(name)
        }
    }

    private mutating func checkDetail(_ root: SpecNode) {
        _ = text("ImageURI", of: root, #"expected `{"ImageURI": "REPOSITORY@sha256:…"}`"#)
    }

    private mutating func checkAppSpec(_ root: SpecNode) {
        for resource in root.value("Resources").map({ Array($0.items) }) ?? [] {
            guard let properties = resource.value("TargetService")?.value("Properties") else { continue }
            if let definition = properties.value("TaskDefinition"), definition.text != "<TASK_DEFINITION>",
                !definition.text.hasPrefix("arn:")
            {
                note(
                    definition,
                    "`TaskDefinition` is \(quoted(definition.text)): CodePipeline puts nothing in its place",
                    help: "write `<TASK_DEFINITION>`, or the ARN of a task definition")
            }
            if let name = properties.value("LoadBalancerInfo")?.value("ContainerName") { checkContainer(name) }
        }
    }

    private mutating func checkTaskDefinition(_ root: SpecNode) {
        for container in Self.containers(of: root) {
            guard let image = text("image", of: container, "each container needs a `name` and an `image`") else {
                continue
            }
            if image.text.hasPrefix("<") != image.text.hasSuffix(">") {
                note(
                    image, "`image` is \(quoted(image.text)), half a placeholder",
                    help: "a placeholder is `<NAME>`, as the deploy action names it: `<IMAGE1_NAME>`")
            }
        }
    }

    // MARK: Small workings

    private mutating func readContainers(_ file: File) {
        guard case .success(let document) = SpecDocument.read(file.bytes, file: file.path), let root = document.root
        else { return }
        containers = Self.containers(of: root).compactMap { $0.value("name")?.text }
    }

    private static func containers(of root: SpecNode) -> [SpecNode] {
        let definition = root.value("taskDefinition") ?? root
        return definition.value("containerDefinitions").map { Array($0.items) } ?? []
    }

    private mutating func checkContainer(_ name: SpecNode) {
        guard let containers, !containers.contains(name.text) else { return }
        note(
            name, "the task definition has no container \(quoted(name.text))",
            help: nearName(to: name.text, among: containers).map { "did you mean `\($0)`?" }
                ?? "it has \(containers.isEmpty ? "none" : SectionReader.list(containers))")
    }

    /// The value of a key that must have a non-empty text; notes what is wrong otherwise.
    private mutating func text(_ key: String, of node: SpecNode, _ help: String) -> SpecNode? {
        guard node.kind == .mapping else {
            note(node, "there is \(node.kindName) where a mapping is expected", help: help)
            return nil
        }
        guard let value = node.value(key) else {
            note(node, "`\(key)` is missing", help: help)
            return nil
        }
        guard value.kind == .scalar, !value.text.isEmpty, !value.isNull else {
            note(value, "`\(key)` is empty, or no text", help: help)
            return nil
        }
        return value
    }
}

extension SpecNode {
    /// The value of a key of a mapping. Of duplicate keys the last counts.
    fileprivate func value(_ key: String) -> SpecNode? {
        kind == .mapping ? pairs.last { $0.key.text == key }?.value : nil
    }
}
