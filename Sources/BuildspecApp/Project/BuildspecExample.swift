internal import Files

/// What helps where a folder has no buildspec.
struct BuildspecExample {
    /// The folder, an absolute path.
    let folder: String

    /// The commands of usual projects, by the file that tells them apart; the first that is there counts.
    private static let kinds: [(file: String, commands: [String])] = [
        ("mvnw", ["./mvnw -B verify"]), ("pom.xml", ["mvn -B verify"]), ("gradlew", ["./gradlew build"]),
        ("build.gradle", ["gradle build"]), ("package-lock.json", ["npm ci", "npm test"]),
        ("package.json", ["npm install", "npm test"]), ("go.mod", ["go test ./..."]), ("Cargo.toml", ["cargo test"]),
        ("requirements.txt", ["pip install -r requirements.txt", "pytest"]),
        ("pyproject.toml", ["pip install .", "pytest"]),
        ("Gemfile", ["bundle install", "bundle exec rake"]), ("Makefile", ["make test"]),
    ]

    private var commands: [String] {
        Self.kinds.first { Files.kind(of: "\(folder)/\($0.file)") == .file }?.commands ?? ["make test"]
    }

    /// Names the buildspecs that the folder has elsewhere; where it has none, shows one.
    ///
    /// - Parameter way: how the command at hand is told of another file: `--buildspec FILE`.
    func help(naming way: String) -> String {
        let others = BuildspecSearch.usualBuildspecs(of: folder).map { "`\($0)`" }
        guard others.isEmpty else { return "the source has \(others.joined(separator: ", ")): name one with \(way)" }
        let lines =
            ["version: 0.2", "phases:", "  build:", "    commands:"] + commands.map { "      - \($0)" }
        return "name another file with \(way), or write a buildspec.yml such as\n"
            + lines.map { "        \($0)" }.joined(separator: "\n")
    }
}
