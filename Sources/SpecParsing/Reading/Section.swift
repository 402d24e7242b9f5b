/// A mapping read by a ``KeyTable``: its known keys with values of the right shape.
///
/// What did not fit has become a finding and reads as absent, so asking never fails.
struct Section: Sendable {
    /// The value of a known key.
    enum Value: Sendable {
        /// Nothing after the colon.
        case empty
        /// Something that does not fit; there is an error about it.
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

    /// A value under a name of the user's choice.
    struct Named<Content: Sendable>: Sendable {
        let name: String
        let node: SpecNode
        let content: Content
    }

    struct Entry: Sendable {
        let key: SpecNode
        /// What stands behind the key, as it is written.
        let node: SpecNode
        let value: Value
    }

    /// Entries by their names. A table has some ten keys: looking through them is quicker than hashing.
    struct Entries: Sendable {
        /// In the order of the file.
        private(set) var list: [(name: String, entry: Entry)] = []

        var isEmpty: Bool { list.isEmpty }

        subscript(name: String) -> Entry? { list.first { $0.name == name }?.entry }

        /// - Parameter name: not there yet.
        mutating func add(_ name: String, _ entry: Entry) { list.append((name, entry)) }
    }

    let path: SpecPath
    /// What to point at in a finding about the section as a whole: the key it stands under, else its own first key.
    let node: SpecNode
    var entries = Entries()

    /// Whether the key is written, with whatever value.
    func has(_ name: String) -> Bool { entries[name] != nil }

    /// Whether something stands behind the key, if only something that does not fit.
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
