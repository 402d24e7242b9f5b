internal import BuildPlanning
internal import SpecParsing

extension Project {
    /// The batch of a buildspec.
    ///
    /// - Throws: ``Failure`` when it has none that can start.
    func batch(of buildspec: ReadBuildspec) throws -> BatchPlan {
        if let batch = buildspec.spec.batch { return BatchPlan(batch) }
        guard !buildspec.spec.hasWrongBatch else {
            throw Failure(
                .invalidBuildspec, "the `batch` of `\(buildspec.place.shownPath)` cannot start",
                help: "mend what is named above")
        }
        throw Failure(
            .invalidBuildspec, "`\(buildspec.place.shownPath)` has no `batch`",
            help: "leave out --batch: it has one build")
    }

    /// Makes sure that a batch keeps to the restrictions of the project.
    ///
    /// - Throws: ``Failure`` (78) that names the restriction and what breaks it.
    func requireAllowed(_ plan: BatchPlan) throws {
        if let most = file.batch.maximumBuilds, plan.builds.count > most.value {
            throw Failure(
                .invalidSettings,
                "`\(most.location)` allows \(most.value) builds in a batch, and this one has \(plan.builds.count)",
                help: "run some of them with --only, or raise `maximumBuildsAllowed`")
        }
        let allowed = file.batch.computeTypes
        guard let first = allowed.first else { return }
        for build in plan.builds {
            guard let type = build.computeType ?? file.compute.type?.value,
                !allowed.contains(where: { $0.value == type })
            else { continue }
            throw Failure(
                .invalidSettings,
                "`\(first.location)` allows \(allowed.map { "`\($0.value)`" }.joined(separator: ", ")) in a batch, and its build "
                    + "`\(build.identifier)` has `\(type)`",
                help: "name an allowed `compute-type`, or add this one to `computeTypesAllowed`")
        }
    }

    /// The buildspecs that builds of a batch name and the source does not have, or has as links that lead outside of it.
    func missingBuildspecs(of plan: BatchPlan) -> [Failure] {
        var builds: [String: [String]] = [:], paths: [String] = []
        let bounds = SourceBounds(root: files)
        for build in plan.builds {
            guard let named = build.buildspec, case .path(let path) = BuildspecReference(named),
                path.hasPrefix("/") || Files.kind(of: "\(files)/\(path)") != .file || bounds.resolve(path) == nil
            else { continue }
            if builds[path] == nil { paths.append(path) }
            builds[path, default: []].append("`\(build.identifier)`")
        }
        return paths.map { path in
            let names = builds[path] ?? []
            return Failure(
                .noSuchFile,
                "cannot find the buildspec `\(path)` of the build \(names.prefix(5).joined(separator: ", "))"
                    + (names.count > 5 ? " and \(names.count - 5) more" : ""),
                help: "a build's `buildspec` is a path below the source's root, or a text")
        }
    }
}
