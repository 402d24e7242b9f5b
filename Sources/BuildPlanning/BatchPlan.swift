public import SpecParsing

/// The builds of a `batch`, each with what it sets for itself (CODEBUILD.md 9).
public struct BatchPlan: Sendable {
    public let type: BuildSpec.Batch.Kind
    /// Whether one failed build stops those that run.
    public let fastFail: Bool
    /// The builds in the order of the file; of a matrix the last dimension changes fastest.
    public private(set) var builds: [Build]

    /// One build of a batch.
    public struct Build: Sendable, Equatable {
        public let identifier: String
        public fileprivate(set) var dependsOn: [String] = []
        /// A path or a text; `nil`: the file the batch stands in.
        public let buildspec: String?
        public let image: String?
        public let computeType: String?
        public let environmentType: String?
        public let privilegedMode: Bool?
        /// Passed as overrides, so they beat project and buildspec (CODEBUILD.md 9). [inferred]
        public let variables: [BuildPlan.Variable]
        public let ignoreFailure: Bool
        public fileprivate(set) var debugSession = false
    }

    public init(_ batch: BuildSpec.Batch) {
        type = batch.type
        fastFail = batch.fastFail
        if let matrix = batch.matrix {
            builds = Self.builds(of: matrix)
        } else if let fanout = batch.fanout {
            builds = (1...max(1, fanout.parallelism.value)).map { number in
                Build(
                    identifier: Self.generatedIdentifier(number), env: nil, ignoreFailure: fanout.ignoreFailure,
                    choices: [
                        .variable(
                            .init(
                                name: Self.shardVariable, value: "\(number)/\(max(1, fanout.parallelism.value))",
                                origin: .service))
                    ])
            }
        } else {
            builds = batch.builds.map { build in
                var made = Build(
                    identifier: build.identifier.value, env: build.env, ignoreFailure: build.ignoreFailure,
                    choices: build.buildspec.map { [.buildspec($0.value)] } ?? [])
                made.dependsOn = build.dependsOn.map(\.value)
                made.debugSession = build.debugSession
                return made
            }
        }
    }

    /// The builds as far as their order depends on them.
    public var tasks: [BatchMachine.Task] {
        builds.map { .init($0.identifier, dependsOn: $0.dependsOn, ignoresFailure: $0.ignoreFailure) }
    }

    /// Leaves out all builds but some.
    ///
    /// - Parameters:
    ///   - identifiers: those of the builds that stay.
    ///   - withDependencies: whether what they depend on stays, too; else they wait for nothing that was left out.
    public mutating func keep(only identifiers: Set<String>, withDependencies: Bool) {
        var kept = identifiers, added = withDependencies ? identifiers : []
        while !added.isEmpty {
            added = Set(builds.filter { added.contains($0.identifier) }.flatMap(\.dependsOn)).subtracting(kept)
            kept.formUnion(added)
        }
        builds = builds.filter { kept.contains($0.identifier) }
        for index in builds.indices { builds[index].dependsOn.removeAll { !kept.contains($0) } }
    }

    /// The variable that tells `codebuild-tests-run` its part, `NUMBER/TOTAL`. It is ours: the service's is documented nowhere.
    public static let shardVariable = "BUILDSPEC_SHARD"

    /// The variable that tells `codebuild-tests-run` to divide files by the times they took, `time`; ours.
    public static let shardByVariable = "BUILDSPEC_SHARD_BY"
    /// The variable with the folder that has the artifacts of the builds that one has waited for. With `_IDENTIFIER` behind it, it
    /// is the folder of one of them. The service has no such thing.
    public static let handedOverVariable = "BUILDSPEC_HANDED_OVER"

    /// The number of the fanout's part that a build is, by its variables; `nil` for a build of no fanout.
    public static func shardNumber(in variables: [BuildPlan.Variable]) -> Int? {
        // Without an identifier the variable is the user's own.
        guard variables.last(where: { $0.name == "CODEBUILD_BATCH_BUILD_IDENTIFIER" })?.value.isEmpty == false,
            let value = variables.last(where: { $0.name == shardVariable })?.value
        else { return nil }
        return value.split(separator: "/").first.flatMap { Int($0) }
    }

    /// The name of a build that has none of its own. [unknown, CODEBUILD.md 9: the service makes them up]
    static func generatedIdentifier(_ number: Int) -> String {
        let digits = String(number)
        return "build_" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    /// The Cartesian product of buildspec, image, compute type, fleet and every list of values.
    private static func builds(of matrix: BuildSpec.Batch.Matrix) -> [Build] {
        var dimensions: [[Choice]] = [
            matrix.buildspecs.map { .buildspec($0.value) }, matrix.images.map { .image($0.value) },
            matrix.computeTypes.map { .computeType($0.value) },
        ]
        dimensions += matrix.variables.map { dimension in
            dimension.values.map {
                .variable(
                    .init(name: dimension.name, value: $0.value, origin: .buildspec, place: "\($0.location)"))
            }
        }
        var product: [[Choice]] = [[]]
        for dimension in dimensions where !dimension.isEmpty {
            product = product.flatMap { chosen in dimension.map { chosen + [$0] } }
        }
        return product.enumerated().map { place, choices in
            Build(
                identifier: generatedIdentifier(place + 1), env: matrix.env, ignoreFailure: matrix.ignoreFailure,
                choices: choices)
        }
    }

    /// What one build takes from one dimension.
    fileprivate enum Choice {
        case buildspec(String), image(String), computeType(String), variable(BuildPlan.Variable)
    }
}

extension BatchPlan.Build {
    fileprivate init(
        identifier: String, env: BuildSpec.Batch.Env?, ignoreFailure: Bool, choices: [BatchPlan.Choice]
    ) {
        self.identifier = identifier
        self.ignoreFailure = ignoreFailure
        environmentType = env?.type?.value
        privilegedMode = env?.privilegedMode?.value
        var buildspec: String?, image = env?.image?.value, computeType = env?.computeType?.value
        var variables = (env?.variables ?? []).map {
            BuildPlan.Variable(name: $0.name, value: $0.value, origin: .buildspec, place: "\($0.location)")
        }
        for choice in choices {
            switch choice {
            case .buildspec(let path): buildspec = path
            case .image(let name): image = name
            case .computeType(let name): computeType = name
            case .variable(let variable): variables.append(variable)
            }
        }
        self.buildspec = buildspec
        self.image = image
        self.computeType = computeType
        self.variables = variables
    }
}
