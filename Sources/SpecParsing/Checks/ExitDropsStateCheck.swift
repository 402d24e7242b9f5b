/// Finds an `exit 0` that ends a command before its variables and folder are saved (CODEBUILD.md 3.3).
extension ShellView {
    /// The first `exit 0`, with the variables and folder change before it; `nil` when there is no such exit.
    func droppedState() -> (exit: Range<Int>, variables: Set<String>, changesFolder: Bool)? {
        guard bytes.contains("exit") else { return nil }
        var variables: Set<String> = [], changesFolder = false
        for command in text.commands where command.context.isDisjoint(with: [.subshell, .substitution, .function]) {
            guard let name = name(command) else {
                variables.formUnion(text.words[command.words].compactMap(variableName))
                continue
            }
            switch bytes[name.start] {
            case "e" where isWord(name, "export"):
                variables.formUnion(arguments(command).compactMap(variableName))
            case "c" where isWord(name, "cd"): changesFolder = true
            case "e" where isWord(name, "exit"):
                guard arguments(command).count == 1, arguments(command).allSatisfy({ isWord($0, "0") }) else {
                    continue
                }
                guard !variables.isEmpty || changesFolder else { continue }
                return (command.range, variables, changesFolder)
            default: break
            }
        }
        return nil
    }

    /// The first variable of `names` that the script reads as `$NAME` or `${NAME…`.
    func firstVariable(of names: Set<String>) -> String? {
        var offset = 0
        while offset < bytes.count {
            defer { offset += 1 }
            guard bytes[offset] == "$" else { continue }
            var start = offset + 1
            if start < bytes.count, bytes[start] == "{" { start += 1 }
            if start < bytes.count, bytes[start] == "#" || bytes[start] == "!" { start += 1 }
            var end = start
            while end < bytes.count, bytes[end].isNamePart { end += 1 }
            if end > start {
                let name = string(start..<end)
                if names.contains(name) { return name }
            }
        }
        return nil
    }

    /// Whether the script's effect depends on its working directory; false if it only prints or changes to another
    /// folder.
    var dependsOnFolder: Bool {
        guard let first = text.commands.first(where: { !$0.context.contains(.substitution) }) else { return false }
        guard isNamed(first, "cd") else {
            return text.commands.contains { !isNamed($0, among: ["echo", "printf", "true", ":", "exit", "export"]) }
        }
        guard let target = arguments(first).first else { return false }
        return bytes[target.start] != "/" && !string(target.range).contains("CODEBUILD_SRC_DIR")
    }
}
