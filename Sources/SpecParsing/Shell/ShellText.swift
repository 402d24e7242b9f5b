/// The simple commands of a shell script, with what surrounds each: as much of its structure as the checks need.
///
/// Offsets are bytes into the script's text. What is quoted, what is a comment and what is in a here-document is no
/// command; what stands in `$(…)`, backticks or `<(…)` is.
struct ShellText {
    /// One word, quotes included.
    struct Word {
        var start: Int
        var end: Int
        var range: Range<Int> { start..<end }
    }

    /// Where a command stands.
    struct Context: OptionSet {
        let rawValue: UInt8
        /// In a process of its own: `( … )`, `$(…)`, backticks.
        static let subshell = Context(rawValue: 1)
        /// In the body of a function.
        static let function = Context(rawValue: 2)
        /// In `if`, a loop, `case` or `{ … }`.
        static let compound = Context(rawValue: 4)
        /// Within a word of another command.
        static let substitution = Context(rawValue: 8)
    }

    /// A simple command: assignments, a name, arguments. Redirections are left out.
    struct Command {
        /// Into ``words``.
        var words: Range<Int>
        /// How many of the words, from the first, are assignments.
        var assignments: Int
        var context: Context
        /// Behind it stands `||`, or before it.
        var isAlternative: Bool
        /// Of what belongs to the command, redirections included.
        var range: Range<Int>
    }

    /// What ends at a line end, `;` or `&` outside of every compound command.
    struct Statement {
        /// Into ``commands``, those of its substitutions and bodies included.
        var commands: Range<Int>
        var range: Range<Int>
        /// Has an `if`, a loop, `case`, `{ … }`, `( … )` or a function in it.
        var isCompound = false
        var isNegated = false
        var hasAlternative = false
        var isBackground = false
    }

    /// A function's definition.
    struct Function {
        var name: Word
        var statement: Int
    }

    /// Something that POSIX shells do not know and that shows in the text alone.
    struct Construct {
        enum Kind: CaseIterable {
            case append, arrayAssignment, arraySubscript, ansiQuote, arithmeticCommand, bothPipe, bothRedirection
            case caseChange, functionKeyword, hereString, indirection, processSubstitution, replacement, substring
        }
        var kind: Kind
        var range: Range<Int>
    }

    var words: ContiguousArray<Word> = []
    var commands: ContiguousArray<Command> = []
    /// In order; of the outermost script only.
    var statements: ContiguousArray<Statement> = []
    var functions: ContiguousArray<Function> = []
    var constructs: ContiguousArray<Construct> = []
    /// Whether every quote, bracket, compound command and here-document is closed, and nothing else is.
    var endsCleanly = true

    mutating func removeAll() {
        words.removeAll(keepingCapacity: true)
        commands.removeAll(keepingCapacity: true)
        statements.removeAll(keepingCapacity: true)
        functions.removeAll(keepingCapacity: true)
        constructs.removeAll(keepingCapacity: true)
        endsCleanly = true
    }
}
