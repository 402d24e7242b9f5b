/// The simple commands of a shell script, with as much of their surrounding structure as the checks need.
///
/// Offsets are byte offsets in the script's text. Quoted texts, comments and here-documents contain no commands;
/// `$(…)`, backticks and `<(…)` do.
struct ShellText {
    /// One word, including its quotes.
    struct Word {
        var start: Int
        var end: Int
        var range: Range<Int> { start..<end }
    }

    /// The kinds of construct that surround a command.
    struct Context: OptionSet {
        let rawValue: UInt8
        /// The command runs in a process of its own: `( … )`, `$(…)`, backticks.
        static let subshell = Context(rawValue: 1)
        /// The command is in the body of a function.
        static let function = Context(rawValue: 2)
        /// The command is in `if`, a loop, `case` or `{ … }`.
        static let compound = Context(rawValue: 4)
        /// The command is in a word of another command.
        static let substitution = Context(rawValue: 8)
    }

    /// A simple command: assignments, a name and arguments, without redirections.
    struct Command {
        /// The range of the command's words in ``ShellText/words``.
        var words: Range<Int>
        /// The number of assignments before the name.
        var assignments: Int
        var context: Context
        /// Whether `||` precedes or follows the command.
        var isAlternative: Bool
        /// The bytes of the command, including redirections.
        var range: Range<Int>
    }

    /// A statement: what ends at a line end, `;` or `&` outside of every compound command.
    struct Statement {
        /// The range of the statement's commands in ``ShellText/commands``, including those of substitutions and
        /// bodies.
        var commands: Range<Int>
        var range: Range<Int>
        /// Whether the statement contains an `if`, a loop, `case`, `{ … }`, `( … )` or a function.
        var isCompound = false
        var isNegated = false
        var hasAlternative = false
        var isBackground = false
    }

    /// The definition of a function.
    struct Function {
        var name: Word
        var statement: Int
    }

    /// A `$NAME` or `${NAME…}` outside of single quotes and here-documents.
    struct Expansion {
        enum Kind {
            /// `$NAME`, `${NAME}`, `${NAME%…}`, `${NAME:?…}`: an unset variable counts as empty, or ends the script.
            case plain
            /// `${NAME:-…}`, `${NAME+…}`, `${#NAME}` and the like, which reckon with an unset variable.
            case guarded
            /// `${NAME:=…}`, which sets the variable.
            case assigning
        }
        var kind: Kind
        /// The name, without `$` and braces.
        var name: Word
        /// The whole expansion.
        var range: Range<Int>
        var isBraced: Bool
    }

    /// A construct that POSIX shells do not support and that is recognisable in the text alone.
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
    /// The statements of the outermost script, in order.
    var statements: ContiguousArray<Statement> = []
    var functions: ContiguousArray<Function> = []
    var constructs: ContiguousArray<Construct> = []
    var expansions: ContiguousArray<Expansion> = []
    /// The variables of `for` and `select`.
    var loopVariables: ContiguousArray<Word> = []
    /// The insides of `((…))` and `$((…))`.
    var arithmetic: ContiguousArray<Range<Int>> = []
    /// Whether all quotes, brackets, compound commands and here-documents are closed, and nothing is closed that was
    /// not open.
    var endsCleanly = true

    mutating func removeAll() {
        words.removeAll(keepingCapacity: true)
        commands.removeAll(keepingCapacity: true)
        statements.removeAll(keepingCapacity: true)
        functions.removeAll(keepingCapacity: true)
        constructs.removeAll(keepingCapacity: true)
        expansions.removeAll(keepingCapacity: true)
        loopVariables.removeAll(keepingCapacity: true)
        arithmetic.removeAll(keepingCapacity: true)
        endsCleanly = true
    }
}
