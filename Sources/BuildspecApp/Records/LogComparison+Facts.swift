internal import AWSCalls
internal import BuildPlanning
internal import Files
internal import LogComparing

extension RecordedBuild {
    /// What the record tells of how the build was set up.
    func facts() throws -> BuildFacts {
        var facts = BuildFacts()
        let path = "\(folder)/build.json"
        // One that runs has none yet.
        if Files.kind(of: path) == .file {
            let bytes = try Files.read(path)
            do {
                if let build = try CloudBuild.read(bytes).builds.first { facts.add(build) }
            } catch is CodeBuildProjects.UnreadableAnswer {
                // A program that was killed may have left it unfinished: the events tell the rest.
            }
        }
        facts.add(try result())
        return facts
    }
}

extension BuildFacts {
    /// Takes the facts of a build resource: that of the service, or ours, which has the same form.
    mutating func add(_ build: CloudBuild) {
        commit = build.resolvedSourceVersion ?? commit
        guard let environment = build.environment else { return }
        image = environment.image ?? image
        computeType = environment.computeType ?? computeType
        guard let list = environment.environmentVariables else { return }
        variables = Dictionary(
            list.map { ($0.name, Variable(value: $0.value ?? "", type: $0.type ?? "PLAINTEXT")) },
            uniquingKeysWith: { $1 })
    }
}
