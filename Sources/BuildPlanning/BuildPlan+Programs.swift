internal import SpecParsing

extension BuildPlan {
    /// Programs that hardly ever do without a network, unless a cache has what they want.
    public static let fetchingPrograms = [
        "apt-get", "apk", "cargo", "composer", "curl", "dotnet", "gradle", "gradlew", "mvn", "mvnw", "npm", "npx",
        "pip", "pip3",
        "poetry", "pnpm", "wget", "yarn", "yum",
    ]

    /// Whether a command of the build seems to call a program: its name stands at the beginning of a word.
    public func calls(_ program: String) -> Bool {
        phases.contains { phase in
            (phase.commands + phase.finally).contains { command in
                command.text.split { " \t\n;&|()`'\"=$/".contains($0) }.contains { $0 == program }
            }
        }
    }
}
