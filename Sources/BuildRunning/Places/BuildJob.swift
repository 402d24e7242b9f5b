public import BuildPlanning

/// One build as a place runs it: what was decided about it, what is open for it, and where it stops to be looked at.
public struct BuildJob: Sendable {
    public var recipe: BuildRecipe
    public var surroundings: Surroundings
    public var debugging: Debugging

    public init(recipe: BuildRecipe, surroundings: Surroundings, debugging: Debugging = Debugging()) {
        self.recipe = recipe
        self.surroundings = surroundings
        self.debugging = debugging
    }

    var plan: BuildPlan { recipe.plan }
}
