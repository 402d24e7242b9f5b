/// The variables that a build's commands read and that nothing known of the build sets.
///
/// Everything that may set a variable counts, wherever it stands. From a command on that sets variables in a way that cannot
/// be seen (a sourced file, `eval`, `export $(…)`), nothing is said.
struct VariableNeeds {
    /// A variable that nobody sets.
    struct Need {
        let name: String
        /// The index of the command that reads it first, and the name's place there.
        let command: Int
        let range: Range<Int>
    }

    /// A command that reaches elsewhere when its variable is not set.
    struct Risk {
        let name: String
        let command: Int
        /// The word with the variable.
        let range: Range<Int>
        /// The program of the command.
        let program: String
        /// The word as it is when the variable is empty; `nil` for `cd` alone.
        let result: String?
    }

    private var reads: [Need] = []
    private var risks: [Risk] = []
    private var assigned: Set<String>
    /// The variables that the commands look at before they use them: `[ -z "$NAME" ]`.
    private var checked: Set<String> = []
    /// The variables without which the commands end: `${NAME:?}`.
    private var required: Set<String> = []
    /// Whether variables may have been set that cannot be seen.
    private var isUncertain = false

    /// - Parameter known: the variables that are set before the first command.
    init(known: Set<String>) { assigned = known }

    /// The needs in the order of the first use, each name once.
    var needs: [Need] {
        var seen: Set<String> = []
        return reads.filter { isNeeded($0.name) && seen.insert($0.name).inserted }
    }

    /// The risks of variables that are needed.
    var riskyUses: [Risk] { risks.filter { isNeeded($0.name) && !required.contains($0.name) } }

    private func isNeeded(_ name: String) -> Bool {
        !assigned.contains(name) && !checked.contains(name) && !KnownVariables.isSet(name)
    }

    // MARK: Reading commands

    /// Reads the next command of the build.
    mutating func read(_ bytes: UnsafeBufferPointer<UInt8>, at index: Int, into text: inout ShellText) {
        // Without these bytes a command neither reads nor sets a variable in a way that is seen here.
        guard bytes.contains(where: { $0 == "$" || $0 == "=" || $0 == "`" }) || Self.mentionsBuiltin(bytes) else {
            return
        }
        ShellLexer.read(bytes, into: &text)
        let view = ShellView(text: text, bytes: bytes)
        let isStrict = text.commands.contains { view.setsOption($0, letter: UInt8(ascii: "u"), name: "nounset") }
        let hiddenFrom = view.firstUnseenAssignment
        noteAssignments(view)
        for expansion in text.expansions {
            let name = view.string(expansion.name.range)
            switch expansion.kind {
            case .assigning: assigned.insert(name)
            case .guarded: break
            case .plain:
                guard !isUncertain, expansion.range.lowerBound < hiddenFrom, view.isShellVariable(expansion) else {
                    continue
                }
                reads.append(Need(name: name, command: index, range: expansion.name.range))
            }
            if expansion.kind == .plain, view.failsWhenUnset(expansion) { required.insert(name) }
            if expansion.kind == .plain, view.isTested(expansion) { checked.insert(name) }
        }
        if !isUncertain, !isStrict {
            for command in text.commands where command.range.lowerBound < hiddenFrom {
                noteRisk(command, in: view, at: index)
            }
        }
        if hiddenFrom < bytes.count { isUncertain = true }
    }

    private static let builtins: [StaticString] = ["read", "source", ". ", "mapfile", "getopts", "printf"]

    private static func mentionsBuiltin(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        builtins.contains { bytes.contains($0) }
    }

    private mutating func noteAssignments(_ view: ShellView) {
        for word in view.text.loopVariables { assigned.insert(view.string(word.range)) }
        for range in view.text.arithmetic { assigned.formUnion(view.names(in: range)) }
        for command in view.text.commands {
            let assignments = view.text.words[command.words].prefix(command.assignments)
            assigned.formUnion(assignments.compactMap(view.variableName))
            guard let name = view.name(command) else { continue }
            let arguments = view.arguments(command)
            if Self.assigners.contains(where: { view.isWord(name, $0.name) && $0.needsValue }) {
                assigned.formUnion(
                    arguments.filter { view.bytes[$0.range].contains { $0 == "=" } }.compactMap(view.variableName))
            } else if Self.assigners.contains(where: { view.isWord(name, $0.name) }) {
                assigned.formUnion(arguments.compactMap(view.variableName))
            }
        }
    }

    /// The commands that set the variables they name; some only those with a `=`.
    private static let assigners: [(name: StaticString, needsValue: Bool)] = [
        ("export", true), ("env", true), ("declare", false), ("typeset", false), ("local", false), ("readonly", true),
        ("read", false), ("mapfile", false), ("readarray", false), ("getopts", false), ("printf", false),
        ("let", false), ("sudo", true), ("cross-env", true), ("unset", false),
    ]

    // MARK: Risks

    /// The programs that read or change whatever they are pointed at.
    private static let reaching: [StaticString] = ["rm", "cp", "mv", "rsync", "chown", "chmod", "find"]

    /// Folders of every system, which nobody means by `$NAME/bin`.
    private static let system: Set<Substring> = ["bin", "etc", "home", "lib", "lib64", "root", "sbin", "usr", "var"]

    /// Whether a path means the whole machine, or what it cannot be without.
    private static func isVital(_ path: String) -> Bool {
        guard path.utf8.first == UInt8(ascii: "/") else { return false }
        let steps = path.split(separator: "/").filter { !$0.allSatisfy { $0 == "." || $0 == "*" } }
        return steps.isEmpty || steps.count == 1 && system.contains(steps[0])
    }

    private mutating func noteRisk(_ command: ShellText.Command, in view: ShellView, at index: Int) {
        guard let program = view.program(command) else { return }
        let words = view.arguments(command).filter { $0.start > program.start }
        if view.isWord(program, "cd") {
            guard let word = words.first, let expansion = view.leadingExpansion(word), expansion.rest.isEmpty else {
                return
            }
            risks.append(
                Risk(name: expansion.name, command: index, range: word.range, program: "cd", result: nil))
        } else if Self.reaching.contains(where: { view.isWord(program, $0) }) {
            for word in words {
                guard let expansion = view.leadingExpansion(word), Self.isVital(expansion.rest)
                else { continue }
                risks.append(
                    Risk(
                        name: expansion.name, command: index, range: word.range,
                        program: view.string(program.range), result: expansion.rest))
            }
        }
    }
}

extension ShellView {
    /// Whether an expansion is one of a shell variable, and not the placeholder of a template.
    ///
    /// Templates mostly have names in lower case between braces.
    fileprivate func isShellVariable(_ expansion: ShellText.Expansion) -> Bool {
        guard expansion.isBraced else { return true }
        return !bytes[expansion.name.range].contains(where: \.isLowerLetter)
    }

    /// Whether `${NAME:?…}` ends the script when the variable is not set.
    fileprivate func failsWhenUnset(_ expansion: ShellText.Expansion) -> Bool {
        guard expansion.isBraced else { return false }
        var end = expansion.name.end
        if end < bytes.count, bytes[end] == ":" { end += 1 }
        return end < bytes.count && bytes[end] == "?"
    }

    /// The place of the first command that may set variables that cannot be seen; the end of the text if there is none.
    fileprivate var firstUnseenAssignment: Int {
        text.commands.first(where: setsUnseen)?.range.lowerBound ?? bytes.count
    }

    private func setsUnseen(_ command: ShellText.Command) -> Bool {
        guard let name = name(command) else { return false }
        switch bytes[name.start] {
        case "." where isWord(name, "."), "s" where isWord(name, "source"): return !arguments(command).isEmpty
        case "e" where isWord(name, "eval"): return true
        case "e" where isWord(name, "export"), "d" where isWord(name, "declare"):
            return arguments(command).contains { word in
                let first = bytes[word.start] == "\"" ? word.start + 1 : word.start
                return first < word.end && (bytes[first] == "$" || bytes[first] == "`")
            }
        // The output of a command is a command, which may be an `export`. AWS's own old one is a `docker login`.
        case "$", "`": return !bytes[name.range].holdsText("get-login")
        case "\"": return name.start + 1 < name.end && bytes[name.start + 1] == "$"
        default: return false
        }
    }

    /// All names in a part of the text.
    fileprivate func names(in range: Range<Int>) -> [String] {
        var names: [String] = [], offset = range.lowerBound
        while offset < range.upperBound {
            guard bytes[offset].isNameStart else {
                offset += 1
                continue
            }
            let start = offset
            while offset < range.upperBound, bytes[offset].isNamePart { offset += 1 }
            names.append(string(start..<offset))
        }
        return names
    }

    /// Whether a test asks if the variable is set: `[ -z "$NAME" ]`, `[[ $NAME ]]`, `[ "$NAME" != "" ]`.
    fileprivate func isTested(_ expansion: ShellText.Expansion) -> Bool {
        var start = expansion.range.lowerBound, end = expansion.range.upperBound
        if start > 0, bytes[start - 1] == "\"" { start -= 1 }
        if end < bytes.count, bytes[end] == "\"" { end += 1 }
        while start > 0, bytes[start - 1] == " " { start -= 1 }
        while end < bytes.count, bytes[end] == " " { end += 1 }
        let before = bytes[max(0, start - 2)..<start], after = bytes[end..<min(bytes.count, end + 5)]
        if before.equals("-z") || before.equals("-n") { return true }
        if let last = before.last, last == "[" || last == "!", after.first == UInt8(ascii: "]") { return true }
        let quotes = after.drop { $0 == "=" || $0 == "!" || $0 == " " }
        return quotes.count < after.count && (quotes.prefix(2).equals("\"\"") || quotes.prefix(2).equals("''"))
    }

    /// The plain expansion that a word begins with, and the text behind it without quotes; `nil` for any other word.
    fileprivate func leadingExpansion(_ word: ShellText.Word) -> (name: String, rest: String)? {
        let start = bytes[word.start] == "\"" ? word.start + 1 : word.start
        guard let expansion = text.expansions.first(where: { $0.range.lowerBound == start }), expansion.kind == .plain,
            isShellVariable(expansion), expansion.range.upperBound <= word.end,
            // `${NAME%/}` is a plain use as well, but says that its writer thought of the name's form.
            !expansion.isBraced || expansion.range.upperBound == expansion.name.end + 1
        else { return nil }
        let rest = bytes[expansion.range.upperBound..<word.end].filter { $0 != "\"" }
        return (string(expansion.name.range), String(decoding: rest, as: UTF8.self))
    }
}

extension Slice<UnsafeBufferPointer<UInt8>> {
    fileprivate func holdsText(_ text: StaticString) -> Bool { UnsafeBufferPointer(rebasing: self).contains(text) }
}
