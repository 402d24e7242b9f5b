internal import CLibYAML

/// libyaml's event parser: the only place that owns its memory.
struct YAMLEvents: ~Copyable {
    private let parser: UnsafeMutablePointer<yaml_parser_t>

    /// Makes a parser; `nil` when there is no memory for one.
    ///
    /// - Parameter bytes: must stay where they are for as long as this value lives.
    init?(_ bytes: UnsafeBufferPointer<UInt8>) {
        let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
        guard yaml_parser_initialize(parser) == 1 else {
            parser.deallocate()
            return nil
        }
        self.parser = parser
        yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
    }

    /// Hands the next event to `body` and frees it afterwards.
    ///
    /// - Returns: whether there are more.
    func next(_ body: (borrowing yaml_event_t) throws(DocumentProblem) -> Void) throws(DocumentProblem) -> Bool {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else { throw .yaml(YAMLProblem(parser.pointee)) }
        defer { yaml_event_delete(&event) }
        try body(event)
        return event.type != YAML_STREAM_END_EVENT
    }
}

/// What libyaml found wrong, in its own words.
struct YAMLProblem: Error {
    enum Kind {
        /// The bytes are no text; `byte` is where, in the file as it is.
        case reader(byte: Int)
        /// The text is no YAML; a scalar index says where.
        case syntax(scalar: Int)
        case memory
    }

    /// `did not find expected ',' or ']'`
    let text: String
    let kind: Kind
    /// `while parsing a flow sequence`, and the scalar index at which that began.
    var context: (text: String, scalar: Int)?
    /// libyaml's own line, 0-based; 0 for a reader's problem, which has none.
    var line = 0

    static let outOfMemory = YAMLProblem(text: "out of memory", kind: .memory)

    private init(text: String, kind: Kind) {
        self.text = text
        self.kind = kind
    }

    fileprivate init(_ parser: yaml_parser_t) {
        text = parser.problem.map { String(cString: $0) } ?? "out of memory"
        switch parser.error {
        case YAML_MEMORY_ERROR: kind = .memory
        case YAML_READER_ERROR: kind = .reader(byte: parser.problem_offset)
        default:
            kind = .syntax(scalar: parser.problem_mark.index)
            line = parser.problem_mark.line
            context = parser.context.map { (String(cString: $0), parser.context_mark.index) }
        }
    }
}

/// Why a file gives no document.
enum DocumentProblem: Error {
    case yaml(YAMLProblem)
    case secondDocument(scalar: Int)
    case undefinedAlias(name: String, scalars: Range<Int>, line: Int)
    case recursiveAlias(name: String, scalars: Range<Int>)
    case tooDeep(scalar: Int)
    case tooManyValues(scalar: Int)
    case tooManyBytes
}
