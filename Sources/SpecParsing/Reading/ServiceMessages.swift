/// CodeBuild's own messages, verbatim (CODEBUILD.md 2). All have the code `YAML_FILE_ERROR` unless they begin with
/// another code.
enum ServiceMessage {
    /// The message for a YAML syntax error: libyaml's own words and line.
    ///
    /// [inferred] CODEBUILD.md 2: the number is libyaml's 0-based line of the problem. This holds in the three logs
    /// whose file is known: aws-codebuild-user-guide#25 (tab in the fourth line, "at line 3"), bedrock-chat#441 (quote
    /// in the twentieth line, "at line 19"), boundless#667 of 2025-05-20 (colon in the 35th line, "at line 34"); and 0
    /// was seen for a file of one line.
    static func syntax(_ problem: String, line: Int) -> String { "\(problem) at line \(line)" }

    static func invalidVersion(_ version: String) -> String {
        "invalid buildspec `version` specified: \(version), see documentation"
    }

    static func invalidPhaseName(_ name: String) -> String {
        "Invalid buildspec phase name: \(name). Expecting: build,install,post_build,pre_build"
    }

    /// The message for a command that is a mapping. Observed verbatim for known files: sagemaker-chainer-container#83
    /// of 2019-05-09 (its commit 2c307fe), guidance-for-claude-code-with-amazon-bedrock#518 of 2026-06-10.
    ///
    /// Returns `nil` for entries of `finally` and for commands that are lists, whose messages are [unknown].
    ///
    /// - Parameters:
    ///   - index: the 0-based index in the phase's `commands`, counting empty entries.
    ///   - line: the 1-based line at which the mapping begins. The second number is always one less (CODEBUILD.md 1.4).
    static func commandNotString(_ kind: SpecNode.Kind, index: Int, of key: String, line: Int) -> String? {
        guard key == "commands", kind == .mapping else { return nil }
        return "Expected Commands[\(index)] to be of string type: found subkeys instead at line \(line), "
            + "value of the key tag on line \(line - 1) might be empty"
    }

    /// The message for a file that is not a buildspec. [inferred] CODEBUILD.md 2: observed for empty files and for
    /// other files, so probably given for every file without the keys that are required at the top.
    static let notABuildspec = "wrong number of container tags, expected 1"

    /// The message for all invalid identifiers of a batch. Observed 2020-11-12, aws/copilot-cli#1673.
    ///
    /// [inferred] The message is one line. In the observed text there were line breaks around the identifiers, which
    /// its reporter may have added.
    static func invalidBatchIdentifiers(_ identifiers: [String]) -> String {
        "BATCH_SPEC_VALIDATION_ERROR: BatchSpec has invalid values.. "
            + "Build Identifiers \(identifiers.joined(separator: ",")) must contain only alphanumeric characters and "
            + "underscores and be less than 128 characters in length."
    }

    /// Sorts the sections as CodeBuild's list of unknown keys does.
    ///
    /// [inferred] CODEBUILD.md 1.3: sorted by name, because in the only log with two sections (aws-toolkit-vscode#4008)
    /// `BUILD` precedes `PRE_BUILD` although its file has them in the other order.
    static func inBlockOrder(_ sections: [BuildSpec.UnknownKeys]) -> [BuildSpec.UnknownKeys] {
        sections.sorted { $0.section.utf8.lexicographicallyPrecedes($1.section.utf8) }
    }
}
