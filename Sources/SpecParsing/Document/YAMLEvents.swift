internal import CLibYAML

/// Wraps libyaml's event parser and owns its memory.
struct YAMLEvents: ~Copyable {
    private let parser: UnsafeMutablePointer<yaml_parser_t>

    /// Makes a parser; `nil` when there is not enough memory.
    ///
    /// - Parameter bytes: the bytes to parse, which must stay valid as long as this value exists.
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

    /// Passes the next event to `body` and frees it afterwards.
    ///
    /// - Returns: whether there are more events.
    func next(_ body: (borrowing yaml_event_t) throws(DocumentProblem) -> Void) throws(DocumentProblem) -> Bool {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else { throw .yaml(YAMLProblem(parser.pointee)) }
        defer { yaml_event_delete(&event) }
        try body(event)
        return event.type != YAML_STREAM_END_EVENT
    }
}

/// A problem that libyaml found, in its own words.
struct YAMLProblem: Error {
    enum Kind {
        /// The bytes are not text, from an offset of the original file.
        case reader(byte: Int)
        /// The text is not YAML, from a scalar index.
        case syntax(scalar: Int)
        case memory
    }

    /// libyaml's message: `did not find expected ',' or ']'`.
    let text: String
    let kind: Kind
    /// libyaml's context, such as `while parsing a flow sequence`, and the scalar index at which it began.
    var context: (text: String, scalar: Int)?
    /// The 0-based line that libyaml reports; 0 for a reader problem, which has none.
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

/// The reason why a file cannot be read as a document.
enum DocumentProblem: Error {
    case yaml(YAMLProblem)
    case secondDocument(scalar: Int)
    case undefinedAlias(name: String, scalars: Range<Int>, line: Int)
    case recursiveAlias(name: String, scalars: Range<Int>)
    case tooDeep(scalar: Int)
    case tooManyValues(scalar: Int)
    case tooManyBytes
}
