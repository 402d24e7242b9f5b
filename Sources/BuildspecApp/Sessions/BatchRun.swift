internal import BuildPlanning
internal import Files
internal import Rendering
internal import SwarmJobs

/// The builds of a batch while they run: begins each when ``BatchMachine`` says so, and notes how it ended.
struct BatchRun {
    let project: Project
    let snapshots: TakenSnapshots
    let machine: Machine
    let screen: BatchScreen
    let builds: [String: BatchBuild]
    private(set) var result: BatchResult
    private var order: BatchMachine
    /// Gets every change of the result.
    private let tell: @Sendable (BatchResult) -> Void
    /// Whether nobody reads standard output any more.
    private(set) var isOutputGone = false
    /// Why builds failed that did not fail by their commands.
    private var otherStatuses: [ExitStatus] = []
    private var works: [String: Task<Ended, Never>] = [:]
    /// The builds that were begun again because the node of a swarm that they ran on had disappeared.
    private var moved: Set<String> = []

    init(
        project: Project, snapshots: TakenSnapshots, machine: Machine, screen: BatchScreen,
        builds: [String: BatchBuild],
        result: BatchResult, order: BatchMachine, tell: @escaping @Sendable (BatchResult) -> Void
    ) {
        self.project = project
        self.snapshots = snapshots
        self.machine = machine
        self.screen = screen
        self.builds = builds
        self.result = result
        self.order = order
        self.tell = tell
    }

    private enum News: Sendable {
        case ended(Ended)
        case timeIsUp
    }

    /// How a build ended.
    private struct Ended: Sendable {
        let identifier: String
        let status: ExitStatus
        let start: Timestamp
        let end: Timestamp
        let result: BuildResult?
        let log: String?
        var isOutputGone = false
        /// The node of a swarm that has disappeared with the build.
        var lostNode: String?
    }

    /// The exit status of the batch: 1 when a build has failed by its commands, else that of the first one that failed otherwise.
    var exit: ExitStatus {
        guard result.status != .succeeded else { return .succeeded }
        return otherStatuses.count == failures ? otherStatuses.first ?? .buildFailed : .buildFailed
    }

    private var failures: Int {
        result.groups.count { group in
            if case .ended(let status) = group.state { !group.isRecalled && status != .succeeded } else { false }
        }
    }

    /// - Parameter minutes: how long the batch may take; `nil`: as long as its builds may.
    mutating func run(forAtMost minutes: Int?) async {
        var recalled: [String: BuildStatus] = [:]
        for group in result.groups where group.isRecalled { recalled[group.task.identifier] = .succeeded }
        order.recall(recalled)
        await withTaskGroup(of: News.self) { group in
            if let minutes {
                group.addTask {
                    // A sleep that is cut short is that of a batch which is over, or stopped.
                    try? await Task.sleep(for: .seconds(60 * minutes))
                    return .timeIsUp
                }
            }
            take(order.next(), in: &group)
            while !order.isOver, let news = await group.next() {
                switch news {
                case .timeIsUp:
                    guard !Task.isCancelled else { continue }
                    machine.say("the batch has taken \(minutes ?? 0) minutes (`timeoutInMins`), and is stopped\n")
                    take(order.stop(as: .timedOut), in: &group)
                    update()
                case .ended(let ended):
                    if begin(anew: ended, in: &group) { continue }
                    if Task.isCancelled || ended.isOutputGone { take(order.stop(), in: &group) }
                    note(ended)
                    take(order.end(ended.identifier, status(of: ended)), in: &group)
                    update()
                    say(ended.identifier)
                }
            }
            group.cancelAll()
        }
        if Task.isCancelled { _ = order.stop() }
        result.end = machine.now()
        result.status = order.status
        update()
    }

    private mutating func take(_ steps: [BatchMachine.Step], in group: inout TaskGroup<News>) {
        let now = machine.now()
        for step in steps {
            switch step {
            case .stop(let name): works[name]?.cancel()
            case .start(let name): begin(name, in: &group)
            }
        }
        update()
        for group in result.groups where group.ready == nil && order.isReady(group.task.identifier) {
            change(group.task.identifier) { $0.ready = now }
        }
    }

    private mutating func begin(_ name: String, in group: inout TaskGroup<News>) {
        guard var build = builds[name] else { return }
        if project.settings.handsOver { build.handOver(handedOver(to: name)) }
        let id = BuildID(project: result.id.project, uuid: machine.uuid()), now = machine.now()
        let work = Task { [build, project, snapshots, machine, screen] in
            await Self.run(build, as: id, on: screen, of: machine) {
                try project.build(build, of: snapshots, on: $0)
            }
        }
        works[name] = work
        change(name) { group in
            group.start = now
            group.build = id
        }
        group.addTask {
            let ended = await withTaskCancellationHandler {
                await work.value
            } onCancel: {
                work.cancel()
            }
            return .ended(ended)
        }
    }

    /// Begins a build again, once, whose node of a swarm has disappeared. The lost one is an earlier try of it.
    private mutating func begin(anew ended: Ended, in group: inout TaskGroup<News>) -> Bool {
        let name = ended.identifier
        guard let node = ended.lostNode, !Task.isCancelled, !ended.isOutputGone, works[name]?.isCancelled == false,
            moved.insert(name).inserted
        else { return false }
        machine.say("`\(name)` is run once more on another node: `\(node)` has disappeared\n")
        change(name) { [prefix = result.arnPrefix, now = machine.now()] group in
            group.ready = now
            guard let build = group.build else { return }
            group.prior.insert(.init(name: "\(prefix):build/\(build)", status: BuildStatus.fault.rawValue), at: 0)
        }
        begin(name, in: &group)
        update()
        return true
    }

    /// The artifact folders of the builds that one waited for, as far as they have stored something.
    private func handedOver(to name: String) -> [(identifier: String, folder: String)] {
        let names = result.groups.first { $0.task.identifier == name }?.task.dependsOn ?? []
        return names.compactMap { identifier in
            guard let group = result.groups.first(where: { $0.task.identifier == identifier }),
                group.result?.artifacts.isEmpty == false
            else { return nil }
            let folder = "\(project.artifactsFolder)/\(identifier)"
            return Files.kind(of: folder) == .folder ? (identifier, folder) : nil
        }
    }

    private static func run(
        _ build: BatchBuild, as id: BuildID, on screen: BatchScreen, of machine: Machine,
        _ project: (Machine) throws -> Project
    ) async -> Ended {
        let terminal = screen.terminal(of: build.identifier), start = machine.now()
        var status: ExitStatus, isOutputGone = false, lostNode: String?
        do {
            var session = try await RunSession(of: try project(machine.with(terminal)), as: id)
            defer { session.close() }
            status = try await session.run()
        } catch {
            isOutputGone = error is Terminal.BrokenPipe
            lostNode = (error as? SwarmEngine.NodeLost)?.node
            status =
                error is CancellationError || isOutputGone ? .buildFailed : FrontDoor.report(error, on: terminal)
        }
        let record = BuildRecords(machine.places).build(id.uuid)
        let log = Files.kind(of: record.logPath) == .file ? record.logPath : nil
        do { try screen.finish(build.identifier, log: log) } catch is Terminal.BrokenPipe { isOutputGone = true } catch
        {
            status = FrontDoor.report(error, on: terminal)
        }
        return Ended(
            identifier: build.identifier, status: status, start: start, end: machine.now(),
            // A record that cannot be read tells nothing; the status is known.
            result: log == nil ? nil : try? record.result(), log: log, isOutputGone: isOutputGone, lostNode: lostNode)
    }

    private func status(of ended: Ended) -> BuildStatus {
        guard ended.status != .succeeded else { return .succeeded }
        switch ended.result?.status {
        case nil, .succeeded, .inProgress, .lost: return .failed
        case let status?: return status
        }
    }

    private mutating func note(_ ended: Ended) {
        isOutputGone = isOutputGone || ended.isOutputGone
        if ended.status != .succeeded, ended.status != .buildFailed { otherStatuses.append(ended.status) }
        change(ended.identifier) { group in
            group.start = ended.start
            group.end = ended.end
            group.result = ended.result
            group.log = ended.log
        }
    }

    /// Says at once how a build has ended.
    private func say(_ identifier: String) {
        guard let group = result.groups.first(where: { $0.task.identifier == identifier }) else { return }
        machine.say(BatchTable(usesColor: machine.terminal.errorUsesColor).line(group))
    }

    private mutating func update() {
        for index in result.groups.indices {
            result.groups[index].state = order.states[result.groups[index].task.identifier] ?? .waiting
        }
        tell(result)
    }

    private mutating func change(_ identifier: String, _ body: (inout BatchResult.Group) -> Void) {
        guard let index = result.groups.firstIndex(where: { $0.task.identifier == identifier }) else { return }
        body(&result.groups[index])
    }
}
