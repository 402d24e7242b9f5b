internal import ChildProcesses
internal import Engines
internal import Files

/// Keeps one spare: starts its container, waits for a build that takes it, and sees to its end.
struct SpareKeeping {
    private let machine: Machine
    private let place: SparePlace
    private let record: SpareRecord
    private let engine: any Engine

    /// How long a container may take to start.
    private static let patience = Duration.seconds(60)
    /// How long somebody who has locked the spare may take until he says that he uses it.
    private static let haste = Duration.seconds(10)

    init(_ name: String, on machine: Machine) throws {
        self.machine = machine
        place = SpareShelf(machine.places).place(name)
        record = try place.record()
        engine = machine.engine(of: record)
    }

    /// What the end of a spare leaves to be done.
    private enum End: Sendable {
        /// The container's client has ended, and the container with it.
        case gone
        case remove(String)
        /// The container stays, or is removed by somebody else.
        case leave
    }

    func run() async throws {
        defer { place.remove() }
        // A sweep spares the container while this process lives.
        let mark = try await BuildRecords(machine.places).marks().mark(record.container)
        do {
            if case .remove(let container) = try await keep() { try await engine.remove(container) }
            mark.release()
        } catch {
            mark.leave()
            throw error
        }
    }

    private func keep() async throws -> End {
        let streams = try place.makeStreams(), command = record.command
        // They stay open until the end: the client is to find none of its streams broken while a build comes and goes.
        let ends = [streams.output.readEnd, streams.errors.readEnd].map(OwnedDescriptor.init)
        defer { for end in ends { end.close() } }
        return try await withThrowingTaskGroup(of: End.self) { group in
            group.addTask {
                _ = try await command.run(
                    input: streams.input.readEnd, output: streams.output.writeEnd, errors: streams.errors.writeEnd)
                return .gone
            }
            group.addTask {
                try await wait(input: OwnedDescriptor(streams.input.writeEnd), OrderReader(streams.orders))
            }
            // The client ends with the group.
            defer { group.cancelAll() }
            return try await group.next() ?? .gone
        }
    }

    private func wait(input: OwnedDescriptor, _ orders: OrderReader) async throws -> End {
        defer { input.close() }
        guard let running = try await started() else { return .remove(record.container) }
        try place.announce(running)
        let end = ContinuousClock.now + .seconds(record.time)
        var order = try await orders.next(until: end)
        if order != .take {
            place.hide()
            // Somebody may have come just now.
            if try place.lock() == nil { order = try await orders.next(until: .now + Self.haste) }
        }
        return order == .take ? try await follow(running, input: input, orders) : .remove(running.container)
    }

    /// Waits until the build that has taken the spare lets it go.
    private func follow(_ running: RunningSpare, input: OwnedDescriptor, _ orders: OrderReader) async throws -> End {
        // From now on the build's own end of it is the only one.
        input.close()
        while try place.lock() == nil {
            if try await orders.next(until: .now + .milliseconds(50)) == .leave { return .leave }
        }
        while let order = try await orders.next(until: .now) {
            if order == .leave { return .leave }
        }
        return .remove(running.container)
    }

    /// Waits for the container to run.
    ///
    /// - Returns: `nil` when it does not.
    private func started() async throws -> RunningSpare? {
        let end = ContinuousClock.now + Self.patience
        let words = ["container", "inspect", "--format", "{{.State.Running}} {{.Id}} {{.Image}}", record.container]
        while ContinuousClock.now < end {
            let answer = try await engine.command(words).collect()
            let fields = answer.text.split(separator: " ").map(String.init)
            if answer.status.isSuccess, fields.count == 3, fields[0] == "true" {
                return RunningSpare(container: fields[1], image: fields[2])
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        return nil
    }
}

/// Reads what a keeper is told.
private struct OrderReader: Sendable {
    private let source: OwnedDescriptor
    /// Open, too, so that the FIFO has no end.
    private let other: OwnedDescriptor

    init(_ pipe: Pipe) {
        source = OwnedDescriptor(pipe.readEnd)
        other = OwnedDescriptor(pipe.writeEnd)
    }

    /// - Returns: `nil` when nothing came until that time.
    func next(until end: ContinuousClock.Instant) async throws -> SparePlace.Order? {
        try await BlockingThread.run { stop in
            var waiting = pollfd(fd: source.rawValue, events: Int16(POLLIN), revents: 0)
            while true {
                try stop.check()
                let left = (end - .now) / .milliseconds(1)
                guard poll(&waiting, 1, Int32(max(0, min(left, 500)))) > 0 else {
                    if left <= 0 { return nil }
                    continue
                }
                var byte: UInt8 = 0
                _ = try withUnsafeMutableBytes(of: &byte) { try source.read(into: $0) }
                return SparePlace.Order(rawValue: byte)
            }
        }
    }
}
