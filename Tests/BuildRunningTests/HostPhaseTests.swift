import BuildPlanning
import BuildRunning
import Engines
import Files
import SpecParsing
import TestSupport
import Testing

/// How a build runs and ends (CODEBUILD.md 3), on the host's shell. `RunTests` shows builds in real containers.
@Suite(.enabled(if: HostPlayground.isPossible)) struct HostPhaseTests {
    private func run(
        _ text: String, _ options: HostPlayground.Options = HostPlayground.Options()
    ) async throws -> HostBuild {
        try await HostPlayground.with { try await $0.run(text, options) }
    }

    @Test(arguments: ["sh", "bash"]) func `state travels between commands as files`(shell: String) async throws {
        let build = try await run(
            """
            version: 0.2
            env:
              shell: \(shell)
              variables:
                QUOTED: "it's \\"so\\" $NOTHING\\ttab"
            phases:
              pre_build:
                commands:
                  - PLAIN=travels
                  - mkdir -p "a folder/b" && cd "a folder/b"
                  - f() { :; }
                  - set -e
              build:
                commands:
                  - printf '%s\\n' "$QUOTED" "$PLAIN" "${PWD##*/}"
                  - f 2>/dev/null || echo "f gives $?"
                  - false; echo "still here"
            """)
        #expect(build.printed == ["it's \"so\" $NOTHING\ttab", "travels", "b", "f gives 127", "still here"])
        #expect(build.status == .succeeded)
    }

    @Test func `env.shell bash runs every command in bash`() async throws {
        let build = try await run(
            """
            version: 0.2
            env: {shell: bash, variables: {A: x}}
            phases:
              build:
                commands:
                  - "[[ $A == x ]] && echo ${BASH_VERSION:+bash}"
                  - B=(1 2 3); C=kept
                  - echo "${B[*]}-$C"
            """)
        #expect(build.printed == ["bash", "-kept"])
    }

    @Test func `commands have no input, and merge their two outputs in order`() async throws {
        let build = try await run(
            "version: 0.2\nphases: {build: {commands: ['cat; echo one; echo two >&2; echo three']}}")
        #expect(build.printed == ["one", "two", "three"])
    }

    @Test func `background children do not hold up a command`() async throws {
        let build = try await run(
            """
            version: 0.2
            phases:
              build:
                commands:
                  - sleep 300 &
                  - (sleep 0.1; echo late) & echo started
                  - sleep 0.2; echo next
            """)
        #expect(build.printed == ["started", "late", "next"])
    }

    @Test func `exported variables are read after the last command, AWS's and unset ones are left out`() async throws {
        let build = try await run(
            """
            version: 0.2
            env:
              exported-variables: [A, MISSING, AWS_REGION, LINES]
            phases:
              build: {commands: [A=1]}
              post_build: {commands: [A=2, "LINES='x\\ny'"]}
            """)
        #expect(build.exportedVariables == ["A": "2", "LINES": "x\ny"])
    }

    // MARK: After a failure (CODEBUILD.md 3.1, 3.5)

    @Test(arguments: [
        (failing: PhaseName.install, ran: [BuildPhase.install]),
        (failing: .preBuild, ran: [.install, .preBuild]),
        (failing: .build, ran: [.install, .preBuild, .build, .postBuild]),
        (failing: .postBuild, ran: [.install, .preBuild, .build, .postBuild]),
    ])
    func `after a failure only what CodeBuild still owes is run`(
        _ failure: (failing: PhaseName, ran: [BuildPhase])
    ) async throws {
        let phases = PhaseName.allCases.map { name in
            "  \(name.rawValue): {commands: ['echo \(name.rawValue) $CODEBUILD_BUILD_SUCCEEDING', "
                + (name == failure.failing ? "'exit 3', 'echo never'" : "'true'") + "]}\n"
        }
        let build = try await run("version: 0.2\nphases:\n" + phases.joined())
        #expect(build.status == .failed)
        var seen: [BuildPhase] = []
        for phase in build.commandedPhases where seen.last != phase { seen.append(phase) }
        #expect(seen == failure.ran)
        #expect(!build.printed.contains("never"))
        #expect(build.printed.last == (failure.failing == .build ? "post_build 0" : "\(failure.failing.rawValue) 1"))
        #expect(
            build.log.contains(
                "[Container] Phase context status code: COMMAND_EXECUTION_ERROR "
                    + "Message: Error while executing command: exit 3. Reason: exit status 3"))
    }

    @Test func `finally runs after failure and success, and its own failure fails the phase`() async throws {
        let failing = try await run(
            "version: 0.2\nphases: {build: {commands: ['exit 3', echo never], finally: [echo one, 'exit 4', echo never]}}"
        )
        #expect(failing.printed == ["one"])
        #expect(failing.log.contains { $0.hasSuffix("command: exit 3. Reason: exit status 3") })
        let succeeding = try await run(
            "version: 0.2\nphases: {build: {commands: [echo zero], finally: [echo one, 'exit 4']}}")
        #expect(succeeding.printed == ["zero", "one"])
        #expect(succeeding.phases[.build] == .failed)
        #expect(succeeding.status == .failed)
    }

    @Test(arguments: [
        (rule: "ABORT", isStrict: false, printed: ["build"], status: BuildStatus.failed),
        (rule: "CONTINUE", isStrict: false, printed: ["build", "post"], status: .succeeded),
        (rule: "CONTINUE", isStrict: true, printed: ["build", "post"], status: .failed),
    ])
    func `on-failure decides what comes next`(
        _ expected: (rule: String, isStrict: Bool, printed: [String], status: BuildStatus)
    ) async throws {
        var options = HostPlayground.Options()
        options.isStrict = expected.isStrict
        let build = try await run(
            """
            version: 0.2
            phases:
              build: {on-failure: \(expected.rule), commands: [echo build, 'exit 1']}
              post_build: {commands: [echo post]}
            """, options)
        #expect(build.printed == expected.printed)
        #expect(build.status == expected.status)
    }

    @Test func `a part of the build runs alone, and the rest is told as skipped`() async throws {
        var options = HostPlayground.Options()
        options.part = BuildPart(start: ResumePoint(phase: .build, isInFinally: false, index: 1), last: .build)
        let build = try await run(
            """
            version: 0.2
            phases:
              pre_build: {commands: [echo pre]}
              build: {commands: [echo one, echo two]}
              post_build: {commands: [echo post]}
            """, options)
        #expect(build.printed == ["two"])
        #expect(build.log.contains("[Container] Skipping phase PRE_BUILD"))
        #expect(build.log.contains("[Container] Skipping phase POST_BUILD"))
    }

    // MARK: Users (CODEBUILD.md 3.4)

    @Test(.enabled(if: getuid() == 0, "changing the user takes root"))
    func `run-as changes the user, globally and for one phase`() async throws {
        let build = try await run(
            """
            version: 0.2
            run-as: nobody
            phases:
              pre_build:
                commands: [id -un, A=kept, 'touch here && echo wrote']
              build:
                run-as: root
                commands: ['echo $(id -un) $A']
              post_build:
                commands: ['echo $(id -un) $A']
            """)
        #expect(build.printed == ["nobody", "wrote", "root kept", "nobody kept"])
    }

    @Test(arguments: [
        ("run-as: nosuchuser", "`run-as` names user `nosuchuser`, which the image does not have"),
        ("env: {shell: nosuchshell}", "`env.shell` names `nosuchshell`, which the image does not have"),
    ])
    func `what the image lacks is said before the first command`(line: String, words: String) async throws {
        try await HostPlayground.with { play in
            let events = Events()
            let error = await #expect(throws: UnfitImage.self) {
                try await play.run("version: 0.2\n\(line)\nphases: {build: {commands: [echo never]}}", to: events)
            }
            #expect(error?.reason == words)
            let build = events.build
            #expect(build.phases[.downloadSource] == .failed)
            #expect(build.log.contains { $0.hasSuffix("Message: \(words)") })
            #expect(build.printed.isEmpty && build.status == .failed)
        }
    }

    // MARK: Ends

    @Test func `a build that runs out of time is FAILED, its phase TIMED_OUT`() async throws {
        var options = HostPlayground.Options()
        options.timeout = 1
        let build = try await run(
            "version: 0.2\nphases: {build: {commands: [sleep 100]}, post_build: {commands: [echo never]}}", options)
        #expect(build.status == .failed)
        #expect(build.phases[.build] == .timedOut)
        #expect(
            build.log.contains("[Container] Phase context status code: BUILD_TIMED_OUT Message: Build has timed out."))
        #expect(build.printed.isEmpty)
    }

    @Test func `a container that dies under a command fails the build`() async throws {
        let build = try await run("version: 0.2\nphases: {build: {commands: ['echo one; kill -9 $PPID; sleep 100']}}")
        #expect(build.status == .failed)
        #expect(build.printed == ["one"])
        #expect(
            build.log.contains { $0.hasSuffix("Message: Build container found dead before completing the build.") })
    }

    @Test func `a build that is cancelled is STOPPED, and its container gone`() async throws {
        try await HostPlayground.with { play in
            let events = Events(), id = BuildID(project: "source", uuid: "1-2-3-4")
            let task = Task {
                try await play.run(
                    "version: 0.2\nphases: {build: {commands: [echo ready; sleep 100]}}", as: id, to: events)
            }
            while events.build.printed != ["ready"] { try await Task.sleep(for: .milliseconds(5)) }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            #expect(events.build.status == .stopped)
            #expect(events.build.phases[.build] == .stopped)
            #expect(try await !play.engine.isRunning(id.containerName))
        }
    }

    // MARK: Going on

    private let twoSteps = """
        version: 0.2
        phases:
          install: {commands: [mkdir sub && cd sub, NAME=kept]}
          build: {commands: ['echo one $NAME', 'echo ${PWD##*/} $NAME; NAME=spoilt; test -e fixed', 'echo end $NAME']}
        """

    @Test func `a kept build goes on in its container, with the state its failed command began with`() async throws {
        try await HostPlayground.with { play in
            let id = BuildID(project: "source", uuid: "1-2-3-4")
            var options = HostPlayground.Options()
            options.keep = .failure
            let failed = try await play.run(twoSteps, options, as: id)
            #expect(failed.printed == ["one kept", "sub kept"])
            #expect(failed.events.contains { $0.kind == .containerKept(container: id.containerName) })
            #expect(try await play.engine.isRunning(id.containerName))

            try Folder.write(
                "\(play.engine.root(of: id.containerName))\(ContainerLayout.sourceDirectories(of: id)[0])/sub/fixed", []
            )
            options.beginning = .again(
                .init(point: ResumePoint(phase: .build, isInFinally: false, index: 1)), recallingState: true)
            let resumed = try await play.run(twoSteps, options, as: id)
            #expect(resumed.printed == ["sub kept", "end spoilt"])
            #expect(resumed.status == .succeeded)
            #expect(try await !play.engine.isRunning(id.containerName))
        }
    }

    @Test func `a build begins anew in a container of its checkpoint`() async throws {
        try await HostPlayground.with { play in
            let id = BuildID(project: "source", uuid: "1-2-3-4"), checkpoints = Kept()
            var options = HostPlayground.Options()
            options.onCheckpoint = { await checkpoints.add($0) }
            #expect(try await play.run(twoSteps, options, as: id).status == .failed)
            let made = await checkpoints.all
            #expect(made.map(\.phase) == [.install, .build])
            let build = try #require(made.last)
            #expect(build.variables["NAME"] == "kept")
            options.beginning = .checkpoint(
                build,
                .init(
                    point: ResumePoint(phase: .build, isInFinally: false, index: 0),
                    variables: [.init(name: "NAME", value: "other", origin: .flag)]))
            let again = try await play.run(twoSteps, options, as: id)
            #expect(again.printed == ["one other", "sub other"])
            #expect(again.log.first == "[Container] Resuming the build at BUILD:1")
        }
    }

    @Test func `each command may be edited, skipped or the last one`() async throws {
        var options = HostPlayground.Options()
        options.debugging = Debugging { point, command in
            switch point.index {
            case 0: .run("echo edited")
            case 1: .skip
            case 2: .run(command.text)
            default: .quit
            }
        }
        let events = Events()
        await #expect(throws: CancellationError.self) {
            try await HostPlayground.with { [options] play in
                try await play.run(
                    "version: 0.2\nphases: {build: {commands: [echo 0, echo 1, echo 2, echo 3]}}", options, to: events)
            }
        }
        #expect(events.build.printed == ["edited", "2"])
        #expect(events.build.status == .stopped)
    }

    @Test func `a breakpoint waits until somebody goes on`() async throws {
        try await HostPlayground.with { play in
            let id = BuildID(project: "source", uuid: "1-2-3-4"), events = Events()
            var options = HostPlayground.Options()
            options.debugging = Debugging(isOn: true)
            let task = Task { [options] in
                try await play.run(
                    "version: 0.2\nphases: {build: {commands: [echo one, codebuild-breakpoint, echo two]}}", options,
                    as: id, to: events)
            }
            let root = play.engine.root(of: id.containerName)
            while !Folder.exists("\(root)\(ContainerLayout.state)/paused") {
                try await Task.sleep(for: .milliseconds(5))
            }
            #expect(events.build.printed == ["one"])
            try await TestSupport.run("\(root)\(ContainerLayout.programs)/bin/codebuild-resume")
            #expect(try await task.value.printed == ["one", "two"])
        }
    }

    private actor Kept {
        private(set) var all: [Checkpoint] = []
        func add(_ checkpoint: Checkpoint) { all.append(checkpoint) }
    }
}
