internal import BuildPlanning

/// The text of the pre-push hook.
struct HookScript {
    /// The line by which our hook is known.
    static let mark = "# buildspec hook: `buildspec hook uninstall` removes it"

    /// The program that the hook calls; another `buildspec` of the search path takes its place when it is gone.
    let program: String
    /// The search path, which is added to the hook's own: clients with windows start hooks with a bare one.
    let path: String
    /// The hook that runs first, where it exists.
    let before: String
    /// The rules, as words of the command line.
    var words: [String] = []
    /// Whether the push goes on when the program is gone.
    var allowsWithoutProgram = false

    init(program: String, path: String, before: String) {
        self.program = program
        self.path = path
        self.before = before
    }

    var text: String {
        let call = (["hook", "run", "pre-push"] + words).map(\.shellQuoted).joined(separator: " ")
        return """
            #!/bin/sh
            \(Self.mark)
            PATH=${PATH:+$PATH:}\(path.shellQuoted)
            export PATH
            lines=$(cat)
            if [ -x \(before.shellQuoted) ]; then
                printf '%s\\n' "$lines" | \(before.shellQuoted) "$@" || exit
            fi
            program=\(program.shellQuoted)
            [ -x "$program" ] || program=$(command -v buildspec) || {
                echo "buildspec: the program that this hook calls is gone: \(program)" >&2
                echo "help: install it anew, or remove the hook: $0" >&2
                \(allowsWithoutProgram ? "exit 0" : "exit 1")
            }
            printf '%s\\n' "$lines" | "$program" \(call) "$@"

            """
    }
}
