@testable import Caches
@testable import Files
@testable import BuildRunning

/// Names of caches, paths and the variables in them: the input's fields have NULs between.
enum CacheTarget {
    static func check(_ bytes: [UInt8]) {
        let fields = bytes.fields()
        checkKeys(fields.map(\.text))
        checkPathText(bytes)
        checkExpansion(bytes.text)
        for field in fields { checkPath(field) }
    }

    /// Different keys have different names, and a name is one safe file name.
    private static func checkKeys(_ texts: [String]) {
        var keys: [CacheKey] = []
        for (index, text) in texts.prefix(6).enumerated() {
            let others = Array(texts.dropFirst(index + 1).prefix(4))
            keys += [
                CacheKey(project: text, paths: others), CacheKey(project: text, paths: Array(others.dropFirst())),
                CacheKey(project: text, paths: Array(others.dropFirst()), key: others.first),
                CacheKey(project: text, paths: others.reversed(), key: text),
                CacheKey(project: text, paths: others, key: text),
            ]
        }
        var byName: [String: [[UInt8]]] = [:]
        for key in keys {
            let name = key.name
            require(name.utf8.allSatisfy { isPlain($0) }, "a name is plain: \(name)")
            require(name.utf8.count <= 120 && name.utf8.first != UInt8(ascii: "."), "a name is a file's: \(name)")
            let content = [Array(key.project.utf8), Array((key.key ?? "").utf8)] + key.paths.map { Array($0.utf8) }
            if let known = byName[name] { require(known == content, "two keys, one name: \(name)") }
            byName[name] = content
            let backwards = CacheKey(project: key.project, paths: key.paths.reversed(), key: key.key)
            require(backwards.name == name, "the order of paths does not matter: \(key.paths)")
            require(!(key.shownKey ?? "").utf8.contains { $0 < 0x20 || $0 == 0x7f }, "a shown key is one line")
        }
        let names = Set(texts.map { Array($0.utf8) })
        require(
            CacheKey(project: "", paths: texts).paths.count == names.count, "paths are told apart by bytes: \(texts)")
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
    }

    /// Every path has a text of its own on one line, and only that text means it.
    private static func checkPathText(_ bytes: [UInt8]) {
        let shown = PathText.text(bytes)
        require(PathText.path(shown) == bytes, "a path's text means the path")
        require(!shown.utf8.contains { $0 < 0x20 || $0 == 0x7f }, "a path's text is one line")
        if let path = PathText.path(bytes.text) {
            require(PathText.text(path).utf8.elementsEqual(bytes.text.utf8), "one path has one text: \(bytes.text)")
        }
    }

    private static func checkExpansion(_ text: String) {
        let variables = ["A": "1", "LONG_name9": "$A", "": "never", "\u{301}": "never"]
        let expanded = expandVariables(in: text, variables)
        require(
            expanded.utf8.elementsEqual(ReferenceExpansion.expand(Array(text.utf8), variables)),
            "\(text) became \(expanded)")
    }

    private static func checkPath(_ bytes: [UInt8]) {
        let normal = normalizedPath(bytes.text)
        require(normalizedPath(normal).utf8.elementsEqual(normal.utf8), "a form is final: \(normal)")
        let names = normal.utf8.split(separator: 0x2f, omittingEmptySubsequences: false)
        let inner = normal.utf8.first == 0x2f ? names.dropFirst() : names[...]
        require(normal == "/" || normal.isEmpty || !inner.contains { $0.isEmpty }, "single slashes: \(normal)")
        require(!inner.contains { $0.elementsEqual(".".utf8) }, "no dots: \(normal)")
        let ups = inner.drop { $0.elementsEqual("..".utf8) }
        require(!ups.contains { $0.elementsEqual("..".utf8) }, "`..` only in front: \(normal)")
        if normal.utf8.first == 0x2f { require(ups.count == inner.count, "none above the top: \(normal)") }
        if case .success(let relative) = RelativePath.normalized(bytes) {
            require(RelativePath.normalized(relative) == .success(relative), "a form is final")
            require(relative.first != RelativePath.slash, "relative: \(relative.text)")
            require(!RelativePath.has(Array("..".utf8), in: relative), "never up: \(relative.text)")
        }
    }
}

/// What `expandVariables` means, byte by byte.
private enum ReferenceExpansion {
    static func expand(_ text: [UInt8], _ variables: [String: String]) -> [UInt8] {
        var result: [UInt8] = [], rest = text[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "$") else {
                result.append(byte)
                continue
            }
            if rest.first == UInt8(ascii: "{"), let end = rest.firstIndex(of: UInt8(ascii: "}")) {
                result += (variables[String(decoding: rest[(rest.startIndex + 1)..<end], as: UTF8.self)] ?? "").utf8
                rest = rest[(end + 1)...]
                continue
            }
            let name = rest.prefix { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x5f: true
                default: false
                }
            }
            guard let first = name.first, !(0x30...0x39).contains(first) else {
                result.append(byte)
                continue
            }
            result += (variables[String(decoding: name, as: UTF8.self)] ?? "").utf8
            rest = rest[name.endIndex...]
        }
        return result
    }
}
