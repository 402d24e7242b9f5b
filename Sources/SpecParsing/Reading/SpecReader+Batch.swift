/// Reads the `batch` section (CODEBUILD.md 9).
extension SpecReader {
    mutating func batch(_ batch: Section) -> BuildSpec.Batch? {
        let kinds: [BuildSpec.Batch.Kind] = [.graph, .list, .matrix, .fanout]
        let present = kinds.filter { batch.hasValue($0.rawValue) }
        guard let kind = present.first, present.count == 1 else {
            noteType(batch, present, of: kinds)
            return nil
        }
        if case .sections(let sections)? = batch.entries[kind.rawValue]?.value, sections.isEmpty {
            let path = batch.path.key(kind.rawValue)
            error(
                .missingKey, at: FindingPlace(batch.key(kind.rawValue) ?? batch.node, path),
                "\(path.quoted) has no builds")
        }
        return BuildSpec.Batch(
            type: kind, location: batch.node.location, fastFail: batch.isOn("fast-fail"),
            builds: builds(batch.sections(kind.rawValue)),
            matrix: batch.section(kind.rawValue).flatMap { kind == .matrix ? matrix($0) : nil },
            fanout: batch.section(kind.rawValue).flatMap { kind == .fanout ? fanout($0) : nil })
    }

    /// Notes that a batch has no type, or several.
    ///
    /// A batch without a type beside `phases` is a warning: public files have one, and are built without their batch.
    private mutating func noteType(
        _ batch: Section, _ present: [BuildSpec.Batch.Kind], of kinds: [BuildSpec.Batch.Kind]
    ) {
        let place = FindingPlace(batch.node, batch.path)
        guard present.isEmpty else {
            let message = "`batch` has \(SectionReader.list(present.map(\.rawValue))), expected one of them"
            return error(.batchType, at: place, message)
        }
        let message = "`batch` has none of \(SectionReader.choice(kinds.map(\.rawValue)))"
        guard hasPhases else { return error(.batchType, at: place, message) }
        reader.findings.warning(
            .batchType, at: place, message,
            help: "no batch can start with it, only ordinary builds: add a type of batch, or take `batch` away")
    }

    // MARK: Graph and list

    private mutating func builds(_ sections: [Section]) -> [BuildSpec.Batch.Build] {
        var read: [BuildSpec.Batch.Build] = [], places: [String: Int] = [:]
        let refused = sections.compactMap { $0.node("identifier")?.text }.filter {
            Self.problem(withIdentifier: $0) != nil
        }
        for section in sections {
            guard let identifier = identifier(section, refused: refused) else { continue }
            guard places.updateValue(read.count, forKey: identifier.text) == nil else {
                error(
                    .duplicateIdentifier, at: FindingPlace(identifier, section.path.key("identifier")),
                    "two builds have the identifier \(quoted(identifier.text))")
                continue
            }
            read.append(
                BuildSpec.Batch.Build(
                    identifier: identifier.located, buildspec: section.text("buildspec"),
                    dependsOn: section.texts("depend-on"), env: env(section.section("env")),
                    ignoreFailure: section.isOn("ignore-failure"), debugSession: section.isOn("debug-session")))
        }
        checkDependencies(sections, known: places)
        return read
    }

    /// Reads the identifier of a build.
    ///
    /// - Parameter refused: all identifiers of the batch that CodeBuild refuses.
    private mutating func identifier(_ section: Section, refused: [String]) -> SpecNode? {
        guard let node = section.node("identifier") else {
            if !section.has("identifier") || !section.hasValue("identifier") {
                error(
                    .missingKey, at: FindingPlace(section.node, section.path),
                    "\(section.path.quoted) has no `identifier`")
            }
            return nil
        }
        guard let problem = Self.problem(withIdentifier: node.text) else { return node }
        let path = section.path.key("identifier"), message = "the identifier \(quoted(node.text)) \(problem)"
        guard hasPhases, Self.isHarmless(node.text) else {
            error(
                .invalidIdentifier, at: FindingPlace(node, path), message,
                codebuild: ServiceMessage.invalidBatchIdentifiers(refused), help: "use letters, digits and `_`")
            return nil
        }
        reader.findings.warning(
            .invalidIdentifier, at: FindingPlace(node, path), message,
            codebuild: ServiceMessage.invalidBatchIdentifiers(refused),
            help: "CodeBuild starts no batch with it, only other builds")
        return node
    }

    /// The reason why CodeBuild refuses an identifier; `nil` when it accepts it.
    ///
    /// Identifiers have less than 128 letters, digits and underscores, according to the service's own message and to
    /// the histories of public projects that used others (Documentation/survey.md).
    private static func problem(withIdentifier text: String) -> String? {
        guard !text.isEmpty, text.utf8.allSatisfy(\.isPlainInIdentifier) else {
            return "has characters other than letters, digits and `_`"
        }
        return text.utf8.count < 128 ? nil : "has \(text.utf8.count) characters, expected less than 128"
    }

    /// Whether a local batch can use an identifier as a name, even if CodeBuild refuses it.
    private static func isHarmless(_ text: String) -> Bool {
        guard let first = text.utf8.first, first.isPlainInIdentifier, !text.contains("..") else { return false }
        return text.utf8.count < 128
            && text.utf8.allSatisfy { $0.isPlainInIdentifier || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }
    }

    private mutating func checkDependencies(_ sections: [Section], known: [String: Int]) {
        var graph: [(name: String, node: SpecNode, path: SpecPath, next: [String])] = []
        for section in sections {
            var next: [String] = []
            for (index, node) in section.nodes("depend-on").enumerated() {
                let path = section.path.key("depend-on").item(index)
                if known[node.text] != nil {
                    next.append(node.text)
                } else {
                    error(
                        .unknownDependency, at: FindingPlace(node, path),
                        "no build has the identifier \(quoted(node.text))",
                        help: Self.nearIdentifier(to: node.text, among: known).map { "did you mean `\($0)`?" })
                }
            }
            if let node = section.node("identifier") { graph.append((node.text, node, section.path, next)) }
        }
        guard let cycle = firstCycle(graph.map { ($0.name, $0.next) }), let name = cycle.first else { return }
        guard let build = graph.first(where: { $0.name == name }) else { return }
        error(
            .dependencyCycle, at: FindingPlace(build.node, build.path),
            "the builds wait for one another: \(cycle.prefix(20).map(quoted).joined(separator: " → "))",
            help: "take one of these out of `depend-on`")
    }

    /// Suggests an identifier. Batches too large to be written by hand are not searched, because that would take long.
    private static func nearIdentifier(to name: String, among known: [String: Int]) -> String? {
        known.count <= 500 ? nearName(to: name, among: known.keys.sorted()) : nil
    }

    // MARK: Matrix and fanout

    private mutating func matrix(_ section: Section) -> BuildSpec.Batch.Matrix {
        let fixed = section.section("static"), dynamic = section.section("dynamic"), env = dynamic?.section("env")
        return BuildSpec.Batch.Matrix(
            ignoreFailure: fixed?.isOn("ignore-failure") ?? false, env: self.env(fixed?.section("env")),
            buildspecs: dynamic?.texts("buildspec") ?? [], images: env?.texts("image") ?? [],
            computeTypes: env?.texts("compute-type") ?? [], fleets: env?.texts("fleet") ?? [],
            variables: (env?.textsByName("variables") ?? []).map {
                BuildSpec.Batch.Matrix.Dimension(
                    name: $0.name, values: $0.content.map(\.located), location: $0.node.location)
            })
    }

    private mutating func fanout(_ section: Section) -> BuildSpec.Batch.Fanout? {
        guard let parallelism = section.number("parallelism"), parallelism.value > 0 else {
            if !section.hasValue("parallelism") || section.number("parallelism") != nil {
                error(
                    .missingKey, at: FindingPlace(section.key("parallelism") ?? section.node, section.path),
                    "\(section.path.quoted) needs a `parallelism` of 1 or more")
            }
            return nil
        }
        return BuildSpec.Batch.Fanout(parallelism: parallelism, ignoreFailure: section.isOn("ignore-failure"))
    }

    private func env(_ section: Section?) -> BuildSpec.Batch.Env {
        BuildSpec.Batch.Env(
            computeType: section?.text("compute-type"), fleet: section?.text("fleet"), image: section?.text("image"),
            type: section?.text("type"), privilegedMode: section?.flag("privileged-mode"),
            variables: section?.variables("variables") ?? [])
    }
}

/// The first cycle of a graph, with its first node at both ends; `nil` when there is none.
private func firstCycle(_ graph: [(name: String, next: [String])]) -> [String]? {
    let next = Dictionary(graph.map { ($0.name, $0.next) }, uniquingKeysWith: { first, _ in first })
    var isDone: Set<String> = []
    for (start, _) in graph where !isDone.contains(start) {
        // Depth first, without recursion: the current path, and the untried successors of each of its nodes.
        var way = [start], onWay: Set = [start], open = [next[start] ?? []]
        while let name = way.last, let last = open.indices.last {
            guard let step = open[last].popLast() else {
                isDone.insert(name)
                onWay.remove(name)
                way.removeLast()
                open.removeLast()
                continue
            }
            if onWay.contains(step) { return way.drop { $0 != step } + [step] }
            guard !isDone.contains(step) else { continue }
            way.append(step)
            onWay.insert(step)
            open.append(next[step] ?? [])
        }
    }
    return nil
}

extension UInt8 {
    fileprivate var isPlainInIdentifier: Bool {
        switch self {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "_"): true
        default: false
        }
    }
}
