public import Engines
internal import ChildProcesses

/// A Docker Swarm as its manager describes it.
public struct Swarm: Sendable {
    /// A node that takes jobs.
    public struct Node: Sendable, Equatable {
        public let processors: Double
        /// In bytes.
        public let memory: Int

        public init(processors: Double, memory: Int) {
            self.processors = processors
            self.memory = memory
        }
    }

    /// The address by which the nodes know the manager.
    public let address: String
    public let nodes: [Node]

    public init(address: String, nodes: [Node]) {
        self.address = address
        self.nodes = nodes
    }

    /// Asks an engine for the swarm that it manages.
    ///
    /// - Throws: ``EngineError`` when it manages none, or no node takes jobs.
    public static func find(by manager: some EngineCommanding) async throws -> Swarm {
        let doing = "run builds on a swarm"
        let format = "{{.Swarm.LocalNodeState}}\t{{.Swarm.ControlAvailable}}\t{{.Swarm.NodeAddr}}"
        let info = try await manager.command(["info", "--format", format]).collect()
        guard info.status.isSuccess else { throw EngineError(.unreachable, doing: doing, reason: info.errorText) }
        let words = info.text.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        guard words.count == 3, words[0] == "active", words[1] == "true" else {
            throw EngineError(
                .refused, doing: doing,
                reason: words.first == "active"
                    ? "the engine is a worker of its swarm, not a manager" : "the engine is in no Docker Swarm",
                help:
                    "name the engine of a manager with --context or DOCKER_HOST; `docker swarm init` makes a swarm of this one"
            )
        }
        let ids = try await manager.command(["node", "ls", "--quiet"]).collect()
        guard ids.status.isSuccess else { throw EngineError(.refused, doing: doing, reason: ids.errorText) }
        let each =
            "{{.Status.State}}\t{{.Spec.Availability}}\t{{.Description.Resources.NanoCPUs}}\t{{.Description.Resources.MemoryBytes}}"
        let names = ids.text.split(separator: "\n").map(String.init)
        let nodes = try await manager.command(["node", "inspect", "--format", each] + names).collect()
        let ready = nodes.text.split(separator: "\n").compactMap { line -> Node? in
            let words = line.split(separator: "\t").map(String.init)
            guard words.count == 4, words[0] == "ready", words[1] == "active", let processors = Double(words[2]),
                let memory = Int(words[3])
            else { return nil }
            return Node(processors: processors / 1e9, memory: memory)
        }
        guard !ready.isEmpty else {
            throw EngineError(
                .refused, doing: doing, reason: "no node of the swarm is ready and active",
                help: "`docker node ls` says why")
        }
        return Swarm(address: words[2], nodes: ready)
    }

    /// How many builds it runs at once: one for each processor, and not more than have 2 GB of memory each.
    public var capacity: Int { nodes.map { max(1, min(Int($0.processors), $0.memory >> 31)) }.reduce(0, +) }

    /// Makes what a container wants no more than a node can give; Docker would wait for ever.
    ///
    /// - Returns: what is to be said of it.
    public func fit(_ spec: inout ContainerSpec) -> [String] {
        var lines: [String] = []
        let wanted = spec.memory.flatMap(Self.bytes), processors = spec.cpus.flatMap { Double($0) }
        guard !nodes.contains(where: { $0.memory >= wanted ?? 0 && $0.processors >= processors ?? 0 }),
            let largest = nodes.max(by: { ($0.processors, $0.memory) < ($1.processors, $1.memory) })
        else { return [] }
        if let processors, processors > largest.processors, let asked = spec.cpus {
            spec.cpus = "\(Int(largest.processors))"
            lines.append(
                "warning: the build gets \(Int(largest.processors)) processors, all that a node of the swarm has, instead of \(asked)"
            )
        }
        if let wanted, wanted > largest.memory, let asked = spec.memory {
            let megabytes = largest.memory >> 20
            spec.memory = "\(megabytes)m"
            lines.append(
                "warning: the build gets \(megabytes) MB of memory, all that a node of the swarm has, instead of \(asked)"
            )
        }
        return lines
    }

    /// The number of bytes that Docker means by `4g`.
    static func bytes(_ text: String) -> Int? {
        var digits = text.lowercased()[...]
        if digits.hasSuffix("b") { digits = digits.dropLast() }
        let units: [Character: Int] = ["k": 10, "m": 20, "g": 30, "t": 40]
        let shift = digits.last.flatMap { units[$0] }
        return Double(shift == nil ? digits : digits.dropLast()).map { Int($0 * Double(1 << (shift ?? 0))) }
    }
}
