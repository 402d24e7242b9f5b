/// One command of the buildspec with its place in the file.
struct SpecCommand {
    let node: SpecNode
    /// The path of the list that holds the command: `phases.build.commands`.
    let list: SpecPath
    /// The 0-based index of the command in its list; `nil` where the list is a single scalar.
    let index: Int?

    var path: SpecPath { index.map { list.item($0) } ?? list }

    /// All commands in the order they run, with those of `finally` after each phase's own.
    static func all(of top: Section) -> [SpecCommand] {
        guard let phases = top.section("phases") else { return [] }
        var commands: [SpecCommand] = []
        for name in PhaseName.allCases {
            guard let phase = phases.section(name.rawValue) else { continue }
            for key in ["commands", "finally"] {
                guard let node = phase.entries[key]?.node else { continue }
                let list = phase.path.key(key)
                if node.kind == .list {
                    for (index, item) in node.items.enumerated() where item.kind == .scalar && !item.isNull {
                        commands.append(SpecCommand(node: item, list: list, index: index))
                    }
                } else if node.kind == .scalar, !node.isNull {
                    commands.append(SpecCommand(node: node, list: list, index: nil))
                }
            }
        }
        return commands
    }
}

/// The shells that commands are checked for.
public enum ScriptShell: Sendable, Hashable {
    /// The `sh` of the image: dash on some images, bash on others.
    case sh
    case bash

    /// The shell that the commands are written for; `nil` for shells that are not checked.
    ///
    /// A Windows project runs PowerShell without naming it, so the commands of a file without `env.shell` are
    /// inspected.
    static func of(_ top: Section, _ commands: [SpecCommand]) -> ScriptShell? {
        guard let text = top.section("env")?.text("shell")?.value else {
            return commands.contains { $0.node.withText(looksLikeWindows) } ? nil : .sh
        }
        switch text.split(separator: "/").last ?? "" {
        case "sh", "dash", "ash": return .sh
        case "bash": return .bash
        default: return nil
        }
    }

    /// Whether a command has what only PowerShell and `cmd.exe` understand: `$env:NAME`, `$x = 1`, `New-Item`,
    /// `C:\`, `.\run.bat`, `%NAME%`, `choco`.
    private static func looksLikeWindows(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        for (offset, byte) in bytes.enumerated() {
            switch byte {
            case "-" where offset + 1 < bytes.count && bytes[offset + 1].isUpperLetter:
                var start = offset
                while start > 0, bytes[start - 1].isLetter { start -= 1 }
                if start < offset, bytes[start].isUpperLetter, beginsCommand(bytes, start) { return true }
            case "$" where beginsCommand(bytes, offset):
                var end = offset + 1
                while end < bytes.count, bytes[end].isNamePart { end += 1 }
                if end + 2 < bytes.count, bytes[end] == " ", bytes[end + 1] == "=", bytes[end + 2] == " " {
                    return true
                }
            case ":" where offset + 4 < bytes.count && offset >= 4:
                let name = bytes[(offset - 4)..<offset]
                if name.equals("$env") || name.equals("$Env") || name.equals("$ENV") { return true }
            case "\\" where offset > 1 && bytes[offset - 1] == ":" && bytes[offset - 2].isUpperLetter:
                if offset == 2 || !bytes[offset - 3].isNamePart { return true }
            case "\\" where offset > 0 && bytes[offset - 1] == "." && beginsCommand(bytes, offset - 1): return true
            case "%" where endsVariable(bytes, offset): return true
            case "c" where isCommand("choco", in: bytes, at: offset),
                "m" where isCommand("msbuild", in: bytes, at: offset),
                "p" where isCommand("powershell", in: bytes, at: offset):
                return true
            default: break
            }
        }
        return false
    }

    /// Whether a `%` ends a variable of `cmd.exe`, such as `%AWS_REGION%`. A shorter name may be the format of a date.
    private static func endsVariable(_ bytes: UnsafeBufferPointer<UInt8>, _ end: Int) -> Bool {
        var start = end
        while start > 0, bytes[start - 1].isUpperLetter || bytes[start - 1].isDigit || bytes[start - 1] == "_" {
            start -= 1
        }
        return end - start > 2 && start > 0 && bytes[start - 1] == "%" && bytes[start].isUpperLetter
    }

    /// Whether a command begins with this word and a blank.
    private static func isCommand(
        _ word: StaticString, in bytes: UnsafeBufferPointer<UInt8>, at start: Int
    ) -> Bool {
        let end = start + word.utf8CodeUnitCount
        return end < bytes.count && bytes[end] == " " && bytes.holds(word, start..<end) && beginsCommand(bytes, start)
    }

    private static func beginsCommand(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int) -> Bool {
        var offset = start
        while offset > 0, bytes[offset - 1] == " " { offset -= 1 }
        guard offset > 0 else { return true }
        return bytes[offset - 1] == "\n" || bytes[offset - 1] == ";" || bytes[offset - 1] == "|"
    }
}
