internal import BuildPlanning

/// Brings the sources into the container, and checks that the image has what the buildspec asks for.
struct SourceStage: Sendable {
    private let context: StageContext
    private let way: SourceStaging.Way
    /// The orders that the driver received while the container came up. Their statuses are read first.
    private let opening: [OpeningOrder]

    init(_ context: StageContext, way: SourceStaging.Way, opening: [OpeningOrder]) {
        self.context = context
        self.way = way
        self.opening = opening
    }

    /// Waits for the folders, the first `env.sh` and the sources.
    ///
    /// - Returns: what could not be done, or `nil`.
    /// - Throws: ``UnfitImage``
    func run() async throws -> String? {
        let session = context.session
        for (order, status) in zip(opening, try await session.replies(opening.count)) where status != 0 {
            return order.problem(status)
        }
        try await context.job.surroundings.source.stream(way, in: context)
        if case .named(let shell) = context.plan.shell,
            try await session.perform("command -v \(shell.shellQuoted) >/dev/null") != 0
        {
            throw context.unfit("`env.shell` names `\(shell)`, which the image does not have")
        }
        return try await makeWritableForUsers()
    }

    /// Makes the sources readable and writable for every `run-as` user.
    private func makeWritableForUsers() async throws -> String? {
        let session = context.session
        let users = Set(context.plan.phases.filter(\.isPresent).compactMap(\.runAs)).subtracting(["root"]).sorted()
        for user in users {
            switch try await session.perform("admit \(user.shellQuoted)") {
            case 0: break
            case 67:
                // A command of an earlier phase may make the user.
                let earlier = context.plan.phases.prefix { $0.runAs != user }
                guard earlier.contains(where: \.hasCommands) else {
                    throw context.unfit("`run-as` names user `\(user)`, which the image does not have")
                }
            case 69:
                throw context.unfit("`run-as` needs `setpriv`, `su` or `chroot`, and the image has none of them")
            case let status: return "cannot give the source to user `\(user)` (status \(status))"
            }
        }
        guard users.count > 1 else { return nil }
        let status = try await session.perform("chmod -R a+rwX \"$top\"")
        return status == 0 ? nil : "cannot let several users write to the source (status \(status))"
    }
}
