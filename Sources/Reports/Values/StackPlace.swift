/// A place in a source file that a stack trace names.
public struct StackPlace: Sendable, Equatable {
    public let file: String
    public let line: Int

    /// The lines of a stack trace that are looked at, and the bytes of each.
    private static let lines = 200, bytes = 400

    /// Finds the place where a test failed: the first one in the test's own class, or else the first that is no library's.
    ///
    /// Known are the traces of the JVM, .NET, Python, Node.js, Ruby, PHP and Go.
    public static func find(in trace: String, className: String?) -> StackPlace? {
        var first: StackPlace?, lastOfPython: StackPlace?
        var rest = Substring(trace).utf8, count = 0
        while !rest.isEmpty, count < lines {
            let line = rest.prefix { $0 != 0x0a }
            rest = rest.dropFirst(line.count + 1)
            count += 1
            // Nothing shorter names a place, and one without a number neither.
            guard line.count > 5, let frame = Frame(Array(line.prefix(bytes))) else { continue }
            switch frame {
            case .java(let java):
                if java.isOf(className) { return java.place }
                if first == nil, !isLibrary(java.ownerText) { first = java.place }
            // pytest and Python name the place of the failure last.
            case .file(let place) where place.file.hasSuffix(".py"):
                if !isForeign(place.file) { lastOfPython = place }
            case .file(let place): if !isForeign(place.file) { first = first ?? place }
            }
        }
        return lastOfPython ?? first
    }

    private static func isForeign(_ file: String) -> Bool {
        ["node_modules/", "site-packages/", "/usr/lib/", "node:", "<frozen", "/vendor/"].contains { file.contains($0) }
    }

    private static func isLibrary(_ owner: String) -> Bool {
        [
            "java.", "javax.", "jdk.", "sun.", "org.junit.", "junit.", "org.testng.", "org.assertj.", "org.hamcrest.",
            "org.mockito.", "kotlin.", "scala.", "org.opentest4j.", "org.apache.maven.",
        ].contains { owner.hasPrefix($0) }
    }
}

/// One line of a stack trace. It is read byte by byte: Swift's `Regex` takes half a millisecond for a line, and a report may
/// have a million of them.
private enum Frame {
    case java(Java)
    case file(StackPlace)

    /// A class of the JVM, whose file lies in the folder of its package.
    struct Java {
        let owner: ArraySlice<UInt8>
        let file: ArraySlice<UInt8>
        let line: Int

        var ownerText: String { text(owner) }

        /// Whether it is a class, or one inside of it.
        func isOf(_ className: String?) -> Bool {
            guard let className, !className.isEmpty, owner.starts(with: className.utf8) else { return false }
            let rest = owner.dropFirst(className.utf8.count)
            return rest.isEmpty || rest.first == UInt8(ascii: "$")
        }

        var place: StackPlace {
            let folders = ownerText.split(separator: ".").dropLast().map(String.init)
            return StackPlace(file: (folders + [text(file)]).joined(separator: "/"), line: line)
        }
    }

    init?(_ line: [UInt8]) {
        guard let frame = Self.java(line) ?? Self.quoted(line) ?? Self.dotNet(line) ?? Self.plain(line) else {
            return nil
        }
        self = frame
    }

    /// `at org.acme.OwnerTest.adds(OwnerTest.java:34)`
    private static func java(_ line: [UInt8]) -> Frame? {
        let trimmed = line.drop { $0 == 0x20 || $0 == 0x09 }
        guard trimmed.starts(with: "at ".utf8), let open = trimmed.lastIndex(of: UInt8(ascii: "(")),
            trimmed[open - 1] != 0x20,
            let close = trimmed[open...].firstIndex(of: UInt8(ascii: ")")),
            let colon = trimmed[open..<close].firstIndex(of: UInt8(ascii: ":")),
            let number = number(trimmed[(colon + 1)..<close]), number.rest.isEmpty
        else { return nil }
        let file = trimmed[(open + 1)..<colon]
        guard !file.contains(UInt8(ascii: "/")), file.contains(UInt8(ascii: ".")) else { return nil }
        // `java.base/java.lang.Thread.run`: the module is no part of the class.
        let whole = trimmed[(trimmed.startIndex + 3)..<open]
        let method = whole.lastIndex(of: UInt8(ascii: "/")).map { whole[($0 + 1)...] } ?? whole
        guard let dot = method.lastIndex(of: UInt8(ascii: ".")) else { return nil }
        return .java(Java(owner: method[..<dot], file: file, line: number.value))
    }

    /// `File "tests/test_a.py", line 7, in test_a`
    private static func quoted(_ line: [UInt8]) -> Frame? {
        guard let start = end(of: "File \"", in: line[...]),
            let close = line[start...].firstIndex(of: UInt8(ascii: "\"")),
            line[close...].starts(with: "\", line ".utf8), let number = number(line[(close + 8)...])
        else { return nil }
        return .file(StackPlace(file: text(line[start..<close]), line: number.value))
    }

    /// `at Acme.OwnerTest.Adds() in /src/OwnerTest.cs:line 34`
    private static func dotNet(_ line: [UInt8]) -> Frame? {
        guard let behind = end(of: ":line ", in: line[...]), let start = end(of: " in ", in: line[..<behind]),
            let number = number(line[behind...])
        else { return nil }
        return .file(StackPlace(file: text(line[start..<(behind - 6)]), line: number.value))
    }

    /// `at f (/app/a.test.js:12:5)`, `a_test.go:12: no`
    private static func plain(_ line: [UInt8]) -> Frame? {
        for colon in line.indices where line[colon] == UInt8(ascii: ":") {
            guard let number = number(line[(colon + 1)...]) else { continue }
            let before = line[..<colon]
            let start =
                before.lastIndex { $0 <= 0x20 || [0x22, 0x27, 0x28, 0x29, 0x3c, 0x3e].contains($0) }.map { $0 + 1 } ?? 0
            var file = before[start...]
            if file.starts(with: "file://".utf8) { file = file.dropFirst(7) }
            guard let dot = file.lastIndex(of: UInt8(ascii: ".")), dot > file.startIndex,
                end(of: "://", in: file) == nil
            else { continue }
            let ending = file[(dot + 1)...]
            // behave names the step that failed. Other long endings are those of hosts.
            let isSource = (1...5).contains(ending.count) && ending.allSatisfy { (0x41...0x5a).contains($0 & 0xdf) }
            guard isSource || ending.elementsEqual("feature".utf8) else { continue }
            return .file(StackPlace(file: text(file), line: number.value))
        }
        return nil
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> (value: Int, rest: ArraySlice<UInt8>)? {
        let digits = bytes.prefix { (0x30...0x39).contains($0) }
        guard (1...9).contains(digits.count) else { return nil }
        return (digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }, bytes.dropFirst(digits.count))
    }

    /// The index behind the first place of a text.
    private static func end(of text: StaticString, in bytes: ArraySlice<UInt8>) -> Int? {
        let count = text.utf8CodeUnitCount
        guard bytes.count >= count else { return nil }
        for start in bytes.startIndex...(bytes.endIndex - count) where bytes[start] == text.utf8Start[0] {
            if (1..<count).allSatisfy({ bytes[start + $0] == text.utf8Start[$0] }) { return start + count }
        }
        return nil
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }
}
