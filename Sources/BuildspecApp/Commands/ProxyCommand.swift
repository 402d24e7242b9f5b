internal import Files
internal import OfflineWorld
internal import ArgumentParser
internal import Recordings
#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// The recorder by itself, for benchmarks and for looking at what it does.
struct ProxyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "proxy", abstract: "Serve the recorder's proxy on this machine.", shouldDisplay: false)

    enum Mode: String, ExpressibleByArgument { case passThrough = "pass-through", record, replay }

    @Option(help: "pass-through, record or replay.")
    var mode = Mode.replay

    @Option(help: "Where to listen: HOST:PORT.")
    var listen = "127.0.0.1:0"

    @Option(help: "The folder of the recordings.")
    var store: String

    @Option(help: "The folder of the authority; its certificate is written there as ca.pem.")
    var authority: String

    @Option(help: "PREFIX=BASE: URLs that begin with PREFIX are fetched from BASE. Repeatable.")
    var mirror: [String] = []

    func run() async throws {
        await FrontDoor.enter { [self] machine in
            let authority = try CertificateAuthority(
                in: machine.places.absolute(authority), project: "proxy", now: Date())
            try Folder.replace(
                "\(machine.places.absolute(self.authority))/ca.pem", with: Array(authority.certificatePEM.utf8),
                mode: 0o644)
            let modes: [Mode: ProxySettings.Mode] = [.passThrough: .passThrough, .record: .record, .replay: .replay]
            var settings = ProxySettings(
                mode: modes[mode] ?? .replay, authority: authority,
                store: RecordingStore(folder: machine.places.absolute(store)))
            settings.mirrors = try mirror.map { text in
                guard let mirror = ProxyMirror(text) else {
                    throw Failure(.usage, "`--mirror` is `\(text)`, expected two URLs, PREFIX=BASE")
                }
                return mirror
            }
            settings.onEvent = { machine.terminal.say("\($0)\n") }
            let parts = listen.split(separator: ":")
            guard parts.count == 2, let port = Int(parts[1]) else {
                throw Failure(.usage, "`--listen` is `\(listen)`, expected HOST:PORT")
            }
            try await ForwardProxy.whileServing(settings) { proxy in
                let chosen = try await proxy.listen(host: String(parts[0]), port: port)
                try machine.terminal.write(Array("listening on \(parts[0]):\(chosen)\n".utf8))
                try await Task.sleep(for: .seconds(86400 * 365))
            }
            return .succeeded
        }
    }
}
