internal import ChildProcesses
#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// What an image on an engine consists of, so that another one can be made of it with a layer more.
public struct ImageLayering: Sendable {
    /// The id of the image.
    public let id: String
    /// The folders that become volumes of a container.
    public let volumes: [String]
    /// The members of the configuration that the new image has, too, as JSON.
    let members: [String]
    /// The ids of the layers.
    let layers: [String]

    /// The configuration of an image that has a layer more, as it stands in a tar that `docker load` reads.
    ///
    /// - Parameter sha256: of the layer's uncompressed tarball.
    public func configuration(adding sha256: String) -> String {
        let all = (layers + ["sha256:\(sha256)"]).map { "\"\($0)\"" }.joined(separator: ",")
        return "{\(members.joined(separator: ",")),\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\(all)]}}"
    }

    /// The list of what is in such a tar, which has only the last layer: the engine has the others.
    public func manifest(of image: String, configuration: String, layer: String) -> String {
        let names = layers.indices.map { "\"lower/\($0)\"" } + ["\"\(layer)\""]
        return
            "[{\"Config\":\"\(configuration)\",\"RepoTags\":[\"\(image)\"],\"Layers\":[\(names.joined(separator: ","))]}]"
    }
}

extension DockerEngine {
    public func layering(of image: String) async throws -> ImageLayering? {
        let doing = "add a layer to image `\(image)`"
        guard client == .docker else {
            throw EngineError(.refused, doing: doing, reason: "podman loads no image without all of its layers")
        }
        let store = try await ask(["info", "--format", "{{json .DriverStatus}}"])
        guard store.status.isSuccess else {
            throw EngineError(.unreachable, doing: doing, reason: store.errorText)
        }
        guard !store.text.contains("io.containerd.snapshotter") else {
            throw EngineError(
                .refused, doing: doing, reason: "an engine whose images lie in containerd loads none without all layers"
            )
        }
        let members = [
            ("architecture", "{{json .Architecture}}"), ("os", "{{json .Os}}"), ("variant", "{{json .Variant}}"),
            ("created", "{{json .Created}}"), ("config", "{{json .Config}}"),
        ]
        // A name that clients' own types do not have, as `Id`, would take away members that are empty.
        let format =
            "{{.ID}}\n{{json .RootFS.Layers}}\n{{json .Config.Volumes}}\n" + members.map(\.1).joined(separator: "\n")
        let outcome = try await ask(["image", "inspect", "--format", format, image])
        guard outcome.status.isSuccess else { return nil }
        let lines = outcome.lines, decoder = JSONDecoder()
        guard lines.count == 3 + members.count else {
            throw EngineError(.refused, doing: doing, reason: "its answer is `\(outcome.text)`")
        }
        struct Nothing: Decodable {}
        let volumes = try decoder.decode([String: Nothing]?.self, from: Data(lines[2].utf8)) ?? [:]
        return ImageLayering(
            id: lines[0], volumes: volumes.keys.sorted(),
            members: zip(members, lines.dropFirst(3)).filter { $1 != "\"\"" }.map { "\"\($0.0)\":\($1)" },
            layers: try decoder.decode([String].self, from: Data(lines[1].utf8)))
    }
}
