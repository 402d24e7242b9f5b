internal import BuildPlanning
internal import Rendering
internal import SpecParsing

extension BuildSession {
    /// Looks at what a deploy stage would read of the artifacts, and says what it would refuse.
    ///
    /// - Returns: whether there is nothing to say. Artifacts in zip files are not looked into.
    func checkDeployFiles(_ result: BuildResult, _ settings: RunSettings) throws -> Bool {
        let definition = try settings.taskDefinition.map { path in
            DeployFiles.File(name: "taskdef.json", path: places.shown(path), bytes: try Files.read(path))
        }
        var isFine = true
        for artifact in result.artifacts where Files.kind(of: artifact.path) == .folder {
            let files = try DeployFiles.names.filter { Files.kind(of: "\(artifact.path)/\($0)") == .file }.map { name in
                let path = "\(artifact.path)/\(name)"
                return DeployFiles.File(name: name, path: places.shown(path), bytes: try Files.read(path))
            }
            guard !files.isEmpty else { continue }
            let renderer = DiagnosticRenderer(color: terminal.errorUsesColor)
            for finding in DeployFiles.check(files, taskDefinition: definition) {
                terminal.say(renderer.text(finding.diagnostic, source: finding.source))
                isFine = false
            }
        }
        return isFine
    }
}
