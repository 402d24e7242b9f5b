/// Makes a document out of parts of another one: the texts may be others, the places stay those of the source.
struct DocumentRewriter {
    private let source: SourceText
    private var nodes: ContiguousArray<NodeRecord> = []
    private var children: ContiguousArray<UInt32> = []
    private var text: ContiguousArray<UInt8> = []

    init(_ source: SourceText) { self.source = source }

    /// A node of the new document.
    struct Node { fileprivate let index: UInt32 }

    /// Adds a scalar in the place of a node.
    mutating func scalar(_ words: String, at place: SpecNode) -> Node {
        let first = UInt32(text.count)
        text.append(contentsOf: words.utf8)
        let isText = place.kind != .scalar || place.style != .plain
        return add(
            NodeRecord(
                kind: .scalar, style: isText ? .quoted : .plain, isNull: false, start: 0, end: 0, first: first,
                count: UInt32(words.utf8.count)), at: place)
    }

    mutating func null(at place: SpecNode) -> Node {
        add(
            NodeRecord(
                kind: .scalar, style: .plain, isNull: true, start: 0, end: 0, first: UInt32(text.count), count: 0),
            at: place)
    }

    mutating func list(_ items: [Node], at place: SpecNode) -> Node {
        let first = UInt32(children.count)
        children.append(contentsOf: items.map(\.index))
        return add(
            NodeRecord(
                kind: .list, style: .flow, isNull: false, start: 0, end: 0, first: first, count: UInt32(items.count)),
            at: place)
    }

    mutating func mapping(_ pairs: [(key: Node, value: Node)], at place: SpecNode) -> Node {
        let first = UInt32(children.count)
        for pair in pairs { children += [pair.key.index, pair.value.index] }
        return add(
            NodeRecord(
                kind: .mapping, style: .flow, isNull: false, start: 0, end: 0, first: first,
                count: UInt32(pairs.count * 2)), at: place)
    }

    func document(_ root: Node) -> SpecDocument {
        SpecDocument(source: source, nodes: nodes, children: children, text: text, tags: [:], rootIndex: root.index)
    }

    private mutating func add(_ record: NodeRecord, at place: SpecNode) -> Node {
        var record = record
        record.start = UInt32(place.range.lowerBound)
        record.end = UInt32(place.range.upperBound)
        nodes.append(record)
        return Node(index: UInt32(nodes.count - 1))
    }
}
