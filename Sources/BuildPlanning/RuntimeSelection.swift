public import SpecParsing

/// What an image's runtimes and a buildspec's `runtime-versions` come to (CODEBUILD-2026 A): pure, before any command runs.
public struct RuntimeSelection: Sendable, Equatable {
    /// One runtime that is selected.
    public struct Choice: Sendable, Equatable {
        /// `java`
        public let name: String
        /// The version as asked for, variables replaced.
        public let asked: String
        /// The version that an alias (`latest`, `18.x`) stands for, else the one asked for.
        public let version: String
        /// The image's own entry that installs it; `default` for a version that the image does not name.
        public let key: String
        /// The value of `VERSION` for the entry's commands; `nil` unless the entry is `default`.
        public let variable: String?
        public let commands: [String]
    }

    /// The agent's lines, in order.
    public private(set) var lines: [String] = []
    /// In the order in which their commands run: what a runtime requires comes before it.
    public private(set) var choices: [Choice] = []
    /// Why the versions cannot be selected.
    public private(set) var problem: PhaseContext?

    private let catalog: RuntimeCatalog
    /// The runtimes whose requirements are being selected.
    private var underway: Set<String> = []

    /// - Parameters:
    ///   - asked: the buildspec's entries in their order, variables replaced.
    ///   - catalog: the runtimes that the image has.
    public init(_ asked: [(name: String, version: String)], from catalog: RuntimeCatalog) {
        self.catalog = catalog
        guard !asked.isEmpty else {
            lines = ["No runtime version selected in buildspec."]
            return
        }
        // All lines come before the first check, also those for runtimes that the image does not have.
        let resolved = asked.map { ($0.name, $0.version, meaning(of: $0.version, for: $0.name)) }
        for (name, asked, version) in resolved where version != nil && version != asked {
            lines.append("Resolved '\(name)' runtime alias '\(asked)' to '\(version ?? asked)'.")
        }
        for (name, asked, version) in resolved {
            lines.append("Selecting '\(name)' runtime version '\(version ?? asked)' based on manual selections...")
        }
        let manual = resolved.map { Manual(name: $0.0, asked: $0.1, version: $0.2) }
        for (name, asked, version) in resolved where problem == nil {
            select(name, asked: asked, as: version, among: manual)
        }
        if problem != nil { choices = [] }
    }

    /// An entry of the buildspec.
    private struct Manual {
        let name: String
        let asked: String
        /// `nil` for an alias that means none.
        let version: String?
    }

    /// The key that a version means; `nil` for an alias that means none.
    private func meaning(of version: String, for name: String) -> String? {
        guard let runtime = runtime(name) else { return version }
        return runtime.version(meantBy: version)
    }

    private func runtime(_ name: String) -> RuntimeCatalog.Runtime? { catalog.runtimes.first { $0.name == name } }

    private mutating func select(
        _ name: String, asked: String, as version: String?, among manual: [Manual]
    ) {
        guard !choices.contains(where: { $0.name == name }) else { return }
        guard let runtime = runtime(name) else {
            return fail(
                "Unknown runtime named '\(name)'. This build image has the following runtimes: "
                    + catalog.runtimes.map(\.name).sorted().joined(separator: ", "))
        }
        let key = version ?? asked
        let named = runtime.named.first { $0.key == key }
        // An alias that stands for nothing is no version that could be installed. [inferred: DI#489]
        guard let entry = named ?? (RuntimeCatalog.Runtime.isAlias(asked) ? nil : runtime.fallback) else {
            return fail(
                "Unknown runtime version named '\(asked)' of \(name). This build image has the following versions: "
                    + runtime.named.map(\.key).sorted().joined(separator: ", "))
        }
        underway.insert(name)
        defer { underway.remove(name) }
        // In a list that has runtimes require one another, the first of them does without.
        for requirement in entry.requirements where !underway.contains(requirement.name) {
            require(requirement, for: (name, key), among: manual)
            guard problem == nil else { return }
        }
        choices.append(
            Choice(
                name: name, asked: asked, version: key, key: entry.key,
                variable: named == nil ? Self.versionVariable(of: key) : nil, commands: entry.commands))
    }

    /// Selects what a runtime requires: the version that the buildspec names, when it fits.
    private mutating func require(
        _ requirement: RuntimeCatalog.Requirement, for dependent: (name: String, version: String),
        among manual: [Manual]
    ) {
        if let own = manual.first(where: { $0.name == requirement.name }) {
            let version = own.version ?? own.asked
            if requirement.versions.contains(version) {
                return select(own.name, asked: own.asked, as: own.version, among: manual)
            }
            let words =
                "Runtime '\(dependent.name)' version '\(dependent.version)' has a dependency on runtime "
                + "'\(own.name)', but '\(own.name)' version '\(version)' has already been manually selected. Not "
                + "attempting to override."
            lines.append(words)
            // [unknown: the message of the error behind this line]
            return fail(words)
        }
        let version = requirement.versions[0]
        // [unknown: the line for a runtime that the buildspec does not name]
        lines.append(
            "Selecting '\(requirement.name)' runtime version '\(version)' based on runtime dependencies...")
        select(requirement.name, asked: version, as: version, among: manual)
    }

    private mutating func fail(_ message: String) {
        problem = PhaseContext(statusCode: "YAML_FILE_ERROR", message: message)
    }

    /// `VERSION` for the commands of a `default` entry: `15` of `corretto15`. [inferred, CODEBUILD-2026 A.2]
    private static func versionVariable(of version: String) -> String {
        version.hasPrefix("corretto") ? String(version.dropFirst("corretto".count)) : version
    }
}
