import Foundation
import Testing

@testable import SpecParsing

/// Every key of a CodeBuild project is obeyed or named with a reason (issue 15).
@Suite struct ProjectKeysTests {
    /// The members of `CreateProjectInput` in botocore's model of CodeBuild, those of lists without their index.
    private static let created = """
        name description source source.type source.location source.gitCloneDepth source.gitSubmodulesConfig
        source.gitSubmodulesConfig.fetchSubmodules source.buildspec source.auth source.auth.type source.auth.resource
        source.reportBuildStatus source.buildStatusConfig source.buildStatusConfig.context
        source.buildStatusConfig.targetUrl source.insecureSsl source.sourceIdentifier secondarySources
        secondarySources.type secondarySources.location secondarySources.gitCloneDepth
        secondarySources.gitSubmodulesConfig secondarySources.gitSubmodulesConfig.fetchSubmodules
        secondarySources.buildspec secondarySources.auth secondarySources.auth.type secondarySources.auth.resource
        secondarySources.reportBuildStatus secondarySources.buildStatusConfig secondarySources.buildStatusConfig.context
        secondarySources.buildStatusConfig.targetUrl secondarySources.insecureSsl secondarySources.sourceIdentifier
        sourceVersion secondarySourceVersions secondarySourceVersions.sourceIdentifier
        secondarySourceVersions.sourceVersion artifacts artifacts.type artifacts.location artifacts.path
        artifacts.namespaceType artifacts.name artifacts.packaging artifacts.overrideArtifactName
        artifacts.encryptionDisabled artifacts.artifactIdentifier artifacts.bucketOwnerAccess secondaryArtifacts
        secondaryArtifacts.type secondaryArtifacts.location secondaryArtifacts.path secondaryArtifacts.namespaceType
        secondaryArtifacts.name secondaryArtifacts.packaging secondaryArtifacts.overrideArtifactName
        secondaryArtifacts.encryptionDisabled secondaryArtifacts.artifactIdentifier secondaryArtifacts.bucketOwnerAccess
        cache cache.type cache.location cache.modes cache.cacheNamespace environment environment.type environment.image
        environment.computeType environment.computeConfiguration environment.computeConfiguration.vCpu
        environment.computeConfiguration.memory environment.computeConfiguration.disk
        environment.computeConfiguration.machineType environment.computeConfiguration.instanceType environment.fleet
        environment.fleet.fleetArn environment.environmentVariables environment.environmentVariables.name
        environment.environmentVariables.value environment.environmentVariables.type environment.privilegedMode
        environment.certificate environment.registryCredential environment.registryCredential.credential
        environment.registryCredential.credentialProvider environment.imagePullCredentialsType environment.dockerServer
        environment.dockerServer.computeType environment.dockerServer.securityGroupIds environment.dockerServer.status
        environment.dockerServer.status.status environment.dockerServer.status.message serviceRole timeoutInMinutes
        queuedTimeoutInMinutes encryptionKey tags tags.key tags.value vpcConfig vpcConfig.vpcId vpcConfig.subnets
        vpcConfig.securityGroupIds badgeEnabled logsConfig logsConfig.cloudWatchLogs logsConfig.cloudWatchLogs.status
        logsConfig.cloudWatchLogs.groupName logsConfig.cloudWatchLogs.streamName logsConfig.s3Logs
        logsConfig.s3Logs.status logsConfig.s3Logs.location logsConfig.s3Logs.encryptionDisabled
        logsConfig.s3Logs.bucketOwnerAccess fileSystemLocations fileSystemLocations.type fileSystemLocations.location
        fileSystemLocations.mountPoint fileSystemLocations.identifier fileSystemLocations.mountOptions buildBatchConfig
        buildBatchConfig.serviceRole buildBatchConfig.combineArtifacts buildBatchConfig.restrictions
        buildBatchConfig.restrictions.maximumBuildsAllowed buildBatchConfig.restrictions.computeTypesAllowed
        buildBatchConfig.restrictions.fleetsAllowed buildBatchConfig.timeoutInMins buildBatchConfig.batchReportMode
        concurrentBuildLimit autoRetryLimit
        """

    /// What `Project`, the answer of `batch-get-projects`, has beside them.
    private static let answered = """
        arn created lastModified webhook webhook.url webhook.payloadUrl webhook.secret webhook.branchFilter
        webhook.filterGroups webhook.filterGroups.type webhook.filterGroups.pattern
        webhook.filterGroups.excludeMatchedPattern webhook.buildType webhook.manualCreation webhook.lastModifiedSecret
        webhook.scopeConfiguration webhook.scopeConfiguration.name webhook.scopeConfiguration.domain
        webhook.scopeConfiguration.scope webhook.status webhook.statusMessage webhook.pullRequestBuildPolicy
        webhook.pullRequestBuildPolicy.requiresCommentApproval webhook.pullRequestBuildPolicy.approverRoles badge
        badge.badgeEnabled badge.badgeRequestUrl projectVisibility publicProjectAlias resourceAccessRole
        """

    private static func names(_ text: String) -> [String] {
        text.split(whereSeparator: \.isWhitespace).map(String.init)
    }

    /// The rows of the page, `obeyed` or `named` by their keys.
    private static let page: [String: String] = {
        let path = URL(filePath: #filePath).pathComponents.prefix { $0 != "Tests" }.joined(separator: "/").dropFirst()
        let text = (try? String(contentsOfFile: "\(path)/Documentation/project-settings.md", encoding: .utf8)) ?? ""
        return Dictionary(
            text.matches(of: #/(?m)^\| `([A-Za-z.]+)` \| (\w+) \|/#).map { (String($0.1), String($0.2)) },
            uniquingKeysWith: { first, _ in first })
    }()

    private static let table = KeyTable.projectSettings(extraKeys: [])

    /// The key of a path; `nil` where the table has none.
    private func key(_ path: String) -> KeyTable.Key? {
        var table = Self.table, found: KeyTable.Key?
        for step in path.split(separator: ".") {
            guard let key = table.keys.first(where: { $0.name == step }) else { return nil }
            found = key
            if case .unused = key.support { return key }
            guard let next = key.shape.sections.first?.table else { return key }
            table = next
        }
        return found
    }

    /// A path as the page has it: secondary sources and artifacts have the keys of primary ones.
    private func pagePath(_ path: String) -> String {
        var steps = path.split(separator: ".").map(String.init)
        if steps.count > 1 {
            steps[0] = ["secondarySources": "source", "secondaryArtifacts": "artifacts"][steps[0]] ?? steps[0]
        }
        return steps.joined(separator: ".")
    }

    /// What the page says of a key: in its own row, or in one of a key above it.
    private func row(_ path: String) -> String? {
        var steps = pagePath(path).split(separator: ".")
        while !steps.isEmpty {
            if let word = Self.page[steps.joined(separator: ".")] { return word }
            steps.removeLast()
        }
        return nil
    }

    @Test func `every key of CreateProject is obeyed or named, as the page says`() {
        for path in Self.names(Self.created) {
            guard let key = key(path) else {
                Issue.record("`\(path)` is unknown")
                continue
            }
            // A section has rows for what is in it, or one for all of it.
            let hasRow = !Self.page.keys.contains { $0.hasPrefix(pagePath(path) + ".") }
            switch key.support {
            case .read: if hasRow { #expect(row(path) == "obeyed", "`\(path)` is read") }
            case .unused: #expect(row(path) == "named", "`\(path)` is not used")
            case .irrelevant: Issue.record("`\(path)` is neither obeyed nor named")
            }
        }
    }

    @Test func `an answer of AWS has no unknown key`() {
        for path in Self.names(Self.answered) { #expect(key(path) != nil, "`\(path)` is unknown") }
    }

    @Test func `the page has no key that the program does not know`() {
        #expect(!Self.page.isEmpty)
        for path in Self.page.keys { #expect(key(path) != nil, "`\(path)`") }
    }

    private func read(_ text: String) -> SettingsReading {
        readProjectSettings(Array(text.utf8), file: "p", extraKeys: [])
    }

    @Test func `what is not used is named with its place and its reason, a default is not`() {
        let reading = read(
            """
            name: app
            queuedTimeoutInMinutes: 480
            badge: {badgeEnabled: true, badgeRequestUrl: x}
            vpcConfig: {}
            logsConfig: {s3Logs: {status: DISABLED}}
            environment: {imagePullCredentialsType: SERVICE_ROLE, certificate: 'arn:aws:s3:::b/ca.pem'}
            source: {type: GITHUB, insecureSsl: false, auth: {type: OAUTH}}
            """)
        #expect(reading.diagnostics == [])
        #expect(
            reading.settings.unused.map { "\($0.location.line) \($0.path)\($0.isLabel ? " (label)" : "")" } == [
                "3 badgeEnabled (label)", "6 environment.certificate", "6 environment.imagePullCredentialsType",
                "5 logsConfig", "7 source.auth",
            ])
        #expect(reading.settings.unused.first?.why == "badges are AWS's")
    }

    @Test func `sources, artifacts, file systems and the machine are read`() {
        let settings = read(
            """
            source: {type: GITHUB, location: https://x/y.git, gitCloneDepth: 1, gitSubmodulesConfig: {fetchSubmodules: false}}
            sourceVersion: refs/heads/main
            secondarySources:
              - {type: S3, location: b/k.zip, sourceIdentifier: lib}
              - {type: CODECOMMIT, location: z, sourceIdentifier: docs, gitCloneDepth: 26}
            secondarySourceVersions: [{sourceIdentifier: docs, sourceVersion: v1}]
            artifacts: {type: s3, location: bucket, path: /a/b/, namespaceType: BUILD_ID, name: /, packaging: ZIP}
            secondaryArtifacts: [{type: S3, location: c, artifactIdentifier: docs, overrideArtifactName: true, path: ''}]
            fileSystemLocations: [{type: EFS, location: 'fs-1.efs:/', mountPoint: /mnt/efs, identifier: efs}]
            environment:
              type: ARM_CONTAINER
              computeType: BUILD_GENERAL1_LARGE
              computeConfiguration: {vCpu: 2, memory: 4}
            cache: {type: LOCAL, modes: [LOCAL_SOURCE_CACHE, LOCAL_DOCKER_LAYER_CACHE]}
            encryptionKey: alias/mine
            """
        ).settings
        #expect(settings.source.type == .gitHub && settings.source.location?.value == "https://x/y.git")
        #expect(settings.source.cloneDepth?.value == 1 && settings.source.fetchesSubmodules?.value == false)
        #expect(settings.source.version?.value == "refs/heads/main")
        #expect(settings.secondarySources.map(\.identifier?.value) == ["lib", "docs"])
        #expect(settings.secondarySources.map(\.version?.value) == [nil, "v1"])
        #expect(settings.secondarySources.map(\.cloneDepth?.value) == [nil, nil])
        #expect(settings.artifacts?.bucket == "bucket" && settings.artifacts?.path == "a/b")
        #expect(settings.artifacts?.name == "/" && settings.artifacts?.hasBuildFolder == true)
        #expect(settings.artifacts?.isZip == true && settings.artifacts?.takesNameOfBuildspec == false)
        #expect(settings.secondaryArtifacts.map(\.takesNameOfBuildspec) == [true])
        #expect(settings.fileSystems.map { "\($0.identifier) \($0.mountPoint)" } == ["efs /mnt/efs"])
        #expect(settings.compute.type?.value == "BUILD_GENERAL1_LARGE")
        #expect(settings.compute.memory == 4 && settings.compute.processors == 2)
        #expect(settings.cache?.modes == [.source, .dockerLayers])
        #expect(settings.encryptionKey?.value == "alias/mine")
        #expect(settings.unused == [])
    }

    @Test(arguments: [
        ("secondarySources: [{type: S3}]", "error: `secondarySources[0]` has no `sourceIdentifier`"),
        (
            "secondarySources: [{sourceIdentifier: a-b}]",
            "error: `secondarySources[0].sourceIdentifier` is `a-b`, expected fewer than 128 letters, digits and `_`"
        ),
        (
            "secondarySources: [{sourceIdentifier: a}, {sourceIdentifier: a}]",
            "error: `a` is the identifier of two of them"
        ),
        (
            "secondarySourceVersions: [{sourceIdentifier: a, sourceVersion: v}]",
            "warning: `secondarySourceVersions` has a version of `a`, and no secondary source has that identifier"
        ),
        (
            "artifacts: {packaging: TAR}",
            "warning: `artifacts.packaging` is `TAR`, expected `NONE` or `ZIP`: it counts as not set"
        ),
        (
            "fileSystemLocations: [{identifier: a}]", "error: `fileSystemLocations[0]` has no `mountPoint`"
        ),
        (
            "environment: {type: WINDOWS_SERVER_2022_CONTAINER}",
            "error: `environment.type` is `WINDOWS_SERVER_2022_CONTAINER`: builds run in Linux containers here"
        ),
        (
            "cache: {type: LOCAL, modes: [X]}",
            "error: `cache.modes` is `X`, expected `LOCAL_SOURCE_CACHE`, `LOCAL_DOCKER_LAYER_CACHE` or `LOCAL_CUSTOM_CACHE`"
        ),
    ])
    func `what is wrong in them is found`(text: String, finding: String) {
        #expect(read(text).diagnostics.map { "\($0.severity): \($0.message)" } == [finding])
    }
}
