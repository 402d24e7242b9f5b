internal import ArgumentParser
internal import Files

/// The flag of `show` that makes a page of a build.
struct PageOptions: ParsableArguments {
    @Option(
        defaultAsFlag: "",
        help: ArgumentHelp(
            "Write the build as one HTML file (default: build-ID.html in this folder; `-`: to standard output).",
            valueName: "file"))
    var html: String?

    /// Writes the page where it was asked for, and says where it is.
    func write(_ build: RecordedBuild, on machine: Machine) throws -> ExitStatus {
        let page = try build.page(in: BuildRecords(machine.places)), wanted = html ?? ""
        if wanted == "-" {
            try machine.terminal.write(page)
            return .succeeded
        }
        let path = wanted.isEmpty ? "build-\(build.uuid.prefix(8)).html" : wanted
        try Folder.replace(machine.places.absolute(path), with: page, mode: 0o666)
        machine.say("the page of build \(build.uuid.prefix(8)) is \(path)\n")
        return .succeeded
    }
}
