/// Shows how a value of the right shape is written, where another shape was found.
extension SectionReader {
    /// Examples of mappings, by the last step of their paths.
    private static let mappings = [
        "phases": "phases: {build: {commands: [make test]}}", "env": "env: {variables: {NAME: value}}",
        "variables": "variables: {NAME: value}", "plaintext": "plaintext: {NAME: value}",
        "parameter-store": "parameter-store: {NAME: /path/of/parameter}",
        "secrets-manager": "secrets-manager: {NAME: secret-id:json-key}",
        "runtime-versions": "runtime-versions: {java: corretto17}", "artifacts": "artifacts: {files: ['target/*.jar']}",
        "secondary-artifacts": "secondary-artifacts: {docs: {files: ['docs/**/*']}}",
        "cache": "cache: {paths: ['/root/.m2/**/*']}", "reports": "reports: {tests: {files: ['**/TEST-*.xml']}}",
        "batch": "batch: {build-list: [{identifier: one, buildspec: one.yml}]}",
        "environment": "environment: {image: 'maven:3-eclipse-temurin-17'}",
        "source": "source: {buildspec: ci/buildspec.yml}", "x-buildspec": "x-buildspec: {keep: failure}",
    ]

    /// Examples of lists of mappings, by the last step of their paths.
    private static let lists = [
        "environmentVariables": "environmentVariables: [{name: NAME, value: text}]",
        "secondarySources": "secondarySources: [{sourceIdentifier: lib, type: GITHUB, location: 'https://…'}]",
        "build-list": "build-list: [{identifier: one, buildspec: one.yml}]",
        "build-graph": "build-graph: [{identifier: one}, {identifier: two, depend-on: [one]}]",
    ]

    /// - Parameter expected: the shape in the words of the finding.
    static func help(for node: SpecNode, expecting expected: String, at path: SpecPath) -> String? {
        let steps = path.text.split(separator: ".").map(String.init), last = steps.last ?? ""
        switch expected {
        case "text": return helpForText(node)
        case "a list": return "put `- ` before each entry"
        case "a list of mappings":
            return lists[last].map { "put `- ` before the first key of each entry, for example `\($0)`" }
        case "a mapping":
            // The members of these have names of the user's choice.
            let isMember = steps.count > 1 && ["reports", "secondary-artifacts"].contains(steps[steps.count - 2])
            guard let example = isMember ? "\(last): {files: ['**/*.xml']}" : mappings[last] else { return nil }
            return "\(way(from: node)), for example `\(example)`"
        default: return nil
        }
    }

    /// What to do with a value in order that it becomes a mapping.
    private static func way(from node: SpecNode) -> String {
        guard node.kind == .list, let first = node.items.first else { return "write keys with their values below it" }
        if first.kind == .mapping { return "take the dashes away: its keys stand below it" }
        return first.text.contains("=")
            ? "write `NAME: value` in place of `- NAME=value`" : "write keys with their values"
    }

    /// Suggests quotes, because `{{x}}` and `[x]` are more often meant as text than as YAML.
    private static func helpForText(_ node: SpecNode) -> String? {
        guard node.style == .flow, let text = node.quotedAsWritten else { return nil }
        return "if it is meant as text, put it in quotes: \(text)"
    }
}
