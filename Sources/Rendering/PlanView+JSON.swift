public import BuildPlanning
internal import SpecParsing

extension PlanView {
    /// The plan as one object, with CodeBuild's names where its API has them, and places as `file:line:column`.
    public var json: JSONText {
        .object([
            ("version", .number(1)),
            ("project", .string(plan.id.project)),
            ("fromBuild", repeated?.json),
            (
                "source",
                .object([
                    ("path", .string(source)), ("directory", .string(plan.sourceDirectory)),
                    ("kind", plan.snapshot.map { .string($0.kind) }), ("tree", plan.snapshot.map { .string($0.tree) }),
                    ("snapshot", plan.snapshot.map { .string($0.identity) }),
                ])
            ),
            ("secondarySources", plan.secondarySources.isEmpty && missingSources.isEmpty ? nil : .array(others)),
            (
                "buildspec",
                .object([
                    ("location", .string(plan.buildspecLocation)), ("version", .string(plan.version.rawValue)),
                    ("isInline", .bool(plan.inlineBuildspec != nil)),
                ])
            ),
            (
                "image",
                .object([
                    ("name", .string(plan.image)), ("usedName", image?.name.map { .string($0) }),
                    ("id", image.map { .string($0.id) }), ("digest", image?.digest.map { .string($0) }),
                    ("notes", imageNotes.isEmpty ? nil : .array(imageNotes.map { .string($0) })),
                ])
            ),
            ("shell", .string(plan.shell.program)),
            (
                "docker",
                .object([
                    ("daemon", .string(docker.rawValue)),
                    ("unanswered", unansweredDockerCall.map { .string("\($0.location)") }),
                ])
            ),
            ("timeoutInSeconds", .number(plan.timeout)),
            ("settings", .array(plan.decisions.map(\.json))),
            ("environment", .array(environment)),
            (
                "unsetVariables",
                .array(
                    unsetVariables.map {
                        .object([
                            ("name", .string($0.name)), ("kind", .string($0.kind.words)),
                            ("place", .string("\($0.location)")),
                        ])
                    })
            ),
            ("exportedVariables", .array(plan.exportedVariables.map { .string($0) })),
            (
                "runtimeVersions",
                .array(
                    plan.runtimeVersions.map {
                        .object([
                            ("name", .string($0.name)), ("version", .string($0.version)),
                            ("place", .string("\($0.location)")),
                        ])
                    })
            ),
            ("runtimes", runtimesJSON),
            ("phases", .array(plan.phases.map(Self.json))),
            (
                "dockerImages",
                .array(
                    baseImages.map {
                        .object([
                            ("name", .string($0.name)), ("origin", .string($0.origin.rawValue)),
                            ("place", .string($0.place)),
                        ])
                    })
            ),
            ("cache", cacheJSON),
            ("artifacts", .array(artifacts)),
            ("reports", .array(plan.reports.map(Self.json))),
            (
                "notUsed",
                .array(
                    unusedSettings.map {
                        .object([
                            ("name", .string($0.path)), ("why", .string($0.why)), ("place", .string("\($0.location)")),
                        ])
                    })
            ),
        ])
    }

    /// The versions that are selected, in the order of their commands, or why they are not.
    private var runtimesJSON: JSONText? {
        switch runtimes {
        case nil: nil
        case .unknown(let reason): .object([("unknown", .string(reason))])
        case .skipped: .object([("selected", .array([]))])
        case .selected(let selection): Self.json(selection, isExpected: false)
        case .expected(let selection): Self.json(selection, isExpected: true)
        }
    }

    private static func json(_ selection: RuntimeSelection, isExpected: Bool) -> JSONText {
        let choices = selection.choices.map { choice in
            JSONText.object([
                ("name", .string(choice.name)), ("asked", .string(choice.asked)),
                ("version", .string(choice.version)), ("key", .string(choice.key)),
            ])
        }
        return .object([
            ("selected", .array(choices)), ("isExpected", isExpected ? .bool(true) : nil),
            ("error", selection.problem.map { .string("\($0.statusCode): \($0.message)") }),
        ])
    }

    private var others: [JSONText] {
        plan.secondarySources.map { other in
            .object([
                ("identifier", .string(other.identifier)), ("path", other.facts.path.map { .string($0) }),
                ("directory", .string(other.directory)), ("kind", other.facts.snapshot.map { .string($0.kind) }),
                ("tree", other.facts.snapshot.map { .string($0.tree) }),
                ("snapshot", other.facts.snapshot.map { .string($0.identity) }),
            ])
        }
            + missingSources.map { missing in
                .object([
                    ("identifier", .string(missing.identifier)), ("isMissing", .bool(true)),
                    ("place", .string(missing.place)),
                ])
            }
    }

    private var environment: [JSONText] {
        imageVariables.map { Self.variable($0.name, $0.value, origin: "image", place: plan.image) }
            + plan.variables.map {
                Self.variable($0.name, $0.value, origin: $0.origin.rawValue, place: $0.place, type: $0.type)
            }
    }

    /// A variable as an object.
    ///
    /// - Parameter type: the type of the value; unless it is PLAINTEXT, the value is a reference.
    static func variable(
        _ name: String, _ value: String, origin: String, place: String?, type: BuildPlan.Variable.Kind = .plaintext
    ) -> JSONText {
        .object([
            ("name", .string(name)), ("value", .string(value)), ("type", .string(type.rawValue)),
            ("origin", .string(origin)),
            ("place", place.map { .string($0) }),
        ])
    }

    private static func json(_ phase: BuildPlan.Phase) -> JSONText {
        func commands(_ commands: [BuildSpec.Command]) -> JSONText {
            .array(
                commands.map { .object([("text", .string($0.text)), ("place", .string("\($0.location)"))]) })
        }
        return .object([
            ("name", .string(phase.name.apiName)), ("isPresent", .bool(phase.isPresent)),
            ("runAs", phase.runAs.map { .string($0) }),
            ("onFailure", phase.onFailure.map { .string(written($0)) }),
            ("commands", commands(phase.commands)), ("finally", commands(phase.finally)),
        ])
    }

    private var cacheJSON: JSONText? {
        switch plan.cache {
        case .undefined: return nil
        case .skipped(let reason): return .object([("skipped", .string(reason))])
        case .kept(let rules):
            return .object([
                ("paths", .array(rules.paths.map(Self.pattern))), ("key", rules.key.map(Self.pattern)),
                ("fallbackKeys", .array(rules.fallbackKeys.map(Self.pattern))),
                ("action", .string(rules.action.rawValue)), ("place", cachePlace.map { .string($0) }),
                ("restoring", cacheWay.map { .string($0) }),
            ])
        }
    }

    private var artifacts: [JSONText] {
        deliveries.map { identifier, rules in
            .object([
                ("identifier", .string(identifier)), ("path", .string(path(ofArtifact: identifier))),
                ("baseDirectory", Self.pattern(rules.baseDirectory?.value ?? ".")),
                ("files", .array(rules.files.map { Self.pattern($0.value) })),
                ("excludePaths", .array(rules.excludePaths.map { Self.pattern($0.value) })),
                ("discardPaths", .bool(rules.discardPaths)), ("enableSymlinks", .bool(rules.enableSymlinks)),
                ("name", rules.name.map { Self.pattern($0.value) }),
                ("destination", destination(of: rules).map(Self.pattern)), ("place", .string("\(rules.location)")),
            ])
        }
    }

    private static func json(_ group: BuildSpec.ReportGroup) -> JSONText {
        .object([
            ("name", .string(group.name)), ("fileFormat", .string(group.fileFormat)),
            ("baseDirectory", pattern(group.baseDirectory?.value ?? ".")),
            ("files", .array(group.files.map { pattern($0.value) })), ("discardPaths", .bool(group.discardPaths)),
            ("place", .string("\(group.location)")),
        ])
    }

    /// A text as written, marked when it contains variables that are expanded later.
    private static func pattern(_ text: String) -> JSONText {
        guard isExpandedLater(text) else { return .string(text) }
        return .object([("text", .string(text)), ("isExpandedLater", .bool(true))])
    }
}

extension BuildPlan.Decision {
    var json: JSONText { PlanView.variable(name, value, origin: origin.rawValue, place: place) }
}

extension BatchPlan {
    /// The batch as an object: `{"builds":[{"identifier":…,"dependsOn":[…],…}]}`.
    public var json: JSONText {
        .object([
            ("version", .number(1)), ("type", .string(type.rawValue)), ("fastFail", .bool(fastFail)),
            ("builds", .array(builds.map(\.json))),
        ])
    }
}

extension BatchPlan.Build {
    var json: JSONText {
        .object([
            ("identifier", .string(identifier)), ("dependsOn", .array(dependsOn.map { .string($0) })),
            ("buildspec", buildspec.map { .string($0) }), ("image", image.map { .string($0) }),
            ("computeType", computeType.map { .string($0) }), ("type", environmentType.map { .string($0) }),
            ("privilegedMode", privilegedMode.map { .bool($0) }),
            (
                "environment",
                .array(
                    variables.map {
                        PlanView.variable($0.name, $0.value, origin: $0.origin.rawValue, place: $0.place)
                    })
            ),
            ("ignoreFailure", .bool(ignoreFailure)), ("debugSession", .bool(debugSession)),
        ])
    }
}
