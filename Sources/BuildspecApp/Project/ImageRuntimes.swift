internal import BuildPlanning
internal import BuildRunning
internal import ChildProcesses
internal import Engines
internal import Files
internal import Rendering
internal import SpecParsing

/// The runtimes that images list, read once for each image and remembered by its id.
struct ImageRuntimes {
    private let places: Places
    private let folder: String
    /// More of them are hardly of use; then the memory begins anew.
    private static let limit = 200

    init(_ places: Places) {
        self.places = places
        folder = "\(places.state)/runtimes"
    }

    /// What a build's `runtime-versions` select in an image; `nil` for a build without any.
    ///
    /// - Parameter id: the image's id; `nil` when the engine does not have it, or does not answer.
    func selection(of plan: BuildPlan, id: String?, on engine: some Engine) async throws -> PlanView.Runtimes? {
        guard !plan.runtimeVersions.isEmpty else { return nil }
        let values = Dictionary(
            plan.variables.filter { $0.type == .plaintext }.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
        let names = plan.runtimeVersions.flatMap { variableNames(in: $0.version) }
        if let unknown = names.first(where: { values[$0] == nil }) {
            return .unknown("`\(unknown)` has a value in the build alone")
        }
        func selection(from catalog: RuntimeCatalog) -> RuntimeSelection {
            RuntimeSelection(
                plan.runtimeVersions.map { ($0.name, expandVariables(in: $0.version, values)) }, from: catalog)
        }
        guard let id else {
            if let known = CuratedImage(named: plan.image)?.runtimes { return .expected(selection(from: known)) }
            return .unknown(try await engine.answers() ? "the image is not on this engine" : "no engine answers")
        }
        guard let bytes = try await file(of: id, on: engine) else { return .skipped }
        do { return .selected(selection(from: try RuntimeCatalog(bytes))) } catch let error
            as RuntimeCatalog.Unreadable
        {
            return .unknown("\(ContainerLayout.runtimes) of the image cannot be read: \(error)")
        }
    }

    /// The image's file; `nil` when it has none.
    private func file(of id: String, on engine: some BuildEngine) async throws -> [UInt8]? {
        let path = "\(folder)/\(id.split(separator: ":").last ?? "")"
        if Files.kind(of: path) == .file {
            let bytes = try Files.read(path)
            return bytes.isEmpty ? nil : bytes
        }
        let bytes = try await look(into: id, on: engine)
        try Folder.make(folder)
        if Files.names(in: folder).count >= Self.limit { try Folder.remove(folder) }
        try Folder.make(folder)
        try Folder.replace(path, with: bytes ?? [])
        return bytes
    }

    /// Reads the file in a container without a network.
    private func look(into id: String, on engine: some BuildEngine) async throws -> [UInt8]? {
        var container = ContainerSpec(
            name: "buildspec-look-\(id.split(separator: ":").last?.prefix(12) ?? "")", image: id)
        container.name += "-\(UInt32.random(in: .min ... .max))"
        container.labels = [ContainerLabels.state: places.state]
        container.isOffline = true
        container.pull = .never
        container.arguments = [
            "if [ -f \"$1\" ]; then cat \"$1\"; else exit \(Self.absent); fi", "sh", ContainerLayout.runtimes,
        ]
        let (bytes, status) = try await engine.withContainer(container) { streams in
            try await streams.input.finish()
            async let said: Void = streams.errorOutput.forEachChunk { _ in }
            var bytes: [UInt8] = []
            // An image may be a stranger's. More than this is no list, and is refused as one that cannot be read.
            try await streams.output.forEachChunk { if bytes.count <= DocumentLimits.bytes { bytes += $0 } }
            try await said
            return bytes
        }
        guard status.isSuccess || status.exitStatus == Self.absent else {
            throw EngineError(
                .refused, doing: "look for runtimes in the image", reason: "its shell ended with \(status.exitStatus)")
        }
        return status.isSuccess && !bytes.isEmpty ? bytes : nil
    }

    /// The status for a file that is not there.
    private static let absent: Int32 = 66
}
