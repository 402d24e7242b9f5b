internal import Engines
internal import Files
internal import ChildProcesses

extension LocalCloud {
    /// An image in the registry of a cloud.
    public struct StoredImage: Sendable, Equatable {
        /// The name `URI:TAG`, or `URI@DIGEST` of an image without a tag.
        public let name: String
        public let digest: String
        /// The stored size in bytes.
        public let size: Int
        /// RFC 3339.
        public let pushedAt: String
    }

    /// Lists the images that were pushed, by their names. The cloud has to run.
    public func images() async throws -> [StoredImage] {
        let outcome = try await program("images.py", "list").collect()
        guard outcome.status.isSuccess else {
            throw EngineError(.refused, doing: "list the images of `\(name)`", reason: outcome.errorText)
        }
        return outcome.text.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: "\t").map(String.init)
            guard fields.count == 4, let size = Int(fields[2]) else { return nil }
            return StoredImage(name: fields[0], digest: fields[1], size: size, pushedAt: fields[3])
        }
    }

    /// Loads an image of the registry into the engine under its ECR name, without the protocol of a registry: the engine
    /// may be on another machine, and trusts no registry without a certificate.
    ///
    /// - Parameter image: `URI:TAG`, `NAME:TAG` where one repository is named so, without a tag `latest`.
    /// - Returns: what the engine says it has loaded.
    public func load(_ image: String) async throws -> String {
        let pipe = try Pipe()
        async let saving = program("images.py", "save", image).run(outputTo: pipe.writeEnd)
        async let loading = engine.command(["load", "--quiet"]).collect(inputFrom: pipe.readEnd)
        let (saved, loaded) = try await (saving, loading)
        guard saved.status.isSuccess else {
            throw EngineError(
                .absent, doing: "get image `\(image)`", reason: saved.errorText,
                help: "`buildspec images list` names those that were pushed")
        }
        guard loaded.status.isSuccess else {
            throw EngineError(.refused, doing: "get image `\(image)`", reason: loaded.errorText)
        }
        return loaded.text
    }

    /// Opens the registry for plain docker on this machine's loopback address while `body` runs. The cloud has to run.
    ///
    /// Meanwhile it is in the engine's default network, too, and not cut off: the engine publishes no port of a container that is.
    ///
    /// - Parameter body: gets the address, `127.0.0.1:PORT`; an image's name there is that and its ECR name.
    public func open<Result: Sendable>(_ body: @Sendable (String) async throws -> Result) async throws -> Result {
        let connected = try await engine.command(["network", "connect", "bridge", name]).collect()
        let port = try await engine.command(["port", name, "5001/tcp"]).collect()
        guard let address = port.text.split(separator: "\n").first, port.status.isSuccess else {
            throw EngineError(
                .refused, doing: "open the registry of `\(name)`",
                reason: connected.errorText.isEmpty ? port.errorText : connected.errorText)
        }
        let outcome: Swift.Result<Result, any Error>
        do { outcome = .success(try await body(String(address))) } catch { outcome = .failure(error) }
        // Only who connected it disconnects it. A new task: not cancelled with us.
        if connected.status.isSuccess {
            _ = await Task {
                try await engine.command(["network", "disconnect", "--force", "bridge", name]).collect()
            }.result
        }
        return try outcome.get()
    }

    private func program(_ script: String, _ arguments: String...) -> Command {
        engine.command(["exec", name, "python3", "/usr/local/lib/aws-local/\(script)"] + arguments)
    }
}
