/// One key of a mapping with its value.
struct SpecEntry {
    let name: String
    let key: SpecNode
    let value: SpecNode
}

extension SectionReader {
    /// The entries of a mapping in the order of the file, with `<<` merged and only the last of duplicate keys.
    mutating func entries(of mapping: SpecNode, at path: SpecPath) -> [SpecEntry] {
        var own: [SpecEntry] = [], merged: [SpecNode] = []
        own.reserveCapacity(mapping.pairs.count)
        for (key, value) in mapping.pairs {
            guard key.kind == .scalar else {
                findings.error(
                    .keyNotText, at: FindingPlace(key, path), "a key \(path.place) is \(key.kindName), expected text")
                continue
            }
            let name = key.text
            if name == "<<", key.style == .plain {
                merged.append(value)
            } else {
                own.append(SpecEntry(name: name, key: key, value: value))
            }
        }
        let entries = lastOfEachName(own, at: path)
        return merged.isEmpty ? entries : entries + mergedEntries(merged, besides: entries, at: path)
    }

    /// Drops all but the last of duplicate names, with a warning (which one CodeBuild takes is [unknown], CODEBUILD.md
    /// 1.3).
    mutating func lastOfEachName(_ entries: [SpecEntry], at path: SpecPath) -> [SpecEntry] {
        // In the usual case there are few names and no duplicates, and no dictionary is needed.
        if entries.count <= 12, entries.indices.allSatisfy({ !entries[..<$0].contains(named: entries[$0].name) }) {
            return entries
        }
        var places: [String: Int] = [:], isDropped: [Int: Bool] = [:]
        places.reserveCapacity(entries.count)
        for (place, entry) in entries.enumerated() {
            guard let earlier = places.updateValue(place, forKey: entry.name) else { continue }
            isDropped[earlier] = true
            findings.warning(
                .duplicateKey, at: FindingPlace(entry.key, path.key(entry.name)),
                "\(quoted(entry.name)) is written twice \(path.place): the last one counts",
                help: "the other one is on line \(entries[earlier].key.location.line)")
        }
        guard !isDropped.isEmpty else { return entries }
        return entries.enumerated().filter { isDropped[$0.offset] == nil }.map(\.element)
    }

    /// The entries that `<<` brings in (YAML 1.1 merge keys). The mapping's own keys win, then the first of several
    /// sources.
    private mutating func mergedEntries(
        _ sources: [SpecNode], besides own: [SpecEntry], at path: SpecPath
    ) -> [SpecEntry] {
        var names = Set(own.map(\.name)), merged: [SpecEntry] = []
        for source in sources {
            for mapping in source.kind == .list ? Array(source.items) : [source] {
                guard mapping.kind == .mapping else {
                    noteWrongType(mapping, expected: "a mapping", at: path.key("<<"))
                    continue
                }
                merged += entries(of: mapping, at: path).filter { names.insert($0.name).inserted }
            }
        }
        return merged
    }
}

extension ArraySlice<SpecEntry> {
    fileprivate func contains(named name: String) -> Bool { contains { $0.name == name } }
}
