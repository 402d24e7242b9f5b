internal import BuildPlanning

/// The two sides of a comparison and what each is called in its words.
public struct ComparedSides: Sendable, Equatable {
    public let one: Origin
    public let other: Origin

    /// Where the log of a side comes from.
    public enum Origin: Sendable, Equatable {
        /// A build that was recorded here, by its UUID.
        case build(String)
        /// A log from the cloud, by the path of its file; `-` is standard input.
        case file(String)
    }

    public init(one: Origin, other: Origin) {
        self.one = one
        self.other = other
    }

    /// The name of a side as a noun: `here`, `the cloud`, `build 0b5c2a7e`, `cloud.json`.
    public func noun(_ side: LogDiff.Side) -> String {
        switch (self[side], self[side.opposite]) {
        case (.build, .file): "here"
        case (.file, .build): "the cloud"
        case (.build(let uuid), .build(let another)): "build \(Self.beginning(of: uuid, unlike: another))"
        case (.file(let path), .file(let another)): Self.shortName(of: path, unlike: another)
        }
    }

    /// The name of a side as a place: `here`, `in the cloud`, `in build 0b5c2a7e`, `in cloud.json`.
    public func place(_ side: LogDiff.Side) -> String {
        let noun = noun(side)
        return noun == "here" ? noun : "in \(noun)"
    }

    /// Two values, each with the place of its side: `6 here, 2 in the cloud`.
    func each(_ one: String, _ other: String) -> String { "\(one) \(place(.one)), \(other) \(place(.other))" }

    subscript(side: LogDiff.Side) -> Origin { side == .one ? one : other }

    /// As much of a UUID as tells two builds apart, and at least what `builds` prints of it.
    private static func beginning(of uuid: String, unlike another: String) -> String {
        let common = zip(uuid, another).prefix { $0 == $1 }.count
        return String(uuid.prefix(max(8, common + 1)))
    }

    /// The last component of a path, or all of it when the other path has the same last component.
    private static func shortName(of path: String, unlike another: String) -> String {
        guard path != "-" else { return "standard input" }
        let name = path.split(separator: "/").last, otherName = another.split(separator: "/").last
        return name == otherName ? path : name.map(String.init) ?? path
    }

    /// A side as a member of the JSON form: `{"kind":"build","build":"0b5c…"}` or `{"kind":"file","file":"cloud.json"}`.
    func json(_ side: LogDiff.Side) -> JSONText {
        switch self[side] {
        case .build(let uuid): .object([("kind", .string("build")), ("build", .string(uuid))])
        case .file(let path): .object([("kind", .string("file")), ("file", .string(path))])
        }
    }
}
