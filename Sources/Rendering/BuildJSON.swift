public import BuildPlanning
internal import SpecParsing

extension BuildResult {
    /// The build in the format of BatchGetBuilds (CODEBUILD.md 13): `{"builds":[…],"buildsNotFound":[]}`.
    public func batchGetBuilds(plan: BuildPlan?, id: BuildID) -> JSONText {
        .object([("builds", .array([build(plan: plan, id: id)])), ("buildsNotFound", .array([]))])
    }

    private func build(plan: BuildPlan?, id: BuildID) -> JSONText {
        let isComplete = status != .inProgress
        let currentPhase = isComplete ? BuildPhase.completed : phases.last?.phase ?? .submitted
        var members: [(String, JSONText?)] = [
            ("id", .string("\(id)")), ("buildStatus", .string(status.rawValue)), ("buildComplete", .bool(isComplete)),
            ("currentPhase", .string(currentPhase.rawValue)),
        ]
        members.append(("startTime", startTime.map { .string($0.rfc3339) }))
        members.append(("endTime", endTime.map { .string($0.rfc3339) }))
        if isResumed {
            members.append(("resumed", .bool(true)))
            members.append(("runningTimeInMilliseconds", runningTime.map { .number($0) }))
        }
        members.append(("projectName", .string(id.project)))
        if let plan {
            members.append(("buildNumber", .number(plan.number)))
            members.append(
                (
                    "sourceVersion",
                    plan.variables.last { $0.name == "CODEBUILD_SOURCE_VERSION" }.map { .string($0.value) }
                ))
            members.append(
                (
                    "resolvedSourceVersion",
                    plan.variables.first { $0.name == "CODEBUILD_RESOLVED_SOURCE_VERSION" }.map { .string($0.value) }
                ))
            members += Self.secondarySources(plan)
            members.append(("environment", environment(plan)))
            members.append(("timeoutInMinutes", .number((plan.timeout + 59) / 60)))
        }
        if !runtimes.isEmpty { members.append(("runtimes", runtimes.json)) }
        members.append(("phases", .array(Self.framed(phases, isComplete: isComplete))))
        members.append(("exportedEnvironmentVariables", exportedVariables.json))
        if !reports.isEmpty { members.append(("reportArns", .array(reports.map { .string($0.arn) }))) }
        return .object(members)
    }

    private static func secondarySources(_ plan: BuildPlan) -> [(String, JSONText?)] {
        guard !plan.secondarySources.isEmpty else { return [] }
        let sources = plan.secondarySources.map { source in
            JSONText.object([
                ("sourceIdentifier", .string(source.identifier)),
                ("location", (source.facts.repositoryURL ?? source.facts.path).map { .string($0) }),
            ])
        }
        let versions = plan.secondarySources.compactMap { source in
            source.facts.version.map {
                JSONText.object([("sourceIdentifier", .string(source.identifier)), ("sourceVersion", .string($0))])
            }
        }
        return [("secondarySources", .array(sources)), ("secondarySourceVersions", .array(versions))]
    }

    private func environment(_ plan: BuildPlan) -> JSONText {
        let variables = plan.variables.filter { $0.origin > .buildspec }.map { variable in
            JSONText.object([
                ("name", .string(variable.name)), ("value", .string(variable.value)),
                ("type", .string(variable.type.rawValue)),
            ])
        }
        return .object([
            ("type", .string("LINUX_CONTAINER")), ("image", .string(plan.image)),
            ("computeType", plan.decisions.last { $0.name == "compute" }.map { .string($0.value) }),
            // Ours: the service's answer names no digest.
            ("imageId", image.map { .string($0.id) }), ("imageDigest", image?.digest.map { .string($0) }),
            ("environmentVariables", .array(variables)),
        ])
    }

    /// The phases of the log, with the phases before and after them that the log does not show (CODEBUILD.md 3.1).
    private static func framed(_ phases: [Phase], isComplete: Bool) -> [JSONText] {
        let quiet: (BuildPhase) -> JSONText = {
            .object([
                ("phaseType", .string($0.rawValue)), ("phaseStatus", .string("SUCCEEDED")),
                ("durationInSeconds", .number(0)),
            ])
        }
        let seen = phases.map { phase in
            let context = JSONText.object([
                ("statusCode", .string(phase.context.statusCode)), ("message", .string(phase.context.message)),
            ])
            return JSONText.object([
                ("phaseType", .string(phase.phase.rawValue)),
                ("phaseStatus", .string((phase.status ?? .inProgress).rawValue)),
                ("startTime", .string(phase.start.rfc3339)),
                ("durationInSeconds", .number(phase.milliseconds / 1000)),
                ("contexts", .array([context])),
            ])
        }
        let frame = [BuildPhase.submitted, .queued] + (phases.first?.phase == .provisioning ? [] : [.provisioning])
        let end: [JSONText] =
            isComplete ? [quiet(.finalizing), .object([("phaseType", .string(BuildPhase.completed.rawValue))])] : []
        return frame.map(quiet) + seen + end
    }
}
