/// The tree of a YAML file: scalars, lists and mappings as they were written, each with its place.
///
/// Nothing is interpreted here: `3.10` stays `3.10`, and duplicate keys and merge keys are kept. Nodes are stored in
/// flat arrays, 24 bytes each with the reference from their parent, so that a million of them fit in memory. An alias
/// is a second reference to its anchor's node.
final class SpecDocument: Sendable {
    let source: SourceText
    fileprivate let nodes: ContiguousArray<NodeRecord>
    fileprivate let children: ContiguousArray<UInt32>
    fileprivate let text: ContiguousArray<UInt8>
    /// The tags of nodes that have one of their own, such as `!Ref`.
    fileprivate let tags: [UInt32: String]
    private let rootIndex: UInt32?

    init(
        source: SourceText, nodes: ContiguousArray<NodeRecord>, children: ContiguousArray<UInt32>,
        text: ContiguousArray<UInt8>, tags: [UInt32: String], rootIndex: UInt32?
    ) {
        self.tags = tags
        self.source = source
        self.nodes = nodes
        self.children = children
        self.text = text
        self.rootIndex = rootIndex
    }

    /// The ranges of the quoted scalars, in scalar indices of the source.
    var quotedScalars: [Range<Int>] {
        nodes.lazy.filter { $0.kind == .scalar && $0.style == .quoted }.map { Int($0.start)..<Int($0.end) }
    }

    /// The root value of the file; `nil` when the file holds only comments.
    var root: SpecNode? { rootIndex.map { SpecNode(document: self, index: $0) } }
}

/// A node as the document stores it.
struct NodeRecord: Sendable {
    var kind: SpecNode.Kind
    var style: SpecNode.Style
    var isNull: Bool
    /// The node's range in the source, as scalar indices.
    var start: UInt32
    var end: UInt32
    /// The range of a scalar's bytes in the document's text, or of a collection's members in its children.
    var first: UInt32
    var count: UInt32
}

/// One value of a document.
struct SpecNode: Sendable {
    enum Kind: UInt8, Sendable { case scalar, list, mapping }
    enum Style: UInt8, Sendable { case plain, quoted, block, flow }

    let document: SpecDocument
    fileprivate let index: UInt32

    private var record: NodeRecord { document.nodes[Int(index)] }

    var kind: Kind { record.kind }
    var style: Style { record.style }

    /// The node's own tag, such as `!Ref`; `nil` for YAML's.
    var tag: String? { document.tags[index] }

    /// Whether the value is null: empty, `~` or `null` without quotes, or tagged `!!null`.
    var isNull: Bool { record.isNull }

    /// A scalar's text after unfolding and unescaping, as it was written; empty for collections.
    var text: String {
        guard kind == .scalar else { return "" }
        let start = Int(record.first)
        return document.text.withUnsafeBufferPointer {
            String(decoding: $0[start..<start + Int(record.count)], as: UTF8.self)
        }
    }

    /// Calls `body` with the bytes of a scalar's ``text``, which are valid only during the call.
    func withText<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        guard kind == .scalar else { return body(UnsafeBufferPointer(start: nil, count: 0)) }
        let start = Int(record.first), end = start + Int(record.count)
        return document.text.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: $0[start..<end])) }
    }

    /// The members of a list, in order.
    var items: some RandomAccessCollection<SpecNode> {
        members(step: 1).lazy.map { [document] in SpecNode(document: document, index: document.children[$0]) }
    }

    /// The keys and values of a mapping, in order, duplicates included.
    var pairs: some RandomAccessCollection<(key: SpecNode, value: SpecNode)> {
        members(step: 2).lazy.map { [document] in
            (
                SpecNode(document: document, index: document.children[$0]),
                SpecNode(document: document, index: document.children[$0 + 1])
            )
        }
    }

    private func members(step: Int) -> some RandomAccessCollection<Int> {
        let record = record
        let count = kind == .scalar ? 0 : Int(record.count) / step
        return (0..<count).lazy.map { Int(record.first) + $0 * step }
    }

    // MARK: Places

    /// The scalar indices of the value in the source.
    var range: Range<Int> { Int(record.start)..<max(Int(record.start), Int(record.end)) }
    var location: SourceLocation { document.source.location(ofScalar: range.lowerBound) }
    /// The number of columns that the value covers on its first line.
    var length: Int { document.source.length(ofScalars: contentRange) }

    /// The range without the comments and blanks after a block, which libyaml includes.
    var contentRange: Range<Int> {
        var node = self
        while node.style == .block, let last = node.kind == .mapping ? node.pairs.last?.value : node.items.last {
            node = last
        }
        return range.lowerBound..<max(range.lowerBound, node.range.upperBound)
    }

    /// Whether the value states that a feature is not used: null, `[]`, `{}`, `{type: NO_CACHE}`.
    var asksForNothing: Bool {
        switch kind {
        case .scalar: isNull
        case .list: items.isEmpty
        case .mapping: pairs.isEmpty || pairs.contains { $0.key.text == "type" && $0.value.text.hasPrefix("NO_") }
        }
    }

    /// A scalar's text with its place.
    var located: Located<String> { Located(text, at: location) }

    /// The name of the value's kind in a finding, such as "a list".
    var kindName: String {
        switch kind {
        case .scalar: isNull ? "empty" : "text"
        case .list: "a list"
        case .mapping: "a mapping"
        }
    }
}
