/// A mapping read by a ``KeyTable``: its known keys with values of the right shape.
///
/// A value of the wrong shape has become a finding and reads as absent, so that reading a section never fails.
struct Section: Sendable {
    /// The value of a known key.
    enum Value: Sendable {
        /// No value after the colon.
        case empty
        /// A value of the wrong shape, about which there is an error.
        case unreadable
        case text(SpecNode)
        case flag(Located<Bool>)
        case number(Located<Int>)
        case texts([SpecNode])
        case commands([BuildSpec.Command])
        case variables([BuildSpec.Variable])
        case textsByName([Named<[SpecNode]>])
        case section(Section)
        case sectionsByName([Named<Section>])
        case sections([Section])
    }

    /// A value with a name of the user's choice.
    struct Named<Member: Sendable>: Sendable {
        let name: String
        let node: SpecNode
        let content: Member
    }

    struct Entry: Sendable {
        let key: SpecNode
        /// The value of the key as it was written.
        let node: SpecNode
        let value: Value
    }

    /// Entries by their names. A table has about ten keys, so a linear search is faster than hashing.
    struct Entries: Sendable {
        /// The entries in the order of the file.
        private(set) var list: [(name: String, entry: Entry)] = []

        var isEmpty: Bool { list.isEmpty }

        subscript(name: String) -> Entry? { list.first { $0.name == name }?.entry }

        /// Adds an entry with a name that is not in the list yet.
        ///
        /// - Parameter name: a name without an entry.
        mutating func add(_ name: String, _ entry: Entry) { list.append((name, entry)) }
    }

    let path: SpecPath
    /// The node for findings about the section as a whole: its own key, or else its first key.
    let node: SpecNode
    var entries = Entries()

    /// Whether the file has the key, with any value.
    func has(_ name: String) -> Bool { entries[name] != nil }

    /// Whether the key has a value, even one of the wrong shape.
    func hasValue(_ name: String) -> Bool {
        switch entries[name]?.value {
        case nil, .empty?: false
        case .some: true
        }
    }

    func key(_ name: String) -> SpecNode? { entries[name]?.key }

    func node(_ name: String) -> SpecNode? {
        if case .text(let node)? = entries[name]?.value { node } else { nil }
    }

    func nodes(_ name: String) -> [SpecNode] {
        if case .texts(let nodes)? = entries[name]?.value { nodes } else { [] }
    }

    func text(_ name: String) -> Located<String>? { node(name)?.located }
    func texts(_ name: String) -> [Located<String>] { nodes(name).map(\.located) }

    func flag(_ name: String) -> Located<Bool>? {
        if case .flag(let flag)? = entries[name]?.value { flag } else { nil }
    }

    func isOn(_ name: String) -> Bool { flag(name)?.value ?? false }

    func number(_ name: String) -> Located<Int>? {
        if case .number(let number)? = entries[name]?.value { number } else { nil }
    }

    func commands(_ name: String) -> [BuildSpec.Command] {
        if case .commands(let commands)? = entries[name]?.value { commands } else { [] }
    }

    func variables(_ name: String) -> [BuildSpec.Variable] {
        if case .variables(let variables)? = entries[name]?.value { variables } else { [] }
    }

    func textsByName(_ name: String) -> [Named<[SpecNode]>] {
        if case .textsByName(let texts)? = entries[name]?.value { texts } else { [] }
    }

    func section(_ name: String) -> Section? {
        if case .section(let section)? = entries[name]?.value { section } else { nil }
    }

    func sectionsByName(_ name: String) -> [Named<Section>] {
        if case .sectionsByName(let sections)? = entries[name]?.value { sections } else { [] }
    }

    func sections(_ name: String) -> [Section] {
        if case .sections(let sections)? = entries[name]?.value { sections } else { [] }
    }
}
