/// The runtimes that a build image offers, as its `/codebuild/image/config/runtimes.yml` lists them (CODEBUILD-2026 A.1).
public struct RuntimeCatalog: Sendable, Equatable {
    /// One runtime, such as `java`.
    public struct Runtime: Sendable, Equatable {
        public let name: String
        /// In the order of the file.
        public let versions: [Version]

        /// The entry for versions that have none of their own.
        public var fallback: Version? { versions.first { $0.key == Version.fallbackKey } }
        /// The versions that have a name.
        public var named: [Version] { versions.filter { $0.key != Version.fallbackKey } }
    }

    /// One version of a runtime.
    public struct Version: Sendable, Equatable {
        static let fallbackKey = "default"

        /// The key as written: `3.10` stays `3.10`.
        public let key: String
        /// Runtimes that this version needs, with the versions of each that will do.
        public let requirements: [Requirement]
        /// The commands that select the version.
        public let commands: [String]
    }

    /// A runtime that a version of another one needs.
    public struct Requirement: Sendable, Equatable {
        public let name: String
        /// Not empty; the first is taken when the buildspec names none.
        public let versions: [String]
    }

    /// A file that lists no runtimes.
    public struct Unreadable: Error, CustomStringConvertible {
        /// `LINE:COLUMN: what is wrong`.
        public let description: String
    }

    /// In the order of the file.
    public let runtimes: [Runtime]

    public init(runtimes: [Runtime]) { self.runtimes = runtimes }

    /// Reads the file. Keys that nobody knows are skipped, as AWS may add some.
    ///
    /// - Throws: ``Unreadable``
    public init(_ bytes: [UInt8]) throws {
        guard bytes.count <= DocumentLimits.bytes else {
            throw Unreadable(description: "1:1: it is longer than \(DocumentLimits.bytes >> 20) MiB")
        }
        let document: SpecDocument
        switch SpecDocument.read(bytes, file: "runtimes.yml") {
        case .success(let read): document = read
        case .failure(let problem):
            let place = problem.diagnostic.location
            throw Unreadable(description: "\(place.line):\(place.column): \(problem.diagnostic.message)")
        }
        guard let root = document.root, root.kind == .mapping, let runtimes = try Self.member("runtimes", of: root)
        else {
            throw Unreadable(description: "1:1: `runtimes` is missing")
        }
        self.runtimes = try Self.pairs(of: runtimes).map { name, node in
            let versions = try Self.member("versions", of: node).map(Self.pairs) ?? []
            return Runtime(name: name, versions: try versions.map(Self.version))
        }
    }

    private static func version(_ key: String, _ node: SpecNode) throws -> Version {
        Version(
            key: key,
            requirements: try (member("requires", of: node).map(pairs) ?? []).map {
                Requirement(name: $0, versions: try texts($1))
            }.filter { !$0.versions.isEmpty },
            commands: try member("commands", of: node).map(texts) ?? [])
    }

    private static func member(_ name: String, of node: SpecNode) throws -> SpecNode? {
        try pairs(of: node).first { $0.key == name }.map(\.value).flatMap { $0.isNull ? nil : $0 }
    }

    private static func pairs(of node: SpecNode) throws -> [(key: String, value: SpecNode)] {
        if node.isNull { return [] }
        guard node.kind == .mapping else { throw wrong(node, "a mapping") }
        return node.pairs.map { ($0.key.text, $0.value) }
    }

    private static func texts(_ node: SpecNode) throws -> [String] {
        let nodes = node.kind == .list ? Array(node.items) : [node]
        return try nodes.map { node in
            guard node.kind == .scalar else { throw wrong(node, "text") }
            return node.text
        }
    }

    private static func wrong(_ node: SpecNode, _ wanted: String) -> Unreadable {
        Unreadable(
            description:
                "\(node.location.line):\(node.location.column): here is \(node.kindName), and \(wanted) is needed")
    }
}
