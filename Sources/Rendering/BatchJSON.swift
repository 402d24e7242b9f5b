public import BuildPlanning

extension BatchResult {
    /// The batch in the format of BatchGetBuildBatches (CODEBUILD-2026 D.4): `{"buildBatches":[…],"buildBatchesNotFound":[]}`.
    public var batchGetBuildBatches: JSONText {
        .object([("buildBatches", .array([json])), ("buildBatchesNotFound", .array([]))])
    }

    private var json: JSONText {
        let reports = reports
        return .object([
            ("id", .string("\(id)")), ("arn", .string(arn)),
            ("startTime", .string(start.rfc3339)), ("endTime", end.map { .string($0.rfc3339) }),
            ("currentPhase", .string(status == .inProgress ? "IN_PROGRESS" : status.rawValue)),
            ("buildBatchStatus", .string(status.rawValue)), ("projectName", .string(id.project)),
            ("complete", .bool(status != .inProgress)),
            ("artifacts", artifact.map { .object([("location", .string($0.path)), ("files", .number($0.files))]) }),
            ("reportArns", .array(reports.map { .string($0.arn) })),
            // Ours: the content that was built, how many builds could run at once, and of a fanout the merged reports.
            ("tree", tree.map { .string($0) }), ("jobs", .number(limit)),
            ("mergedReports", isFanout ? .array(reports.map(\.json)) : nil),
            ("buildGroups", .array([downloadGroup] + groups.map(json))),
        ])
    }

    /// The service's first group is a build that does nothing but fetch the batch's buildspec; here nothing has to be fetched.
    private var downloadGroup: JSONText {
        .object([
            ("identifier", .string("DOWNLOAD_SOURCE")), ("dependsOn", .array([])), ("ignoreFailure", .bool(false)),
            (
                "currentBuildSummary",
                .object([
                    ("requestedOn", .string(start.rfc3339)), ("buildStatus", .string("SUCCEEDED")),
                    (
                        "primaryArtifact",
                        .object([("type", .string("no_artifacts")), ("identifier", .string("DOWNLOAD_SOURCE"))])
                    ), ("secondaryArtifacts", .array([])),
                ])
            ),
        ])
    }

    private func json(_ group: Group) -> JSONText {
        .object([
            ("identifier", .string(group.task.identifier)),
            ("dependsOn", .array(group.task.dependsOn.map { .string($0) })),
            ("ignoreFailure", .bool(group.task.ignoresFailure)), ("currentBuildSummary", summary(group)),
            // Ours, as `tree` is.
            ("definition", group.definition.map { .string($0) }), ("state", own(group)),
            (
                "priorBuildSummaryList",
                group.prior.isEmpty
                    ? nil
                    : .array(
                        group.prior.map { .object([("arn", .string($0.name)), ("buildStatus", .string($0.status))]) })
            ),
        ])
    }

    /// What only this program tells of a build: times in milliseconds from the batch's beginning, and why it never began.
    private func own(_ group: Group) -> JSONText {
        func time(_ time: Timestamp?) -> JSONText? { time.map { .number($0.milliseconds(since: start)) } }
        let skipped: String? = if case .skipped(let reason) = group.state { reason } else { nil }
        return .object([
            ("ready", time(group.ready)), ("start", time(group.start)), ("end", time(group.end)),
            ("expected", group.expected.map { .number($0) }), ("skippedFor", skipped.map { .string($0) }),
            ("recalled", group.isRecalled ? .bool(true) : nil),
        ])
    }

    private func summary(_ group: Group) -> JSONText? {
        guard let build = group.build else { return nil }
        let status: BuildStatus = if case .ended(let status) = group.state { status } else { .inProgress }
        let artifacts = group.result?.artifacts ?? []
        let primary = artifacts.first { $0.identifier.isEmpty || $0.identifier == "artifacts" }
        func artifact(_ artifact: BuildResult.Artifact, as identifier: String) -> JSONText {
            .object([
                ("type", .string("s3")), ("location", .string(artifact.path)), ("identifier", .string(identifier)),
            ])
        }
        return .object([
            ("arn", .string("\(arnPrefix):build/\(build)")),
            ("requestedOn", .string((group.start ?? start).rfc3339)), ("buildStatus", .string(status.rawValue)),
            (
                "primaryArtifact",
                primary.map { artifact($0, as: group.task.identifier) }
                    ?? .object([
                        ("type", .string("no_artifacts")), ("identifier", .string(group.task.identifier)),
                    ])
            ),
            (
                "secondaryArtifacts",
                .array(
                    artifacts.filter { $0 != primary }.map {
                        artifact($0, as: "\(group.task.identifier)_\($0.identifier)")
                    })
            ),
        ])
    }
}
