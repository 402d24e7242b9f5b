internal import BuildPlanning
internal import Engines
internal import Files
internal import SwarmJobs

/// The Docker Swarm that the builds of one batch run on, and the port of this machine that they call back at.
struct BatchSwarm: Sendable {
    private let swarm: Swarm
    private let port: SwarmPort
    private let jobs: SwarmEngine

    /// How many builds it runs at once.
    var capacity: Int { swarm.capacity }

    /// Finds the swarm that the engine of a project manages, and opens the port.
    ///
    /// - Parameter address: `HOST[:PORT]` of this machine; `nil` for the one by which the nodes know the manager.
    static func open(_ address: String?, for settings: Settings, on machine: Machine) async throws -> BatchSwarm {
        let (host, number) = try address.map(Self.parts) ?? (nil, 0)
        let engine = machine.engine(of: settings), swarm = try await Swarm.find(by: engine)
        let port = try SwarmPort(host: host ?? swarm.address, port: number)
        let jobs = SwarmEngine(by: engine, at: port, notes: machine.places.swarmJobs) { machine.say("\($0)\n") }
        try await removeStrays(by: engine, on: machine)
        return BatchSwarm(swarm: swarm, port: port, jobs: jobs)
    }

    func close() { port.close() }

    /// The swarm as an engine that speaks by the way of one build.
    func engine(for machine: Machine) -> SwarmEngine {
        var jobs = jobs
        jobs.say = { machine.say("\($0)\n") }
        return jobs
    }

    /// Names the image by its digest, and asks for no more than a node has.
    func adjust(_ container: inout ContainerSpec, for machine: Machine) async throws {
        container.image = try await jobs.pinned(container.image, pull: container.pull)
        for line in swarm.fit(&container) { machine.say("\(line)\n") }
    }

    /// Removes jobs of this state folder that no build of it knows any more.
    private static func removeStrays(by engine: any Engine, on machine: Machine) async throws {
        let known = Set(try BuildRecords(machine.places).marks().names())
        let label = "\(ContainerLabels.state)=\(machine.places.state)"
        for job in try await SwarmEngine.jobs(withLabel: label, by: engine) where !known.contains(job) {
            _ = try await SwarmEngine.remove(job, by: engine)
            machine.places.swarmJobs.remove(job)
            machine.say("removed job `\(job)`, whose record is gone\n")
        }
    }

    /// Reads `HOST[:PORT]`; an address of IPv6 with a port stands in brackets.
    static func parts(_ text: String) throws -> (host: String?, port: UInt16) {
        func wrong() -> Failure {
            Failure(.usage, "`--swarm-address` is `\(text)`, expected HOST or HOST:PORT")
        }
        var host = text[...], port: UInt16 = 0
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            host = text[text.index(after: text.startIndex)..<end]
            let rest = text[text.index(after: end)...]
            guard rest.isEmpty || rest.hasPrefix(":") else { throw wrong() }
            if let number = rest.isEmpty ? 0 : UInt16(rest.dropFirst()) { port = number } else { throw wrong() }
        } else if text.count(where: { $0 == ":" }) == 1, let colon = text.firstIndex(of: ":") {
            host = text[..<colon]
            guard let number = UInt16(text[text.index(after: colon)...]), number > 0 else { throw wrong() }
            port = number
        }
        guard !host.isEmpty else { throw wrong() }
        return (String(host), port)
    }
}

extension Places {
    /// The notes of the jobs that may be on a swarm.
    var swarmJobs: JobNotes { JobNotes(folder: "\(state)/swarm") }
}

extension Asked {
    /// The same, with containers that never stay: nobody could look into those of a swarm.
    var withoutKept: Asked {
        var asked = self
        asked.keep = EndingPlan.Keep.never.rawValue
        return asked
    }
}
