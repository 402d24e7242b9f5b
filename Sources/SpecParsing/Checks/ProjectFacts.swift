/// The facts about a project, besides its buildspec, that the checks of the content use.
public struct ProjectFacts: Sendable, Equatable {
    /// The image that a flag or the settings name; `nil` when nobody names one.
    public var image: String?

    /// The names of the variables that flags and settings set.
    public var variables: Set<String>

    public init(image: String? = nil, variables: Set<String> = []) {
        self.image = image
        self.variables = variables
    }
}
