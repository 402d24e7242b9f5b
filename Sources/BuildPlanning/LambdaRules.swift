internal import SpecParsing

/// What differs on Lambda compute, which some of CodeBuild's images are for (CODEBUILD-2026 B.2).
public enum LambdaRules {
    /// The limit of a build on Lambda compute, in seconds.
    static let timeLimit = 15 * 60

    /// What is to be said of a build in an image for Lambda compute; nothing of others.
    public static func notes(on plan: BuildPlan, _ container: ContainerPlan) -> [String] {
        guard let image = CuratedImage(named: container.image), image.kind == .lambda else { return [] }
        let first =
            "`\(image.name)` is for Lambda compute: there commands are not root and write below /tmp alone; here they are root"
        let refused = refused(in: plan, container)
        guard !refused.isEmpty else { return [first] }
        return [first, "Lambda compute has nothing of what this build uses: \(refused.joined(separator: ", "))"]
    }

    /// What a build uses that is not to be had there.
    static func refused(in plan: BuildPlan, _ container: ContainerPlan) -> [String] {
        var found: [String] = []
        if container.isPrivileged { found.append("privileged mode") }
        if !container.isPrivileged, plan.calls("docker") { found.append("`docker`") }
        if case .kept = plan.cache { found.append("a cache") }
        found += plan.phases.filter { $0.onFailure != nil }.map { "`on-failure` (\($0.name.apiName))" }
        found += plan.phases.filter { $0.runAs != nil }.map { "`run-as` (\($0.name.apiName))" }
        found += ["sudo", "yum", "dnf", "apt-get"].filter(plan.calls).map { "`\($0)`, which wants root" }
        if !plan.runtimeVersions.isEmpty { found.append("`runtime-versions`") }
        if plan.timeout > timeLimit,
            plan.decisions.contains(where: { $0.name == "timeout" && $0.origin != .default })
        {
            found.append("a time limit above 15 minutes")
        }
        return found
    }
}
