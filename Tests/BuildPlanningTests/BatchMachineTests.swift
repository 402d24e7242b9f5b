import BuildPlanning
import Testing

/// The order of a batch's builds.
@Suite struct BatchMachineTests {
    private typealias Task = BatchMachine.Task

    /// Runs a batch whose builds end in the order in which they began, each with a status.
    ///
    /// - Returns: what was done, one word for each: `+a` a build began, `-a` it was stopped; and the batch.
    private func play(
        _ tasks: [Task], failsFast: Bool = false, limit: Int = 100, failing: Set<String> = []
    ) -> (steps: [String], machine: BatchMachine) {
        var machine = BatchMachine(tasks, failsFast: failsFast, limit: limit)
        var steps: [String] = [], running: [String] = [], stopped: Set<String> = []
        func take(_ new: [BatchMachine.Step]) {
            for step in new {
                switch step {
                case .start(let name):
                    steps.append("+\(name)")
                    running.append(name)
                case .stop(let name):
                    steps.append("-\(name)")
                    stopped.insert(name)
                }
            }
        }
        take(machine.next())
        while !running.isEmpty {
            let name = running.removeFirst()
            take(machine.end(name, stopped.contains(name) ? .stopped : failing.contains(name) ? .failed : .succeeded))
        }
        return (steps, machine)
    }

    /// A graph of eight: a, then b and c, then d behind both; e alone, whose failure is ignored; f behind e; g behind d; h alone.
    private let eight = [
        Task("a"), Task("b", dependsOn: ["a"]), Task("c", dependsOn: ["a"]), Task("d", dependsOn: ["b", "c"]),
        Task("e", ignoresFailure: true), Task("f", dependsOn: ["e"]), Task("g", dependsOn: ["d"]), Task("h"),
    ]

    @Test(
        arguments: [
            (failing: "", fast: false, steps: "+a +e +h +b +c +f +d +g", status: "SUCCEEDED", others: ""),
            ("e", false, "+a +e +h +b +c +f +d +g", "SUCCEEDED", ""),
            ("b", false, "+a +e +h +b +c +f", "FAILED", "d:b g:d"),
            ("a e", false, "+a +e +h +f", "FAILED", "b:a c:a d:b g:d"),
            // With fast-fail nothing begins any more, and what runs is stopped; an ignored failure stops nothing.
            ("b", true, "+a +e +h +b +c +f -c -f", "FAILED", "d:b g:b"),
            ("a", true, "+a +e +h -e -h", "FAILED", "b:a c:a d:a f:a g:a"),
            ("e", true, "+a +e +h +b +c +f +d +g", "SUCCEEDED", ""),
        ])
    func `a graph of eight`(failing: String, fast: Bool, steps: String, status: String, others: String) {
        let failures = Set(failing.split(separator: " ").map(String.init))
        let (done, machine) = play(eight, failsFast: fast, failing: failures)
        #expect(done.joined(separator: " ") == steps)
        #expect(machine.isOver && machine.status.rawValue == status)
        let skipped = machine.states.compactMap { name, state in
            if case .skipped(let reason) = state { "\(name):\(reason)" } else { nil }
        }
        #expect(skipped.sorted().joined(separator: " ") == others)
    }

    @Test(arguments: 1...4)
    func `no more builds run at once than may`(limit: Int) {
        var machine = BatchMachine((1...9).map { Task("b\($0)") }, failsFast: false, limit: limit)
        var running = machine.next().count, most = running, ended = 0
        while !machine.isOver {
            let name = machine.states.filter { $0.value == .running }.keys.sorted()[0]
            running += machine.end(name, .succeeded).count - 1
            most = max(most, running)
            ended += 1
        }
        #expect(most == limit && ended == 9)
    }

    @Test func `a build that ended well before it could be stopped has succeeded`() {
        var machine = BatchMachine([Task("a"), Task("b")], failsFast: true, limit: 2)
        #expect(machine.next() == [.start("a"), .start("b")])
        #expect(machine.end("a", .failed) == [.stop("b")])
        #expect(!machine.isOver)
        #expect(machine.end("b", .succeeded) == [])
        #expect(machine.states["b"] == .ended(.succeeded) && machine.status == .failed)
    }

    @Test func `the user stops what runs, and what waits never begins`() {
        var machine = BatchMachine([Task("a"), Task("b", dependsOn: ["a"])], failsFast: false, limit: 2)
        _ = machine.next()
        #expect(machine.stop() == [.stop("a")])
        #expect(machine.end("a", .stopped) == [])
        #expect(machine.isOver && machine.status == .stopped && machine.states["b"] == .dropped)
    }

    @Test func `a batch that takes too long is stopped, and says so`() {
        var machine = BatchMachine([Task("a"), Task("b")], failsFast: false, limit: 1)
        _ = machine.next()
        #expect(machine.stop(as: .timedOut) == [.stop("a")])
        #expect(machine.end("a", .stopped).isEmpty && machine.status == .timedOut)
        // What is over cannot be stopped any more.
        #expect(machine.stop().isEmpty && machine.status == .timedOut)
    }

    @Test func `what an earlier try has run is not run again`() {
        var machine = BatchMachine(eight, failsFast: false, limit: 8)
        machine.recall(["a": .succeeded, "b": .succeeded, "e": .failed, "h": .succeeded])
        #expect(machine.next() == [.start("c"), .start("f")])
    }

    @Test func `the critical path leads from build to build that waited for it`() {
        let spans = ["a": 0..<10, "b": 10..<12, "c": 10..<30, "d": 30..<40, "e": 0..<39]
        #expect(BatchMachine.criticalPath(eight, spans) == ["a", "c", "d"])
        #expect(BatchMachine.criticalPath(eight, [:]).isEmpty)
    }
}
