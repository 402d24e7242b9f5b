extension DocumentProblem {
    /// The finding for a file that cannot be read as a YAML document.
    ///
    /// - Parameter bytes: the original bytes of the file; those of `source` may have been converted.
    func diagnostic(in bytes: [UInt8], _ source: SourceText) -> Diagnostic {
        switch self {
        case .yaml(let problem):
            switch problem.kind {
            case .reader(let byte): problem.readerDiagnostic(atByte: byte, in: bytes, source)
            case .syntax(let scalar): problem.syntaxDiagnostic(atScalar: scalar, source)
            case .memory: Self.error(.tooLarge, "there is not enough memory to read the file", at: source[0..<1])
            }
        case .secondDocument(let scalar):
            Self.error(
                .multipleDocuments, "a second YAML document begins here, expected one", at: source[scalar..<scalar + 3],
                help: "take this `---` away, or the document that is not meant")
        case .undefinedAlias(let name, let scalars, let line):
            Self.error(
                .undefinedAlias, "the alias \(quoted("*" + name)) has no anchor \(quoted("&" + name)) before it",
                at: source[scalars],
                codebuild: ServiceMessage.syntax("found undefined alias", line: line),
                help: "a leading `*` is YAML's own: put the text in quotes")
        case .recursiveAlias(let name, let scalars):
            Self.error(
                .recursiveAlias, "the alias \(quoted("*" + name)) stands inside its own anchor", at: source[scalars])
        case .tooDeep(let scalar):
            Self.error(
                .tooDeep, "more than \(DocumentLimits.depth) lists and mappings inside one another",
                at: source[scalar..<scalar + 1])
        case .tooManyValues(let scalar):
            Self.error(
                .tooLarge, "more than \(DocumentLimits.values) values, those behind aliases counted each time",
                at: source[scalar..<scalar + 1])
        case .tooManyBytes:
            Self.error(
                .tooLarge, "the file has more than \(DocumentLimits.bytes >> 20) MiB", at: source[0..<1])
        }
    }

    fileprivate static func error(
        _ code: FindingCode, _ message: String, at place: SourceRange, codebuild: String? = nil, help: String? = nil
    ) -> Diagnostic {
        Diagnostic(
            severity: .error, code: code.rawValue, message: message,
            location: place.source.location(ofScalar: place.scalars.lowerBound),
            length: place.source.length(ofScalars: place.scalars), codebuildMessage: codebuild, help: help)
    }
}

extension YAMLProblem {
    fileprivate func syntaxDiagnostic(atScalar scalar: Int, _ source: SourceText) -> Diagnostic {
        var message = text
        let contextLine = context.map { source.location(ofScalar: $0.scalar).line }
        if let context, let contextLine, contextLine != source.location(ofScalar: scalar).line {
            message += ", \(context.text) that begins on line \(contextLine)"
        }
        return DocumentProblem.error(
            .yamlSyntax, message, at: source[scalar..<scalar + 1],
            codebuild: ServiceMessage.syntax(text, line: line), help: help(atScalar: scalar, contextLine, source))
    }

    private func help(atScalar scalar: Int, _ contextLine: Int?, _ source: SourceText) -> String? {
        switch text {
        case "found character that cannot start any token":
            guard let found = source.scalar(at: scalar) else { return nil }
            return found == "\t"
                ? "YAML forbids tabs as indentation: use blanks"
                : "put the text in quotes: YAML keeps a leading \(quoted(String(found))) for itself"
        case "found unknown escape character":
            return "in double quotes `\\` begins an escape: write `\\\\`, or use single quotes"
        case "mapping values are not allowed in this context":
            return "`: ` makes a mapping: put the text in quotes, or mend the indentation"
        case "did not find expected key":
            return "the keys of one mapping begin in the same column; text behind a closing quote belongs inside it"
        case "did not find expected '-' indicator":
            return "the entries of one list begin with `- ` in the same column"
        case "could not find expected ':'":
            return "a key needs `:` behind it; further lines of a text are indented more than its first"
        case "did not find expected ',' or ']'", "did not find expected ',' or '}'":
            return "close what begins on line \(contextLine ?? 1); a quote inside quotes is written `\\\"`"
        case "did not find expected alphabetic or numeric character":
            if let opening = opening(ofLineAt: scalar, source) {
                return
                    "YAML reads a text that begins with \(quoted(opening)) as a list or a mapping, which ends before the "
                    + "`&&`: put the whole command in quotes"
            }
            return "a leading `*` or `&` is YAML's own: put the text in quotes"
        case "found unexpected end of stream":
            return contextLine.map { "what begins on line \($0) is never closed" }
        default: return nil
        }
    }

    /// The bracket that the text of a line begins with, behind `- `; `nil` where it begins otherwise.
    private func opening(ofLineAt scalar: Int, _ source: SourceText) -> String? {
        var start = scalar
        while start > 0, let before = source.scalar(at: start - 1), before != "\n" { start -= 1 }
        func isBlank(_ place: Int) -> Bool { source.scalar(at: place) == " " }
        while isBlank(start) || source.scalar(at: start) == "-" && isBlank(start + 1) { start += 1 }
        guard start < scalar, let first = source.scalar(at: start), first == "[" || first == "{" else { return nil }
        return source.scalar(at: start + 1) == "[" ? "[[" : String(first)
    }

    /// The finding for bytes that are not text. libyaml gives no line for these, so its line is 0.
    fileprivate func readerDiagnostic(atByte byte: Int, in bytes: [UInt8], _ source: SourceText) -> Diagnostic {
        let scalar = scalarIndex(ofByte: byte, in: bytes, source)
        let isControl = text == "control characters are not allowed"
        let hasZeros = bytes.prefix(4).contains(0)
        return DocumentProblem.error(
            isControl ? .yamlSyntax : .notUTF8, text, at: source[scalar..<scalar + 1],
            codebuild: ServiceMessage.syntax(text, line: line),
            help: isControl && !hasZeros ? "take the control character away" : "save the file as UTF-8")
    }

    private func scalarIndex(ofByte byte: Int, in bytes: [UInt8], _ source: SourceText) -> Int {
        // libyaml reports the byte that should have continued a character; the mistake is where the character began.
        var start = min(byte, max(0, bytes.count - 1))
        switch text {
        case "invalid trailing UTF-8 octet":
            repeat { start -= 1 } while start > 0 && bytes[start] & 0xc0 == 0x80
        case "expected low surrogate area": start -= 2
        default: break
        }
        guard SourceText.isUTF16(bytes) else { return source.scalarIndex(ofByte: max(0, start)) }
        return SourceText(Array(bytes.prefix(start)), file: source.file).scalarCount
    }
}
