public import BuildPlanning
internal import SpecParsing

/// The JSON Schema (draft-07) of a buildspec of version 0.2, for editors, made from the reader's key table.
///
/// It rejects what is an error for `validate`, and accepts what is a warning. A schema cannot express the dependencies
/// between the builds of a batch, nor whether the pattern of an `on-failure` is a regular expression.
public enum BuildSpecSchema {
    /// The schema as one JSON document.
    public static var json: JSONText {
        .object(
            [
                ("$schema", .string("http://json-schema.org/draft-07/schema#")),
                ("title", .string("AWS CodeBuild buildspec, version 0.2")),
                (
                    "description",
                    .string("How AWS CodeBuild runs a build: its commands, variables, artifacts and cache.")
                ),
            ] + section(.buildSpec, at: "", mayBeNull: false))
    }

    // MARK: Shapes

    private static func schema(_ key: KeyTable.Key, at path: String) -> JSONText {
        let examples = key.examples.isEmpty ? nil : JSONText.array(key.examples.map { .string($0) })
        return .object(
            [("description", key.about.isEmpty ? nil : .string(key.about))] + shape(key.shape, at: path)
                + [("examples", examples)])
    }

    private static func shape(_ shape: KeyTable.Shape, at path: String) -> [(String, JSONText?)] {
        switch shape {
        case .text: rules[path] ?? scalar
        // YAML 1.1, which CodeBuild reads, takes `yes` for a Boolean; YAML 1.2, which editors read, takes it for a
        // text.
        case .flag:
            [
                types("boolean", "string", "null"),
                ("pattern", .string("^\(anyCase("yes", "no", "true", "false", "on", "off"))$")),
            ]
        case .number: rules[path] ?? number(from: 0)
        case .texts, .commands: texts
        case .variables(let use): variables(use)
        case .textsByName: [types("object", "null"), ("additionalProperties", .object(texts))]
        case .section(let table): section(table, at: path)
        case .sectionsByName(let table): sectionsByName(table, at: path)
        case .sections(let table):
            [types("array", "null"), ("items", .object(section(table, at: path + "[]")))] + (rules[path] ?? [])
        case .anything: []
        }
    }

    /// The schema of a scalar. It allows null, because a key without a value is at most a warning.
    private static let scalar: [(String, JSONText?)] = [types("string", "number", "boolean", "null")]

    private static let texts: [(String, JSONText?)] = [
        types("array", "string", "number", "boolean", "null"), ("items", .object(scalar)),
    ]

    /// The schema of a number, which may be written in quotes.
    private static func number(from least: Int) -> [(String, JSONText?)] {
        [
            least > 0 ? types("integer", "string") : types("integer", "string", "null"),
            ("minimum", .number(least)), ("maximum", .number(1_000_000)),
            ("pattern", .string("^\\+?0*(?:\(least > 0 ? "[1-9][0-9]{0,5}" : "[0-9]{1,6}")|1000000)$")),
        ]
    }

    private static func variables(_ use: KeyTable.VariableUse) -> [(String, JSONText?)] {
        let names: String? =
            switch use {
            case .values: "^[^=\\u0000]+$"
            case .parameters, .secrets: "^[A-Za-z_][A-Za-z0-9_]*$"
            case .versions: nil
            }
        return [
            types("object", "null"), ("propertyNames", names.map { .object([("pattern", .string($0))]) }),
            ("additionalProperties", .object(scalar)),
        ]
    }

    private static func section(
        _ table: KeyTable, at path: String, mayBeNull: Bool = true
    ) -> [(String, JSONText?)] {
        let keys = table.keys.filter { $0.version != .v01 }
        let properties = keys.map { key -> (String, JSONText?) in
            (key.name, schema(key, at: path.isEmpty ? key.name : "\(path).\(key.name)"))
        }
        let isClosed =
            switch table.unknown {
            case .warned: false
            case .refused, .refusedAsPhase: true
            }
        return [mayBeNull ? types("object", "null") : types("object")] + (rules[path] ?? [])
            + [("properties", .object(properties)), ("additionalProperties", .bool(!isClosed))]
    }

    /// The schema of a mapping from names to sections, or of a list of such mappings.
    private static func sectionsByName(_ table: KeyTable, at path: String) -> [(String, JSONText?)] {
        let entries =
            (rules[path] ?? []) + [
                ("additionalProperties", .object(section(table, at: path + ".*", mayBeNull: false)))
            ]
        return [
            types("array", "object", "null"), ("items", .object([types("object", "null")] + entries)),
        ] + entries
    }

    private static func types(_ names: String...) -> (String, JSONText?) {
        ("type", names.count == 1 ? .string(names[0]) : .array(names.map { .string($0) }))
    }

    private static func anyCase(_ words: String...) -> String {
        let words = words.map { word in word.map { "[\($0.uppercased())\($0)]" }.joined() }
        return "(?:\(words.joined(separator: "|")))"
    }

    // MARK: Rules beyond the shapes, by path

    private static let rules: [String: [(String, JSONText?)]] = {
        var rules: [String: [(String, JSONText?)]] = [
            "": [
                required("version"),
                ("anyOf", .array([.object([required("phases")]), present("batch")])),
                // The phases are written beside `phases` instead of under it.
                (
                    "if",
                    .object([
                        required("phases"),
                        (
                            "properties",
                            .object([("phases", .object([types("object", "null"), ("maxProperties", .number(0))]))])
                        ),
                    ])
                ), ("then", .object([("properties", .object(phases.map { ($0, .bool(false)) }))])),
                // A batch has one type. Beside `phases` it may have none, as an ordinary build takes no notice of it.
                (
                    "allOf",
                    .array([
                        .object([
                            ("if", .object([required("phases")])), ("then", batches(batchTypes + [untyped])),
                            ("else", batches(batchTypes)),
                        ])
                    ])
                ),
            ],
            "version": [("enum", .array([.decimal(0.2), .string("0.2"), .decimal(0.1), .string("0.1")]))],
            "artifacts": [
                (
                    "anyOf",
                    .array([
                        .object([required("files")]),
                        .object([
                            required("secondary-artifacts"),
                            ("properties", .object([("secondary-artifacts", someNames)])),
                        ]),
                    ])
                )
            ],
            "artifacts.secondary-artifacts": [
                ("propertyNames", .object([("pattern", .string("^(?!artifacts$)(?!\\.$)(?!.*\\.\\.)[^/\\u0000]+$"))]))
            ],
            "artifacts.secondary-artifacts.*": [required("files")],
            "reports.*": [required("files")],
            "batch.build-fanout": [required("parallelism")],
            "batch.build-fanout.parallelism": number(from: 1),
        ]
        for builds in ["batch.build-graph", "batch.build-list"] {
            rules[builds] = [("contains", .object([types("object")]))]
            rules[builds + "[]"] = [required("identifier")]
            rules[builds + "[].identifier"] = [
                types("string", "number", "boolean"),
                ("pattern", .string("^(?!.*\\.\\.)[A-Za-z0-9_][A-Za-z0-9_.-]*$")),
            ]
        }
        for phase in phases {
            rules["phases.\(phase).on-failure"] = [
                types("string", "null"),
                (
                    "pattern",
                    .string("^(?:ABORT|CONTINUE|RETRY|RETRY-0*(?:100|[0-9]{1,2})(?:-.*)?|RETRY-(?![0-9]+(?:-|$)).+)$")
                ),
            ]
        }
        return rules
    }()

    private static let batchTypes = ["build-graph", "build-list", "build-matrix", "build-fanout"].map(present)

    /// The schema of a batch without a type.
    private static let untyped = JSONText.object([
        types("object"), ("not", .object([("anyOf", .array(batchTypes))])),
    ])

    /// The schema of an object whose batch, if it has one, is one of these.
    private static func batches(_ kinds: [JSONText]) -> JSONText {
        .object([
            ("properties", .object([("batch", .object([("oneOf", .array(kinds + [.object([types("null")])]))]))]))
        ])
    }

    private static let phases = PhaseName.allCases.map(\.rawValue)

    private static func required(_ name: String) -> (String, JSONText?) { ("required", .array([.string(name)])) }

    /// The schema of an object that has the key with a value other than null.
    private static func present(_ name: String) -> JSONText {
        let something = JSONText.object([("not", .object([types("null")]))])
        return .object([types("object"), required(name), ("properties", .object([(name, something)]))])
    }

    /// The schema of a mapping with at least one entry, or of a list with such a mapping.
    private static let someNames = JSONText.object([
        ("minProperties", .number(1)), ("contains", .object([types("object"), ("minProperties", .number(1))])),
        types("array", "object"),
    ])
}
