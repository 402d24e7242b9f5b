/// Finds patterns of `cache`, `artifacts` and `reports` that match nothing, or less than was meant (CODEBUILD.md 6, 7).
extension ContentChecks {
    mutating func checkPatterns() {
        if let cache = top.section("cache") { checkCache(cache) }
        if let artifacts = top.section("artifacts") {
            checkArtifact(artifacts)
            for secondary in artifacts.sectionsByName("secondary-artifacts") { checkArtifact(secondary.content) }
        }
        for group in top.sectionsByName("reports") {
            each("files", of: group.content) { checks, pattern in
                _ = checks.cannotMatch(pattern, base: nil, isOutput: false)
            }
        }
    }

    private mutating func checkCache(_ cache: Section) {
        checkBareFolders(cache)
        each("paths", of: cache) { checks, pattern in
            let bytes = pattern.bytes
            if bytes.isEmpty { return checks.noteEmpty(pattern) }
            guard bytes.count > 2, bytes[bytes.count - 1] == "*", bytes[bytes.count - 2] == "/",
                bytes[bytes.count - 3] != "*"
            else { return }
            let text = pattern.node.text
            checks.warn(
                .cacheOneLevel, at: pattern.place(of: bytes.count - 1..<bytes.count),
                "\(quoted(text)) keeps the files of this one folder only, none of the folders in it",
                help: "write `\(text.dropLast())**/*`")
        }
    }

    /// Tells of folders without a pattern in `cache.paths`: a local cache takes the folder, an S3 cache nothing of it
    /// (CODEBUILD.md 7). A warning where the settings name an S3 cache, a note where they name none.
    private mutating func checkBareFolders(_ cache: Section) {
        var bare: [FindingPlace] = []
        guard facts.cache != .local, facts.cache != ProjectSettings.Cache.Kind.none else { return }
        each("paths", of: cache) { checks, pattern in
            let place = pattern.place()
            guard Self.isBareFolder(pattern.bytes), !checks.ignores.silences(.cacheBareFolder, at: place) else {
                return
            }
            bare.append(place)
        }
        guard let first = bare.first else { return }
        let text = first.node.text, folder = text.hasSuffix("/") ? String(text.dropLast()) : text
        let message =
            "an S3 cache of CodeBuild keeps nothing of the folder \(quoted(text)), only files that a pattern matches"
            + (bare.count > 1 ? "; and \(bare.count - 1) more" : "")
        let help = "write `\(folder)/**/*`"
        guard facts.cache == .s3 else { return findings.note(.cacheBareFolder, at: first, message, help: help) }
        warn(.cacheBareFolder, at: first, message, help: help)
    }

    /// Whether a path has no wildcard and no ending as files have one.
    private static func isBareFolder(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard !bytes.isEmpty, !bytes.contains(where: { $0 == "*" || $0 == "?" || $0 == "[" || $0 == "$" }) else {
            return false
        }
        guard bytes[bytes.count - 1] != "/" else { return true }
        let start = bytes.lastIndex { $0 == "/" }.map { $0 + 1 } ?? 0, name = bytes[start...]
        return !name.dropFirst().contains { $0 == "." }
    }

    private mutating func checkArtifact(_ artifact: Section) {
        let base = artifact.node("base-directory")?.text
        each("files", of: artifact) { checks, pattern in
            guard !checks.cannotMatch(pattern, base: base, isOutput: true) else { return }
            checks.checkFolder(pattern)
        }
        each("exclude-paths", of: artifact) { checks, pattern in
            _ = checks.cannotMatch(pattern, base: base, isOutput: false)
        }
    }

    /// One pattern of a list, with its place in the file.
    private struct Pattern {
        let node: SpecNode
        let path: SpecPath
        let bytes: UnsafeBufferPointer<UInt8>

        func place(of part: Range<Int>? = nil) -> FindingPlace { FindingPlace(node, path, part: part) }
    }

    /// Calls `body` for each pattern of a list.
    private mutating func each(_ key: String, of section: Section, _ body: (inout ContentChecks, Pattern) -> Void) {
        guard let list = section.entries[key]?.node else { return }
        let path = section.path.key(key)
        if list.kind == .scalar {
            guard !list.isNull else { return }
            return list.withText { body(&self, Pattern(node: list, path: path, bytes: $0)) }
        }
        for (index, node) in list.items.enumerated() where node.kind == .scalar && !node.isNull {
            node.withText { body(&self, Pattern(node: node, path: path.item(index), bytes: $0)) }
        }
    }

    // MARK: What never matches

    private mutating func noteEmpty(_ pattern: Pattern) {
        warn(
            .neverMatches, at: pattern.place(), "\(pattern.path.quoted) is an empty text, which matches nothing",
            help: "write a pattern, or take the entry away")
    }

    /// Warns when a pattern can match nothing.
    ///
    /// - Parameter isOutput: whether the files are collected as an artifact.
    /// - Returns: whether there was a warning.
    private mutating func cannotMatch(_ pattern: Pattern, base: String?, isOutput: Bool) -> Bool {
        let bytes = pattern.bytes
        if bytes.isEmpty {
            noteEmpty(pattern)
            return true
        }
        func note(_ part: Range<Int>, because why: String, help: String) {
            warn(
                .neverMatches, at: pattern.place(of: part), "\(quoted(pattern.node.text)) matches nothing: \(why)",
                help: help)
        }
        if let end = outsideEnd(bytes) {
            note(
                0..<end, because: "it leads out of \(base == nil ? "the source" : "the base directory")",
                help: isOutput
                    ? "copy the files into the source first, or name their folder as `base-directory`"
                    : "write the path from there downwards")
        } else if isOutput, bytes[0] == "~", bytes.count == 1 || bytes[1] == "/" {
            note(
                0..<1, because: "`~` is not expanded here",
                help: "name the folder as `base-directory`: `base-directory: /root`")
        } else if isOutput, let range = gitFolder(bytes) {
            note(
                range, because: "`.git` is no part of an artifact",
                help: "write what is wanted of it into a file: `git rev-parse HEAD > revision.txt`")
        } else {
            return false
        }
        return true
    }

    /// The end of the `..` that leads out of the base directory; `nil` when the pattern stays inside.
    private func outsideEnd(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        guard bytes[0] != "/", bytes[0] != "$" else { return nil }
        var depth = 0, start = 0
        while start < bytes.count {
            var end = start
            while end < bytes.count, bytes[end] != "/" { end += 1 }
            let part = bytes[start..<end]
            if part.equals("..") {
                depth -= 1
                if depth < 0 { return end }
            } else if part.equals("**") || part.contains(UInt8(ascii: "$")) {
                return nil
            } else if !part.isEmpty, !part.equals(".") {
                depth += 1
            }
            start = end + 1
        }
        return nil
    }

    private func gitFolder(_ bytes: UnsafeBufferPointer<UInt8>) -> Range<Int>? {
        let start = bytes.count > 1 && bytes[0] == "." && bytes[1] == "/" ? 2 : 0
        guard bytes.count >= start + 4, bytes[start..<start + 4].equals(".git") else { return nil }
        return bytes.count == start + 4 || bytes[start + 4] == "/" ? start..<start + 4 : nil
    }

    // MARK: Folders

    /// Names that are almost always folders.
    private static let folders: Set<String> = [
        ".", "..", "target", "build", "dist", "node_modules", "cdk.out", ".aws-sam", ".serverless", ".next",
        "site-packages",
        "__pycache__", "htmlcov",
    ]

    /// Warns about a pattern that names a folder, because such a pattern matches no file (CODEBUILD.md 6.1).
    private mutating func checkFolder(_ pattern: Pattern) {
        let bytes = pattern.bytes
        var end = bytes.count
        while end > 0, bytes[end - 1] == "/" { end -= 1 }
        var start = end
        while start > 0, bytes[start - 1] != "/" { start -= 1 }
        let last = String(decoding: bytes[start..<end], as: UTF8.self)
        guard end < bytes.count || Self.folders.contains(last), last != "**", last != "*" else { return }
        let folder = String(decoding: bytes[..<end], as: UTF8.self)
        warn(
            .directoryPattern, at: pattern.place(),
            "\(quoted(pattern.node.text)) names a folder, and patterns match files only",
            help: folder == "." ? "write `'**/*'` for every file" : "write `'\(folder)/**/*'`")
    }
}
