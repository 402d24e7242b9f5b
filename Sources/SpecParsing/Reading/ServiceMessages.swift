/// CodeBuild's own messages, verbatim (CODEBUILD.md 2). All have the code `YAML_FILE_ERROR` unless they begin with
/// another code.
enum ServiceMessage {
    /// The message for a YAML syntax error: libyaml's own words and line.
    ///
    /// [inferred] CODEBUILD.md 2: the number is the line of the problem's mark as libyaml has it, 0-based. So it is in
    /// the three logs whose file is known: aws-codebuild-user-guide#25 (tab in the fourth line, "at line 3"),
    /// bedrock-chat#441 (quote in the twentieth line, "at line 19"), boundless#667 of 2025-05-20 (colon in the 35th line,
    /// "at line 34"); and 0 was seen for a file of one line.
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
    /// What is said of an entry of `finally`, and of a command that is a list, is [unknown]: `nil`.
    ///
    /// - Parameters:
    ///   - index: 0-based, in that phase's `commands`, empty entries counted.
    ///   - line: 1-based, where the mapping begins. The second number is always one less (CODEBUILD.md 1.4).
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
    /// [inferred] One line: there the text was broken before and behind the identifiers, as its reader may have done.
    static func invalidBatchIdentifiers(_ identifiers: [String]) -> String {
        "BATCH_SPEC_VALIDATION_ERROR: BatchSpec has invalid values.. "
            + "Build Identifiers \(identifiers.joined(separator: ",")) must contain only alphanumeric characters and "
            + "underscores and be less than 128 characters in length."
    }

    /// Sorts the sections as CodeBuild's list of unknown keys does.
    ///
    /// [inferred] CODEBUILD.md 1.3: in the only log with two sections (aws-toolkit-vscode#4008) `BUILD` comes before
    /// `PRE_BUILD` although its file has them the other way round: sorted by name.
    static func inBlockOrder(_ sections: [BuildSpec.UnknownKeys]) -> [BuildSpec.UnknownKeys] {
        sections.sorted { $0.section.utf8.lexicographicallyPrecedes($1.section.utf8) }
    }
}
