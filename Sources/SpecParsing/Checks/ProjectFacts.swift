/// The facts about a project, besides its buildspec, that the checks of the content use.
public struct ProjectFacts: Sendable, Equatable {
    /// The image that a flag or the settings name; `nil` when nobody names one.
    public var image: String?

    /// The names of the variables that flags and settings set.
    public var variables: Set<String>
    /// The type of the project's cache; `nil` when the settings name none.
    public var cache: ProjectSettings.Cache.Kind?

    /// Whether flags or settings give builds a Docker daemon.
    public var hasDocker = false

    public init(
        image: String? = nil, variables: Set<String> = [], cache: ProjectSettings.Cache.Kind? = nil
    ) {
        self.image = image
        self.variables = variables
        self.cache = cache
    }
}
