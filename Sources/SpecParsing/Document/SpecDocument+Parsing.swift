internal import CLibYAML

/// The limits beyond which a file is refused, so that no file takes long to read or fills the memory.
package enum DocumentLimits {
    /// The maximum nesting of mappings and lists, including aliases. A buildspec needs eight levels.
    static let depth = 100
    /// The maximum number of scalars, lists and mappings; those of an alias count each time it is used.
    static let values = 1_500_000
    package static let bytes = 64 << 20
    /// The maximum number of entries of a list or mapping of sections, such as the builds of a batch.
    static let sections = 10_000
}

/// A file that cannot be read as a document, with the reason.
struct UnreadableFile: Error {
    let source: SourceText
    let diagnostic: Diagnostic
}

extension SpecDocument {
    /// Reads a whole file. Fails with the first problem that keeps it from being one YAML document within the limits.
    static func read(_ bytes: [UInt8], file: String) -> Result<SpecDocument, UnreadableFile> {
        let isTooLarge = bytes.count > DocumentLimits.bytes
        let source = SourceText(isTooLarge ? [] : bytes, file: file)
        do throws(DocumentProblem) {
            guard !isTooLarge else { throw .tooManyBytes }
            return .success(try parse(bytes, source))
        } catch {
            return .failure(UnreadableFile(source: source, diagnostic: error.diagnostic(in: bytes, source)))
        }
    }

    private static func parse(_ bytes: [UInt8], _ source: SourceText) throws(DocumentProblem) -> SpecDocument {
        var builder = DocumentBuilder()
        builder.reserve(forBytes: bytes.count)
        let result = bytes.withUnsafeBufferPointer { buffer -> Result<Void, DocumentProblem> in
            do throws(DocumentProblem) {
                guard let events = YAMLEvents(buffer) else { throw .yaml(.outOfMemory) }
                while try events.next({ event throws(DocumentProblem) in try builder.add(event) }) {}
                return .success(())
            } catch { return .failure(error) }
        }
        try result.get()
        return builder.document(source)
    }
}

/// Builds the tree from libyaml's events, without recursion.
private struct DocumentBuilder {
    /// A list or mapping that has not ended yet.
    private struct OpenNode {
        let index: UInt32
        /// The index in `pending` at which its members begin.
        let firstPending: Int
        let valuesBefore: Int
        let anchor: String?
        /// The number of levels below this node so far.
        var height = 0
    }

    private struct Anchor {
        let index: UInt32
        /// The number of values that an alias to the anchor stands for; `nil` while the node is open.
        var size: Int?
        var height = 0
    }

    private var nodes: ContiguousArray<NodeRecord> = []
    private var children: ContiguousArray<UInt32> = []
    private var text: ContiguousArray<UInt8> = []
    private var tags: [UInt32: String] = [:]
    private var open: [OpenNode] = []
    /// The members of all open nodes, those of the innermost last.
    private var pending: ContiguousArray<UInt32> = []
    private var anchors: [String: Anchor] = [:]
    private var valueCount = 0
    private var documentCount = 0

    /// Reserves memory, given that a typical buildspec has one value per 15 bytes.
    mutating func reserve(forBytes count: Int) {
        text.reserveCapacity(count)
        nodes.reserveCapacity(min(count / 12, DocumentLimits.values))
    }

    func document(_ source: SourceText) -> SpecDocument {
        SpecDocument(source: source, nodes: nodes, children: children, text: text, tags: tags, rootIndex: pending.first)
    }

    mutating func add(_ event: borrowing yaml_event_t) throws(DocumentProblem) {
        switch event.type {
        case YAML_DOCUMENT_START_EVENT:
            documentCount += 1
            guard documentCount == 1 else { throw .secondDocument(scalar: event.start_mark.index) }
        case YAML_SCALAR_EVENT: try addScalar(event)
        case YAML_SEQUENCE_START_EVENT:
            let start = event.data.sequence_start
            try begin(
                .list, isFlow: start.style == YAML_FLOW_SEQUENCE_STYLE, anchor: name(start.anchor), event)
            note(start.tag, of: UInt32(nodes.count - 1))
        case YAML_MAPPING_START_EVENT:
            let start = event.data.mapping_start
            try begin(
                .mapping, isFlow: start.style == YAML_FLOW_MAPPING_STYLE, anchor: name(start.anchor), event)
            note(start.tag, of: UInt32(nodes.count - 1))
        case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT: end(event)
        case YAML_ALIAS_EVENT: try addAlias(event)
        default: break  // stream and document borders
        }
    }

    private mutating func addScalar(_ event: borrowing yaml_event_t) throws(DocumentProblem) {
        let scalar = event.data.scalar
        try count(1, at: event)
        let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
        nodes.append(
            NodeRecord(
                kind: .scalar, style: style(scalar.style),
                isNull: isNull(bytes, tag: scalar.tag, isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE),
                start: UInt32(event.start_mark.index), end: UInt32(event.end_mark.index),
                first: UInt32(text.count), count: UInt32(bytes.count)))
        text.append(contentsOf: bytes)
        let index = UInt32(nodes.count - 1)
        note(scalar.tag, of: index)
        pending.append(index)
        if let anchor = name(scalar.anchor) { anchors[anchor] = Anchor(index: index, size: 1) }
    }

    private mutating func begin(
        _ kind: SpecNode.Kind, isFlow: Bool, anchor: String?, _ event: borrowing yaml_event_t
    ) throws(DocumentProblem) {
        guard open.count < DocumentLimits.depth else { throw .tooDeep(scalar: event.start_mark.index) }
        let before = valueCount
        try count(1, at: event)
        nodes.append(
            NodeRecord(
                kind: kind, style: isFlow ? .flow : .block, isNull: false, start: UInt32(event.start_mark.index),
                end: UInt32(event.start_mark.index), first: 0, count: 0))
        let index = UInt32(nodes.count - 1)
        pending.append(index)
        open.append(OpenNode(index: index, firstPending: pending.count, valuesBefore: before, anchor: anchor))
        if let anchor { anchors[anchor] = Anchor(index: index, size: nil) }
    }

    private mutating func end(_ event: borrowing yaml_event_t) {
        guard let node = open.popLast() else { return }
        let memberCount = pending.count - node.firstPending
        nodes[Int(node.index)].first = UInt32(children.count)
        nodes[Int(node.index)].count = UInt32(memberCount)
        nodes[Int(node.index)].end = UInt32(event.end_mark.index)
        children.append(contentsOf: pending[node.firstPending...])
        pending.removeLast(memberCount)
        if let anchor = node.anchor, anchors[anchor]?.index == node.index {
            anchors[anchor] = Anchor(
                index: node.index, size: valueCount - node.valuesBefore, height: node.height + 1)
        }
        raiseHeight(to: node.height + 1)
    }

    private mutating func addAlias(_ event: borrowing yaml_event_t) throws(DocumentProblem) {
        let name = name(event.data.alias.anchor) ?? ""
        let scalars = event.start_mark.index..<event.end_mark.index
        guard let anchor = anchors[name] else {
            throw .undefinedAlias(name: name, scalars: scalars, line: event.start_mark.line)
        }
        guard let size = anchor.size else { throw .recursiveAlias(name: name, scalars: scalars) }
        guard open.count + anchor.height <= DocumentLimits.depth else { throw .tooDeep(scalar: scalars.lowerBound) }
        try count(size, at: event)
        pending.append(anchor.index)
        raiseHeight(to: anchor.height)
    }

    private mutating func count(_ values: Int, at event: borrowing yaml_event_t) throws(DocumentProblem) {
        valueCount += values
        guard valueCount <= DocumentLimits.values else { throw .tooManyValues(scalar: event.start_mark.index) }
    }

    private mutating func raiseHeight(to height: Int) {
        guard let last = open.indices.last else { return }
        open[last].height = max(open[last].height, height)
    }

    // MARK: libyaml's words in ours

    private mutating func note(_ tag: UnsafeMutablePointer<yaml_char_t>?, of index: UInt32) {
        guard let tag, tag[0] == UInt8(ascii: "!"), tag[1] != 0 else { return }
        tags[index] = String(cString: tag)
    }

    private func name(_ anchor: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        anchor.map { String(cString: $0) }
    }

    private func style(_ style: yaml_scalar_style_t) -> SpecNode.Style {
        switch style {
        case YAML_SINGLE_QUOTED_SCALAR_STYLE, YAML_DOUBLE_QUOTED_SCALAR_STYLE: .quoted
        case YAML_LITERAL_SCALAR_STYLE, YAML_FOLDED_SCALAR_STYLE: .block
        default: .plain
        }
    }

    /// Whether a scalar is a YAML 1.1 null: one of five untagged plain texts, or anything tagged `!!null`.
    private func isNull(
        _ text: UnsafeBufferPointer<UInt8>, tag: UnsafeMutablePointer<yaml_char_t>?, isPlain: Bool
    ) -> Bool {
        if let tag { return String(cString: tag) == "tag:yaml.org,2002:null" }
        guard isPlain, text.count <= 4 else { return false }
        return ["", "~", "null", "Null", "NULL"].contains { $0.utf8.elementsEqual(text) }
    }
}
