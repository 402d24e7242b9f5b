import Testing

@testable import SpecParsing

@Suite struct CommandTypoTests {
    @Test(
        "a test without blanks is named",
        arguments: [
            "if «[\"$A\"» = x ]; then echo; fi", "«[$A» = x ] && echo", "if «[[\"$A\"» == x ]]; then echo; fi",
            "«['a'» = b ]", "[ \"$A\" = «x]» && echo", "if [ -f «f]»; then echo; fi", "«[!» -f x ]",
        ])
    func testWithoutBlank(command: String) {
        expectTypos(command, "test-without-blank")
    }

    @Test(
        "a blank beside the sign of an assignment is named",
        arguments: [
            "«X= $(date)»", "«X= \"a b\"»", "«X= `date`»", "«X =» a", "export «X= \"a\"»", "export A=1 «B= $(x)»",
        ])
    func blankInAssignment(command: String) {
        expectTypos(command, "blank-in-assignment")
    }

    @Test(
        "an exec of a shell is named",
        arguments: [
            "«exec bash»", "cd x && «exec sh» -c make", "«exec -l $SHELL»", "«exec /bin/bash» --login", "«exec su» x",
        ])
    func exec(command: String) {
        expectTypos(command, "exec-drops-state")
    }

    @Test(
        "an address that the shell cuts is named",
        arguments: [
            "curl «https://x/y?a=1&b=2»", "curl -s «http://x/?a=$A&b=c&d» -o f", "wget «https://x?a&b»; echo",
        ])
    func ampersand(command: String) {
        expectTypos(command, "url-ampersand")
    }

    @Test(
        "a command that is an entry of its own is looked at, too",
        arguments: [
            ("«X =» a", "blank-in-assignment"), ("«exec bash»", "exec-drops-state"),
            ("«X= $(date)»", "blank-in-assignment"), ("curl «https://x?a&b»", "url-ampersand"),
        ])
    func entries(command: String, code: String) {
        expectChecks("version: 0.2\nphases:\n  build:\n    commands:\n      - \(command)\n", [code])
    }

    @Test(
        "a #! line that asks for another shell is named",
        arguments: [
            ("#!/bin/bash", "sh", "dash"), ("#!/usr/bin/env python3", "sh", "dash"), ("#!/bin/bash -e", "bash", "dash"),
            ("#!/bin/sh -ex", "sh", "bash"), ("#!/usr/bin/env node", "bash", "bash"), ("#! /bin/bash", "sh", "dash"),
            ("#!/usr/bin/python", "sh", "bash"),
        ])
    func shebang(line: String, shell: String, image: String) {
        expectChecks(
            buildspec(block: "«\(line)»\nmake", shell: shell), ["shebang"], facts: facts(image))
    }

    @Test(
        "a #! line that says what is so is left alone",
        arguments: [
            ("#!/bin/sh", "sh", "dash"), ("#!/bin/bash", "bash", "dash"), ("#!/usr/bin/env bash", "bash", "dash"),
            ("#!/bin/bash", "sh", "bash"), ("#!/bin/dash", "sh", "dash"), ("# !/bin/bash", "sh", "dash"),
            ("\n#!/bin/bash", "sh", "dash"),
        ])
    func shebangNot(line: String, shell: String, image: String) {
        expectChecks(buildspec(block: "\(line)\nmake", shell: shell), [], facts: facts(image))
    }

    private func facts(_ shell: String) -> ProjectFacts {
        ProjectFacts(image: shell == "dash" ? "aws/codebuild/standard:7.0" : "amazonlinux:2023")
    }

    @Test(
        "what is right is left alone",
        arguments: [
            "[ \"$A\" = x ]", "[ -n \"$A\" ] && echo", "[ a ]", "[ \"[a]\" = \"[b]\" ]", "echo [\"$A\"]", "ls [a]",
            "[ a ] > f",
            "case $A in [\"a\"]) echo ;; esac", "a=[1]", "X=$(date)", "X= make", "IFS= read -r A", "X=", "X= Y= make",
            "CI= npm run build", "X= \"$(npm bin)/x\" run", "X= $A", "export X=", "export X= Y", "test X = a",
            "expr a = b",
            "[ X = a ]", "exec > log", "exec 3<f", "exec ./run.sh", "exec java -jar x", "(exec bash -c x)",
            "x=$(exec sh -c y)",
            "f() { exec bash; }; f", "bash -c x", "curl 'https://x/y?a=1&b=2'", "curl \"https://x?a&b=$C\"",
            "curl https://x/y & make", "curl https://x/y?a=1 && make", "curl https://x?a=1\\&b=2", "curl https://x/y&",
            "echo a=1&b=2", "curl https://x/y?a=1 &> f", "echo '#!/bin/bash' > f", "cat <<EOF > f\n#!/bin/python\nEOF",
        ])
    func right(command: String) {
        let found = readBuildSpec(
            Array(buildspec(block: command, shell: "bash").utf8), file: "f", checksContent: true
        ).diagnostics
        let codes = ["test-without-blank", "blank-in-assignment", "exec-drops-state", "url-ampersand", "shebang"]
        #expect(found.filter { codes.contains($0.code) }.map(shown) == [])
    }

    private func expectTypos(_ command: String, _ code: String) {
        let sample = MarkedText(buildspec(block: command, shell: "bash"))
        let found = readBuildSpec(Array(sample.text.utf8), file: "f", checksContent: true).diagnostics.filter {
            $0.code == code
        }
        #expect(
            found.map { MarkedText.Place(line: $0.location.line, column: $0.location.column, length: $0.length) }
                == sample.places)
        #expect(found.allSatisfy { $0.severity == .warning && $0.help?.isEmpty == false })
    }

    // MARK: Runtimes

    private func runtimes(_ versions: String) -> String {
        "version: 0.2\nphases:\n  install:\n    runtime-versions: {\(versions)}\n  build: {commands: [a]}\n"
    }

    @Test(
        "a runtime that the image does not have is named",
        arguments: [
            (
                nil, "«docker»: 18",
                "`standard:5.0` and `amazonlinux-x86_64-standard:5.0` and what is newer have no runtime"
            ),
            (nil, "python: 3.12, «terraform»: 1.0", "no image of CodeBuild has the runtime"),
            ("aws/codebuild/standard:7.0", "«docker»: 20", "`aws/codebuild/standard:7.0` has no runtime"),
            ("aws/codebuild/standard:7.0", "«rust»: 1.93", "`aws/codebuild/standard:7.0` has no runtime"),
            ("aws/codebuild/amazonlinux2-x86_64-standard:5.0", "«docker»: 20", "has no runtime"),
            ("public.ecr.aws/codebuild/amazonlinux-x86_64-standard:5.0", "«docker»: 20", "has no runtime"),
            ("aws/codebuild/standard:6.0", "«android»: 29", "has no runtime"),
        ] as [(String?, String, String)])
    func runtime(image: String?, versions: String, words: String) {
        let found = expectChecks(runtimes(versions), ["unknown-runtime"], facts: ProjectFacts(image: image))
        #expect(found.first?.message.contains(words) == true, "\(found.map(\.message))")
    }

    @Test(
        "runtimes that the image has, or may have, are left alone",
        arguments: [
            (
                nil,
                "python: 3.12, nodejs: 22, java: corretto21, golang: 1.22, dotnet: 8.0, php: 8.3, ruby: 3.4, rust: 1.93"
            ),
            (nil, "android: 29"), ("aws/codebuild/standard:8.0", "rust: 1.93"),
            ("aws/codebuild/amazonlinux2-aarch64-standard:3.0", "docker: 23"),
            ("aws/codebuild/amazonlinux2-x86_64-standard:4.0", "docker: 20"),
            ("aws/codebuild/standard:3.0", "docker: 18, android: 29"), ("acme/tools:1", "docker: 18"),
            ("aws/codebuild/windows-base:2019-3.0", "docker: 18"),
        ] as [(String?, String)])
    func runtimeNot(image: String?, versions: String) {
        expectChecks(runtimes(versions), [], facts: ProjectFacts(image: image))
    }

    @Test(
        "a version that the image neither has nor can install is named",
        arguments: [
            (
                "standard:7.0", "nodejs: «10.x»", "has no version `10.x` of `nodejs`: there the build ends with",
                "there: 26"
            ),
            ("standard:7.0", "dotnet: «8»", "is written with three numbers", "take `8.0`, if that is meant"),
            ("standard:7.0", "java: «openjdk17»", "is written as `corretto15`", "take `corretto17`, if that is meant"),
            ("standard:7.0", "java: «corretto-21»", "is written as", "take `corretto21`"),
            ("standard:8.0", "ruby: «3.2»", "is written with three numbers", "there: 4.0, 3.4, 3.3"),
            ("standard:8.0", "python: «three»", "with one to three numbers", "there: 3.14"),
            (
                "amazonlinux-x86_64-standard:corretto8", "java: «corretto11»", "Unknown runtime version named",
                "corretto8"
            ),
            (
                "amazonlinux2-x86_64-standard:4.0", "docker: «19»", "Unknown runtime version named '19' of docker",
                "there: 20"
            ),
            ("standard:7.0-24.10.29", "golang: «2.x»", "has no version `2.x`", "there: 1.26"),
        ])
    func version(image: String, versions: String, words: String, help: String) {
        let found = expectChecks(
            runtimes(versions), ["unknown-runtime-version"], facts: ProjectFacts(image: "aws/codebuild/\(image)"))
        #expect(found.first?.message.contains(words) == true, "\(found.map(\.message))")
        #expect(found.first?.help?.contains(help) == true, "\(found.map(\.help))")
    }

    @Test(
        "a version that the image has or installs, or that nobody knows, is left alone",
        arguments: [
            (
                "aws/codebuild/standard:7.0",
                "java: corretto21, nodejs: 18.x, python: 3.8.2, golang: latest, php: 8.1.27, ruby: $RUBY, dotnet: 8.0.100"
            ),
            ("aws/codebuild/standard:7.0", "java: corretto15, nodejs: 16, golang: 1.19, python: 3.11, dotnet: 8.0"),
            ("aws/codebuild/standard:7.0", "java: 17, java: corretto8.x"), ("aws/codebuild/standard:3.0", "nodejs: 99"),
            ("acme/tools:1", "nodejs: nine"), (nil, "nodejs: 10.x"),
        ] as [(String?, String)])
    func versionNot(image: String?, versions: String) {
        expectChecks(
            runtimes(versions).replacing("java: 17, java", with: "java"), [], facts: ProjectFacts(image: image))
    }

    // MARK: Notes

    private func codes(_ text: String, _ facts: ProjectFacts = ProjectFacts()) -> [String] {
        readBuildSpec(Array(text.utf8), file: "f", checksContent: true, facts: facts).diagnostics.map {
            "\($0.severity.rawValue) \($0.code) \($0.location.line):\($0.location.column)"
        }
    }

    @Test("a variable in the name of a parameter or secret is told once in a file, with what is asked for")
    func references() throws {
        let text =
            goodHead + """
                env:
                  parameter-store:
                    A: /plain
                    B: /app/${STAGE}/key
                    C: /app/$stage/other
                  secrets-manager:
                    D: $NAME:key
                """
        #expect(codes(text) == ["note variable-in-reference 8:13"])
        let note = try #require(readBuildSpec(Array(text.utf8), file: "f", checksContent: true).diagnostics.first)
        #expect(
            note.message
                == "`env.parameter-store.B` is asked for as `/app/${STAGE}/key`: nothing is expanded here, and 2 more")
        #expect(codes(goodHead + "env: {parameter-store: {A: /a/b$$, B: 'price$'}}\n") == [])
    }

    @Test("a bare folder in the cache is told as the type of the cache has it")
    func bareFolder() {
        let text =
            goodHead + "cache:\n  paths:\n    - /root/.m2\n    - node_modules/\n    - a/**/*\n    - b.tar\n    - $X\n"
        #expect(codes(text) == ["note cache-bare-folder 7:7"])
        #expect(codes(text, ProjectFacts(cache: .s3)) == ["warning cache-bare-folder 7:7"])
        #expect(codes(text, ProjectFacts(cache: .local)) == [])
        #expect(codes(text, ProjectFacts(cache: ProjectSettings.Cache.Kind.none)) == [])
        #expect(codes(goodHead + "cache: {paths: ['a/**/*', 'x.lock', '*', '$HOME/.m2']}\n") == [])
    }
}
