internal import ArgumentParser
internal import BuildPlanning

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Say what this machine has that builds need, and how to mend the rest.",
        discussion: """
              buildspec doctor

            The engine and its clock, the image of this folder's project and whether a container of it starts, git, the AWS \
            CLI and where it has credentials from, room on the disk, what killed builds left, proxies; each is ok, a \
            warning, or a problem. Nothing is asked of AWS, and a program that does not answer is given up after five seconds. \
            Exit status: 0 all that `run` needs works (warnings allowed), 69 it does not.
            """)

    @Flag(help: "Print one JSON document.")
    var json = false

    func run() async throws {
        await FrontDoor.enter { [json] machine in
            let findings = try await Doctor(machine: machine).findings()
            if json {
                let document = JSONText.object([("version", .number(1)), ("checks", .array(findings.map(\.json)))])
                try machine.terminal.write(document.bytes + [0x0a])
            } else {
                for finding in findings {
                    let help = finding.help.map { "\n         help: \($0)" } ?? ""
                    let state = finding.state.rawValue
                    let room = String(repeating: " ", count: 9 - state.count)
                    try machine.terminal.write(Array("\(state)\(room)\(finding.name): \(finding.words)\(help)\n".utf8))
                }
            }
            return findings.contains { $0.state == .problem } ? .noEngine : .succeeded
        }
    }
}
