/// The keys a mapping may have, each with the shape of its value.
///
/// The one list of keys: reading, unknown-key findings, suggestions and the JSON Schema all look here, and nothing else
/// knows a key's shape.
package struct KeyTable: Sendable {
    /// One key. A class, for it is handed about more often than any other value of this room.
    package final class Key: Sendable {
        package let name: String
        package let shape: Shape
        /// The only buildspec version that has the key; `nil`: every one.
        package let version: BuildSpec.Version?
        /// Whether nothing after the colon is normal and needs no warning.
        let mayBeEmpty: Bool
        let support: Support
        /// Other words that people write for it.
        let misnomers: [String]
        /// What it is for, in a sentence or two, for editors; empty for keys of the settings.
        package let about: String
        /// Values to be offered by editors; others may be as good.
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

    /// What a mapping of names to scalars is for.
    package enum VariableUse: Sendable {
        /// Environment variables: no value is an empty text, a name no shell can use is a warning (DESIGN 8.9).
        case values
        /// Environment variables looked up in Parameter Store or Secrets Manager: no value is left out, a name no shell
        /// can use is an error, and so is a text that is no reference.
        case parameters, secrets
        /// Runtimes: no value is left out.
        case versions
    }

    /// What becomes of a key's value.
    enum Support: Sendable {
        case read
        /// Means nothing to a build on this machine.
        case irrelevant
        /// Would matter, and is not followed yet: a warning says so.
        case missing
    }

    /// What a value may be.
    package indirect enum Shape: Sendable {
        /// Any scalar, as its source text.
        case text
        /// `yes`, `no`, `true`, `false`, `on`, `off`, in any case.
        case flag
        case number
        /// A list of scalars, or one scalar alone.
        case texts
        /// As ``texts``, each a command.
        case commands
        /// Names of the user's choice, each with a scalar.
        case variables(VariableUse)
        /// Names of the user's choice, each with ``texts``.
        case textsByName
        case section(KeyTable)
        /// Names of the user's choice, each with a section; also as a list of one-key mappings.
        case sectionsByName(KeyTable)
        /// A list of sections.
        case sections(KeyTable)
        /// Not looked into.
        case anything
    }

    /// What an unknown key is.
    package enum Unknown: Sendable {
        /// A warning: CodeBuild goes on (CODEBUILD.md 1.3).
        case warned
        /// An error with CodeBuild's message about phase names.
        case refusedAsPhase
        /// An error of ours.
        case refused
    }

    /// The section's name in CodeBuild's unknown-key block; `nil` where it is not known to print one.
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

    /// The sections below this table that have a key of this name, shallowest first.
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
    /// The table of the sections within a value of this shape, and what the way to them has behind the key.
    var sections: [(table: KeyTable, suffix: String)] {
        switch self {
        case .section(let table): [(table, "")]
        case .sectionsByName(let table): [(table, ".NAME")]
        case .sections(let table): [(table, "[]")]
        case .text, .flag, .number, .texts, .commands, .variables, .textsByName, .anything: []
        }
    }
}
