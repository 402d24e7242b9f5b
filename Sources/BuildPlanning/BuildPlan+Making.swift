public import SpecParsing

extension BuildPlan {
    /// Brings the buildspec and the request together.
    public init(_ spec: BuildSpec, _ request: BuildRequest) {
        let directories = ContainerLayout.sourceDirectories(
            of: request.id, clones: [request.source.clone] + request.secondarySources.map(\.facts.clone))
        let sourceDirectory = directories[0]
        let others = zip(request.secondarySources, directories.dropFirst()).map {
            SecondarySource(identifier: $0.identifier, directory: $1, facts: $0.facts)
        }
        self.others = others
        id = request.id
        number = request.buildNumber
        version = spec.version
        image = request.image
        self.sourceDirectory = sourceDirectory
        sourcePath = request.source.path
        snapshot = request.source.snapshot
        buildspecLocation =
            request.buildspecPath.map { "\(sourceDirectory)/\($0)" } ?? ContainerLayout.inlineBuildspec
        inlineBuildspec = request.inlineBuildspec
        shell = Self.shell(named: spec.environment.shell?.value)
        variables = Self.merged([
            Self.serviceVariables(request, sourceDirectory: sourceDirectory),
            others.flatMap(Self.serviceVariables),
            Self.variables(of: spec.environment),
            request.overrides.filter { $0.origin == .settings },
            request.overrides.filter { $0.origin == .flag },
        ])
        decisions = request.decisions
        reports = spec.reports
        runtimeVersions = spec.phases.flatMap(\.runtimeVersions)
        exportedVariables = spec.environment.exportedVariables.map(\.value)
        usesGitCredentials = spec.environment.gitCredentialHelper
        phases = PhaseName.allCases.map { name in
            let phase = spec.phases.first { $0.name == name }
            return Phase(
                name: name, isPresent: phase != nil, runAs: phase?.runAs?.value ?? spec.runAs?.value,
                onFailure: phase?.onFailure?.value, commands: phase?.commands ?? [], finally: phase?.finally ?? [],
                steps: phase?.steps)
        }
        unknownKeys = spec.unknownKeys
        artifacts = spec.artifacts
        cache = Self.cachePlan(spec.cache, usesCache: request.usesCache)
        timeout = request.timeout
        isStrict = request.isStrict
    }

    /// `env.shell` as CodeBuild reads it (CODEBUILD.md 3.4; DESIGN 8.15: a path to bash is bash).
    static func shell(named name: String?) -> Shell {
        switch name {
        case nil, "sh", "/bin/sh": .standard
        case "bash", "/bin/bash": .named("bash")
        case let other?: .named(other)
        }
    }

    private static func cachePlan(_ cache: BuildSpec.Cache?, usesCache: Bool) -> CachePlan {
        guard let cache else { return .undefined }
        guard !cache.paths.isEmpty else { return .skipped(reason: "no paths specified to be cached") }
        guard usesCache else { return .skipped(reason: "the cache is turned off by --no-cache") }
        return .kept(
            CacheRules(
                paths: cache.paths.map(\.value), key: cache.key?.value,
                fallbackKeys: cache.key == nil ? [] : cache.fallbackKeys.prefix(5).map(\.value), action: cache.action))
    }

    /// Layers laid over one another: a name keeps its first place and its last value.
    private static func merged(_ layers: [[Variable]]) -> [Variable] {
        var places: [String: Int] = [:], merged: [Variable] = []
        for variable in layers.joined() {
            if let place = places[variable.name] {
                merged[place] = variable
            } else {
                places[variable.name] = merged.count
                merged.append(variable)
            }
        }
        return merged
    }

    /// The variables CodeBuild itself sets (CODEBUILD.md 5.1, and of 5.2 those that mean something here).
    private static func serviceVariables(_ request: BuildRequest, sourceDirectory: String) -> [Variable] {
        let account = request.account, region = request.region
        let prefix = "arn:aws:codebuild:\(region):\(account)"
        let webhook = request.source.reference.flatMap(Self.webhookTrigger)
        let pairs: [(String, String?)] = [
            ("HOME", "/root"),
            ("AWS_DEFAULT_REGION", region),
            ("AWS_REGION", region),
            ("CODEBUILD_BATCH_BUILD_IDENTIFIER", request.batchIdentifier),
            ("CODEBUILD_BUILD_ARN", "\(prefix):build/\(request.id)"),
            ("CODEBUILD_BUILD_ID", "\(request.id)"),
            ("CODEBUILD_BUILD_IMAGE", request.image),
            ("CODEBUILD_BUILD_NUMBER", String(request.buildNumber)),
            ("CODEBUILD_BUILD_SUCCEEDING", "1"),
            (
                "CODEBUILD_BUILD_URL",
                "https://\(region).console.aws.amazon.com/codebuild/home?region=\(region)#/builds/\(request.id)/view/new"
            ),
            ("CODEBUILD_CI", "true"),
            ("CODEBUILD_CONTAINER_NAME", "default"),
            ("CODEBUILD_EXECUTION_ROLE_BUILD", ""),
            ("CODEBUILD_FE_REPORT_ENDPOINT", "https://codebuild.\(region).amazonaws.com/"),
            ("CODEBUILD_GOPATH", String(ContainerLayout.sourceFolder(of: request.id).dropLast("/src".count))),
            ("CODEBUILD_INITIATOR", request.initiator),
            ("CODEBUILD_KMS_KEY_ID", request.encryptionKey ?? "arn:aws:kms:\(region):\(account):alias/aws/s3"),
            ("CODEBUILD_LAST_EXIT", "0"),
            ("CODEBUILD_LOCAL_BUILD", "true"),
            ("CODEBUILD_LOG_PATH", request.id.uuid),
            ("CODEBUILD_PROJECT_ARN", "\(prefix):project/\(request.id.project)"),
            ("CODEBUILD_RESOLVED_SOURCE_VERSION", request.source.resolvedVersion),
            ("CODEBUILD_SOURCE_REPO_URL", request.source.repositoryURL ?? ""),
            ("CODEBUILD_SOURCE_VERSION", request.source.version),
            ("CODEBUILD_SRC_DIR", sourceDirectory),
            ("CODEBUILD_START_TIME", String(request.startMilliseconds)),
            ("CODEBUILD_WEBHOOK_EVENT", webhook.map { _ in "PUSH" }),
            ("CODEBUILD_WEBHOOK_HEAD_REF", webhook.map { _ in request.source.reference ?? "" }),
            ("CODEBUILD_WEBHOOK_TRIGGER", webhook),
        ]
        let mounts: [(String, String?)] = request.mounts.map { ($0.variable, $0.target) }
        return (pairs + mounts).compactMap { name, value in
            value.map { Variable(name: name, value: $0, origin: .service) }
        }
    }

    /// The variables that CodeBuild sets for a secondary source (CODEBUILD.md 5.1).
    private static func serviceVariables(_ source: SecondarySource) -> [Variable] {
        let pairs: [(String, String?)] = [
            ("CODEBUILD_SRC_DIR", source.directory), ("CODEBUILD_SOURCE_VERSION", source.facts.version),
            ("CODEBUILD_SOURCE_REPO_URL", source.facts.repositoryURL ?? ""),
        ]
        return pairs.compactMap { name, value in
            value.map { Variable(name: "\(name)_\(source.identifier)", value: $0, origin: .service) }
        }
    }

    /// CODEBUILD_WEBHOOK_TRIGGER of a push to a branch or of a tag (CODEBUILD.md 5.1); nothing else triggers a build.
    static func webhookTrigger(_ reference: String) -> String? {
        for (start, word) in [("refs/heads/", "branch"), ("refs/tags/", "tag")] where reference.hasPrefix(start) {
            return "\(word)/\(reference.dropFirst(start.count))"
        }
        return nil
    }

    /// The variables that no shell can assign (`a.b`): they reach the build by the engine's own environment.
    public var engineVariables: [Variable] {
        // A secret has a name a shell can assign, or it was refused: it must not stand on a command line.
        variables.filter { !$0.name.isShellIdentifier && $0.type == .plaintext }
    }

    /// The text of `script.sh` for one command (CODEBUILD.md 3.3): three lines, the command to the letter, the trailer.
    ///
    /// Line 1 is quoted, so that a folder with a blank in its name works. Version 0.1 keeps nothing between commands
    /// (1.5), so its script has no trailer, and each begins in the source's root [inferred].
    ///
    /// - Parameters:
    ///   - command: the command as the buildspec has it.
    ///   - root: goes before every path; empty in containers.
    public func script(for command: String, root: String = "") -> String {
        let stateDirectory = root + ContainerLayout.state
        let head = """
            cd "$(cat \(stateDirectory)/dir.txt)"
            set -a
            . \(stateDirectory)/env.sh

            """
        let body = command.hasSuffix("\n") ? command : command + "\n"
        guard version == .v02 else { return head + body }
        return head + body + """
            CODEBUILD_LAST_EXIT=$?
            export -p > \(stateDirectory)/env.sh
            pwd > \(stateDirectory)/dir.txt
            exit $CODEBUILD_LAST_EXIT

            """
    }
}
