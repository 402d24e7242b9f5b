/// Names on the command line, many of them as one argument.
///
/// ArgumentParser takes time by the square of how many values an option has: seconds for the ten thousand files that a
/// shell's pattern may give. NUL, which no argument can hold, keeps the names apart.
enum NameList {
    static func folded(_ arguments: [String]) -> [String] {
        var folded: [String] = [], run = 0
        for argument in arguments {
            run = argument.hasPrefix("-") ? 0 : run + 1
            // The first of a run may be the value of the option before it, or the subcommand's name.
            if run > 2 {
                folded[folded.endIndex - 1] += "\0" + argument
            } else {
                folded.append(argument)
            }
        }
        return folded
    }

    static func unfolded(_ arguments: [String]) -> [String] {
        arguments.flatMap { argument in
            argument.utf8.split(separator: 0, omittingEmptySubsequences: false).map { String(Substring($0)) }
        }
    }
}
