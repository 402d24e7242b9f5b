internal import ArgumentParser

/// The flags of `run` about the network.
struct NetworkOptions: ParsableArguments {
    @Flag(
        help: ArgumentHelp(
            "Pull nothing, and let no packet leave this machine.",
            discussion: "What --record kept is given again, and AWS is played here."))
    var offline = false

    @Flag(
        help: ArgumentHelp(
            "Keep what the build downloads, for --offline.",
            discussion: "What it gets over HTTP and HTTPS, without credentials. Needs an engine on this machine."))
    var record = false

    @Option(
        help: ArgumentHelp(
            "With --record: fetch from another place.",
            discussion: """
                PREFIX=BASE: what the build asks of URLs that begin with PREFIX is fetched from BASE, and recorded under its own \
                name. Repeatable.
                """, valueName: "prefix=base"))
    var mirror: [String] = []

    @Flag(help: "With --record: hosts that cannot prove who they are may answer.")
    var insecure = false

    func add(to asked: inout Asked) {
        asked.offline = offline
        asked.record = record
        asked.mirror = mirror
        asked.insecure = insecure
    }
}
