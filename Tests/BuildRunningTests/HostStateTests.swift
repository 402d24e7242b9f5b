import BuildPlanning
import Engines
import Files
import TestSupport
import Testing

@testable import BuildRunning

/// What commands leave behind changes what later commands find, and never what the driver itself does.
@Suite(.enabled(if: HostPlayground.isPossible)) struct HostStateTests {
    /// States that have kept the environment from being read, or could.
    static let states = [
        "PATH=/nowhere",
        "LOG=$(head -c 200000 /dev/zero | tr '\\0' x)",
        "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25; do export V$i=$(head -c 100000 /dev/zero | tr '\\0' x); done",
        "IFS='/abmdinst.='",
        "umask 777",
        "printf() { :; }; cat() { :; }; test() { :; }",
        "alias cat=false printf=false",
        "set -e -u -x -f",
        "trap 'echo trapped' EXIT",
        "readonly name=x shell=y tmp=z",
        "tmp=/nowhere root=/nowhere source=/nowhere nonce=x N=y signals=9 shell=false",
        "ENV=/nowhere BASH_ENV=/nowhere POSIXLY_CORRECT=1 LC_ALL=C.UTF-8 GREP_OPTIONS=-v",
        "A='\n'\"'\"\"\\\\\" B='\nexport DIST=wrong\n'",
    ]

    @Test(arguments: states, ["sh", "bash"])
    func `no state of the build hides its variables`(state: String, shell: String) async throws {
        try await HostPlayground.with { play in
            let build = try await play.run(
                """
                version: 0.2
                env: {shell: \(shell), exported-variables: [DIST, MADE]}
                phases:
                  build:
                    commands:
                      - mkdir -p made && echo 1 > made/file && echo 2 > key.pem
                      - export DIST=made MADE="a b"
                      - |
                        \(state.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\n        "))
                artifacts: {files: ['**/*'], base-directory: $DIST}
                """)
            #expect(build.status == .succeeded)
            #expect(build.exportedVariables == ["DIST": "made", "MADE": "a b"])
            #expect(try await play.files(in: play.out.appending("artifacts")) == ["file"])
        }
    }

    @Test func `variables that cannot be read fail the phase`() async throws {
        try await HostPlayground.with { play in
            let build = try await play.run(
                """
                version: 0.2
                phases: {build: {commands: ['mkdir made && echo 1 > made/file', 'exec rm "$ROOT/codebuild/output/tmp/env.sh"']}}
                artifacts: {files: ['**/*'], base-directory: $DIST}
                """)
            #expect(build.status == .failed && build.phases[.uploadArtifacts] == .failed)
            #expect(
                build.log.contains {
                    $0.hasSuffix(
                        "cannot read the variables that the commands have left in /codebuild/output/tmp/env.sh: the shell "
                            + "ended with status 74")
                })
            #expect(try await play.files(in: play.out).isEmpty)
        }
    }

    @Test func `a path whose variable is empty is said`() async throws {
        try await HostPlayground.with { play in
            var options = HostPlayground.Options()
            options.usesCache = true
            let build = try await play.run(
                """
                version: 0.2
                env: {variables: {EMPTY: ''}}
                phases: {build: {commands: ['echo 1 > file']}}
                artifacts: {files: ['${NOBODY}file', $EMPTY/x], base-directory: $DIST}
                cache: {paths: [$HERE/m2]}
                """, options)
            #expect(
                build.notices == [
                    "cache: `$HERE/m2`: HERE is not set after the last command, so this means `/m2`",
                    "artifacts: base-directory `$DIST`: DIST is not set after the last command, so nothing is left of it",
                    "artifacts: files `${NOBODY}file`: NOBODY is not set after the last command, so this means `file`",
                    "artifacts: files `$EMPTY/x`: EMPTY is empty after the last command, so this means `/x`",
                ])
        }
    }

    @Test func `names are found in what either shell prints`() {
        let text = """
            export A='1'
            export B
            declare -x C="2"
            declare -rx D="x=y"
            declare -x E
            export PATH='a
            export F=inside
            plain line
            '
            export not-a-name='1'
            """
        #expect(exportedNames(in: Array(text.utf8)) == ["A", "B", "C", "D", "E", "PATH", "F"])
        #expect(variableNames(in: "$A/${B}/$A-$C.d/$1/$$/${") == ["A", "B", "C"])
    }
}
