internal import BuildPlanning

/// An order that is given while the container comes up, with the words for its failure.
struct OpeningOrder: Sendable {
    let order: [UInt8]
    let problem: @Sendable (_ status: Int) -> String

    init(_ order: [UInt8], _ problem: @escaping @Sendable (_ status: Int) -> String) {
        self.order = order
        self.problem = problem
    }

    init(_ order: String, _ problem: @escaping @Sendable (_ status: Int) -> String) {
        self.init(Array(order.utf8), problem)
    }
}

extension BuildPlan {
    /// The words by which the driver learns where the sources lie: the primary one, and all of them.
    var sourceFolders: String {
        "\(sourceDirectory.shellQuoted) \(ContainerLayout.sourceFolder(of: id).shellQuoted)"
    }
}

extension BuildJob {
    /// The orders that make the folders, write the first `env.sh` and copy a mounted source.
    func openingOrders(_ way: SourceStaging.Way) throws -> [OpeningOrder] {
        var orders = [
            OpeningOrder("prepare \(plan.sourceFolders)") {
                "the image has no working `mkdir`, or its file system is full (status \($0))"
            },
            OpeningOrder(
                "put \(ContainerLayout.environmentFile) \(surroundings.environmentFile(of: plan).shellQuoted)"
            ) {
                "cannot write \(ContainerLayout.environmentFile) (status \($0))"
            },
        ]
        if let text = plan.inlineBuildspec {
            orders.append(
                OpeningOrder("put \(ContainerLayout.inlineBuildspec) \(text.shellQuoted)") {
                    "cannot write \(ContainerLayout.inlineBuildspec) (status \($0))"
                })
        }
        if let times = surroundings.shardTimes {
            orders.append(
                OpeningOrder("put \(ContainerLayout.shardTimes) \(times.shellQuoted)") {
                    "cannot write \(ContainerLayout.shardTimes) (status \($0))"
                })
        }
        if let network = surroundings.network { orders.append(network.trustOrder) }
        if let order = gitCredentialOrder { orders.append(order) }
        if debugging.isOn {
            orders.append(OpeningOrder("debug") { "cannot turn breakpoints on (status \($0))" })
        }
        if let order = innerDockerOrder { orders.append(order) }
        return try orders + surroundings.source.openingOrders(way)
    }
}
