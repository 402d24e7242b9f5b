internal import OfflineWorld
#if os(Linux)
    internal import ArgumentParser
    internal import Engines

    /// Makes listening sockets in the network of a build's container, and sends them to the build's program. A build starts it in
    /// a second container that shares the first one's network; no user calls it.
    struct MakeSocketsCommand: AsyncParsableCommand {
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
