internal import OfflineWorld
#if os(Linux)
    internal import ArgumentParser
    internal import Engines

    /// What a user's own build starts in a second container, to listen in the first one's network; nobody else has a use for it.
    struct LendSocketsCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: ListeningHelper.command, abstract: "Make sockets in this network and send them away.",
            shouldDisplay: false)

        /// The path of an inbox, a port, addresses.
        @Argument var words: [String]

        func run() async throws {
            await FrontDoor.enter { [words] _ in
                do { try ListeningHelper.makeSockets(arguments: words) } catch {
                    throw Failure(.inputOutput, "\(error)", help: "this command is `buildspec run`'s own")
                }
                return .succeeded
            }
        }
    }
#endif
