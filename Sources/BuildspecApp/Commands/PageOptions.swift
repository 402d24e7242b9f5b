internal import ArgumentParser
internal import BuildPlanning
internal import Files
internal import Rendering

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
        return await say("build \(build.uuid.prefix(8))", path, on: machine)
    }

    /// Writes the page of a batch where it was asked for, and beside it those of its builds.
    func write(_ batch: BatchResult, on machine: Machine) async throws -> ExitStatus {
        let page = RecordedBatchPage(batch: batch, machine: machine), wanted = html ?? ""
        if wanted == "-" {
            // Nothing is beside it that it could lead to.
            try machine.terminal.write(try page.html())
            return .succeeded
        }
        let path = wanted.isEmpty ? "batch-\(batch.id.uuid.prefix(8)).html" : wanted
        try await page.write(to: machine.places.absolute(path))
        return await say("batch \(batch.id.uuid.prefix(8))", path, on: machine)
    }

    private func say(_ what: String, _ path: String, on machine: Machine) async -> ExitStatus {
        machine.say("the page of \(what) is \(path)\n")
        if open { await Browser(machine: machine).open(machine.places.absolute(path), orByHand: path) }
        return .succeeded
    }
}
