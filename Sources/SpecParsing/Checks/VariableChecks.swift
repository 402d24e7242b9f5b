/// Checks the values of environment variables, and versions that YAML reads as numbers.
extension ContentChecks {
    mutating func checkVariables() { checkVariables(in: top) }

    /// Checks the variables of a section and of all sections inside it, such as those of batch builds.
    private mutating func checkVariables(in section: Section) {
        for (name, entry) in section.entries.list {
            switch entry.value {
            case .section(let inner): checkVariables(in: inner)
            case .sections(let inner): for inner in inner { checkVariables(in: inner) }
            case .variables where name == "variables" || name == "plaintext":
                check(entry.node, at: section.path.key(name))
            default: break
            }
        }
    }

    private mutating func check(_ variables: SpecNode, at path: SpecPath) {
        for (key, value) in variables.pairs
        where value.kind == .scalar && !value.isNull && !(key.style == .plain && key.text == "<<") {
            let name = key.text
            value.withText { bytes in
                if let kind = SecretKind(of: bytes, named: name) {
                    warn(
                        .plainSecret, at: FindingPlace(value, path.key(name)),
                        "\(path.key(name).quoted) has \(kind.words) in plain text, for everyone who sees the file",
                        help: "keep it in Secrets Manager or Parameter Store, name it under `secrets-manager` or "
                            + "`parameter-store`, and replace the one that stands here")
                } else if let reference = firstReference(in: bytes, of: name) {
                    let shown = String(decoding: bytes[reference], as: UTF8.self)
                    noteLiteral(shown, at: FindingPlace(value, path.key(name), part: reference), of: name)
                }
            }
        }
    }

    /// Notes that names of parameters and secrets have variables in them.
    ///
    /// Public files in production have such names, while no document tells what CodeBuild makes of them [unknown].
    mutating func checkReferences() {
        guard let env = top.section("env") else { return }
        var found: [(place: FindingPlace, name: String)] = []
        for key in ["parameter-store", "secrets-manager"] {
            for (name, value) in env.entries[key]?.node.pairs.map({ ($0.key.text, $0.value) }) ?? [] {
                guard let range = value.withText({ firstReference(in: $0, of: name, isAnyCase: true) }) else {
                    continue
                }
                let place = FindingPlace(value, env.path.key(key).key(name), part: range)
                if !ignores.silences(.variableInReference, at: place) { found.append((place, name)) }
            }
        }
        guard let first = found.first else { return }
        let more = found.count > 1 ? ", and \(found.count - 1) more" : ""
        findings.note(
            .variableInReference, at: first.place,
            "\(first.place.path.quoted) is asked for as \(quoted(first.place.node.text)): nothing is expanded here\(more)",
            help:
                "whether CodeBuild expands it is not known; a command can: `aws ssm get-parameter`, `aws secretsmanager "
                + "get-secret-value`")
    }

    // MARK: $NAME in a value

    /// The first `$NAME` or `${NAME}` that looks like a shell variable.
    ///
    /// Only names in upper case count, because placeholders of templates, such as `${bucket}`, usually have lower-case
    /// names. The variable's own name counts in any case.
    private func firstReference(
        in bytes: UnsafeBufferPointer<UInt8>, of own: String, isAnyCase: Bool = false
    ) -> Range<Int>? {
        var offset = 0
        while offset < bytes.count {
            defer { offset += 1 }
            guard bytes[offset] == "$", offset == 0 || bytes[offset - 1] != "$" && bytes[offset - 1] != "\\" else {
                continue
            }
            let isBraced = offset + 1 < bytes.count && bytes[offset + 1] == "{"
            let start = offset + (isBraced ? 2 : 1)
            var end = start
            while end < bytes.count, bytes[end].isNamePart { end += 1 }
            guard end - start > 1, bytes[start].isNameStart else { continue }
            if isBraced {
                guard end < bytes.count, bytes[end] == "}" else { continue }
            }
            let name = bytes[start..<end]
            let isUpperCase = name.contains(where: \.isUpperLetter) && !name.contains(where: \.isLowerLetter)
            guard isUpperCase || isAnyCase || name.elementsEqual(own.utf8) else { continue }
            return offset..<end + (isBraced ? 1 : 0)
        }
        return nil
    }

    private mutating func noteLiteral(
        _ shown: String, at place: FindingPlace, of name: String
    ) {
        let isOwn = shown == "$\(name)" || shown == "${\(name)}"
        let message: String
        if isOwn, name == "PATH" {
            message = "`PATH` loses all its folders: values are not expanded, \(quoted(shown)) stays text"
        } else if isOwn {
            message = "\(quoted(name)) becomes the text \(quoted(shown)): values are not expanded"
        } else {
            message = "\(place.path.quoted) keeps \(quoted(shown)) as text: values are not expanded"
        }
        warn(
            .literalVariable, at: place, message,
            help: "set it in a command, where the shell expands it: `export \(name)=…`")
    }

    // MARK: Versions

    /// Warns about versions such as `python: 3.10`, which lose their last zero when read as a number. CodeBuild itself
    /// reads the source text.
    mutating func checkVersions() {
        guard let install = top.section("phases")?.section(PhaseName.install.rawValue),
            let versions = install.entries["runtime-versions"]?.node
        else { return }
        for (key, value) in versions.pairs where value.kind == .scalar && value.style == .plain {
            let text = value.text, parts = text.split(separator: ".", omittingEmptySubsequences: false)
            guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(\.isDigit) }),
                parts[1].count > 1, parts[1].hasSuffix("0")
            else { continue }
            let path = install.path.key("runtime-versions").key(key.text)
            warn(
                .unquotedVersion, at: FindingPlace(value, path),
                "\(path.quoted) is a number: YAML readers that decide types read \(text) as \(parts[0]).\(parts[1].trimmedZeros)",
                help: "put it in quotes: `\(key.text): \"\(text)\"`")
        }
    }
}

extension Substring {
    /// The text without trailing zeros, but with at least one digit.
    fileprivate var trimmedZeros: Substring {
        var text = self
        while text.count > 1, text.last == "0" { text.removeLast() }
        return text
    }
}
