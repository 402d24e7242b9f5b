internal import ArgumentParser

/// Keeps a container for the next build. A build starts it when it has ended; no user calls it.
struct KeepSpareCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: Spare.command, abstract: "Keep a container for the next build.", shouldDisplay: false)

    /// The name of a spare's folder.
    @Argument var name: String

    func run() async throws {
        await FrontDoor.enter { [name] machine in
            try await SpareKeeping(name, on: machine).run()
            return .succeeded
        }
    }
}
