public import SpecParsing

extension BuildPlan {
    /// The variables that the commands of the plan read and that nobody sets, in the order of their first use.
    ///
    /// - Parameters:
    ///   - others: the names of variables from elsewhere, such as those of the image.
    ///   - part: the part of the build that is run.
    public func unsetVariables(besides others: [String] = [], in part: BuildPart = BuildPart()) -> [UnsetVariable] {
        guard shell.program.hasSuffix("sh") else { return [] }
        let phases = phases.filter { $0.name >= part.start?.phase ?? .install && $0.name <= part.last }
        return UnsetVariable.all(
            in: phases.flatMap { $0.commands + $0.finally }, known: Set(variables.map(\.name)).union(others))
    }
}
