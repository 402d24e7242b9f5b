internal import AWSCalls
internal import BuildPlanning
internal import BuildRunning
internal import Engines
internal import Rendering
internal import SpecParsing

/// A planned build that runs one of the service again, and what of that build it does without.
struct RepeatedPlan {
    let build: PlannedBuild
    let repeated: RepeatedBuild
    let original: OriginalBuild
    /// The command that failed in the service; `nil` where none did, or the buildspec has none such.
    private let point: ResumePoint?
    /// The text of all commands up to the failed one, and of all.
    private let needed: [String], all: [String]

    /// - Returns: `nil` for a build that repeats none.
    init?(_ build: PlannedBuild) {
        guard let repeated = build.project.repeated else { return nil }
        self.build = build
        self.repeated = repeated
        original = repeated.original
        point = build.plan.failedCommand(of: original)
        needed = build.plan.commands(upTo: point).map(\.text)
        all = build.plan.commands(upTo: nil).map(\.text)
    }

    /// Whether the build has to have a variable: a command up to the failed one names it, or its lack is what failed.
    func needs(_ name: String) -> Bool { original.lacksValues || Self.isNamed(name, in: needed) }

    private static func isNamed(_ name: String, in texts: [String]) -> Bool {
        texts.contains { text in
            text.ranges(of: name).contains { range in
                let before = range.lowerBound > text.startIndex ? text[text.index(before: range.lowerBound)] : " "
                let after = range.upperBound < text.endIndex ? text[range.upperBound] : " "
                return !before.isNamePart && !after.isNamePart
            }
        }
    }

    /// The variables without a value where nobody is asked for any.
    var unansweredReferences: [BuildPlan.Variable] {
        let values = build.project.settings.values, network = build.recipe.network
        let isAsked = values.secretsFile != nil || values.asksAWS || network.playsAWS
        return isAsked ? [] : build.plan.references
    }

    /// What is told of the build before it begins.
    ///
    /// - Parameter unanswered: the variables that have no value.
    func view(unanswered: [BuildPlan.Variable], image: [RepeatedView.Missing]) -> RepeatedView {
        var view = RepeatedView(original, missing: image + missing(unanswered))
        if let point, let command = command(at: point) { view.failedCommand = "\(point) (\(command.location))" }
        if let task = repeated.task, let identifier = task.identifier {
            let others = task.dependsOn ?? []
            view.task =
                "the build `\(identifier)` of its batch"
                + (others.isEmpty ? "" : ", after " + others.map { "`\($0)`" }.joined(separator: ", "))
        }
        return view
    }

    private func command(at point: ResumePoint) -> BuildSpec.Command? {
        guard let phase = build.plan.phases.first(where: { $0.name == point.phase }) else { return nil }
        let commands = point.isInFinally ? phase.finally : phase.commands
        return commands.indices.contains(point.index) ? commands[point.index] : nil
    }

    private func missing(_ unanswered: [BuildPlan.Variable]) -> [RepeatedView.Missing] {
        var missing = build.project.unusedSettings.filter { !$0.isLabel && !$0.path.hasPrefix("secondarySources.") }.map
        {
            RepeatedView.Missing(name: $0.path, why: $0.why, place: "\($0.location)")
        }
        if let digest = repeated.digest {
            missing.append(
                .init(
                    name: "digest \(digest.value)",
                    why:
                        "it is CodeBuild's own, and no registry has it: the image here may be another release of the same",
                    place: "\(digest.location)"))
        }
        for other in build.missingSources {
            missing.append(
                .init(
                    name: "secondarySources.\(other.identifier)",
                    why: "`--source \(other.identifier)=FOLDER` brings it in, a zip or FOLDER#git:REV, too",
                    place: other.setting?.identifier.map { "\($0.location)" }))
        }
        for variable in unanswered {
            let use = needs(variable.name) ? "" : "; no command up to the failed one names it"
            missing.append(
                .init(
                    name: variable.name,
                    why:
                        "\(variable.type.rawValue) \(variable.value): --secrets FILE, --aws or --env \(variable.name)=VALUE"
                        + use, place: variable.place))
        }
        for name in Self.webhookVariables where Self.isNamed(name, in: all) {
            missing.append(
                .init(
                    name: name, why: "CodeBuild does not record what triggered a build: --env \(name)=VALUE", place: nil
                ))
        }
        if let batch = repeated.build.buildBatchArn, repeated.task == nil {
            let id = batch.split(separator: "/").last.map(String.init) ?? batch
            missing.append(
                .init(
                    name: "CODEBUILD_BATCH_BUILD_IDENTIFIER",
                    why:
                        "`aws codebuild batch-get-build-batches --ids \(id) >batch.json`, then --from-batch batch.json",
                    place: nil))
        }
        return missing
    }

    /// The variables of builds that a webhook has started (CODEBUILD.md 5.1).
    private static let webhookVariables = [
        "ACTOR_ACCOUNT_ID", "BASE_REF", "EVENT", "HEAD_REF", "MERGE_COMMIT", "PREV_COMMIT", "TRIGGER",
    ].map { "CODEBUILD_WEBHOOK_\($0)" }

    /// What is to be said of an image that is not on the engine.
    func missingImage(on engine: any Engine) async throws -> [RepeatedView.Missing] {
        let container = build.recipe.container, name = container.image
        let place = build.plan.decisions.first { $0.name == "image" }?.place
        do {
            let image = try await BuildImage(of: container, on: engine)
            if image.choice.relation == .nowhere {
                let ways = image.ways(isOffline: build.recipe.network.policy.isOffline)
                return [
                    .init(
                        name: "image \(name)",
                        why: ([ways.reason].compactMap { $0 } + ways.lines).joined(separator: "; "), place: place)
                ]
            }
            guard try await engine.imageID(image.choice.name) == nil else { return [] }
            return [
                .init(
                    name: "image \(name)",
                    why: "it is not on the engine, which pulls it with your own login; --image NAME is another",
                    place: place)
            ]
        } catch is EngineError {
            // Starting the container will tell.
            return []
        }
    }
}

extension Character {
    fileprivate var isNamePart: Bool { self == "_" || isASCII && (isLetter || isNumber) }
}
