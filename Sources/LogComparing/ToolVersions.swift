/// A version that a tool printed of itself.
struct PrintedVersion: Sendable, Equatable {
    /// The name of the tool, as a person writes it: `Maven`.
    let tool: String
    let version: String
    /// Where it was printed.
    let place: BuildPlace
    /// The row of the table and the command, so that only what the same command printed in the same form is compared.
    let source: Source

    struct Source: Sendable, Hashable {
        let row: Int
        let phase: String
        let command: String
    }
}

/// The table of tools that print their versions, each row with its reason.
enum ToolVersions {
    private struct Tool: Sendable {
        let name: String
        /// The programs that the tool runs as, by which commands show that they use it.
        let programs: [String]
        /// The beginning of the line that has the version behind it; empty for a bare version.
        let beginning: String
        /// Whether the version is the whole rest of the line.
        let isWhole: Bool
        let reason: String

        init(
            _ name: String, _ programs: [String], line beginning: String, because reason: String, isWhole: Bool = false
        ) {
            self.name = name
            self.programs = programs
            self.beginning = beginning
            self.isWhole = isWhole
            self.reason = reason
        }
    }

    private static let java = ["java", "javac", "mvn", "mvnw", "gradle", "gradlew", "ant", "sbt", "kotlinc"]
    private static let maven = ["mvn", "mvnw"]
    private static let node = ["node", "npm", "npx", "yarn", "pnpm", "tsc", "cdk"]
    private static let python = ["python", "python3", "pip", "pip3", "pytest", "tox", "poetry", "sam", "aws"]

    private static let tools: [Tool] = [
        Tool("Maven", maven, line: "Apache Maven ", because: "`mvn --version`, and every build with `-V`"),
        Tool("Java", java, line: "Java version: ", because: "the third line of `mvn --version`"),
        Tool("Java", java, line: "openjdk version \"", because: "`java -version`"),
        Tool("Java", java, line: "java version \"", because: "`java -version` of Oracle"),
        Tool("Java", java, line: "openjdk ", because: "`java --version`"),
        Tool("Java", java, line: "javac ", because: "`javac -version`", isWhole: true),
        Tool("Java", java, line: "JVM: ", because: "`gradle --version`"),
        Tool("Java", java, line: "Launcher JVM: ", because: "`gradle --version` since 8.8"),
        Tool("Gradle", ["gradle", "gradlew"], line: "Gradle ", because: "`gradle --version`", isWhole: true),
        Tool("Ant", ["ant"], line: "Apache Ant(TM) version ", because: "`ant -version`"),
        Tool("Scala", ["scala", "scalac", "sbt"], line: "Scala code runner version ", because: "`scala -version`"),
        Tool("Kotlin", ["kotlinc"], line: "info: kotlinc-jvm ", because: "`kotlinc -version`"),
        Tool("Python", python, line: "Python ", because: "`python --version`", isWhole: true),
        Tool("pip", ["pip", "pip3"], line: "pip ", because: "`pip --version` goes on with `from` and a path"),
        Tool("pytest", ["pytest"], line: "pytest ", because: "`pytest --version`", isWhole: true),
        Tool("Poetry", ["poetry"], line: "Poetry (version ", because: "`poetry --version`"),
        Tool("Go", ["go"], line: "go version go", because: "`go version`"),
        Tool("Ruby", ["ruby", "bundle", "gem", "rake", "rspec"], line: "ruby ", because: "`ruby --version`"),
        Tool("Bundler", ["bundle"], line: "Bundler version ", because: "`bundle --version`", isWhole: true),
        Tool("PHP", ["php", "composer", "phpunit"], line: "PHP ", because: "`php --version`"),
        Tool("Composer", ["composer"], line: "Composer version ", because: "`composer --version`"),
        Tool("Rust", ["rustc", "cargo"], line: "rustc ", because: "`rustc --version`"),
        Tool("Cargo", ["cargo"], line: "cargo ", because: "`cargo --version`"),
        Tool("Swift", ["swift", "swiftc"], line: "Swift version ", because: "`swift --version`"),
        Tool("Docker", ["docker"], line: "Docker version ", because: "`docker --version`"),
        Tool("Docker Compose", ["docker", "docker-compose"], line: "Docker Compose version ", because: "version 2"),
        Tool("Docker Compose", ["docker-compose"], line: "docker-compose version ", because: "version 1"),
        Tool("AWS CLI", ["aws"], line: "aws-cli/", because: "`aws --version`"),
        Tool("SAM CLI", ["sam"], line: "SAM CLI, version ", because: "`sam --version`"),
        Tool("Terraform", ["terraform"], line: "Terraform v", because: "`terraform version`", isWhole: true),
        Tool("Packer", ["packer"], line: "Packer v", because: "`packer version`", isWhole: true),
        Tool("kubectl", ["kubectl"], line: "Client Version: ", because: "`kubectl version --client`"),
        Tool("Helm", ["helm"], line: "version.BuildInfo{Version:\"", because: "`helm version`"),
        Tool("git", ["git"], line: "git version ", because: "`git --version`"),
        Tool("GNU Make", ["make"], line: "GNU Make ", because: "`make --version`", isWhole: true),
        Tool("CMake", ["cmake"], line: "cmake version ", because: "`cmake --version`"),
        Tool("curl", ["curl"], line: "curl ", because: "`curl --version`"),
        Tool("OpenSSL", ["openssl"], line: "OpenSSL ", because: "`openssl version`"),
        Tool("jq", ["jq"], line: "jq-", because: "`jq --version`", isWhole: true),
        Tool("Bash", ["bash"], line: "GNU bash, version ", because: "`bash --version`"),
        Tool("Deno", ["deno"], line: "deno ", because: "`deno --version`"),
    ]

    /// The tools that print nothing but the version, so that only the command tells whose it is.
    private static let bareTools: [Tool] = [
        Tool("Node.js", node, line: "", because: "`node --version` prints `v18.19.0`", isWhole: true),
        Tool("npm", ["npm", "npx"], line: "", because: "`npm --version` prints `10.2.3`", isWhole: true),
        Tool("yarn", ["yarn"], line: "", because: "`yarn --version` prints `1.22.19`", isWhole: true),
        Tool("pnpm", ["pnpm"], line: "", because: "`pnpm --version` prints `8.10.0`", isWhole: true),
        Tool(".NET", ["dotnet"], line: "", because: "`dotnet --version` prints `8.0.100`", isWhole: true),
        Tool("CDK", ["cdk"], line: "", because: "`cdk --version` prints `2.110.0 (build c6471f2)`"),
        Tool("gem", ["gem"], line: "", because: "`gem --version` prints `3.4.10`", isWhole: true),
    ]

    /// The programs that use a tool or, by its API name, a runtime.
    static func programs(of tool: String) -> Set<String> {
        Set((tools + bareTools).filter { $0.name == tool }.flatMap(\.programs)).union(runtimes[tool]?.programs ?? [])
    }

    /// The runtimes of CodeBuild's images with the tools and programs that each brings (CODEBUILD.md 10.3).
    private static let runtimes: [String: (tools: Set<String>, programs: [String])] = [
        "java": (["Java", "Maven", "Gradle", "Ant", "Scala", "Kotlin"], java),
        "nodejs": (["Node.js", "npm", "yarn", "pnpm", "CDK"], node),
        "python": (["Python", "pip", "pytest", "Poetry"], python), "golang": (["Go"], ["go"]),
        "ruby": (["Ruby", "Bundler", "gem"], ["ruby", "bundle", "gem", "rake", "rspec"]),
        "php": (["PHP", "Composer"], ["php", "composer", "phpunit"]), "dotnet": ([".NET"], ["dotnet"]),
        "docker": (["Docker", "Docker Compose"], ["docker", "docker-compose"]),
        "android": (["Java", "Gradle"], ["gradle", "gradlew"]),
    ]

    /// Whether another version of a runtime is reason enough for another version of a tool.
    static func runtime(_ runtime: String, brings tool: String) -> Bool {
        runtimes[runtime]?.tools.contains(tool) ?? false
    }

    // MARK: Reading

    /// The versions that the commands of a build printed, in order.
    static func printed(in log: BuildLog) -> [PrintedVersion] {
        var found: [PrintedVersion] = []
        for phase in log.phases {
            for (number, command) in phase.commands.enumerated() {
                let asked = askedBareTools(command.text)
                var bare: [(line: Int, version: String)] = []
                func add(_ name: String, _ version: String, row: Int, line: Int) {
                    found.append(
                        PrintedVersion(
                            tool: name, version: version,
                            place: BuildPlace(phase: phase.name, command: number + 1, line: line + 1),
                            source: .init(row: row, phase: phase.name, command: command.text)))
                }
                for (place, line) in command.output.enumerated() {
                    if let (row, version) = version(in: line) {
                        add(tools[row].name, version, row: row, line: place)
                    } else if !asked.isEmpty, let version = bareVersion(line) {
                        bare.append((place, version))
                    }
                }
                // Which version is whose cannot be told when there are more or fewer than were asked for.
                guard bare.count == asked.count else { continue }
                for (row, bare) in zip(asked, bare) {
                    add(bareTools[row].name, bare.version, row: tools.count + row, line: bare.line)
                }
            }
        }
        return found
    }

    /// The rows by the first byte of their lines, so that few are tried for each line of a long log.
    private static let rowsByFirstByte: [UInt8: [Int]] = Dictionary(
        grouping: tools.indices, by: { tools[$0].beginning.utf8.first ?? 0 })

    private static func version(in line: String) -> (row: Int, version: String)? {
        // Gradle and Swift indent some of these lines; colours stand before none of them.
        let text = line.utf8.drop { $0 == 0x20 }
        guard let first = text.first, let rows = rowsByFirstByte[first] else { return nil }
        for row in rows where text.starts(with: tools[row].beginning.utf8) {
            let rest = text.dropFirst(tools[row].beginning.utf8.count).drop { $0 == 0x20 }
            if let version = version(at: rest, isWhole: tools[row].isWhole) { return (row, version) }
        }
        return nil
    }

    /// The version that a text begins with: digits and points, with what follows them without a blank.
    private static func version(at text: Substring.UTF8View, isWhole: Bool) -> String? {
        let body = text.first == UInt8(ascii: "v") ? text.dropFirst() : text
        guard body.first?.isDigit == true else { return nil }
        let version = body.prefix { $0.isWord || ".+-~".utf8.contains($0) }
        // A number alone is too little, but for Java's `openjdk 21 2023-09-19`.
        guard version.contains(UInt8(ascii: ".")) || version.count <= 3 else { return nil }
        if isWhole, !body.dropFirst(version.count).allSatisfy({ $0 == 0x20 }) { return nil }
        return String(Substring(version))
    }

    private static func bareVersion(_ line: String) -> String? {
        let words = line.split(separator: " ")
        guard let word = words.first, words.count == 1 || (words.count == 3 && words[1] == "(build"),
            let version = version(at: word.utf8, isWhole: true), version.utf8.contains(UInt8(ascii: "."))
        else { return nil }
        return version
    }

    /// The rows of the tools that a command asks for a bare version, in order: `node --version && npm -v`.
    private static func askedBareTools(_ command: String) -> [Int] {
        guard command.contains("-v") else { return [] }
        let words = command.split { " \t\n;&|(){}`\"".contains($0) }
        return zip(words, words.dropFirst()).compactMap { program, argument in
            guard argument == "--version" || argument == "-v" else { return nil }
            let name = program.split(separator: "/").last ?? program
            return bareTools.firstIndex { $0.programs[0] == name }
        }
    }
}
