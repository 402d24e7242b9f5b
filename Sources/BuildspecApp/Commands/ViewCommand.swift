internal import ArgumentParser

struct ViewCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "view",
        abstract: "Show builds in a browser, live.",
        discussion: """
              buildspec view --open

            Prints an address of this machine and serves it until Ctrl-C: the list of builds, and a page for each, as `show --html` \
            makes it, which follows the build while it runs. The address has a random token; without it nobody sees anything. \
            Nothing but this machine can connect, and nothing is loaded from elsewhere.
            """)

    @Flag(help: "Show the builds of all projects.")
    var all = false

    @Option(help: ArgumentHelp("The port to listen on; 0 is any that is free.", valueName: "number"))
    var port = 0

    @Flag(help: "Open it in the browser.")
    var open = false

    func validate() throws {
        guard (0...65535).contains(port) else { throw ValidationError("--port is a number from 0 to 65535") }
    }

    func run() async throws {
        await FrontDoor.enter { [all, port, open] machine in
            try await ViewSession(machine: machine, showsAll: all).run(port: port, opens: open)
        }
    }
}
