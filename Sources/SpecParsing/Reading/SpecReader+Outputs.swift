/// Reads the `artifacts` and `reports` sections (CODEBUILD.md 6, 8).
extension SpecReader {
    mutating func artifacts(_ artifacts: Section) -> BuildSpec.Artifacts? {
        let named = artifacts.sectionsByName("secondary-artifacts")
        guard artifacts.has("files") || artifacts.hasValue("secondary-artifacts") && !named.isEmpty else {
            noteMissingFiles(artifacts)
            return nil
        }
        var secondary: [BuildSpec.ArtifactRules] = []
        for artifact in named where isIdentifier(artifact) {
            if !artifact.content.has("files") { noteMissingFiles(artifact.content) }
            secondary.append(artifactRules(artifact.content, identifier: artifact.name))
        }
        return BuildSpec.Artifacts(
            primary: artifacts.has("files") ? artifactRules(artifacts, identifier: nil) : nil, secondary: secondary)
    }

    private func artifactRules(_ rules: Section, identifier: String?) -> BuildSpec.ArtifactRules {
        BuildSpec.ArtifactRules(
            identifier: identifier, location: rules.node.location, files: rules.texts("files"),
            hasFiles: rules.has("files"), name: rules.text("name"), baseDirectory: rules.text("base-directory"),
            discardPaths: rules.isOn("discard-paths"), excludePaths: rules.texts("exclude-paths"),
            enableSymlinks: rules.isOn("enable-symlinks"), s3Prefix: rules.text("s3-prefix")?.value)
    }

    /// Whether an identifier can be used as the name of a folder beside `artifacts` (DESIGN 2).
    private mutating func isIdentifier(_ artifact: Section.Named<Section>) -> Bool {
        let name = artifact.name
        let problem: String
        if name == "artifacts" {
            problem = "is the name of the primary artifact's folder"
        } else if name.isEmpty || name == "." || name.contains("/") || name.contains("..") || name.contains("\0") {
            problem = "cannot be the name of a folder"
        } else {
            return true
        }
        error(
            .invalidIdentifier, at: FindingPlace(artifact.node, artifact.content.path),
            "the identifier \(quoted(name)) \(problem)",
            help: "give the secondary artifact another identifier, without `/` and `..`")
        return false
    }

    private mutating func noteMissingFiles(_ section: Section) {
        error(
            .missingKey, at: FindingPlace(section.node, section.path), "\(section.path.quoted) has no `files`",
            help: "add `files:` with a pattern or a list of them; `'**/*'` means every file")
    }

    mutating func reports(_ top: Section) -> [BuildSpec.ReportGroup] {
        let groups = top.sectionsByName("reports")
        if let key = top.key("reports") {
            warnIfMany(groups.count, "groups", limit: 5, at: FindingPlace(key, top.path.key("reports")))
        }
        var read: [BuildSpec.ReportGroup] = []
        for group in groups {
            let section = group.content
            if !section.has("files") { noteMissingFiles(section) }
            if let format = section.node("file-format") { checkFormat(format, at: section.path.key("file-format")) }
            read.append(
                BuildSpec.ReportGroup(
                    name: group.name, files: section.texts("files"),
                    fileFormat: section.text("file-format")?.value ?? "JUNITXML",
                    baseDirectory: section.text("base-directory"), discardPaths: section.isOn("discard-paths"),
                    location: group.node.location))
        }
        return read
    }

    private mutating func checkFormat(_ format: SpecNode, at path: SpecPath) {
        let word = format.text.uppercased()
        guard !Self.reportFormats.contains(word) else { return }
        guard !Self.wordsForLCOV.contains(word) else {
            return reader.findings.warning(
                .unknownValue, at: FindingPlace(format, path),
                "\(path.quoted) is \(quoted(format.text)), a word that CodeBuild's documents do not have",
                help: "its guide lists LCOV among the formats of coverage, without the word for it; here it is read")
        }
        let near = nearName(to: format.text, among: Self.reportFormats)
        reader.findings.warning(
            .unknownValue, at: FindingPlace(format, path),
            "\(path.quoted) is \(quoted(format.text)), which is no format of CodeBuild",
            help: near.map { "did you mean `\($0)`?" }
                ?? "the formats are \(Self.reportFormats.joined(separator: ", "))")
    }

    /// The likely words for LCOV. [unknown, CODEBUILD-2026 C.1]
    private static let wordsForLCOV = ["LCOVINFO", "LCOV_INFO"]

    /// The formats of reports, which may be written in any case (CODEBUILD.md 8).
    static let reportFormats = [
        "JUNITXML", "CUCUMBERJSON", "NUNITXML", "NUNIT3XML", "TESTNGXML", "VISUALSTUDIOTRX", "CLOVERXML",
        "COBERTURAXML",
        "JACOCOXML", "SIMPLECOV",
    ]
}
