internal import ArgumentParser

/// Makes an image of a cache. A build starts it when it has ended; no user calls it.
struct MakeCacheImageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: CacheImages.command, abstract: "Make an image of a cache.", shouldDisplay: false)

    /// The name of a record.
    @Argument var name: String

    func run() async throws {
        await FrontDoor.enter { [name] machine in
            try await CacheImageMaking(machine: machine).run(name)
            return .succeeded
        }
    }
}
