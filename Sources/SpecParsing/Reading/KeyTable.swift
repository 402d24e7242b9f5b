/// The keys that a mapping may have, each with the shape of its value.
///
/// This is the only list of keys: the reader, the findings about unknown keys, the suggestions and the JSON Schema all
/// use it.
package struct KeyTable: Sendable {
    /// One key of a table. It is a class because it is copied more often than any other value of this module.
    package final class Key: Sendable {
        package let name: String
        package let shape: Shape
        /// The only buildspec version that has the key; `nil` when every version has it.
        package let version: BuildSpec.Version?
        /// Whether an empty value is normal and needs no warning.
        let mayBeEmpty: Bool
        let support: Support
        /// Wrong names that people use for the key.
        let misnomers: [String]
        /// The key's description for editors, in a sentence or two; empty for keys of the settings.
        package let about: String
        /// Example values for editors; other values may be valid too.
        package let examples: [String]

        init(
            _ name: String, _ shape: Shape, in version: BuildSpec.Version? = nil, mayBeEmpty: Bool = false,
            support: Support = .read, misnomers: [String] = [], about: String = "", examples: [String] = []
        ) {
            self.name = name
            self.shape = shape
            self.version = version
            self.mayBeEmpty = mayBeEmpty
            self.support = support
            self.misnomers = misnomers
            self.about = about
            self.examples = examples
        }
    }

    /// The purpose of a mapping from names to scalars.
    package enum VariableUse: Sendable {
        /// Environment variables: a null value is an empty text, and a name that no shell can use is a warning (DESIGN
        /// 8.9).
        case values
        /// Environment variables from Parameter Store or Secrets Manager: a null value is skipped, and a name that no
        /// shell can use or a text that is not a reference is an error.
        case parameters, secrets
        /// Runtime versions: a null value is skipped.
        case versions
    }

    /// How far the value of a key is supported.
    enum Support: Sendable {
        case read
        /// The key has no meaning for a build on this machine.
        case irrelevant
        /// The key decides nothing here, and is named with the reason.
        case unused(Unused)
    }

    /// Why a key decides nothing here.
    struct Unused: Sendable {
        /// A clause that begins in lower case.
        let why: String
        /// The values that mean as much as no value.
        let defaults: [String]
        /// Whether the key changes no build in the service either.
        var isLabel = false
    }

    /// The shape that a value must have.
    package indirect enum Shape: Sendable {
        /// Any scalar, read as its source text.
        case text
        /// A Boolean: `yes`, `no`, `true`, `false`, `on`, `off`, in any case.
        case flag
        case number
        /// A list of scalars, or a single scalar.
        case texts
        /// A list of commands, or a single command.
        case commands
        /// A mapping from names of the user's choice to scalars.
        case variables(VariableUse)
        /// A mapping from names of the user's choice to ``texts``.
        case textsByName
        case section(KeyTable)
        /// A mapping from names of the user's choice to sections, or a list of mappings with one key each.
        case sectionsByName(KeyTable)
        /// A list of sections.
        case sections(KeyTable)
        /// Any value; it is not read.
        case anything
    }

    /// How an unknown key is treated.
    package enum Unknown: Sendable {
        /// The key is a warning, because CodeBuild goes on (CODEBUILD.md 1.3).
        case warned
        /// The key is an error with CodeBuild's message about phase names.
        case refusedAsPhase
        /// The key is an error of our own.
        case refused
    }

    /// The section's name in CodeBuild's list of unknown keys; `nil` where CodeBuild is not known to list any.
    let printedName: String?
    package let unknown: Unknown
    package let keys: [Key]

    init(printedName: String? = nil, unknown: Unknown = .warned, _ keys: [Key]) {
        self.printedName = printedName
        self.unknown = unknown
        self.keys = keys
    }

    func key(_ name: String, in version: BuildSpec.Version) -> Key? {
        keys.first { $0.name == name && ($0.version ?? version) == version }
    }

    /// Whether a path leads to a key that decides nothing here, or to a value inside it.
    ///
    /// - Parameter path: may leave out the indices of lists.
    func isUnused(_ path: SpecPath) -> Bool {
        var table = self
        for step in path.text.split(separator: ".") {
            let name = step.prefix { $0 != "[" }
            guard let key = table.keys.first(where: { $0.name == name }) else { return false }
            if case .unused = key.support { return true }
            guard let next = key.shape.sections.first?.table else { return false }
            table = next
        }
        return false
    }

    /// The paths of the sections below this table that have a key of this name, the shallowest first.
    func places(ofKey name: String) -> [SpecPath] {
        var found: [SpecPath] = [], level: [(path: SpecPath, table: KeyTable)] = [(.root, self)]
        while !level.isEmpty {
            found += level.filter { $0.table.keys.contains { $0.name == name } }.map(\.path)
            level = level.flatMap { place in
                place.table.keys.flatMap { key in
                    key.shape.sections.map {
                        (SpecPath(text: place.path.key(key.name).text + $0.suffix), $0.table)
                    }
                }
            }
        }
        return found
    }
}

extension KeyTable.Shape {
    /// The tables of the sections inside a value of this shape, each with the suffix that leads from the key to the
    /// section.
    var sections: [(table: KeyTable, suffix: String)] {
        switch self {
        case .section(let table): [(table, "")]
        case .sectionsByName(let table): [(table, ".NAME")]
        case .sections(let table): [(table, "[]")]
        case .text, .flag, .number, .texts, .commands, .variables, .textsByName, .anything: []
        }
    }
}
