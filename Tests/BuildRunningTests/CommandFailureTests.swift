import BuildPlanning
import BuildRunning
import Testing

@Suite struct CommandFailureTests {
    private func failure(
        _ status: Int, _ output: String, command: String = "x", shell: BuildPlan.Shell = .standard,
        _ surroundings: CommandFailure.Surroundings = .init(), answer: [String] = ["shell=/usr/bin/dash", "bash=yes"]
    ) -> CommandFailure {
        var failure = CommandFailure(
            command: command, exitStatus: status, shell: shell, output: Array(output.utf8), surroundings: surroundings)
        failure.facts = .init(answer.flatMap { Array($0.utf8) + [0] })
        return failure
    }

    @Test(
        "the program that could not be run is read from the shell's own words",
        arguments: [
            (127, "/codebuild/output/tmp/script.sh: 4: mvnn: not found\n", "mvnn"),
            (127, "/codebuild/output/tmp/script.sh: line 4: mvnn: command not found\n", "mvnn"),
            (127, "/codebuild/output/tmp/script.sh: line 4: mvnn: not found\n", "mvnn"),
            (127, "before\nsh: 1: gulp: not found\n", "gulp"), (127, "bash: gulp: command not found\n", "gulp"),
            (127, "env: ‘pyhton’: No such file or directory\n", "pyhton"),
            (127, "env: can't execute 'pyhton': No such file or directory\n", "pyhton"),
            (127, "make: gcc: No such file or directory\nmake: *** [Makefile:2: all] Error 127\n", "gcc"),
            (126, "/codebuild/output/tmp/script.sh: 4: ./mvnw: Permission denied\n", "./mvnw"),
            (126, "/codebuild/output/tmp/script.sh: line 4: ./bin: Is a directory\n", "./bin"),
            (126, "/codebuild/output/tmp/script.sh: line 4: ./x: /bin/y^M: bad interpreter: No such file\n", "./x"),
            (127, "/codebuild/output/tmp/script.sh: line 4: ./x: cannot execute: required file not found\n", "./x"),
        ])
    func blamed(status: Int, output: String, program: String) {
        #expect(failure(status, output).blamedProgram == program)
    }

    @Test(arguments: [
        (1, "/codebuild/output/tmp/script.sh: 4: mvnn: not found\n"), (127, "page: not found\n"),
        (127, "GET /x: 404: not found\n"), (126, ""),
    ])
    func `nothing else is blamed`(status: Int, output: String) {
        #expect(failure(status, output).blamedProgram == nil)
    }

    @Test func `a missing docker is told of the ways to a daemon, where the build has none`() {
        let output = "/codebuild/output/tmp/script.sh: 4: docker: not found\n"
        let help = failure(127, output).help ?? ""
        #expect(
            help.contains("`docker` in its PATH") && help.contains("`--docker host`") && help.contains("privilegedMode")
        )
        #expect(failure(127, output, .init(docker: .host)).help?.contains("--docker host") == false)
    }

    @Test(
        "a missing program is named with the near one, if it can be a slip at all",
        arguments: [
            ("mvnn", ["mv", "mvn", "tar"], "the image has no `mvnn`: did you mean `mvn`?"),
            ("python", ["python3.11", "python3", "pythonx"], "the image has no `python`: did you mean `python3`?"),
            ("pip", ["zip", "pip3"], "the image has no `pip`: did you mean `pip3`?"),
            (
                "mvn", ["mv", "man"],
                "the image has no `mvn` in its PATH: install it in the phase `install`, or name an image that has it "
                    + "with --image"
            ),
            (
                "node", ["mode"],
                "the image has no `node` in its PATH: install it in the phase `install`, or name an image that has it "
                    + "with --image"
            ),
        ])
    func missing(program: String, programs: [String], help: String) {
        #expect(
            failure(
                127, "/codebuild/output/tmp/script.sh: 4: \(program): not found\n",
                answer: programs.map { "program=\($0)" }
            ).help == help)
    }

    @Test(arguments: [("npm", true), ("mvn", false)])
    func `a missing program of a runtime tells that runtime-versions had no effect`(program: String, isOfRuntime: Bool)
    {
        var surroundings = CommandFailure.Surroundings()
        surroundings.unusedRuntimes = [("nodejs", "18")]
        let help = failure(127, "sh: 1: \(program): not found\n", surroundings).help ?? ""
        #expect(help.contains("`runtime-versions: nodejs: 18` had no effect") == isOfRuntime, "\(help)")
        #expect(help.contains("--image node:22-bookworm") == isOfRuntime)
    }

    @Test(
        "a path that cannot be run says why",
        arguments: [
            (126, ["file=plain", "head=echo"], "is not executable: `git update-index --chmod=+x run`"),
            (126, ["file=folder"], "is a folder"), (127, ["file=missing"], "there is no `./run`"),
            (127, ["file=executable", "head=#!/bin/sh\r", "interpreter=missing"], "has Windows line ends"),
            (
                127, ["file=executable", "head=#!/opt/py -u", "interpreter=missing"],
                "is run by `/opt/py`, which the image"
            ),
            (127, ["file=executable", "head=\u{7f}ELF"], "is a program whose loader the image does not have"),
        ])
    func path(status: Int, answer: [String], words: String) {
        let complaint = status == 126 ? "Permission denied" : "not found"
        let help = failure(status, "/codebuild/output/tmp/script.sh: 4: ./run: \(complaint)\n", answer: answer).help
        #expect(help?.contains(words) == true, "\(help ?? "-")")
    }

    @Test(
        "what dash does not know is bash's",
        arguments: [
            "4: [[: not found", "4: source: not found", "4: Bad substitution", "4: Syntax error: \"(\" unexpected",
            "4: set: Illegal option -o pipefail", "4: Syntax error: redirection unexpected",
            "4: [: a: unexpected operator",
        ])
    func bashisms(line: String) {
        let output = "/codebuild/output/tmp/script.sh: \(line)\n"
        let help = failure(2, output).help
        #expect(help?.hasPrefix("`sh` is dash here, which does not know ") == true)
        #expect(help?.hasSuffix(": set `env: shell: bash` in the buildspec") == true)
        #expect(failure(2, output, answer: ["shell=/bin/dash"]).help?.hasSuffix("an image that has bash") == true)
        #expect(failure(2, output, answer: ["shell=/bin/bash", "bash=yes"]).help == nil)
        #expect(failure(2, output, shell: .named("bash")).help == nil)
    }

    @Test(arguments: [
        (
            137, "Killed\n", ["memoryKills=1"],
            "the kernel killed a process of this build for lack of memory; the build may use 32m"
        ),
        (
            1, "[ERROR] The forked VM terminated without properly saying goodbye\n", ["memoryKills=2"],
            "the kernel killed"
        ),
        (
            137, "Killed\n", ["memoryKills=0"],
            "a process of the build was killed by SIGKILL, but not for lack of memory"
        ),
        (137, "Killed\n", [], "killed by SIGKILL, most often for lack of memory"),
        // The one that waited for it has its own words, or none.
        (1, "worker exited unexpectedly\n", ["memoryKills=1"], "the kernel killed a process of this build for lack of"),
        (
            255, "", ["memoryKills=3"],
            "the kernel killed a process of this build for lack of memory; the build may use 32m"
        ),
    ])
    func `lack of memory is said surely where the kernel tells`(
        status: Int, output: String, answer: [String], words: String
    ) {
        let help = failure(status, output, .init(memory: "32m"), answer: answer).help
        #expect(help?.hasPrefix(words) == true, "\(help ?? "-")")
    }

    @Test(arguments: [
        "script.sh: 4: VERSOIN: parameter not set", "script.sh: line 4: VERSOIN: unbound variable",
        "script.sh: 4: VERSOIN: parameter not set or null",
    ])
    func `an unset variable is named with the near one`(line: String) {
        #expect(
            failure(2, "/codebuild/output/tmp/\(line)\n", .init(variables: ["HOME", "VERSION"])).help
                == "variable `VERSOIN` is not set: did you mean `VERSION`? Else give it with --env VERSOIN=VALUE, or "
                + "under `env.variables`")
    }

    @Test(arguments: [
        ("curl: (6) Could not resolve host: repo.acme.org", "`repo.acme.org` cannot be reached"),
        ("Unknown host repo.maven.apache.org: Temporary failure in name resolution", "`repo.maven.apache.org` cannot"),
        ("Temporary failure resolving 'deb.debian.org'", "`deb.debian.org` cannot"),
        ("wget: bad address 'acme.org'", "`acme.org` cannot"),
        ("npm ERR! getaddrinfo EAI_AGAIN registry.npmjs.org", "`registry.npmjs.org` cannot"),
        ("dial tcp: lookup proxy.golang.org: no such host", "`proxy.golang.org` cannot"),
        ("connect: Network is unreachable", "nothing can be reached"),
    ])
    func `without a network the cause is --offline, and only then`(line: String, words: String) {
        let help = failure(1, "\(line)\n", .init(isOffline: true)).help
        #expect(help?.contains("`--offline` gives the build no network, so \(words)") == true, "\(help ?? "-")")
        #expect(failure(1, "\(line)\n").help == nil)
    }

    @Test(arguments: [
        (1, "cp: error writing '/x': No space left on device\n", "the disk of the engine is full"),
        (
            1, "ERROR: Cannot connect to the Docker daemon at unix:///var/run/docker.sock.\n",
            "the build has no Docker daemon. CodeBuild gives one to builds outside of a VPC; here `--docker host` lets"
        ),
        (
            126, "x.sh: line 4: ./a: cannot execute binary file: Exec format error\n",
            "the program is made for another processor"
        ),
        (130, "", "a process of the build was interrupted"),
        (139, "Segmentation fault\n", "a program of the build crashed"),
        (143, "", "a process of the build was ended by SIGTERM"),
        (126, "", "the program that the command names was found"),
        (127, "", "a program that the command names was not found"),
    ])
    func `other ends have a line each`(status: Int, output: String, words: String) {
        let help = failure(status, output).help
        #expect(help?.hasPrefix(words) == true, "\(help ?? "-")")
    }

    @Test(arguments: [
        (ContainerPlan.Docker.inside, "the build's own Docker daemon does not answer"),
        (.host, "cannot reach your engine at /var/run/docker.sock"),
        (.absent, "the build has no Docker daemon"),
    ])
    func `a daemon that is not there is told by the one there should be`(docker: ContainerPlan.Docker, words: String) {
        for line in [
            "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
            "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock",
        ] {
            let help = failure(1, "\(line)\n", .init(docker: docker)).help
            #expect(help?.hasPrefix(words) == true, "\(help ?? "-")")
        }
    }

    @Test func `an empty variable is blamed for an image without a name only when the environment has none`() {
        let output = "invalid argument \"/app\" for \"-t, --tag\" flag: invalid reference format\n"
        let command = "T=1; docker build -t $REPO/${T} $HOME"
        #expect(failure(125, output, command: command).namedVariables == ["REPO", "HOME"])
        #expect(
            failure(125, output, command: command, answer: ["empty=REPO"]).help?.hasPrefix("`$REPO` is empty") == true)
        #expect(failure(125, output, command: command).help == nil)
    }

    @Test func `a failure that explains itself gets no words of ours`() {
        #expect(failure(1, "3 checks failed\n").help == nil)
        #expect(failure(2, "").help == nil)
    }

    @Test func `colours and a character cut in two do not hide the words`() {
        let output: [UInt8] =
            [0x80, 0x0a] + Array("\u{1b}[31m/x/script.sh: 4: \u{1b}[1mmvnn\u{1b}[0m: not found\n".utf8)
        let failure = CommandFailure(
            command: "x", exitStatus: 127, shell: .standard, output: output, surroundings: .init())
        #expect(failure.blamedProgram == "mvnn")
    }
}
