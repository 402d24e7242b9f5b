internal import SpecParsing

extension BuildPlan {
    /// The agent's lines from `CODEBUILD_SRC_DIR` to those about the environment variables (CODEBUILD.md 4.1, 4.2).
    public var openingLines: [String] {
        var lines = ["CODEBUILD_SRC_DIR=\(sourceDirectory)"]
        lines += secondarySources.map { "CODEBUILD_SRC_DIR_\($0.identifier)=\($0.directory)" }
        lines.append("YAML location is \(buildspecLocation)")
        lines += phases.filter { $0.isPresent && $0.commands.isEmpty }.map {
            "No commands found for phase name: \($0.name.rawValue)"
        }
        if let block = Self.unknownKeysBlock(unknownKeys) { lines.append(block) }
        if case .named(let shell) = shell { lines.append("Selecting shell \(shell) as specified in buildspec.") }
        lines += ["Setting HTTP client timeout to higher timeout for S3 source", "Processing environment variables"]
        if variables.contains(where: { $0.type == .parameterStore }) {
            lines.append("Decrypting parameter store environment variables")
        }
        return lines
    }

    /// The block about unknown keys; its further lines have no prefix (CODEBUILD.md 1.3).
    static func unknownKeysBlock(_ unknown: [BuildSpec.UnknownKeys]) -> String? {
        guard !unknown.isEmpty else { return nil }
        var lines = ["Found possible syntax errors in buildspec: "]
        for section in unknown {
            lines += ["In the section \(section.section)", "    The following keys cannot be identified:"]
            lines += section.keys.map { "        \($0)" }
        }
        return lines.joined(separator: "\n")
    }

    /// `Phases found in YAML` and a line each, counting `commands` alone [unknown, CODEBUILD.md 4.2: whether `finally`
    /// counts]; the order is ours (DESIGN 8.5).
    public var phaseCountLines: [String] {
        let counted = phases.filter { !$0.commands.isEmpty }
        return ["Phases found in YAML: \(counted.count)"]
            + counted.map { " \($0.name.apiName): \($0.commands.count) commands" }
    }
}
