internal import ArgumentParser
internal import Files

/// The flags of `show` that make a page of a build.
struct PageOptions: ParsableArguments {
    @Option(
        defaultAsFlag: "",
        help: ArgumentHelp(
            "Write the build as one HTML file.",
            discussion: "Default: build-ID.html in this folder; `-`: to standard output.", valueName: "file"))
    var html: String?

    @Flag(help: "Write it, and open it in the browser.")
    var open = false

    var isAsked: Bool { html != nil || open }

    func validate() throws {
        guard !open || html != "-" else {
            throw ValidationError("--open opens a file, and `--html -` writes none")
        }
    }

    /// Writes the page where it was asked for, and says where it is.
    func write(_ build: RecordedBuild, on machine: Machine) async throws -> ExitStatus {
        let page = try await build.page(in: BuildRecords(machine.places), on: machine), wanted = html ?? ""
        if wanted == "-" {
            try machine.terminal.write(page)
            return .succeeded
        }
        let path = wanted.isEmpty ? "build-\(build.uuid.prefix(8)).html" : wanted
        try Folder.replace(machine.places.absolute(path), with: page, mode: 0o666)
        machine.say("the page of build \(build.uuid.prefix(8)) is \(path)\n")
        if open { await Browser(machine: machine).open(machine.places.absolute(path), orByHand: path) }
        return .succeeded
    }
}
