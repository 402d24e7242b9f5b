import BuildPlanning
import Files
import TestSupport
import Testing

@testable import BuildspecApp

/// What the Tab key offers, without a shell.
@Suite struct CompletionTests {
    /// Made once: it takes a second where nothing is optimised.
    private static let tree = Result { try CommandTree.ofProgram() }
    private static let breaks = " \t\n\"'><=;|&(:"

    /// What bash says of a line, and the words in it.
    @Test(arguments: [
        ("buildspec ru", ["buildspec"], "ru", ""), ("buildspec  run ", ["buildspec", "run"], "", ""),
        ("buildspec run -i app:2", ["buildspec", "run", "-i"], "app:2", "app:"),
        ("buildspec run --image=app", ["buildspec", "run"], "--image=app", "--image="),
        (#"buildspec a\ b\:c 'd e' "f g"h "#, ["buildspec", "a b:c", "d e", "f gh"], "", ""),
        (#"buildspec "$(touch x)" `y` "#, ["buildspec", "$(touch x)", "`y`"], "", ""),
        (#"buildspec "a\$b\c" '"#, ["buildspec", #"a$b\c"#], "", ""), ("true; buildspec x", ["buildspec"], "x", ""),
        ("buildspec >log show ", ["buildspec", "show"], "", ""), (#"buildspec 'a b:c"#, ["buildspec"], "a b:c", ""),
    ])
    func `a line is read as bash reads it`(line: String, words: [String], current: String, head: String) {
        let read = ShellLine(line, breaks: Self.breaks)
        #expect(read.words == words && read.current == current && read.head == head)
    }

    @Test(
        arguments: [
            ("x a", "app:1", "app:1"), ("x app:", "app:1", "1"), ("x --i=a", "--i=app:1", "app:1"),
            ("x ", "$(touch x)", #"\$\(touch\ x\)"#), ("x ", "`y`;z", #"\`y\`\;z"#),
            ("x '", "$(touch x)", "$(touch x)"),
            ("x \"", "$(touch x)", #"\$(touch x)"#), ("x ~/", "~/a b", #"~/a\ b"#), ("x ", "#a", "\\#a"),
            ("x ", "t.yml#App", "t.yml#App"), ("x ", "né", "né"), ("x ", "!!", #"\!\!"#),
            ("x '", "it's", nil), ("x \"", "a!b", nil), ("x 'a'", "ab", nil), ("x >", "a", nil), ("x \\", "a", nil),
        ] as [(String, String, String?)])
    func `bash gets words in which nothing is expanded`(line: String, candidate: String, reply: String?) {
        #expect(ShellLine(line, breaks: Self.breaks).reply(candidate) == reply)
    }

    /// The words that are offered, where each kind of values has one that is named like it.
    private func offered(_ line: String) async throws -> [String] {
        let words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        let completion = Completion(tree: try Self.tree.get()) { kind, _ in
            if case .list(let values) = kind { return values.map { Candidate($0) } }
            if case .rules = kind { return [Candidate("rules")] }
            return [Candidate("<\(kind)>")]
        }
        return await completion.candidates(after: Array(words.dropLast()), for: words.last ?? "").map(\.word)
    }

    @Test(arguments: [
        ("show ", ["<builds>", "<batches>"]), ("logs ", ["<builds>"]), ("logs x --diff ", ["<builds>", "<files>"]),
        ("shell ", ["<keptBuilds>"]), ("resume --from ", ["<phases>"]), ("run -i ", ["<images>"]),
        ("--image=", ["--image=<images>"]), ("run --project ", ["<projects>"]),
        ("images list --project ", ["<folders>"]),
        ("builds --aws --project ", []), ("run -s ", ["<sources>"]), ("run --break ", ["<breakpoints>"]),
        ("run --batch --only ", ["<batchBuilds>"]),
        ("run --log-format ", ["codebuild", "json", "quiet"]), ("run --log-format=j", ["--log-format=json"]),
        ("plan --format d", ["dot"]), ("run --fail-on ", ["rules"]), ("run --artifacts ", ["<folders>"]),
        ("run x ", []), ("validate x ", ["<files>"]), ("cache sh", ["show"]), ("cache show ", ["<caches>"]),
        ("completion ", ["bash", "zsh", "fish"]), ("hook install --branch ", ["<branches>"]),
        ("hook run pre-push -- --log-format q", ["quiet"]), ("run -- --im", []), ("help cache sh", ["show"]),
        ("images build ", ["standard", "<curatedImages>"]), ("run --memory ", []), ("sho", ["show"]), ("lfs", []),
        ("run --offl", ["--offline"]), ("run --offline --offl", []), ("show --html --te", ["--tests"]),
    ])
    func `each place has its words`(line: String, words: [String]) async throws {
        let offered = try await offered(line).filter {
            words.contains($0) || !$0.hasPrefix("--") || line.hasSuffix("l")
        }
        #expect(offered == words)
    }

    @Test func `all commands are offered, and flags of run without its name`() async throws {
        let commands = try CommandTree.ofProgram().shownSubcommands.map(\.name)
        #expect(try await offered("").starts(with: commands))
        #expect(try await offered("--off") == ["--offline"])
        #expect(try await offered("help ").suffix(1) == ["topics"])
    }

    @Test func `names that no line can hold are left out`() {
        for name in ["a\nb", "a\tb", "\u{1b}[2J", "", "\u{FFFD}"] { #expect(!Candidate(name).isPlain) }
        #expect(Candidate("a", "b\n\u{1b}c").line == "a\tb  c")
    }

    @Test func `files, projects and profiles of this machine`() async throws {
        try await withScratch { folder in
            try await run("mkdir", "-p", folder.appending("sub dir").string, folder.appending(".aws").string)
            for (name, text) in [
                "buildspec.yml": "version: 0.2\nbatch: {build-list: [{identifier: one}, {identifier: two}]}\n",
                "a.yml": "x: y\n", ".hidden": "", "b.txt": "",
                "template.yml": "Resources: {App: {Type: 'AWS::CodeBuild::Project', Properties: {}}}\n",
                ".aws/config": "[default]\n[profile ci]\nregion = x\n[sso-session s]\n",
            ] { try folder.appending(name).write(text) }
            let machine = Machine(
                places: Places(
                    environment: ["HOME": folder.string, "XDG_STATE_HOME": folder.string, "PATH": "/nowhere"],
                    currentDirectory: folder.string, isInteractive: false), terminal: Terminal(environment: [:]))
            let values = MachineValues(machine: machine, limit: .seconds(5), hasNotes: true)
            func words(_ kind: CompletedValue, _ current: String) async -> [String] {
                await values.values(of: kind, for: current).map(\.word)
            }
            #expect(await words(.files, "") == ["a.yml", "b.txt", "buildspec.yml", "sub dir/", "template.yml"])
            #expect(await words(.batchBuilds, "") == ["one", "two"])
            #expect(await words(.files, ".h") == [".hidden"])
            #expect(await words(.files, "~/su") == ["~/sub dir/"])
            #expect(await words(.folders, "./") == ["./sub dir/"])
            #expect(
                await words(.projects, "") == [
                    "template.yml#App", "none", "a.yml", "buildspec.yml", "sub dir/", "template.yml",
                ])
            #expect(await words(.projects, "./template.yml#") == ["./template.yml#App"])
            #expect(await words(.profiles, "") == ["default", "ci"])
            #expect(await words(.phases, "b").contains("build"))
            #expect(await words(.rules(["tests", "coverage<80"]), "tests,") == ["tests,coverage<80"])
            #expect(await words(.builds, "").isEmpty)
        }
    }

    @Test func `builds of this folder's project, and trees`() async throws {
        try await withScratch { folder in
            let tree = String(repeating: "abcdef01", count: 5)
            for (number, name) in ["app", "other"].enumerated() {
                let uuid = "\(number)0b5c000-0000-0000-0000-000000000000"
                let start = BuildEvent.BuildStart(
                    id: BuildID(project: name, uuid: uuid), image: "i", sourceDirectory: "/s", buildspec: "b",
                    source: folder.appending(name).string,
                    snapshot: SnapshotFacts(kind: "git:worktree", tree: tree, identity: tree))
                let record = folder.appending("buildspec/builds").appending(uuid)
                try await run("mkdir", "-p", record.string)
                try record.appending("log.txt").write("")
                try record.appending("events.jsonl").write(
                    BuildEvent(time: Timestamp(microseconds: 0), kind: .buildStarted(start)).json.bytes + [0x0a])
            }
            let machine = Machine(
                places: Places(
                    environment: ["XDG_STATE_HOME": folder.string], currentDirectory: folder.appending("app").string,
                    isInteractive: false), terminal: Terminal(environment: [:]))
            let values = MachineValues(machine: machine, limit: .seconds(5), hasNotes: true)
            let found = await values.values(of: .builds, for: "")
            #expect(found.map(\.word) == ["00b5c000"])
            #expect(found.first?.note.hasPrefix("LOST, ") == true)
            #expect(
                await values.values(of: .builds, for: "00b5c000-").map(\.word)
                    == ["00b5c000-0000-0000-0000-000000000000"])
            #expect(await values.values(of: .builds, for: "abcd").map(\.word) == [tree])
        }
    }
}
