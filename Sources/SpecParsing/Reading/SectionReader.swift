/// Reads mappings by their ``KeyTable`` and notes what does not fit.
struct SectionReader {
    var findings = Findings()
    let version: BuildSpec.Version
    /// The table of the whole file, in which the right place of a misplaced key is looked up.
    let rootTable: KeyTable
    private var unknownKeys: [BuildSpec.UnknownKeys] = []
    /// The keys with a value that decides nothing here, in the order of the file.
    private(set) var unusedKeys: [(path: SpecPath, reason: KeyTable.Unused, location: SourceLocation)] = []

    init(_ rootTable: KeyTable, version: BuildSpec.Version) {
        self.rootTable = rootTable
        self.version = version
    }

    var unknownKeysInBlockOrder: [BuildSpec.UnknownKeys] { ServiceMessage.inBlockOrder(unknownKeys) }

    /// Reads a mapping.
    ///
    /// - Parameter key: the key of the mapping, for findings about the section as a whole.
    mutating func section(
        _ mapping: SpecNode, under key: SpecNode?, _ table: KeyTable, at path: SpecPath
    ) -> Section {
        var section = Section(path: path, node: key ?? mapping.pairs.first?.key ?? mapping), unknown: [String] = []
        for entry in entries(of: mapping, at: path) {
            guard let known = table.key(entry.name, in: version) else {
                noteUnknown(entry, table, at: path)
                unknown.append(entry.name)
                continue
            }
            section.entries.add(
                known.name,
                Section.Entry(key: entry.key, node: entry.value, value: value(entry, known, at: path.key(known))))
        }
        if let name = table.printedName, !unknown.isEmpty {
            unknownKeys.append(BuildSpec.UnknownKeys(section: name, keys: unknown))
        }
        return section
    }

    private mutating func value(_ entry: SpecEntry, _ key: KeyTable.Key, at path: SpecPath) -> Section.Value {
        let node = entry.value
        switch key.support {
        case .read: break
        case .irrelevant: return .empty
        case .unused(let reason):
            let isDefault = node.kind == .scalar && reason.defaults.contains { $0 == node.text }
            if !node.asksForNothing, !isDefault { unusedKeys.append((path, reason, entry.key.location)) }
            return .empty
        }
        guard !node.isNull else { return emptyValue(entry, key, at: path) }
        switch key.shape {
        case .text: return isScalar(node, at: path) ? .text(node) : .unreadable
        case .flag: return flag(node, at: path)
        case .number: return number(node, at: path)
        case .texts where key.mayBeEmpty && node.kind == .list && node.items.isEmpty: return .texts([])
        case .texts: return texts(node, at: path).map { .texts($0) } ?? .unreadable
        case .commands: return commands(node, of: key.name, at: path)
        case .variables(let use): return variables(node, use, at: path)
        case .textsByName: return textsByName(node, at: path)
        case .section(let table):
            let isPhase = table.keys.contains { $0.name == "commands" }
            let help = isPhase ? "put the commands into a list under `commands`" : nil
            guard isMapping(node, at: path, help: help) else { return .unreadable }
            return .section(section(node, under: entry.key, table, at: path))
        case .sectionsByName(let table): return sectionsByName(node, table, at: path)
        case .sections(let table): return sections(node, table, at: path)
        case .anything: return .empty
        }
    }

    /// The value of a key without a value. A section that may be empty has no entries: `build:` alone is a phase
    /// without commands [inferred, CODEBUILD.md 1.4].
    private mutating func emptyValue(_ entry: SpecEntry, _ key: KeyTable.Key, at path: SpecPath) -> Section.Value {
        if !key.mayBeEmpty {
            findings.warning(.emptyValue, at: FindingPlace(entry.key, path), "\(path.quoted) has no value")
        }
        guard key.mayBeEmpty, case .section = key.shape else { return .empty }
        return .section(Section(path: path, node: entry.key))
    }

    // MARK: Scalars

    private mutating func isScalar(_ node: SpecNode, at path: SpecPath) -> Bool {
        guard node.kind != .scalar else { return true }
        noteWrongType(node, expected: "text", at: path)
        return false
    }

    private mutating func flag(_ node: SpecNode, at path: SpecPath) -> Section.Value {
        guard isScalar(node, at: path) else { return .unreadable }
        guard let value = booleanValue(node.text) else {
            findings.error(
                .notABoolean, at: FindingPlace(node, path),
                "\(path.quoted) is \(quoted(node.text)), expected `yes` or `no`")
            return .unreadable
        }
        return .flag(Located(value, at: node.location))
    }

    private mutating func number(_ node: SpecNode, at path: SpecPath) -> Section.Value {
        guard isScalar(node, at: path) else { return .unreadable }
        guard let value = Int(node.text), (0...1_000_000).contains(value) else {
            findings.error(
                .notANumber, at: FindingPlace(node, path),
                "\(path.quoted) is \(quoted(node.text)), expected a whole number")
            return .unreadable
        }
        return .number(Located(value, at: node.location))
    }

    // MARK: Lists

    /// Reads a list of scalars or a single scalar, without empty entries [inferred but for `files`, CODEBUILD.md 1.4].
    private mutating func texts(_ node: SpecNode, at path: SpecPath) -> [SpecNode]? {
        switch node.kind {
        case .scalar: return [node]
        case .mapping:
            noteWrongType(node, expected: "a list", at: path)
            return nil
        case .list:
            if node.items.isEmpty {
                findings.warning(.emptyValue, at: FindingPlace(node, path), "\(path.quoted) is an empty list")
            }
            var texts: [SpecNode] = []
            texts.reserveCapacity(node.items.count)
            for (index, item) in node.items.enumerated() {
                if item.isNull {
                    noteNullItem(item, at: path.item(index))
                } else if isScalar(item, at: path.item(index)) {
                    texts.append(item)
                }
            }
            return texts
        }
    }

    /// Reads a list of commands or a single command, each as its source text, even `true` and `1.10` [inferred,
    /// CODEBUILD.md 1.4].
    private mutating func commands(_ node: SpecNode, of key: String, at path: SpecPath) -> Section.Value {
        switch node.kind {
        case .scalar: return .commands([BuildSpec.Command(text: node.text, location: node.location)])
        case .mapping:
            noteWrongType(node, expected: "a list of commands", at: path, help: "put `- ` before each command")
            return .unreadable
        case .list:
            var commands: [BuildSpec.Command] = []
            commands.reserveCapacity(node.items.count)
            for (index, item) in node.items.enumerated() {
                if item.isNull {
                    noteNullItem(item, at: path.item(index))
                } else if item.kind == .scalar {
                    commands.append(BuildSpec.Command(text: item.text, location: item.location))
                } else {
                    noteCommandNotString(item, index: index, of: key, at: path.item(index))
                }
            }
            return .commands(commands)
        }
    }

    private mutating func noteCommandNotString(_ node: SpecNode, index: Int, of key: String, at path: SpecPath) {
        findings.error(
            .commandNotString, at: FindingPlace(node, path), "\(path.quoted) is \(node.kindName), expected text",
            codebuild: ServiceMessage.commandNotString(node.kind, index: index, of: key, line: node.location.line),
            help: node.quotedAsWritten.map { "quote the whole command: `- \($0)`" }
                ?? "write the command as a block: `- |`, and its text indented on the lines below")
    }

    // MARK: Mappings

    mutating func isMapping(_ node: SpecNode, at path: SpecPath, help: String? = nil) -> Bool {
        guard node.kind != .mapping else { return true }
        noteWrongType(node, expected: "a mapping", at: path, help: help)
        return false
    }

    /// Reads a mapping from names to source texts. A null value is an empty text; a list or mapping is an error
    /// [inferred, CODEBUILD.md 1.4].
    private mutating func variables(
        _ node: SpecNode, _ use: KeyTable.VariableUse, at path: SpecPath
    ) -> Section.Value {
        guard isMapping(node, at: path) else { return .unreadable }
        let entries = entries(of: node, at: path)
        var variables: [BuildSpec.Variable] = []
        variables.reserveCapacity(entries.count)
        for entry in entries {
            checkName(entry.name, for: use, at: entry.key, path: path.key(entry.name))
            if entry.value.isNull, use != .values {
                let path = path.key(entry.name)
                findings.warning(
                    .emptyValue, at: FindingPlace(entry.key, path), "\(path.quoted) has no value: it is left out")
            } else if entry.value.kind != .scalar {
                noteWrongType(entry.value, expected: "text", at: path.key(entry.name))
            } else {
                checkReference(entry.value, for: use, at: path.key(entry.name))
                variables.append(
                    BuildSpec.Variable(
                        name: entry.name, value: entry.value.isNull ? "" : entry.value.text,
                        location: entry.key.location))
            }
        }
        return .variables(variables)
    }

    private mutating func textsByName(_ node: SpecNode, at path: SpecPath) -> Section.Value {
        guard isMapping(node, at: path) else { return .unreadable }
        return .textsByName(
            entries(of: node, at: path).compactMap { entry in
                guard !entry.value.isNull else { return Section.Named(name: entry.name, node: entry.key, content: []) }
                return texts(entry.value, at: path.key(entry.name)).map {
                    Section.Named(name: entry.name, node: entry.key, content: $0)
                }
            })
    }

    /// Reads a mapping from names to sections, or a list of such mappings (CODEBUILD.md 6.5 [inferred]).
    private mutating func sectionsByName(_ node: SpecNode, _ table: KeyTable, at path: SpecPath) -> Section.Value {
        var named: [SpecEntry] = []
        if node.kind == .list {
            for (index, item) in node.items.enumerated() {
                if item.isNull {
                    noteNullItem(item, at: path.item(index))
                } else if isMapping(item, at: path.item(index)) {
                    named += entries(of: item, at: path.item(index))
                }
            }
            named = lastOfEachName(named, at: path)
        } else {
            guard isMapping(node, at: path) else { return .unreadable }
            named = entries(of: node, at: path)
        }
        guard isReadable(named.count, node, at: path) else { return .unreadable }
        var sections: [Section.Named<Section>] = []
        for entry in named {
            let path = path.key(entry.name)
            let content: Section
            if entry.value.isNull {
                content = Section(path: path, node: entry.key)
            } else if isMapping(entry.value, at: path) {
                content = section(entry.value, under: entry.key, table, at: path)
            } else {
                continue
            }
            sections.append(Section.Named(name: entry.name, node: entry.key, content: content))
        }
        return .sectionsByName(sections)
    }

    private mutating func sections(_ node: SpecNode, _ table: KeyTable, at path: SpecPath) -> Section.Value {
        guard node.kind == .list else {
            noteWrongType(node, expected: "a list of mappings", at: path)
            return .unreadable
        }
        guard isReadable(node.items.count, node, at: path) else { return .unreadable }
        var sections: [Section] = []
        for (index, item) in node.items.enumerated() {
            let path = path.item(index)
            if item.isNull {
                noteNullItem(item, at: path)
            } else if isMapping(item, at: path) {
                sections.append(section(item, under: nil, table, at: path))
            }
        }
        return .sections(sections)
    }

    /// Limits the number of sections, which take far more memory than their text.
    private mutating func isReadable(_ sectionCount: Int, _ node: SpecNode, at path: SpecPath) -> Bool {
        guard sectionCount > DocumentLimits.sections else { return true }
        findings.error(
            .tooLarge, at: FindingPlace(node, path),
            "\(path.quoted) has \(sectionCount) entries, expected at most \(DocumentLimits.sections)")
        return false
    }
}

/// The value of `yes`, `no` and the like, in any case; `nil` for every other text.
///
/// [inferred] CODEBUILD.md 1.2: the user guide writes yes/no in some places and true/false in others.
private func booleanValue(_ text: String) -> Bool? {
    switch text.lowercased() {
    case "yes", "true", "on": true
    case "no", "false", "off": false
    default: nil
    }
}
