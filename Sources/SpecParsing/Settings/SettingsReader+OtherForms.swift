/// Files that are taken for a project's settings and are something else.
extension SettingsReader {
    /// Notes, once for the whole file, what it is: a buildspec, or the properties of a resource of CloudFormation.
    ///
    /// - Returns: whether it is one of these, so that nothing of it is read.
    mutating func noteOtherForm(_ root: SpecNode) -> Bool {
        guard let first = root.pairs.first?.key else { return false }
        let names = root.pairs.map(\.key.text), place = FindingPlace(first, .root)
        if names.contains("version"), names.contains("phases") {
            reader.findings.warning(
                .unknownKey, at: place,
                "the file is a buildspec, not the settings of a project: nothing of it is used here",
                help: "`--buildspec FILE` runs it; settings begin with `environment:`, `source:` or `x-buildspec:`")
            return true
        }
        guard let example = capitalKey(of: root, names) else { return false }
        reader.findings.error(
            .unknownKey, at: place,
            "the keys are CloudFormation's, which begin with capital letters (`\(example)`); settings have the words of the "
                + "CreateProject API (`\(Self.lowered(example))`)",
            help: "begin each key with a small letter, or make the file a template: "
                + "`Resources: {App: {Type: AWS::CodeBuild::Project, Properties: …}}`")
        return true
    }

    /// A key of a project that has a capital letter, where all keys have one.
    private func capitalKey(of root: SpecNode, _ names: [String]) -> String? {
        if root["Type"]?.text == "AWS::CodeBuild::Project" { return "Properties" }
        let own = names.filter { $0 != "x-buildspec" }
        guard own.allSatisfy({ $0.first?.isUppercase == true }) else { return nil }
        let known = reader.rootTable.keys.map(\.name)
        return own.first { known.contains(Self.lowered($0)) }
    }

    private static func lowered(_ name: String) -> String { name.prefix(1).lowercased() + name.dropFirst() }
}
