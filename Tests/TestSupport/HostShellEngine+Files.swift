import ChildProcesses
import Engines
import Files

// MARK: Copying

extension HostShellEngine {
    public func copyOut(_ path: String, of container: String, to descriptor: Int32) async throws {
        let place = try existing(path, of: container, closing: descriptor)
        let outcome = try await Command("tar", ["-C", place.folder, "-cf", "-", "--", place.name])
            .run(outputTo: descriptor)
        guard outcome.status.isSuccess else {
            throw EngineError(.refused, doing: "copy `\(path)` out of the container", reason: outcome.errorText)
        }
    }

    public func copyOut(_ path: String, of container: String, toFolder folder: String) async throws {
        let place = try existing(path, of: container)
        let outcome = try await Command("cp", ["-R", "\(place.folder)/\(place.name)", folder]).collect()
        guard outcome.status.isSuccess else {
            throw EngineError(.absent, doing: "copy `\(path)` out of the container", reason: outcome.errorText)
        }
    }

    public func copyIn(from descriptor: Int32, to folder: String, of container: String) async throws {
        let outcome = try await Command("tar", ["-C", root(of: container) + folder, "-xpf", "-"])
            .run(inputFrom: descriptor)
        guard outcome.status.isSuccess else {
            throw EngineError(.refused, doing: "copy into `\(folder)` of the container", reason: outcome.errorText)
        }
    }

    /// - Parameter descriptor: closed when there is no such path.
    private func existing(
        _ path: String, of container: String, closing descriptor: Int32? = nil
    ) throws -> (folder: String, name: String) {
        let place = root(of: container) + path
        guard Folder.exists(place), let slash = place.lastIndex(of: "/") else {
            if let descriptor { close(descriptor) }
            throw EngineError(.absent, doing: "copy `\(path)` out of the container", reason: "there is no such path")
        }
        return (String(place[..<slash]), String(place[place.index(after: slash)...]))
    }
}

// MARK: Images

extension HostShellEngine {
    /// A folder with the image's files and its id. A slash in the name is none in the folder's.
    func imageFolder(_ name: String) -> String {
        "\(folder)/images/\(name.split(separator: "/", omittingEmptySubsequences: false).joined(separator: "%"))"
    }

    /// Makes an image of files by their paths in a container.
    public func makeImage(_ name: String, files: [String: String]) throws {
        for (path, text) in files {
            let file = "\(imageFolder(name))/files\(path)"
            try Folder.make(String(file.prefix(upTo: file.lastIndex(of: "/") ?? file.endIndex)))
            try Folder.write(file, Array(text.utf8))
        }
        try Folder.make("\(imageFolder(name))/files/tmp")
        try Folder.write("\(imageFolder(name))/id", Array(name.utf8))
    }

    public func commit(_ container: String, as image: String, labels: [String: String]) async throws {
        let unfinished = "\(folder)/removed/\(UInt64.random(in: .min ... .max))"
        try Folder.make(unfinished, mode: 0o755)
        let copied = try await Command("cp", ["-a", root(of: container), "\(unfinished)/files"]).collect()
        guard copied.status.isSuccess else {
            throw EngineError(.refused, doing: "keep the state of container `\(container)`", reason: copied.errorText)
        }
        for path in try texts(in: "\(containerFolder(container))/fleeting") {
            try Folder.remove("\(unfinished)/files\(path)")
        }
        try Folder.write("\(unfinished)/id", Array("\(UInt64.random(in: .min ... .max))".utf8))
        try Folder.remove(imageFolder(image))
        guard rename(unfinished, imageFolder(image)) == 0 else {
            throw EngineError(.refused, doing: "make image `\(image)`", reason: "\(Errno(rawValue: errno))")
        }
    }

    public func imageSize(_ image: String) async throws -> Int? {
        guard Folder.exists(imageFolder(image)) else { return nil }
        let kilobytes = try await Command("du", ["-sk", imageFolder(image)]).collect().text.split(separator: "\t").first
        return kilobytes.flatMap { Int($0) }.map { $0 * 1024 }
    }

    public func imageID(_ image: String) async throws -> String? {
        guard Folder.exists(imageFolder(image)) else { return nil }
        return String(decoding: try Folder.read("\(imageFolder(image))/id"), as: UTF8.self)
    }

    public func imageConfiguration(_ image: String) async throws -> ImageConfiguration? {
        try await imageID(image).map {
            ImageConfiguration(id: $0, architecture: Self.machine, variables: [(name: "PATH", value: "/usr/bin:/bin")])
        }
    }

    public func imageNames() async throws -> [String] {
        try Folder.names("\(folder)/images").map { $0.split(separator: "%").joined(separator: "/") }
    }

    public func architecture() async throws -> String? { Self.machine }

    private static var machine: String {
        #if arch(arm64)
            "arm64"
        #else
            "amd64"
        #endif
    }

    public func removeImage(_ image: String) async throws { try Folder.remove(imageFolder(image)) }

    public func copyImage(_ image: String, into container: String) async throws {
        throw EngineError(
            .refused, doing: "copy image `\(image)` into `\(container)`",
            reason: "no engine runs in a process of this machine")
    }

    public func saveImages(_ names: [String], to descriptor: Int32) async throws {
        let folders = names.map { imageFolder($0).split(separator: "/").last.map(String.init) ?? "" }
        let outcome = try await Command("tar", ["-C", "\(folder)/images", "-cf", "-", "--"] + folders)
            .run(outputTo: descriptor)
        guard outcome.status.isSuccess else {
            throw EngineError(.refused, doing: "save images", reason: outcome.errorText)
        }
    }

    public func loadImages(from descriptor: Int32) async throws {
        let outcome = try await Command("tar", ["-C", "\(folder)/images", "-xpf", "-"]).run(inputFrom: descriptor)
        guard outcome.status.isSuccess else {
            throw EngineError(.refused, doing: "load images", reason: outcome.errorText)
        }
    }
}
